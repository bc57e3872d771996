"""Apps as a FIT: the tree that U-Boot calls a flattened image tree.

    images/NAME          description, data, type, arch, compression, hash-1
    configurations/apps  loadables: the names, in the order of loading

What is read is the default configuration; other images and configurations are somebody else's.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from xaprt.fit.flatten import flatten
from xaprt.fit.tree import FitError, Node, cells, strings
from xaprt.fit.unflatten import unflatten

MAX_APPS = 64

_ALGORITHM = "sha256"
_ARCHITECTURE = "arm64"
_CONFIGURATION = "apps"
_MAX_TEXT = 4096
_TEXT = re.compile(rb"[\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class Packed:
    """One app of a bundle. `data` is its file as it is, an ELF if nobody is lying."""

    name: str
    description: str
    data: bytes
    load: int | None = None
    """Where the boot loader puts it: a physical address. Written, never read."""


def pack(apps: Sequence[Packed], timestamp: int = 0) -> bytes:
    """The FIT of 1 to MAX_APPS apps of different names; `timestamp` is in seconds since 1970.

    U-Boot's tools take no tree without a timestamp. The same arguments give the same bytes.
    """
    root = Node("")
    root.properties["description"] = strings("native apps")
    root.properties["timestamp"] = cells(timestamp)
    root.properties["#address-cells"] = cells(2)
    images = root.add("images")
    for app in apps:
        _add_image(images, app)
    configurations = root.add("configurations")
    configurations.properties["default"] = strings(_CONFIGURATION)
    default = configurations.add(_CONFIGURATION)
    default.properties["description"] = strings("all apps, in this order")
    default.properties["loadables"] = strings(*(app.name for app in apps))
    return flatten(root)


def unpack(data: bytes) -> tuple[Packed, ...]:
    """The apps of the default configuration in their order, each with its hash checked.

    FitError with one line for all else. What an app's data is, is not looked at.
    """
    root = unflatten(data)
    images = _child(root, "images", "/")
    configurations = _child(root, "configurations", "/")
    default = _string(configurations, "default", "configurations")
    chosen = _child(configurations, default, "configurations")
    where = f"configurations/{default}"
    names = _strings(chosen, "loadables", where)
    for name in names:
        if names.count(name) > 1:
            raise FitError(f"{where}: '{name}' is loaded twice")
    return tuple(_image(images, name) for name in names)


def is_fit(data: bytes) -> bool:
    """By its first bytes."""
    return data[:4] == bytes.fromhex("d00dfeed")


def _add_image(images: Node, app: Packed) -> None:
    image = images.add(app.name)
    image.properties["description"] = strings(app.description)
    image.properties["data"] = app.data
    image.properties["type"] = strings("standalone")
    image.properties["arch"] = strings(_ARCHITECTURE)
    image.properties["compression"] = strings("none")
    if app.load is not None:
        image.properties["load"] = cells(app.load >> 32, app.load & 0xFFFF_FFFF)
    hashed = image.add("hash-1")
    hashed.properties["algo"] = strings(_ALGORITHM)
    hashed.properties["value"] = hashlib.sha256(app.data).digest()


def _image(images: Node, name: str) -> Packed:
    image = _child(images, name, "images")
    where = f"images/{name}"
    architecture = _string(image, "arch", where)
    if architecture != _ARCHITECTURE:
        raise FitError(f"{where}: an image for {architecture}, not {_ARCHITECTURE}")
    compression = _string(image, "compression", where)
    if compression != "none":
        raise FitError(f"{where}: compressed ({compression})")
    data = image.properties.get("data")
    if data is None:
        outside = "data-offset" in image.properties or "data-position" in image.properties
        raise FitError(f"{where}: {'its data lie outside of the tree' if outside else 'no data'}")
    _require_hash(image, data, where)
    return Packed(name, _string(image, "description", where), data)


def _require_hash(image: Node, data: bytes, where: str) -> None:
    """At least one that we know, and all that we know are right. U-Boot takes any node whose
    name begins with "hash"."""
    nodes = [node for name, node in image.children.items() if name.startswith("hash")]
    values = [
        node.properties.get("value")
        for node in nodes
        if _string(node, "algo", f"{where}/{node.name}") == _ALGORITHM
    ]
    if not values:
        raise FitError(f"{where}: no {_ALGORITHM} hash")
    digest = hashlib.sha256(data).digest()
    if any(value != digest for value in values):
        raise FitError(f"{where}: the data do not have the {_ALGORITHM} hash that is given")


def _child(node: Node, name: str, where: str) -> Node:
    found = node.children.get(name)
    if found is None:
        raise FitError(f"{where}: no node '{name}'")
    return found


def _string(node: Node, name: str, where: str) -> str:
    values = _strings(node, name, where)
    if len(values) != 1:
        raise FitError(f"{where}: '{name}' is {len(values)} strings, must be one")
    return values[0]


def _strings(node: Node, name: str, where: str) -> list[str]:
    value = node.properties.get(name)
    if value is None:
        raise FitError(f"{where}: no property '{name}'")
    if len(value) > _MAX_TEXT:
        raise FitError(f"{where}: '{name}' has {len(value)} bytes, more than {_MAX_TEXT}")
    if value.count(b"\0") > MAX_APPS:
        raise FitError(f"{where}: more than {MAX_APPS} {name}")
    *parts, rest = value.split(b"\0")
    if not parts or rest or not all(map(_TEXT.fullmatch, parts)):
        raise FitError(f"{where}: '{name}' is not text")
    return [part.decode("ascii") for part in parts]
