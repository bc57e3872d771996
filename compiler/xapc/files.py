"""Writing files: all of it or nothing, and never through a device."""

import os
import stat
import tempfile
from pathlib import Path


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
    if mode is None or not stat.S_ISREG(mode):
        # New files get the user's permissions, devices and pipes are written to.
        if mode is not None or not path.parent.is_dir():
            path.write_bytes(data)
            return
        mode = 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(name).chmod(stat.S_IMODE(mode))
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
