"""Images that were built before: served only where building again would give the same bytes.

An entry is found by the tools, the flags and the main file's name and content, and counts only if
every other module that went into it is unchanged. What goes into a build is read when it is
read by the build: a file that changes meanwhile is not taken for what it was.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

from xapc.files import write

_KEPT = 256
"""Entries; beyond that the oldest ones go."""
_PACKAGES = ("xap", "xapc", "xaprt", "llvmlite", "keystone")
"""All that make an image, or the code inside it."""
_LIBRARIES = (".so", ".dylib", ".dll")


class Cache:
    """In `folder`. A folder that cannot be read or written is an empty one: nothing fails."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, main: Path, flags: Iterable[str]) -> bytes | None:
        """The image of the app in that file as it is now. None: it has to be built."""
        try:
            entry = self._entry(main.name, _digest(main.read_bytes()), flags).read_bytes()
        except OSError:
            return None
        head, _, elf = entry.partition(b"\n")
        try:
            known = json.loads(head)
            modules, digest = dict(known["modules"]), known["image"]
        except (ValueError, KeyError, TypeError):
            return None
        fresh = digest == _digest(elf) and all(
            _digest_of(main.parent / name) == was for name, was in modules.items()
        )
        return elf if fresh else None

    def keep(self, sources: Mapping[Path, str], flags: Iterable[str], elf: bytes) -> None:
        """`sources`: the files that it was built from, the main one first, and their digests as
        `xapc.load` read them."""
        (main, digest), *others = sources.items()
        modules = {path.name: was for path, was in others}
        head = json.dumps({"image": _digest(elf), "modules": modules}, sort_keys=True)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write(self._entry(main.name, digest, flags), head.encode() + b"\n" + elf)
            self._forget_old()
        except OSError:
            return

    def _entry(self, name: str, digest: str, flags: Iterable[str]) -> Path:
        parts = (_tools(), *sorted(flags), name, digest)
        return self._folder / _digest("\0".join(parts).encode())

    def _forget_old(self) -> None:
        entries = sorted(self._folder.iterdir(), key=lambda entry: entry.stat().st_mtime)
        for entry in entries[:-_KEPT]:
            entry.unlink()


def from_environment() -> Cache | None:
    """Where XAP_CACHE says; None if that is `off`. By default below the user's cache folder."""
    said = os.environ.get("XAP_CACHE", "")
    if said == "off":
        return None
    if said:
        return Cache(Path(said))
    base = os.environ.get("XDG_CACHE_HOME")
    home = os.environ.get("HOME")
    if base:
        return Cache(Path(base) / "xap")
    return Cache(Path(home) / ".cache" / "xap") if home else None


def _tools() -> str:
    """All code that a build runs: Python by content, shared libraries, of which one has 170 MiB,
    by size and time."""
    found = hashlib.sha256(sys.version.encode())
    for package in _PACKAGES:
        root = _folder_of(package)
        for file in sorted(root.rglob("*")):
            name = f"\0{package}/{file.relative_to(root)}\0"
            if file.suffix == ".py":
                found.update(name.encode() + file.read_bytes())
            elif file.suffix in _LIBRARIES:
                status = file.stat()
                found.update(f"{name}{status.st_size} {status.st_mtime_ns}".encode())
    return found.hexdigest()


def _folder_of(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _digest_of(path: Path) -> str | None:
    try:
        return _digest(path.read_bytes())
    except OSError:
        return None
