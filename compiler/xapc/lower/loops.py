"""Loops. Counters are i64 (LANGUAGE.md section 4); a bound is evaluated once."""

from collections.abc import Callable

from xaprt.abi import Reason

from xapc.lower import expressions, integers, memory, statements
from xapc.lower.body import Body, Loop
from xapc.lower.ir import integer, ssa
from xapc.tree import Fit, ForEach, ForRange, Var, While
from xapc.types import I64, ArrayType, Type, ViewType


def while_(body: Body, node: While) -> None:
    head, turn, other, done = (body.label() for _ in range(4))
    body.place(head)
    body.branch(expressions.lower(body, node.test), turn, other)
    body.place(turn)
    _suite(body, node, done, head)
    body.go_on(head)
    _otherwise(body, node, other, done)


def _suite(body: Body, node: While | ForRange | ForEach, done: str, on_continue: str) -> None:
    body.loops.append(Loop(done, on_continue, len(body.cleanups)))
    statements.block(body, node.body)
    body.loops.pop()
    body.at = node.span


def _otherwise(body: Body, node: While | ForRange | ForEach, other: str, done: str) -> None:
    body.place(other)
    statements.block(body, node.other)
    body.place(done)
    body.at = node.span


def _bind(body: Body, var: Var, value: str) -> None:
    body.do(f"store {ssa(var.type)} {value}, ptr {body.var(var)}")


def for_range(body: Body, node: ForRange) -> None:
    values = [expressions.lower(body, each) for each in (node.start, node.stop)]
    body.at = node.call
    types = node.start.type, node.stop.type
    start, stop = (_counter(body, *each) for each in zip(values, types, strict=True))
    body.at = node.span
    if node.backward or node.step != 1:
        turns, first, step = _plan(body, node, start, stop)
        _counted(body, node, turns, lambda n: body.op(f"add i64 {first}, {_times(body, n, step)}"))
        return
    # The plain form, which LLVM's range analysis knows: no sum can overflow below `stop`.
    slot = body.slot("i64")
    head, turn, step_label, other, done = (body.label() for _ in range(5))
    body.do(f"store i64 {start}, ptr {slot}")
    body.place(head)
    now = body.op(f"load i64, ptr {slot}")
    body.branch(body.op(f"icmp slt i64 {now}, {stop}"), turn, other)
    body.place(turn)
    _bind(body, node.var, now)
    _suite(body, node, done, step_label)
    body.place(step_label)
    body.do(f"store i64 {body.op(f'add nsw i64 {now}, 1')}, ptr {slot}")
    body.go(head)
    _otherwise(body, node, other, done)


def _counter(body: Body, value: str, type: Type) -> str:
    return integers.convert(body, value, type, I64, Fit.CHECK)


def _times(body: Body, number: str, step: int) -> str:
    return number if step == 1 else body.op(f"mul i64 {number}, {step}")


def _plan(body: Body, node: ForRange, start: str, stop: str) -> tuple[str, str, int]:
    """Number of turns (unsigned), first value and step; arithmetic is modulo 2**64."""
    up = node.step > 0
    some = body.op(f"icmp {'slt' if up else 'sgt'} i64 {start}, {stop}")
    low, high = (start, stop) if up else (stop, start)
    distance = body.op(f"sub i64 {high}, {low}")
    last = body.op(f"udiv i64 {body.op(f'sub i64 {distance}, 1')}, {abs(node.step)}")
    turns = body.op(f"select i1 {some}, i64 {body.op(f'add i64 {last}, 1')}, i64 0")
    if not node.backward:
        return turns, start, node.step
    final = body.op(f"add i64 {start}, {body.op(f'mul i64 {last}, {node.step}')}")
    return turns, final, -node.step


def _counted(body: Body, node: ForRange | ForEach, turns: str, value: Callable[[str], str]) -> None:
    """A loop of `turns` turns that binds `value(number of the turn)`."""
    slot = body.slot("i64")
    head, turn, step, other, done = (body.label() for _ in range(5))
    body.do(f"store i64 0, ptr {slot}")
    body.place(head)
    number = body.op(f"load i64, ptr {slot}")
    body.branch(body.op(f"icmp ult i64 {number}, {turns}"), turn, other)
    body.place(turn)
    _bind(body, node.var, value(number))
    _suite(body, node, done, step)
    body.place(step)
    body.do(f"store i64 {body.op(f'add nuw i64 {number}, 1')}, ptr {slot}")
    body.go(head)
    _otherwise(body, node, other, done)


def for_each(body: Body, node: ForEach) -> None:
    type = node.sequence.type
    assert isinstance(type, (ArrayType, ViewType))
    held = expressions.lower(body, node.sequence)
    first, first_type = "0", I64
    if node.first is not None:
        first, first_type = expressions.lower(body, node.first), integer(node.first.type)
    body.at = node.call
    items = memory.window(body, type, held)
    first = _counter(body, first, first_type)
    body.at = node.span

    def bind(number: str) -> str:
        if node.counter is not None:
            body.at = node.call
            now = integers.checked(body, "add", I64, first, number, Reason.CONVERSION)
            body.at = node.span
            _bind(body, node.counter, now)
        return items.get(number)

    _counted(body, node, items.length, bind)
