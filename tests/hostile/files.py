"""The files that are loaded, made once however many hypervisors are tried with them."""

import hashlib
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

_folder = TemporaryDirectory(prefix="xap-hostile-")


@cache
def stored(content: bytes, suffix: str) -> Path:
    """A file with that content."""
    name = hashlib.sha256(content).hexdigest()[:16]
    path = Path(_folder.name, f"app_{name}{suffix}")
    path.write_bytes(content)
    return path


@cache
def built(source: str) -> Path:
    """The image of an app in Python."""
    from xapc.pipeline import build

    path = stored(source.encode(), ".py")
    image = path.with_suffix(".elf")
    image.write_bytes(build(path).elf)
    return image
