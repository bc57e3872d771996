"""Arrays, structs and windows: elements, making, and the methods of blocks.

A guest may write a mapped page at any time, so every access to a view is volatile: each byte
is read once, and what was read is what was checked.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import gcd

from xaprt import abi
from xaprt.abi import Reason

from xapc.lower import expressions, views
from xapc.lower.body import Body
from xapc.lower.ir import encode, integer, memory
from xapc.tree import BlockCall, BlockMethod, Const, Expr, Value
from xapc.types import BOOL, ArrayType, IntType, StructType, Type, ViewType


def element(body: Body, base: str, type: Type, index: str) -> str:
    """The address of an element; panics INDEX. `index` is an i64."""
    assert isinstance(type, ArrayType)
    _require_within(body, index, str(type.length - 1))
    return body.offset(base, _scaled(body, index, type.element.size))


def _scaled(body: Body, index: str, size: int) -> str:
    if _is_literal(index):
        return str(int(index) * size)
    return index if size == 1 else body.op(f"mul nuw i64 {index}, {size}")


def make(
    body: Body,
    type: Type,
    base: Value | None,
    items: Sequence[tuple[int, Type, str]],
    slot: str,
) -> None:
    """Write a new aggregate: `base` (None: zero), then each item (place, type, value)."""
    covered = {number for number, _, _ in items}
    parts = _parts(type)
    gapless = sum(part.size for _, part in parts) == type.size
    if len(covered) < len(parts) or not gapless:
        image = bytes(type.size) if base is None else encode(type, base)
        _write_image(body, type, image, slot)
    for number, held, value in items:
        offset, _ = parts[number]
        put(body, held, value, body.offset(slot, offset))


def _parts(type: Type) -> list[tuple[int, Type]]:
    """Offset and type of each element or field."""
    if isinstance(type, ArrayType):
        return [(n * type.element.size, type.element) for n in range(type.length)]
    assert isinstance(type, StructType)
    return [(field.offset, field.type) for field in type.fields.values()]


def _write_image(body: Body, type: Type, image: bytes, slot: str) -> None:
    if any(image):
        body.copy(type, body.module.constant(image, type.align), slot)
    else:
        zero(body, type, slot)


def zero(body: Body, type: Type, slot: str) -> None:
    target = f"ptr align {type.align} {slot}"
    body.intrinsic("void", "memset.p0.i64", target, "i8 0", f"i64 {type.size}", "i1 false")


def put(body: Body, type: Type, value: str, place: str) -> None:
    """Store a scalar, or copy the contents of an aggregate."""
    if type.is_aggregate:
        body.copy(type, value, place)
    else:
        body.store(type, value, place)


@contextmanager
def counted(body: Body, count: str) -> Iterator[tuple[str, str]]:
    """A loop over 0 .. count - 1 (i64, unsigned): its index, and the label behind it."""
    slot = body.slot("i64")
    head, turn, done = body.label(), body.label(), body.label()
    body.do(f"store i64 0, ptr {slot}")
    body.place(head)
    index = body.op(f"load i64, ptr {slot}")
    body.branch(body.op(f"icmp ult i64 {index}, {count}"), turn, done)
    body.place(turn)
    yield index, done
    body.do(f"store i64 {body.op(f'add i64 {index}, 1')}, ptr {slot}")
    body.go(head)
    body.place(done)


# --- windows ---------------------------------------------------------------------------------


@dataclass
class Window:
    """An array or a valid view: where it is, and how many elements it has (an i64)."""

    body: Body
    pointer: str
    length: str
    type: ArrayType | ViewType

    @property
    def element(self) -> Type:
        return self.type.element

    @property
    def is_view(self) -> bool:
        return isinstance(self.type, ViewType)

    def at(self, index: str) -> str:
        return self.body.offset(self.pointer, _scaled(self.body, index, self.element.size))

    def get(self, index: str) -> str:
        """An element; of aggregate type, its address."""
        if isinstance(self.type, ViewType):
            return views.read(self.body, self.type, self.at(index))
        place = self.at(index)
        return place if self.element.is_aggregate else self.body.load(self.element, place)

    def set(self, index: str, value: str) -> None:
        if isinstance(self.type, ViewType):
            views.write(self.body, self.type, value, self.at(index))
        else:
            put(self.body, self.element, value, self.at(index))


def window(body: Body, type: Type, value: str) -> Window:
    """Panics MAPPING for a view that is falsy."""
    if isinstance(type, ViewType):
        views.require(body, value)
        pointer, length = views.pointer(body, value), views.count(body, value)
        return Window(body, pointer, length, type)
    assert isinstance(type, ArrayType)
    return Window(body, value, str(type.length), type)


# --- methods ---------------------------------------------------------------------------------


def method(body: Body, node: BlockCall) -> str:
    name = node.method
    if name is BlockMethod.EQUALS:
        return _equals(body, node)
    if name is BlockMethod.FILL:
        return _fill(body, node)
    if name is BlockMethod.COPY_FROM:
        return _copy_from(body, node)
    if name in (BlockMethod.LOAD, BlockMethod.LOAD_BE):
        return _load(body, node)
    return _store(body, node)


def _fill(body: Body, node: BlockCall) -> str:
    given = [expressions.lower(body, each) for each in node.args]
    target = window(body, node.args[0].type, given[0])
    if target.element.size == 1 and not target.element.is_aggregate:
        value = given[1]
        if target.element is BOOL:
            value = body.op(f"zext i1 {value} to i8")
        volatile = "true" if target.is_view else "false"
        args = f"ptr {target.pointer}", f"i8 {value}", f"i64 {target.length}", f"i1 {volatile}"
        body.intrinsic("void", "memset.p0.i64", *args)
        return ""
    with counted(body, target.length) as (index, _):
        target.set(index, given[1])
    return ""


def _equals(body: Body, node: BlockCall) -> str:
    a, b = (expressions.lower(body, each) for each in node.args)
    one, other = (each.type for each in node.args)
    if isinstance(one, StructType) or (one == other and isinstance(one, ArrayType)):
        return _same_bytes(body, a, b, one.size)
    left, right = window(body, one, a), window(body, other, b)
    if not (left.is_view or right.is_view):
        return "false"  # arrays of different lengths
    return _same_elements(body, left, right)


def _same_bytes(body: Body, a: str, b: str, size: int) -> str:
    # Padding is always zero, so equal contents are equal bytes.
    name = body.module.shim("bcmp", "i32", "ptr", "ptr", "i64")
    found = body.call("i32", name, f"ptr {a}, ptr {b}, i64 {size}")
    return body.op(f"icmp eq i32 {found}, 0")


def _same_elements(body: Body, left: Window, right: Window) -> str:
    slot, differ, done = body.slot("i1"), body.label(), body.label()
    compare = body.label()
    same = body.op(f"icmp eq i64 {left.length}, {right.length}")
    body.do(f"store i1 {same}, ptr {slot}")
    body.branch(same, compare, done)
    body.place(compare)
    with counted(body, left.length) as (index, _):
        width = memory(left.element)
        equal = body.op(f"icmp eq {width} {left.get(index)}, {right.get(index)}")
        going_on = body.label()
        body.branch(equal, going_on, differ)
        body.place(going_on)
    body.go(done)
    body.place(differ)
    body.do(f"store i1 false, ptr {slot}")
    body.place(done)
    return body.op(f"load i1, ptr {slot}")


def _copy_from(body: Body, node: BlockCall) -> str:
    destination, origin = (expressions.lower(body, each) for each in node.args[:2])
    at, start, count = (expressions.index(body, each) for each in node.args[2:])
    target = window(body, node.args[0].type, destination)
    source = window(body, node.args[1].type, origin)
    _require_within(body, start, source.length)
    if _is_rest(node.args[4]):
        count = _less(body, source.length, start)
    else:
        _require_within(body, count, _less(body, source.length, start))
    _require_within(body, at, target.length)
    _require_within(body, count, _less(body, target.length, at))
    if target.element.is_aggregate or not (target.is_view or source.is_view):
        size = _scaled(body, count, target.element.size)
        args = f"ptr {target.at(at)}", f"ptr {source.at(start)}", f"i64 {size}", "i1 false"
        body.intrinsic("void", "memmove.p0.p0.i64", *args)
    elif target.element.size == 1:
        args = f"ptr {target.at(at)}", f"ptr {source.at(start)}", f"i64 {count}", "i1 true"
        body.intrinsic("void", "memmove.p0.p0.i64", *args)
    else:
        with counted(body, count) as (index, _):
            value = source.get(body.op(f"add i64 {start}, {index}"))
            target.set(body.op(f"add i64 {at}, {index}"), value)
    return ""


def _is_rest(count: Expr) -> bool:
    """The tree's word for 'all that follows start'."""
    return isinstance(count, Const) and count.value == -1


def _require_within(body: Body, value: str, limit: str) -> None:
    if not (_is_literal(value) and _is_literal(limit)):
        body.check(body.op(f"icmp ule i64 {value}, {limit}"), Reason.INDEX)
    elif not 0 <= int(value) <= int(limit):
        # What would come next is never reached, and has an address that no image has.
        body.fail(Reason.INDEX)


def _less(body: Body, value: str, subtrahend: str) -> str:
    if _is_literal(value) and _is_literal(subtrahend):
        return str(int(value) - int(subtrahend))
    return body.op(f"sub i64 {value}, {subtrahend}")


def _is_literal(value: str) -> bool:
    return value.removeprefix("-").isdigit()


# --- load and store --------------------------------------------------------------------------


def _place(body: Body, node: BlockCall, held: str, offset: str, size: int) -> tuple[Window, int]:
    """`size` bytes at the offset given, and the alignment that they surely have."""
    target = window(body, node.args[0].type, held)
    _require_within(body, str(size), target.length)
    _require_within(body, offset, _less(body, target.length, str(size)))
    target.pointer = body.offset(target.pointer, offset)
    known = int(offset) if offset.isdigit() else 1
    # A guest's page begins at a page boundary; an array of bytes may begin anywhere.
    return target, gcd(known, abi.PAGE_SIZE) if target.is_view else 1


def _load(body: Body, node: BlockCall) -> str:
    held = expressions.lower(body, node.args[0])
    offset = expressions.index(body, node.args[1])
    source, align = _place(body, node, held, offset, node.type.size)
    if not isinstance(node.type, IntType):
        slot = body.aggregate_slot(node.type)
        zero(body, node.type, slot)
        for at, type in _scalars(node.type, 0):
            part = body.offset(source.pointer, at)
            value = _read(body, source, type, part, gcd(align, at) if at else align)
            body.store(type, value, body.offset(slot, at))
        return slot
    value = _read(body, source, node.type, source.pointer, align)
    return _swapped(body, node.method is BlockMethod.LOAD_BE, node.type, value)


def _read(body: Body, source: Window, type: Type, pointer: str, align: int) -> str:
    volatile = "volatile " if source.is_view else ""
    aligned = min(align, type.size)
    return body.op(f"load {volatile}{memory(type)}, ptr {pointer}, align {aligned}")


def _store(body: Body, node: BlockCall) -> str:
    held = expressions.lower(body, node.args[0])
    offset = expressions.index(body, node.args[1])
    value, type = expressions.lower(body, node.args[2]), node.args[2].type
    target, align = _place(body, node, held, offset, type.size)
    volatile = target.is_view
    if type.is_aggregate:
        args = f"ptr align {align} {target.pointer}", f"ptr align {type.align} {value}"
        flag = f"i1 {'true' if volatile else 'false'}"
        body.intrinsic("void", "memcpy.p0.p0.i64", *args, f"i64 {type.size}", flag)
        return ""
    value = _swapped(body, node.method is BlockMethod.STORE_BE, type, value)
    word = "store volatile" if volatile else "store"
    aligned = min(align, type.size)
    body.do(f"{word} {memory(type)} {value}, ptr {target.pointer}, align {aligned}")
    return ""


def _swapped(body: Body, big_endian: bool, type: Type, value: str) -> str:
    width = integer(type).bits
    if not big_endian or width == 8:
        return value
    return body.intrinsic(f"i{width}", f"bswap.i{width}", f"i{width} {value}")


def _scalars(type: Type, start: int) -> Iterator[tuple[int, Type]]:
    """Offset and type of each scalar inside, in memory order."""
    if type.is_aggregate:
        for offset, part in _parts(type):
            yield from _scalars(part, start + offset)
    else:
        yield start, type
