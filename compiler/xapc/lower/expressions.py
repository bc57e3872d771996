"""Expressions: each gives the name of an LLVM value; its operands come first, left to right."""

from collections.abc import Callable
from functools import cache

from xapc.lower import calls, integers, memory, messages, services, views
from xapc.lower.body import Body
from xapc.lower.ir import integer, ssa
from xapc.tree import (
    And,
    ArithOp,
    BitsOp,
    BlockCall,
    Call,
    Compare,
    Const,
    ConstBytes,
    Convert,
    Copy,
    ElementOf,
    Expr,
    FieldOf,
    Fresh,
    GlobalRef,
    Hexdump,
    IfExp,
    IntCall,
    Invert,
    ItemOf,
    Log,
    Neg,
    Not,
    Or,
    Panic,
    ServiceCall,
    ShiftOp,
    ToEnum,
    TupleOf,
    VarRef,
    ViewError,
    ViewItem,
    ViewLen,
    ViewOk,
)
from xapc.types import BOOL, EnumType


def lower(body: Body, node: Expr) -> str:
    """The value: of a scalar, tuple or view itself, of an aggregate its address."""
    before, body.at = body.at, node.span
    try:
        return _table()[type(node)](body, node)
    finally:
        body.at = before


def _const(body: Body, node: Const) -> str:
    if node.type is BOOL:
        return "true" if node.value else "false"
    return str(node.value)


def _const_bytes(body: Body, node: ConstBytes) -> str:
    return body.module.constant(node.value)


def _var(body: Body, node: VarRef) -> str:
    return body.op(f"load {ssa(node.type)}, ptr {body.var(node.var)}")


def _in_memory(body: Body, node: GlobalRef | FieldOf | ElementOf) -> str:
    place = address(body, node)
    return place if node.type.is_aggregate else body.load(node.type, place)


def address(body: Body, node: GlobalRef | FieldOf | ElementOf) -> str:
    """Where a place in memory is; its index is checked."""
    if isinstance(node, GlobalRef):
        return body.module.variable(node.target)
    base = lower(body, node.base)
    if isinstance(node, FieldOf):
        return body.offset(base, node.field.offset)
    return memory.element(body, base, node.base.type, index(body, node.index))


def index(body: Body, node: Expr) -> str:
    """An offset or count as an i64 that is out of every range where it is negative."""
    if isinstance(node, Const):
        return str(node.value)
    value = lower(body, node)
    return integers.extend(body, value, integer(node.type), "i64")


def _tuple(body: Body, node: TupleOf) -> str:
    values = [lower(body, each) for each in node.items]
    made = "poison"
    for number, (value, each) in enumerate(zip(values, node.items, strict=True)):
        text = f"insertvalue {ssa(node.type)} {made}, {ssa(each.type)} {value}, {number}"
        made = body.op(text)
    return made


def _item(body: Body, node: ItemOf) -> str:
    base = lower(body, node.base)
    return body.op(f"extractvalue {ssa(node.base.type)} {base}, {node.number}")


# --- operators -------------------------------------------------------------------------------


def _arith(body: Body, node: ArithOp) -> str:
    a, b = lower(body, node.left), lower(body, node.right)
    return integers.arith(body, node.op, integer(node.type), a, b, wrapping=node.wrapping)


def _bits(body: Body, node: BitsOp) -> str:
    a, b = lower(body, node.left), lower(body, node.right)
    return integers.bits(body, node.op, node.type, a, b)


def _shift(body: Body, node: ShiftOp) -> str:
    a, count = lower(body, node.left), lower(body, node.count)
    held = integer(node.count.type)
    return integers.shift(body, node.op, integer(node.type), a, count, held)


def _neg(body: Body, node: Neg) -> str:
    value = lower(body, node.operand)
    return integers.negate(body, integer(node.type), value, wrapping=node.wrapping)


def _invert(body: Body, node: Invert) -> str:
    return integers.invert(body, node.type, lower(body, node.operand))


def _not(body: Body, node: Not) -> str:
    return body.op(f"xor i1 {lower(body, node.operand)}, true")


def _compare(body: Body, node: Compare) -> str:
    left = lower(body, node.operands[0])
    types = [each.type for each in node.operands]
    if len(node.ops) == 1:
        right = lower(body, node.operands[1])
        return integers.compare(body, node.ops[0], types[0], left, right)
    slot, done = body.slot("i1"), body.label()
    for number, op in enumerate(node.ops):
        right = lower(body, node.operands[number + 1])
        link = integers.compare(body, op, types[number], left, right)
        _settle(body, slot, link, done, stop="false", last=number == len(node.ops) - 1)
        left = right
    return body.op(f"load i1, ptr {slot}")


def _junction(stop: str) -> Callable[[Body, And | Or], str]:
    def make(body: Body, node: And | Or) -> str:
        slot, done = body.slot("i1"), body.label()
        for number, each in enumerate(node.operands):
            test = lower(body, each)
            _settle(body, slot, test, done, stop=stop, last=number == len(node.operands) - 1)
        return body.op(f"load i1, ptr {slot}")

    return make


def _settle(body: Body, slot: str, value: str, done: str, *, stop: str, last: bool) -> None:
    """Go to `done` where `value` decides the whole; else on to the next operand."""
    body.do(f"store i1 {value}, ptr {slot}")
    if last:
        body.place(done)
        return
    going_on = body.label()
    body.branch(value, *((done, going_on) if stop == "true" else (going_on, done)))
    body.place(going_on)


def _if(body: Body, node: IfExp) -> str:
    slot = body.slot(ssa(node.type))
    then, other, done = body.label(), body.label(), body.label()
    body.branch(lower(body, node.test), then, other)
    for label, branch in ((then, node.then), (other, node.other)):
        body.place(label)
        value = lower(body, branch)
        body.do(f"store {ssa(node.type)} {value}, ptr {slot}")
        body.go(done)
    body.place(done)
    return body.op(f"load {ssa(node.type)}, ptr {slot}")


def _convert(body: Body, node: Convert) -> str:
    value = lower(body, node.operand)
    return integers.convert(body, value, node.operand.type, integer(node.type), node.fit)


def _to_enum(body: Body, node: ToEnum) -> str:
    value = lower(body, node.operand)
    assert isinstance(node.type, EnumType)
    return integers.to_enum(body, node.type, value)


def _int_call(body: Body, node: IntCall) -> str:
    args = [lower(body, each) for each in node.args]
    types = [integer(each.type) for each in node.args]
    return integers.method(body, node.method, types, args)


# --- aggregates ------------------------------------------------------------------------------


def _fresh(body: Body, node: Fresh) -> str:
    values = [lower(body, each) for _, each in node.items]
    slot = body.aggregate_slot(node.type)
    types = [each.type for _, each in node.items]
    numbers = [number for number, _ in node.items]
    memory.make(body, node.type, node.base, list(zip(numbers, types, values, strict=True)), slot)
    return slot


def _copy(body: Body, node: Copy) -> str:
    source = lower(body, node.operand)
    slot = body.aggregate_slot(node.type)
    body.copy(node.type, source, slot)
    return slot


# --- calls -----------------------------------------------------------------------------------


def _call(body: Body, node: Call) -> str:
    given = [lower(body, each) for each in node.args]
    by_place = dict(zip(node.places, given, strict=True))
    return calls.call(body, node.target, [by_place[n] for n in range(len(node.target.params))])


@cache
def _table() -> dict[type[Expr], Callable[..., str]]:
    # Made on first use: messages and memory lower expressions, too.
    return {
        Const: _const,
        ConstBytes: _const_bytes,
        VarRef: _var,
        GlobalRef: _in_memory,
        FieldOf: _in_memory,
        ElementOf: _in_memory,
        ViewItem: views.item,
        TupleOf: _tuple,
        ItemOf: _item,
        ArithOp: _arith,
        BitsOp: _bits,
        ShiftOp: _shift,
        Neg: _neg,
        Invert: _invert,
        Compare: _compare,
        And: _junction("false"),
        Or: _junction("true"),
        Not: _not,
        IfExp: _if,
        Convert: _convert,
        ToEnum: _to_enum,
        IntCall: _int_call,
        BlockCall: memory.method,
        ViewOk: views.ok,
        ViewError: views.error,
        ViewLen: views.length,
        Fresh: _fresh,
        Copy: _copy,
        Call: _call,
        ServiceCall: services.call,
        Log: messages.log,
        Hexdump: messages.hexdump,
        Panic: messages.panic,
    }
