"""A FIT that nobody should trust: one named refusal, in bounded time and memory (issue 5)."""

import struct
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xaprt.fit import MAX_BYTES, FitError, Packed, pack, unpack
from xaprt.fit.flatten import flatten
from xaprt.fit.tree import BEGIN_NODE, END, END_NODE, HEADER, NOP, PROP, Node
from xaprt.fit.unflatten import unflatten

GOOD = pack([Packed("one", "one 1.0.0", b"first!" * 9), Packed("two", "two 1.0.0", b"second")])

# --- the flattened tree -------------------------------------------------------------------------

FIELDS = (
    "magic", "total", "structure", "strings", "reserved", "version", "compatible", "cpu",
    "strings_size", "structure_size",
)  # fmt: skip


def with_header(**changes: int) -> bytes:
    fields = dict(zip(FIELDS, HEADER.unpack_from(GOOD), strict=True)) | changes
    return HEADER.pack(*fields.values()) + GOOD[HEADER.size :]


def raw(*cells: int | bytes, strings: bytes = b"data\0") -> bytes:
    """A tree of these tokens."""
    structure = b"".join(c if isinstance(c, bytes) else struct.pack(">I", c) for c in cells)
    at = HEADER.size + 16
    header = HEADER.pack(
        0xD00DFEED, at + len(structure) + len(strings), at, at + len(structure), HEADER.size,
        17, 16, 0, len(strings), len(structure),
    )  # fmt: skip
    return header + bytes(16) + structure + strings


ROOT, A = b"\0\0\0\0", b"a\0\0\0"
HUGE = 0xFFFF_FFFC

BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "not a flattened device tree"),
    "an ELF": (b"\x7fELF" + bytes(99), "not a flattened device tree"),
    "only magic": (GOOD[:4], "the header is cut"),
    "cut in the header": (GOOD[:39], "the header is cut"),
    "cut": (GOOD[:-1], "the header says .* bytes, the file has"),
    "appended": (GOOD + b"\0", "1 bytes follow the tree"),
    "total too small": (with_header(total=HEADER.size), "bytes follow the tree"),
    "old version": (with_header(version=16), "a tree of version 16"),
    "later, incompatible": (with_header(compatible=18), "read by 18"),
    "structure beyond": (with_header(structure=HUGE), "the structure: .* of a tree of"),
    "structure size wraps": (with_header(structure_size=HUGE), "the structure: .* of a tree of"),
    "structure in the header": (with_header(structure=4), "the structure: .* of a tree of"),
    "structure unaligned": (
        with_header(structure=58, structure_size=4), "not made of whole cells"),
    "strings beyond": (with_header(strings=HUGE), "the strings: .* of a tree of"),
    "strings size wraps": (with_header(strings_size=HUGE), "the strings: .* of a tree of"),
    "no strings": (with_header(strings_size=0), "lies outside the strings"),
    "reservations beyond": (with_header(reserved=HUGE), "the reservations: .* of a tree of"),
    "structure empty": (with_header(structure_size=0), "a token reaches beyond"),
    "structure ends early": (with_header(structure_size=8), "a token reaches beyond"),
    "end inside a node": (raw(BEGIN_NODE, ROOT, END), "ends inside a node"),
    "no node": (raw(END), "ends inside a node"),
    "more after the end": (
        raw(BEGIN_NODE, ROOT, END_NODE, END, END), "more follows the end"),
    "no end": (raw(BEGIN_NODE, ROOT, END_NODE), "a token reaches beyond"),
    "two roots": (
        raw(BEGIN_NODE, ROOT, END_NODE, BEGIN_NODE, ROOT, END_NODE, END), "a second root"),
    "too many ends": (raw(BEGIN_NODE, ROOT, END_NODE, END_NODE, END), "the end of no node"),
    "unknown token": (raw(BEGIN_NODE, ROOT, 5), "token 0x5 is unknown"),
    "property of nobody": (raw(PROP, 0, 0, END), "a property outside of every node"),
    "property after the root": (
        raw(BEGIN_NODE, ROOT, END_NODE, PROP, 0, 0, END), "a property outside of every node"),
    "property after a node": (
        raw(BEGIN_NODE, ROOT, BEGIN_NODE, A, END_NODE, PROP, 0, 0, END_NODE, END),
        "the property 'data' follows a node"),
    "property too long": (raw(BEGIN_NODE, ROOT, PROP, 64, 0, END), "'data' reaches beyond"),
    "property length wraps": (
        raw(BEGIN_NODE, ROOT, PROP, 0xFFFF_FFFF, 0, END), "'data' reaches beyond"),
    "property cut in its padding": (
        raw(BEGIN_NODE, ROOT, PROP, 1, 0, b"x"), "not made of whole cells|reaches beyond"),
    "property without a name": (
        raw(BEGIN_NODE, ROOT, PROP, 0, 4, END_NODE, END), "'' is no name"),
    "property name not ended": (
        raw(BEGIN_NODE, ROOT, PROP, 0, 0, END_NODE, END, strings=b"data"), "does not end"),
    "property name beyond": (
        raw(BEGIN_NODE, ROOT, PROP, 0, HUGE, END_NODE, END), "lies outside the strings"),
    "property name of bytes": (
        raw(BEGIN_NODE, ROOT, PROP, 0, 0, END_NODE, END, strings=b"\xff\n\0"), "is no name"),
    "two properties": (
        raw(BEGIN_NODE, ROOT, PROP, 0, 0, PROP, 0, 0, END_NODE, END), "two properties"),
    "two nodes": (
        raw(BEGIN_NODE, ROOT, BEGIN_NODE, A, END_NODE, BEGIN_NODE, A, END_NODE, END_NODE, END),
        "two nodes are called 'a'"),
    "root with a name": (raw(BEGIN_NODE, A, END_NODE, END), "the root has a name"),
    "node without a name": (
        raw(BEGIN_NODE, ROOT, BEGIN_NODE, ROOT, END_NODE, END_NODE, END), "'' is no name"),
    "node named by a path": (
        raw(BEGIN_NODE, ROOT, BEGIN_NODE, b"../\0", END_NODE, END_NODE, END), "is no name"),
    "node name not ended": (raw(BEGIN_NODE, b"a" * 64), "a node's name does not end"),
    "deep": (raw(*[BEGIN_NODE, ROOT] + [BEGIN_NODE, A] * 5000), "nodes more than 8 deep"),
    "endless": (raw(BEGIN_NODE, ROOT, *[NOP] * 20_000, END_NODE, END), "more than 16384 tokens"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "reason"), BROKEN.values(), ids=BROKEN)
def test_no_tree(data: bytes, reason: str) -> None:
    with pytest.raises(FitError, match=reason):
        unpack(data)


def test_nops_are_skipped() -> None:
    assert unflatten(raw(NOP, BEGIN_NODE, ROOT, NOP, END_NODE, NOP, END)) == Node("")


# --- what the nodes mean ------------------------------------------------------------------------


def change(edit: Callable[[Node], object]) -> bytes:
    root = unflatten(GOOD)
    edit(root)
    return flatten(root)


def one(root: Node) -> Node:
    return root.children["images"].children["one"]


def chosen(root: Node) -> Node:
    return root.children["configurations"].children["apps"]


def put(node: Callable[[Node], Node], name: str, value: bytes | None) -> bytes:
    def edit(root: Node) -> None:
        if value is None:
            del node(root).properties[name]
        else:
            node(root).properties[name] = value

    return change(edit)


def hash_of(root: Node) -> Node:
    return one(root).children["hash-1"]


def configurations(root: Node) -> Node:
    return root.children["configurations"]


def with_external_data(root: Node) -> None:
    one(root).properties["data-size"] = one(root).properties["data-offset"] = bytes(4)
    del one(root).properties["data"]


def with_a_second_hash(root: Node) -> None:
    second = one(root).add("hash-2")
    second.properties["algo"] = b"sha256\0"
    second.properties["value"] = bytes(32)


MEANINGLESS: dict[str, tuple[bytes, str]] = {
    "no images": (change(lambda r: r.children.pop("images")), "/: no node 'images'"),
    "no configurations": (
        change(lambda r: r.children.pop("configurations")), "/: no node 'configurations'"),
    "no default": (put(configurations, "default", None), "no property 'default'"),
    "default unknown": (put(configurations, "default", b"x\0"), "configurations: no node 'x'"),
    "default of two": (put(configurations, "default", b"x\0y\0"), "'default' is 2 strings"),
    "default not ended": (put(configurations, "default", b"apps"), "'default' is not text"),
    "default empty": (put(configurations, "default", b""), "'default' is not text"),
    "default of bytes": (put(configurations, "default", b"\xff\0"), "'default' is not text"),
    "loads nothing": (put(chosen, "loadables", None), "no property 'loadables'"),
    "loads what is not there": (put(chosen, "loadables", b"x\0"), "images: no node 'x'"),
    "loads a path": (put(chosen, "loadables", b"one/hash-1\0"), "images: no node"),
    "loads one twice": (put(chosen, "loadables", b"one\0one\0"), "'one' is loaded twice"),
    "loads too many": (put(chosen, "loadables", b"\0" * 65), "more than 64 loadables"),
    "no data": (put(one, "data", None), "images/one: no data"),
    "data outside": (change(with_external_data), "its data lie outside"),
    "other data": (put(one, "data", b"other"), "do not have the sha256 hash"),
    "no hash": (change(lambda r: one(r).children.pop("hash-1")), "images/one: no sha256 hash"),
    "wrong hash": (put(hash_of, "value", bytes(32)), "do not have the sha256 hash"),
    "short hash": (put(hash_of, "value", b""), "do not have the sha256 hash"),
    "hash without a value": (put(hash_of, "value", None), "do not have the sha256 hash"),
    "hash without an algorithm": (put(hash_of, "algo", None), "one/hash-1: no property 'algo'"),
    "only a weak hash": (put(hash_of, "algo", b"crc32\0"), "images/one: no sha256 hash"),
    "one hash wrong": (change(with_a_second_hash), "do not have the sha256 hash"),
    "compressed": (put(one, "compression", b"gzip\0"), r"compressed \(gzip\)"),
    "for another processor": (put(one, "arch", b"arm\0"), "an image for arm, not arm64"),
    "for a processor of a long name": (
        put(one, "arch", b"x" * 5000 + b"\0"), "'arch' has 5001 bytes, more than 4096"),
    "no description": (put(one, "description", None), "no property 'description'"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "reason"), MEANINGLESS.values(), ids=MEANINGLESS)
def test_no_bundle(data: bytes, reason: str) -> None:
    with pytest.raises(FitError, match=reason):
        unpack(data)


# --- anything -----------------------------------------------------------------------------------

INTERESTING = st.sampled_from([0, 1, 2, 3, 4, 5, 9, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF_FFFF,
                               0x8000_0000, 0xFFFF_FFFC, 0xFFFF_FFFF, len(GOOD)])  # fmt: skip
CELL_AT = st.integers(0, len(GOOD) // 4 - 1)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good bundle after a few changes that know of cells."""
    data = bytearray(GOOD)
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["cell", "byte", "cut", "copy", "drop"]))
        at = draw(CELL_AT) * 4
        if kind == "cell":
            data[at : at + 4] = struct.pack(">I", draw(INTERESTING | st.integers(0, 2**32 - 1)))
        elif kind == "byte":
            data[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
        elif kind == "cut":
            del data[at:]
        else:
            size = draw(st.integers(1, 16)) * 4
            taken = data[at : at + size]
            to = draw(CELL_AT) * 4
            data[to:to] = taken
            if kind == "drop":
                del data[at : at + size]
        if draw(st.booleans()) and len(data) >= 8:
            data[4:8] = struct.pack(">I", len(data))
    return bytes(data)


@settings(max_examples=400)
@given(mutated())
def test_a_mutated_bundle_is_refused_or_whole(data: bytes) -> None:
    """What is accepted has data of the hash that stands in the file."""
    try:
        apps = unpack(data)
    except FitError as problem:
        assert len(str(problem).splitlines()) == 1
        return
    assert apps
    assert all(app.data in (b"first!" * 9, b"second") for app in apps)


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_behind_a_header(data: bytes, sized: bool) -> None:
    at = HEADER.size + 16
    header = HEADER.pack(
        0xD00DFEED, at + len(data), at, at, HEADER.size, 17, 16, 0, len(data),
        len(data) if sized else len(data) // 4 * 4,
    )  # fmt: skip
    with pytest.raises(FitError):
        unpack(header + bytes(16) + data)


def test_the_largest_costs_little_more_than_itself() -> None:
    """One token more, or one byte more, and it is refused before anything is copied."""
    root = unflatten(GOOD)
    room = MAX_BYTES - len(GOOD)
    one(root).properties["data"] = bytes(room // 4 * 4)
    big = flatten(root)
    assert MAX_BYTES - 100 < len(big) <= MAX_BYTES
    tracemalloc.start()
    with pytest.raises(FitError, match="do not have the sha256 hash"):
        unpack(big)
    assert tracemalloc.get_traced_memory()[1] < MAX_BYTES + (8 << 20)
    tracemalloc.reset_peak()
    with pytest.raises(FitError, match=f"at most {MAX_BYTES} are read"):
        unpack(bytes(MAX_BYTES + 1))
    tracemalloc.stop()


def test_a_file_of_nothing_but_tokens_costs_no_more_than_the_limit() -> None:
    tracemalloc.start()
    many = raw(BEGIN_NODE, ROOT, struct.pack(">I", NOP) * (1 << 22))
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    with pytest.raises(FitError, match="more than 16384 tokens"):
        unpack(many)
    assert tracemalloc.get_traced_memory()[1] - before < 1 << 20
    tracemalloc.stop()
