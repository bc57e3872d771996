"""What the tools say of the whole tree: imports, style, types."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted(path.name for path in (ROOT / "samples").glob("*.py"))


def run(*command: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout


def clean(*command: str) -> None:
    status, output = run(*command)
    assert status == 0, output


def test_ruff_finds_nothing() -> None:
    clean("-m", "ruff", "check", ".")


def test_ruff_would_format_nothing() -> None:
    clean("-m", "ruff", "format", "--check", ".")


def test_mypy_strict() -> None:
    clean("-m", "mypy")


@pytest.mark.parametrize("sample", SAMPLES)
def test_mypy_strict_on_a_sample(sample: str) -> None:
    clean("-m", "mypy", "--strict", "--config-file=", f"samples/{sample}")


def test_pyright_on_samples() -> None:
    status, output = run("-m", "pyright", "--version")
    if status != 0:
        pytest.skip(f"pyright cannot run here: {output.strip().splitlines()[-1]}")
    clean("-m", "pyright", "--pythonpath", sys.executable)


# --- imports ---------------------------------------------------------------------------------

LINT = "import sys; from importlinter.cli import lint_imports_command as main; sys.exit(main())"


def lint_imports(root: Path) -> tuple[int, str]:
    path = os.pathsep.join(str(root / name) for name in ("sdk", "compiler", "runtime"))
    return run("-c", LINT, cwd=root, env={"PYTHONPATH": path})


def test_imports_go_one_way() -> None:
    status, output = lint_imports(ROOT)
    assert status == 0, output


@pytest.mark.parametrize(
    "module, line",
    [
        ("sdk/xap/__init__.py", "import xaprt.manifest"),
        ("runtime/xaprt/abi.py", "import xap"),
        ("runtime/xaprt/image.py", "import xapc"),
        ("compiler/xapc/pipeline.py", "import xap_harness"),
        ("compiler/xapc/pipeline.py", "import unicorn"),
        ("runtime/xap_harness/hypervisor/core.py", "import unicorn"),
        ("compiler/xapc/lower/ir.py", "import llvmlite.ir"),
    ],
)
def test_an_import_the_other_way_is_seen(tmp_path: Path, module: str, line: str) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in ("sdk", "compiler", "runtime"):
        shutil.copytree(ROOT / package, tmp_path / package)
    assert (tmp_path / module).is_file()
    with (tmp_path / module).open("a", encoding="utf-8") as target:
        target.write(f"\n{line}\n")
    status, output = lint_imports(tmp_path)
    assert status == 1, output
    assert "BROKEN" in output
