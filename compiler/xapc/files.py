"""Reading images, and writing files: all of it or nothing, and never through a device."""

import os
import stat
from pathlib import Path

_LARGEST = 64 << 20
"""Of a file that is worth reading: debug information can be many times the image."""


def read_image(path: Path) -> bytes:
    """All of it, or more than any image has. Raises OSError."""
    with path.open("rb") as stream:
        return stream.read(_LARGEST)


def write(path: Path, data: bytes) -> None:
    """Replace the file in one step, keeping its permissions. Raises OSError naming it."""
    try:
        _write(path, data)
    except OSError as problem:
        problem.filename = str(path)
        problem.filename2 = None
        raise


def _write(path: Path, data: bytes) -> None:
    path = path.resolve()  # a symbolic link stays one
    mode = _mode(path)
    # Devices and pipes are written to.
    if mode is not None and not stat.S_ISREG(mode):
        path.write_bytes(data)
        return
    # Not tempfile: importing it takes as long as compiling a small app.
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with new.open("xb") as stream:
            stream.write(data)
        if mode is not None:
            new.chmod(stat.S_IMODE(mode))
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None
