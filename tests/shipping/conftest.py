"""Fixtures of the tests of shipping."""

from pathlib import Path

import pytest

from tests.shipping.apps import Shell, output_of, tool


@pytest.fixture
def xapc(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, capsys)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `key.pem`, `pub.pem` and others, as openssl makes them."""
    openssl, folder = tool("openssl", "openssl"), tmp_path_factory.mktemp("keys")
    for name in ("", "other-"):
        key = folder / f"{name}key.pem"
        output_of(openssl, "genpkey", "-algorithm", "ed25519", "-out", key)
        output_of(openssl, "pkey", "-in", key, "-pubout", "-out", folder / f"{name}pub.pem")
    output_of(
        openssl, "pkey", "-in", folder / "key.pem", "-aes256", "-passout", "pass:secret",
        "-out", folder / "encrypted.pem",
    )  # fmt: skip
    return folder
