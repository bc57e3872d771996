"""Views: windows on guest pages and device registers (LANGUAGE.md section 6).

A view is an address, a number of elements, and an error number (0: it is valid). Registers
are accessed with exactly their width, in order, with the barriers of ABI.md 3.5.
"""

from xaprt.abi import Reason

from xapc.lower import expressions
from xapc.lower.body import Body
from xapc.lower.ir import VIEW, memory
from xapc.tree import ViewError, ViewItem, ViewLen, ViewOk
from xapc.types import ViewType

_DMB_OSHLD, _DMB_OSHST = 1, 2  # CRm of DMB (Arm ARM C6.2)


def make(body: Body, pointer: str, length: str, error: str) -> str:
    view = body.op(f"insertvalue {VIEW} poison, ptr {pointer}, 0")
    view = body.op(f"insertvalue {VIEW} {view}, i64 {length}, 1")
    return body.op(f"insertvalue {VIEW} {view}, i32 {error}, 2")


def pointer(body: Body, view: str) -> str:
    return body.op(f"extractvalue {VIEW} {view}, 0")


def count(body: Body, view: str) -> str:
    return body.op(f"extractvalue {VIEW} {view}, 1")


def is_valid(body: Body, view: str) -> str:
    found = body.op(f"extractvalue {VIEW} {view}, 2")
    return body.op(f"icmp eq i32 {found}, 0")


def require(body: Body, view: str) -> None:
    body.check(is_valid(body, view), Reason.MAPPING)


def read(body: Body, type: ViewType, place: str) -> str:
    width = memory(type.element)
    found = body.op(f"load volatile {width}, ptr {place}, align {type.element.align}")
    if type.device:
        _barrier(body, _DMB_OSHLD)
    return found


def write(body: Body, type: ViewType, value: str, place: str) -> None:
    if type.device:
        _barrier(body, _DMB_OSHST)
    width = memory(type.element)
    body.do(f"store volatile {width} {value}, ptr {place}, align {type.element.align}")


def _barrier(body: Body, kind: int) -> None:
    body.module.declare("declare void @llvm.aarch64.dmb(i32)")
    body.call("void", "@llvm.aarch64.dmb", f"i32 {kind}")


# --- expressions -----------------------------------------------------------------------------


def place(body: Body, node: ViewItem) -> str:
    """The address of an item; panics MAPPING, then INDEX."""
    view = expressions.lower(body, node.view)
    index = expressions.index(body, node.index)
    require(body, view)
    body.check(body.op(f"icmp ult i64 {index}, {count(body, view)}"), Reason.INDEX)
    size = node.type.size
    offset = index if size == 1 else body.op(f"mul i64 {index}, {size}")
    return body.offset(pointer(body, view), offset)


def item(body: Body, node: ViewItem) -> str:
    where = place(body, node)
    assert isinstance(node.view.type, ViewType)
    return read(body, node.view.type, where)


def ok(body: Body, node: ViewOk) -> str:
    return is_valid(body, expressions.lower(body, node.view))


def error(body: Body, node: ViewError) -> str:
    view = expressions.lower(body, node.view)
    return body.op(f"extractvalue {VIEW} {view}, 2")


def length(body: Body, node: ViewLen) -> str:
    view = expressions.lower(body, node.view)
    require(body, view)
    return count(body, view)
