"""LLVM's linker and assembler, as the `ziglang` package brings them."""

import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest


class ToolError(Exception):
    """What the tool said."""


@cache
def _zig() -> Path | None:
    found = find_spec("ziglang")
    if found is None or found.origin is None:
        return None
    return Path(found.origin).with_name("zig")


needs_zig = pytest.mark.skipif(
    _zig() is None, reason="ld.lld is not installed: pip install ziglang"
)


def run(tool: str, *arguments: str | Path) -> None:
    """As `python -m ziglang TOOL ARGUMENTS`, without starting Python. Raises ToolError."""
    zig = _zig()
    if zig is None:
        raise ToolError("ziglang is not installed: pip install ziglang")
    done = subprocess.run(
        [zig, tool, *arguments], capture_output=True, text=True, check=False, env={"LC_ALL": "C"}
    )
    said = (done.stdout + done.stderr).strip()
    if done.returncode or said:
        raise ToolError(said or f"{tool} ended with {done.returncode}")
