"""Tree to bytes."""

from collections.abc import Iterator

from xaprt.fit.tree import (
    BEGIN_NODE,
    CELL,
    COMPATIBLE_VERSION,
    END,
    END_NODE,
    HEADER,
    MAGIC,
    PROP,
    PROPERTY,
    RESERVATION,
    VERSION,
    Node,
    aligned,
)


def flatten(root: Node) -> bytes:
    """The same tree gives the same bytes. Names must be such as `unflatten` takes."""
    names: dict[str, int] = {}
    structure = b"".join((*_node(root, names), CELL.pack(END)))
    block = b"".join(name.encode("ascii") + b"\0" for name in names)
    at_structure = HEADER.size + RESERVATION.size
    at_strings = at_structure + len(structure)
    header = HEADER.pack(
        MAGIC,
        at_strings + len(block),
        at_structure,
        at_strings,
        HEADER.size,
        VERSION,
        COMPATIBLE_VERSION,
        0,
        len(block),
        len(structure),
    )
    return b"".join((header, bytes(RESERVATION.size), structure, block))


def _node(node: Node, names: dict[str, int]) -> Iterator[bytes]:
    """`names` collects the names of properties: offset of each in the strings block."""
    yield CELL.pack(BEGIN_NODE) + _padded(node.name.encode("ascii") + b"\0")
    for name, value in node.properties.items():
        if name not in names:
            names[name] = sum(len(each) + 1 for each in names)
        yield CELL.pack(PROP) + PROPERTY.pack(len(value), names[name])
        yield _padded(value)
    for child in node.children.values():
        yield from _node(child, names)
    yield CELL.pack(END_NODE)


def _padded(data: bytes) -> bytes:
    return data + bytes(aligned(len(data)) - len(data))
