"""Statements."""

from collections.abc import Callable
from functools import cache

from xaprt import abi
from xaprt.abi import Reason

from xapc.lower import expressions, loops, memory, messages, views
from xapc.lower.body import Body
from xapc.lower.ir import ssa
from xapc.tree import (
    Assert,
    Assign,
    Block,
    Break,
    Continue,
    ElementOf,
    Eval,
    Expr,
    FieldOf,
    ForEach,
    ForRange,
    GlobalRef,
    If,
    MapIo,
    MapPage,
    Match,
    Return,
    Stmt,
    Unpack,
    Update,
    VarRef,
    ViewItem,
    While,
    With,
)
from xapc.types import NONE, Type, ViewType


def block(body: Body, statements: Block) -> None:
    for node in statements:
        body.at = node.span
        _table()[type(node)](body, node)


# --- places ----------------------------------------------------------------------------------


def _locate(body: Body, place: Expr) -> str:
    """Where a place is, its index checked; "" for a variable, whose slot is known."""
    before, body.at = body.at, place.span
    try:
        if isinstance(place, VarRef):
            return ""
        if isinstance(place, ViewItem):
            return views.place(body, place)
        assert isinstance(place, (GlobalRef, FieldOf, ElementOf))
        return expressions.address(body, place)
    finally:
        body.at = before


def _fetch(body: Body, place: Expr, where: str) -> str:
    if isinstance(place, VarRef):
        return expressions.lower(body, place)
    if isinstance(place, ViewItem):
        assert isinstance(place.view.type, ViewType)
        return views.read(body, place.view.type, where)
    return where if place.type.is_aggregate else body.load(place.type, where)


def _store(body: Body, place: Expr, where: str, value: str) -> None:
    if isinstance(place, VarRef):
        # A name of an aggregate refers to it; only places in memory take contents.
        body.do(f"store {ssa(place.type)} {value}, ptr {body.var(place.var)}")
    elif isinstance(place, ViewItem):
        assert isinstance(place.view.type, ViewType)
        views.write(body, place.view.type, value, where)
    else:
        memory.put(body, place.type, value, where)


def _assign(body: Body, node: Assign) -> None:
    value = expressions.lower(body, node.value)
    where = _locate(body, node.place)
    _store(body, node.place, where, value)


def _update(body: Body, node: Update) -> None:
    where = _locate(body, node.place)
    body.do(
        f"store {ssa(node.old.type)} {_fetch(body, node.place, where)}, ptr {body.var(node.old)}"
    )
    _store(body, node.place, where, expressions.lower(body, node.value))


def _unpack(body: Body, node: Unpack) -> None:
    value = expressions.lower(body, node.value)
    for number, place in enumerate(node.places):
        if place is not None:
            item = body.op(f"extractvalue {ssa(node.value.type)} {value}, {number}")
            where = _locate(body, place)
            _store(body, place, where, item)


def _eval(body: Body, node: Eval) -> None:
    expressions.lower(body, node.value)


# --- flow ------------------------------------------------------------------------------------


def _if(body: Body, node: If) -> None:
    then, other, done = body.label(), body.label(), body.label()
    body.branch(expressions.lower(body, node.test), then, other)
    for label, suite in ((then, node.then), (other, node.other)):
        body.place(label)
        block(body, suite)
        body.go_on(done)
    body.place(done)


def _leave_loop(body: Body, node: Break | Continue) -> None:
    loop = body.loops[-1]
    body.clean_up(loop.cleanups)
    body.go(loop.on_break if isinstance(node, Break) else loop.on_continue)


def _return(body: Body, node: Return) -> None:
    value = "" if node.value is None else expressions.lower(body, node.value)
    type: Type = NONE if node.value is None else node.value.type
    if type.is_aggregate and body.result is not None:
        body.copy(type, value, body.result)
    body.at = node.span
    body.clean_up(0)
    body.end("ret void" if type is NONE or type.is_aggregate else f"ret {ssa(type)} {value}")


def _assert(body: Body, node: Assert) -> None:
    test = expressions.lower(body, node.test)
    if node.message is None:
        body.check(test, Reason.ASSERT)
        return
    going_on, failed = body.label(), body.label()
    body.branch(test, going_on, failed)
    body.place(failed)
    messages.failed_assert(body, node.message)
    body.place(going_on)


def _match(body: Body, node: Match) -> None:
    value = expressions.lower(body, node.value)
    body.do(f"store {ssa(node.subject.type)} {value}, ptr {body.var(node.subject)}")
    done = body.label()
    for case in node.cases:
        following = body.label()
        if case.test is not None:
            _require(body, case.test, following)
        for binding in case.bindings:
            _assign(body, binding)
        if case.guard is not None:
            _require(body, case.guard, following)
        block(body, case.body)
        body.go_on(done)
        body.place(following)
    body.place(done)


def _require(body: Body, test: Expr, otherwise: str) -> None:
    going_on = body.label()
    body.branch(expressions.lower(body, test), going_on, otherwise)
    body.place(going_on)


# --- with ------------------------------------------------------------------------------------


def _with(body: Body, node: With) -> None:
    mapping = node.mapping
    answer = _map_page(body, mapping) if isinstance(mapping, MapPage) else _map_io(body, mapping)
    failed = body.op(f"icmp slt i64 {answer}, 0")
    error = body.op(f"trunc i64 {answer} to i32")
    error = body.op(f"select i1 {failed}, i32 {error}, i32 0")
    pointer = body.op(f"inttoptr i64 {answer} to ptr")
    length = mapping.length if isinstance(mapping, MapIo) else abi.PAGE_SIZE
    view = views.make(body, pointer, str(length), error)
    body.do(f"store {ssa(node.type)} {view}, ptr {body.var(node.var)}")
    if isinstance(mapping, MapIo):  # stays mapped, its address is constant (ABI.md 3.5)
        block(body, node.body)
        return
    kept, went_wrong = body.slot("i64"), body.slot("i1")
    body.do(f"store i64 {answer}, ptr {kept}")
    body.do(f"store i1 {failed}, ptr {went_wrong}")
    body.cleanups.append(lambda: _unmap(body, kept, went_wrong))
    block(body, node.body)
    if body.is_open:
        body.at = node.span
        body.cleanups[-1]()
    body.cleanups.pop()


def _map_page(body: Body, mapping: MapPage) -> str:
    ipa = expressions.lower(body, mapping.ipa)
    flags = abi.MAP_WRITABLE if mapping.writable else 0
    name = body.module.shim("xap_sys_map_guest_page", "i64", "i64", "i64")
    return body.call("i64", name, f"i64 {ipa}, i64 {flags}")


def _map_io(body: Body, mapping: MapIo) -> str:
    name = body.module.shim("xap_sys_map_io", "i64", "i64")
    return body.call("i64", name, f"i64 {mapping.number}")


def _unmap(body: Body, kept: str, went_wrong: str) -> None:
    unmap, done = body.label(), body.label()
    body.branch(body.op(f"load i1, ptr {went_wrong}"), done, unmap)
    body.place(unmap)
    name = body.module.shim("xap_sys_unmap", "i64", "i64")
    body.call("i64", name, f"i64 {body.op(f'load i64, ptr {kept}')}")
    body.place(done)


@cache
def _table() -> dict[type[Stmt], Callable[..., None]]:
    return {
        Assign: _assign,
        Update: _update,
        Unpack: _unpack,
        Eval: _eval,
        If: _if,
        While: loops.while_,
        ForRange: loops.for_range,
        ForEach: loops.for_each,
        Break: _leave_loop,
        Continue: _leave_loop,
        Return: _return,
        Assert: _assert,
        Match: _match,
        With: _with,
    }
