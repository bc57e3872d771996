"""Calls of functions of the program: the convention between them, and what may be inlined."""

from collections.abc import Sequence

from xapc.lower.body import Body
from xapc.lower.ir import arguments, ssa
from xapc.lower.module import CALL
from xapc.tree import Function
from xapc.types import NEVER


def parameters(function: Function) -> list[tuple[str, str]]:
    """Types and names of a function's parameters in LLVM; a result of aggregate type comes
    first, as the place that it goes to."""
    made = [(ssa(p.type), f"%p{n}") for n, p in enumerate(function.params)]
    return [("ptr", "%result"), *made] if function.result.is_aggregate else made


def result_type(function: Function) -> str:
    return "void" if function.result.is_aggregate else ssa(function.result)


def call(body: Body, function: Function, given: Sequence[str]) -> str:
    """The result; of aggregate type its address. `given` are by place."""
    values, result = list(given), ""
    if function.result.is_aggregate:
        result = body.aggregate_slot(function.result)
        values.insert(0, result)
    types = [type for type, _ in parameters(function)]
    body.weight += body.module.weight(function)
    symbol = body.module.symbol(function)
    passed = arguments(zip(types, values, strict=True))
    made = body.call(result_type(function), symbol, passed, f" {CALL}")
    if function.result is NEVER:
        body.end("unreachable")
    return result or made
