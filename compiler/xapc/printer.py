"""The typed tree as text, for `xapc build --emit tree`.

A statement is a line, its suites are indented below it; an expression is
`Class:type(operands)`, so that every conversion and every check can be seen.
"""

from collections.abc import Iterator
from dataclasses import fields
from enum import Enum

from xapc.tree import (
    Case,
    Const,
    Expr,
    FormatSpec,
    Formatted,
    Function,
    Global,
    Program,
    Stmt,
    Value,
    Var,
)
from xapc.types import Field, Type

_LONGEST_VALUE = 60


def show(program: Program) -> str:
    app = program.app
    lines = [f"app {app.name} {'.'.join(map(str, app.version))}"]
    lines += [f"  need {_text(need)}" for need in app.needs]
    lines += [_global(each) for each in program.globals]
    for function in program.functions:
        lines += ["", *_function(function)]
    lines.append("")
    for calls in program.calls:
        ids = ", ".join(f"{r.first:#010x}..{r.last:#010x}" for r in calls.ids)
        lines.append(f"{calls.kind.name.lower()} {ids} -> {calls.function.name}")
    for mmio in program.mmio:
        posted = " posted" if mmio.posted else ""
        region = f"{mmio.base:#x}..{mmio.base + mmio.size - 1:#x}"
        lines.append(f"{mmio.kind.name.lower()}{posted} {region} -> {mmio.function.name}")
    others = {"init": program.init, "timer": program.timer}
    others.update({f"event {e.name.lower()}": f for e, f in program.events.items()})
    lines += [f"{name} -> {f.name}" for name, f in others.items() if f is not None]
    return "\n".join(lines) + "\n"


def _global(each: Global) -> str:
    word = "final" if each.constant else "state"
    return f"{word} {each.name}: {each.type} = {_value(each.value)}"


def _value(value: Value) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "..."


def _function(function: Function) -> Iterator[str]:
    params = ", ".join(f"{p.name}: {p.type}" for p in function.params)
    yield f"def {function.name}({params}) -> {function.result}:"
    for statement in function.body:
        yield from _statement(statement, "  ")


def _statement(node: Stmt | Case, indent: str) -> Iterator[str]:
    """The operands on the node's line, its suites below."""
    operands: list[str] = []
    suites: list[tuple[str, tuple[Stmt | Case, ...]]] = []
    for field in fields(node):
        held = getattr(node, field.name)
        if field.name == "span":
            continue
        if _is_suite(held) and field.name in ("then", "other", "body", "cases"):
            suites.append((field.name, held))
        else:
            operands.append(f"{field.name}={_text(held)}")
    line = f"{node.span.line:>4} " if isinstance(node, Stmt) else "     "
    yield f"{line}{indent}{type(node).__name__} {' '.join(operands)}".rstrip()
    for name, suite in suites:
        if suite:
            yield f"     {indent}  {name}:"
            for each in suite:
                yield from _statement(each, indent + "    ")


def _is_suite(held: object) -> bool:
    return isinstance(held, tuple) and all(isinstance(each, (Stmt, Case)) for each in held)


def _text(held: object) -> str:
    match held:
        case Const(type=type, value=value):
            return f"{value}:{type}"
        case Expr(type=type):
            return f"{held.__class__.__name__}:{type}({_fields(held, 'type', 'span')})"
        case Var(name=name):
            return name or f"$line{held.span.line}"
        case Global(name=name) | Function(name=name) | Field(name=name):
            return name
        case Type():
            return str(held)
        case Enum():
            return held.name
        case FormatSpec():
            return repr(_specification(held))
        case tuple():
            return "[" + ", ".join(map(_text, held)) + "]"
        case str() | bytes() | int() | None:
            return repr(held)
        case Formatted():
            return f"{{{_text(held.value)}!{_specification(held.spec)}}}"
        case _:
            return f"{held.__class__.__name__}({_fields(held)})"


def _fields(held: object, *without: str) -> str:
    names = [f.name for f in fields(held) if f.name not in without]  # type: ignore[arg-type]  # a node of the tree
    return ", ".join(_text(getattr(held, name)) for name in names)


def _specification(spec: FormatSpec) -> str:
    width = str(spec.width) if spec.width else ""
    return f"{'#' if spec.alternate else ''}{'0' if spec.zero else ''}{width}{spec.kind}"
