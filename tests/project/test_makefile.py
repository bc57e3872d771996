"""The Makefile, in a directory whose name has a space, without running what it would set up."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    target = tmp_path / "a check out"
    target.mkdir()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, target)
    return target


def make(checkout: Path, *arguments: str, path: str | None = None) -> tuple[int, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    kept["PATH"] = path or os.environ["PATH"]
    done = subprocess.run(
        [shutil.which("make") or "make", *arguments],
        cwd=checkout,
        env=kept,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def fake_venv(checkout: Path, *, place: Path) -> Path:
    """A .venv that is set up, whose Python writes down what it is asked to do."""
    script(checkout / ".venv/bin/python", 'echo "$@" >> calls')
    (checkout / ".venv/place").write_text(f"{place}\n", encoding="utf-8")
    for name in ("ready", "ready-test"):
        (checkout / ".venv" / name).touch()
    return checkout / "calls"


def test_help_names_every_target(checkout: Path) -> None:
    status, output = make(checkout)
    assert status == 0
    named = set(re.findall(r"^  make ([a-z]+)", output, re.M))
    assert named == {"help", "demo", "test", "lint", "bench", "clean"}


def test_a_venv_that_is_ready_is_used(checkout: Path) -> None:
    calls = fake_venv(checkout, place=checkout)
    assert make(checkout, "demo") == (0, "")
    assert calls.read_text() == "-m xap_harness.demo samples/trng.py\n"


def test_a_new_pyproject_sets_up_again(checkout: Path) -> None:
    calls = fake_venv(checkout, place=checkout)
    os.utime(checkout / ".venv/ready", (1, 1))
    assert make(checkout, "demo")[0] == 0
    assert calls.read_text().splitlines()[0].endswith("--editable .")


def test_the_venv_of_another_place_is_not_used(checkout: Path) -> None:
    calls = fake_venv(checkout, place=checkout / "elsewhere")
    status, output = make(checkout, "demo", "PYTHON=false")
    assert status != 0
    assert "Python 3.11 or newer" in output
    assert not calls.exists()


def test_an_old_python_is_refused(checkout: Path) -> None:
    old = script(checkout / "bin/python", "exit 1")
    status, output = make(checkout, "demo", f"PYTHON={old}")
    assert status == 2
    assert "xap needs Python 3.11 or newer" in output


def test_where_python3_is_old_a_newer_one_is_found(checkout: Path) -> None:
    script(checkout / "bin/python3", "exit 1")
    script(checkout / "bin/python3.12", f'exec "{sys.executable}" "$@"')
    path = f"{checkout / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin"
    status, output = make(checkout, "-n", "demo", path=path)
    assert status == 0
    assert '"python3.12" -m venv .venv' in output


def test_without_ensurepip_one_is_told_what_to_install(checkout: Path) -> None:
    """As Debian's python3 without python3-venv, for a user who is not root."""
    script(
        checkout / "bin/python3.11",
        f'case "$*" in *ensurepip*) exit 1;; esac; exec "{sys.executable}" "$@"',
    )
    script(checkout / "bin/id", "echo 1000")
    path = f"{checkout / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin"
    status, output = make(checkout, "demo", "PYTHON=python3.11", path=path)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert status == 2
    assert f"sudo apt-get install python{version}-venv" in output


def test_root_gets_what_is_missing_by_apt(checkout: Path) -> None:
    script(
        checkout / "bin/python3.11",
        f"""case "$*" in
            *"import ensurepip"*) test -e installed ;;
            "-m venv .venv") test -e installed && mkdir .venv ;;
            *) exec "{sys.executable}" "$@" ;;
        esac""",
    )
    script(checkout / "bin/id", "echo 0")
    script(checkout / "bin/apt-get", 'echo "$@" >> calls; touch installed')
    path = f"{checkout / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin"
    assert make(checkout, ".venv/place", "PYTHON=python3.11", path=path)[0] == 0
    assert (checkout / ".venv/place").read_text() == f"{checkout.resolve()}\n"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert (checkout / "calls").read_text().splitlines() == [
        "update -qq",
        f"install -y -qq --no-install-recommends python{version}-venv",
    ]


def test_debian_packages_are_named_where_they_cannot_be_installed(checkout: Path) -> None:
    fake_venv(checkout, place=checkout)
    script(checkout / "bin/id", "echo 1000")
    (checkout / "bin/cat").symlink_to(shutil.which("cat") or "/bin/cat")
    status, output = make(checkout, "test", path=str(checkout / "bin"))
    assert status == 0
    assert "without the Debian package(s) binutils elfutils u-boot-tools" in output
