"""Bytes to tree: every offset and size is doubted, and work is bounded before it is done."""

from re import Pattern

from xaprt.fit import tree
from xaprt.fit.tree import FitError, Node, aligned

# Beyond any use; they keep a hostile file from taking long.
MAX_BYTES = 64 << 20
MAX_TOKENS = 1 << 14
MAX_DEPTH = 8


def unflatten(data: bytes) -> Node:
    """The root. FitError with one line for any bytes that are no tree, or a tree beyond the
    limits."""
    if len(data) > MAX_BYTES:
        raise FitError(f"{len(data)} bytes; at most {MAX_BYTES} are read")
    return _Reader(data).read()


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at, self._end, self._strings, self._strings_end = _blocks(data)
        self._names: dict[int, str] = {}

    def read(self) -> Node:
        """A token at a time; `path` is the way from the root to the open node."""
        root: Node | None = None
        path: list[Node] = []
        for _ in range(MAX_TOKENS):
            match self._cell("a token"):
                case tree.BEGIN_NODE:
                    if root is not None and not path:
                        raise FitError(f"{self._here()}: a second root")
                    self._begin(path)
                    root = root or path[0]
                case tree.END_NODE:
                    if not path:
                        raise FitError(f"{self._here()}: the end of no node")
                    path.pop()
                case tree.PROP:
                    self._property(path)
                case tree.NOP:
                    continue
                case tree.END:
                    if path or root is None:
                        raise FitError(f"{self._here()}: the tree ends inside a node")
                    if self._at != self._end:
                        raise FitError(f"{self._here()}: more follows the end of the tree")
                    return root
                case token:
                    raise FitError(f"{self._here()}: token {token:#x} is unknown")
        raise FitError(f"more than {MAX_TOKENS} tokens")

    def _begin(self, path: list[Node]) -> None:
        if len(path) == MAX_DEPTH:
            raise FitError(f"{self._here()}: nodes more than {MAX_DEPTH} deep")
        name = self._text(self._at, self._end, "a node's name")
        self._skip(aligned(len(name) + 1), "a node's name")
        if not path:
            if name:
                raise FitError(f"the root has a name, {name!r}")
            path.append(Node(""))
            return
        _require_name(name, tree.NODE_NAME, path)
        if name in path[-1].children:
            raise FitError(f"{_where(path)}: two nodes are called '{name}'")
        path.append(path[-1].add(name))

    def _property(self, path: list[Node]) -> None:
        if not path:
            raise FitError(f"{self._here()}: a property outside of every node")
        node = path[-1]
        size, name_at = self._cell("a property"), self._cell("a property")
        name = self._property_name(name_at, path)
        if node.children:
            raise FitError(f"{_where(path)}: the property '{name}' follows a node")
        if name in node.properties:
            raise FitError(f"{_where(path)}: two properties are called '{name}'")
        start = self._at
        self._skip(size, f"{_where(path)}: the property '{name}'")
        self._skip(aligned(size) - size, f"{_where(path)}: the property '{name}'")
        node.properties[name] = self._data[start : start + size]

    def _property_name(self, offset: int, path: list[Node]) -> str:
        if offset not in self._names:
            if offset >= self._strings_end - self._strings:
                raise FitError(f"{_where(path)}: a property's name lies outside the strings")
            name = self._text(self._strings + offset, self._strings_end, "a property's name")
            _require_name(name, tree.PROPERTY_NAME, path)
            self._names[offset] = name
        return self._names[offset]

    def _cell(self, what: str) -> int:
        start = self._at
        self._skip(tree.CELL.size, what)
        value: int = tree.CELL.unpack_from(self._data, start)[0]
        return value

    def _skip(self, size: int, what: str) -> None:
        if size > self._end - self._at:
            raise FitError(f"{what} reaches beyond the tree's structure")
        self._at += size

    def _text(self, start: int, end: int, what: str) -> str:
        stop = self._data.find(b"\0", start, min(end, start + tree.MAX_NAME + 1))
        if stop < 0:
            raise FitError(
                f"byte {start:#x}: {what} does not end, or has more than {tree.MAX_NAME}"
            )
        return self._data[start:stop].decode("latin-1")

    def _here(self) -> str:
        return f"byte {self._at - tree.CELL.size:#x}"


def _blocks(data: bytes) -> tuple[int, int, int, int]:
    """Begin and end of the structure and of the strings."""
    if len(data) < tree.CELL.size or tree.CELL.unpack_from(data)[0] != tree.MAGIC:
        raise FitError("not a flattened device tree")
    if len(data) < tree.HEADER.size:
        raise FitError("the header is cut")
    (_, total, structure, names, reserved, version, compatible, _, names_size,
     structure_size) = tree.HEADER.unpack_from(data)  # fmt: skip
    if version < tree.VERSION or compatible > tree.VERSION:
        raise FitError(f"a tree of version {version} (read by {compatible}), not {tree.VERSION}")
    if total > len(data):
        raise FitError(f"the header says {total} bytes, the file has {len(data)}")
    if total < len(data):
        more = f"{len(data) - total} bytes follow the tree"
        raise FitError(f"{more}; external data, as `mkimage -E` writes it, is not taken")
    for what, offset, size in (
        ("the structure", structure, structure_size),
        ("the strings", names, names_size),
        ("the reservations", reserved, tree.RESERVATION.size),
    ):
        if offset < tree.HEADER.size or offset + size > total:
            raise FitError(f"{what}: {size:#x} bytes at {offset:#x} of a tree of {total:#x}")
    if structure % tree.CELL.size or structure_size % tree.CELL.size:
        raise FitError("the structure is not made of whole cells")
    return structure, structure + structure_size, names, names + names_size


def _require_name(name: str, rule: Pattern[str], path: list[Node]) -> None:
    if not rule.fullmatch(name):
        raise FitError(f"{_where(path)}: {name!r} is no name")


def _where(path: list[Node]) -> str:
    return "/".join(node.name for node in path) or "/"
