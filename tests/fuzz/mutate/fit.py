"""FIT images: nodes, properties, hashes, and the tokens and offsets that they are made of."""

import hashlib
import struct
from collections.abc import Callable, Iterator
from random import Random

from xaprt.fit import FitError
from xaprt.fit.flatten import flatten
from xaprt.fit.tree import BEGIN_NODE, CELL, END, END_NODE, HEADER, NOP, PROP, Node
from xaprt.fit.unflatten import unflatten

from tests.fuzz.mutate import elf, raw

_TOKENS = (BEGIN_NODE, END_NODE, PROP, NOP, END, 5)
_NAMES = ("images", "configurations", "apps", "default", "loadables", "data", "hash-1", "hash",
          "algo", "value", "arch", "compression", "description", "data-offset", "one", "two",
          "x" * 31)  # fmt: skip
_STRINGS = (b"apps\0", b"one\0two\0", b"one\0one\0", b"sha256\0", b"crc32\0", b"arm64\0", b"none\0",
            b"gzip\0", b"\0", b"", b"one", b"\xff\0", b"x\0" * 65, b"y" * 5000 + b"\0")  # fmt: skip


def mutate(data: bytes, rng: Random) -> bytes:
    """One change."""
    kind = rng.random()
    if kind < 0.15:
        return raw.mutate(data, rng, "big")
    if kind < 0.4:
        return _flattened(bytearray(data.ljust(HEADER.size, b"\0")), rng)
    try:
        root = unflatten(data)
    except FitError:
        return raw.mutate(data, rng, "big")
    rng.choice(_CHANGES)(root, rng)
    return flatten(root)


# --- bytes --------------------------------------------------------------------------------------


def _flattened(data: bytearray, rng: Random) -> bytes:
    header = list(HEADER.unpack_from(data))
    kind = rng.randrange(4)
    if kind == 0:
        at = rng.randrange(10)
        header[at] = raw.number(rng, 32, (header[at], len(data), header[rng.randrange(10)]))
    elif kind == 1:
        _token(data, header, rng)
    elif kind == 2:
        _inserted(data, header, rng)
    else:
        _other_string(data, header, rng)
    HEADER.pack_into(data, 0, *header)
    return bytes(data)


def _cells_at(data: bytearray, header: list[int]) -> range:
    return range(header[2], min(len(data) - 3, header[2] + header[9]), 4)


def _token(data: bytearray, header: list[int], rng: Random) -> None:
    """Or a length, or an offset of a name: whatever cell it is."""
    cells = _cells_at(data, header)
    if cells:
        at = rng.choice(cells)
        value = rng.choice(_TOKENS) if rng.random() < 0.5 else raw.number(rng, 32, (len(data),))
        CELL.pack_into(data, at, value)


def _inserted(data: bytearray, header: list[int], rng: Random) -> None:
    """Tokens, once or very often, with sizes that count them."""
    cells = _cells_at(data, header)
    if cells:
        count = rng.choice((1, 2, 8, 5000)) if rng.random() < 0.5 else 1
        one = rng.choice((
            CELL.pack(NOP), CELL.pack(BEGIN_NODE) + b"a\0\0\0", CELL.pack(END_NODE), CELL.pack(END),
            CELL.pack(BEGIN_NODE) + b"a\0\0\0" + CELL.pack(END_NODE),
            struct.pack(">III", PROP, 0, rng.randrange(64)),
        ))  # fmt: skip
        at = rng.choice(cells)
        data[at:at] = one * count
        for field in (1, 9, 3):
            header[field] = header[field] + len(one) * count & 0xFFFF_FFFF


def _other_string(data: bytearray, header: list[int], rng: Random) -> None:
    names = range(header[3], min(len(data), header[3] + header[8]))
    if names:
        data[rng.choice(names)] = rng.choice((0, 0, 0x2F, 0x41, 0x80, 0xFF, 0x0A))


# --- trees --------------------------------------------------------------------------------------


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children.values():
        yield from _nodes(child)


def _some(root: Node, rng: Random) -> Node:
    return rng.choice(list(_nodes(root)))


def _some_value(root: Node, rng: Random) -> bytes:
    kind = rng.randrange(4)
    if kind == 0:
        return rng.choice(list(_some(root, rng).properties.values()) or [b""])
    return rng.choice(_STRINGS) if kind < 3 else rng.randbytes(rng.choice((0, 1, 4, 32, 33)))


def _value(root: Node, rng: Random) -> None:
    node = _some(root, rng)
    names = [*node.properties, rng.choice(_NAMES)]
    node.properties[rng.choice(names)] = _some_value(root, rng)


def _changed(root: Node, rng: Random) -> None:
    """A property, a little."""
    node = _some(root, rng)
    if node.properties:
        name = rng.choice(list(node.properties))
        node.properties[name] = raw.mutate(node.properties[name], rng, "big")


def _without(root: Node, rng: Random) -> None:
    node = _some(root, rng)
    if node.properties:
        del node.properties[rng.choice(list(node.properties))]


def _no_child(root: Node, rng: Random) -> None:
    node = _some(root, rng)
    if node.children:
        del node.children[rng.choice(list(node.children))]


def _renamed(root: Node, rng: Random) -> None:
    node = _some(root, rng)
    if node.children:
        child = node.children.pop(rng.choice(list(node.children)))
        child.name = rng.choice(_NAMES)
        node.children[child.name] = child


def _moved(root: Node, rng: Random) -> None:
    """A copy of a node into another: deeper, or twice."""
    source, target = _some(root, rng), _some(root, rng)
    if sum(1 for _ in _nodes(root)) < 60:
        name = source.name or "root"
        target.children[name] = _copy(source, name)


def _copy(node: Node, name: str) -> Node:
    return Node(
        name, dict(node.properties), {key: _copy(each, key) for key, each in node.children.items()}
    )


def _app(root: Node, rng: Random) -> None:
    """Other data of an app, of the right hash."""
    images = root.children.get("images")
    if images and images.children:
        image = rng.choice(list(images.children.values()))
        data = elf.mutate(image.properties.get("data", b""), rng)
        image.properties["data"] = data
        for child in image.children.values():
            if "value" in child.properties:
                child.properties["value"] = hashlib.sha256(data).digest()


def _loadables(root: Node, rng: Random) -> None:
    images, chosen = root.children.get("images"), root.children.get("configurations")
    if images and chosen:
        names = [*images.children, rng.choice(_NAMES)]
        picked = [rng.choice(names).encode() + b"\0" for _ in range(rng.choice((0, 1, 2, 5, 66)))]
        for each in chosen.children.values():
            each.properties["loadables"] = b"".join(picked)


_CHANGES: tuple[Callable[[Node, Random], None], ...] = (
    _value, _value, _changed, _changed, _without, _no_child, _renamed, _moved, _app, _app,
    _loadables,
)  # fmt: skip
