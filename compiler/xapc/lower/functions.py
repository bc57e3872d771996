"""Functions of the program."""

from xapc.diagnostics import InternalError
from xapc.lower import statements
from xapc.lower.calls import parameters, result_type
from xapc.lower.ir import arguments, ssa
from xapc.lower.module import Module
from xapc.tree import Function
from xapc.types import NONE


def lower(module: Module, function: Function) -> None:
    body = module.body(function.name, function.span)
    if function.result.is_aggregate:
        body.result = "%result"
    for number, param in enumerate(function.params):
        body.do(f"store {ssa(param.type)} %p{number}, ptr {body.var(param)}")
    try:
        statements.block(body, function.body)
    except Exception as problem:  # whatever it is, it is told with its place
        message = f"lowering: {type(problem).__name__}: {problem}"
        raise InternalError(message, body.at) from problem
    body.at = function.span
    if body.is_open and function.result is NONE:
        body.end("ret void")
    symbol = module.symbol(function)
    head = f"{result_type(function)} {symbol}({arguments(parameters(function))})"
    module.define_function(head, function, body)
