"""`match`: values, dotted names, or-patterns, captures, guards and `_`."""

import ast
from dataclasses import dataclass, field

from xapc import errors
from xapc.check import expr, statements
from xapc.check.coerce import adopt, condition, describe, is_poison, mismatch
from xapc.check.context import Context
from xapc.check.entities import Constant
from xapc.source import Span
from xapc.tree import Assign, Case, Cmp, Compare, Const, Expr, Match, Or, Stmt, Var, VarRef
from xapc.types import BOOL, POISON, EnumType, IntType, Type


@dataclass
class Pattern:
    """What a pattern asks of the subject: one of `values`, or anything; and what it binds."""

    values: list[Expr] = field(default_factory=list)
    anything: bool = False
    bindings: list[Assign] = field(default_factory=list)


def match(ctx: Context, node: ast.Match) -> list[Stmt]:
    value = expr.value(ctx, node.subject)
    if is_poison(value):
        _bodies(ctx, node)
        return []
    if not value.type.is_scalar:
        ctx.error(errors.MatchSubject(span=value.span, type=describe(value.type)))
        _bodies(ctx, node)
        return []
    subject = Var("", value.type, value.span)
    covered: set[int] = set()
    cases: list[Case] = []
    for each in node.cases:
        made = _case(ctx, each, subject, covered)
        if made is not None:
            cases.append(made)
    last = cases[-1] if cases else None
    whole = _exhausts(value.type, covered)
    if last is not None and whole and last.test is not None and last.guard is None:
        cases[-1] = Case(None, last.bindings, None, last.body)
    return [Match(ctx.span(node), subject, value, tuple(cases))]


def _bodies(ctx: Context, node: ast.Match) -> None:
    """The subject is wrong: only the suites are checked, captures being poisoned."""
    for each in node.cases:
        _poison_names(ctx, each.pattern)
        statements.block(ctx, each.body)


def _poison_names(ctx: Context, pattern: ast.pattern) -> None:
    for inner in ast.walk(pattern):
        if isinstance(inner, (ast.MatchAs, ast.MatchStar)) and inner.name:
            ctx.declare(inner.name, POISON, ctx.span(inner))


def _exhausts(type: Type, covered: set[int]) -> bool:
    if type is BOOL:
        return covered >= {0, 1}
    if isinstance(type, EnumType) and not type.flag:
        return covered >= set(type.members.values())
    return False


def _case(ctx: Context, node: ast.match_case, subject: Var, covered: set[int]) -> Case | None:
    pattern = _pattern(ctx, node.pattern, subject)
    guard = None
    if node.guard is not None:
        guard = condition(ctx, expr.value(ctx, node.guard), node.guard)
    body = statements.block(ctx, node.body)
    if pattern is None:
        return None
    span = ctx.span(node.pattern)
    test: Expr | None = None
    if not pattern.anything:
        held = VarRef(subject.type, subject.span, subject)
        tests: list[Expr] = [
            Compare(BOOL, each.span, (held, each), (Cmp.EQ,)) for each in pattern.values
        ]
        test = tests[0] if len(tests) == 1 else Or(BOOL, span, tuple(tests))
        if guard is None:
            covered.update(v.value for v in pattern.values if isinstance(v, Const))
    return Case(test, tuple(pattern.bindings), guard, body)


def _pattern(ctx: Context, node: ast.pattern, subject: Var) -> Pattern | None:
    span = ctx.span(node)
    match node:
        case ast.MatchValue(value=value):
            return _value(ctx, expr.value(ctx, value), subject.type)
        case ast.MatchSingleton(value=bool(held)):
            return _value(ctx, Const(BOOL, span, int(held)), subject.type)
        case ast.MatchSingleton(value=None):
            ctx.error(errors.NoneValue(span=span))
            return None
        case ast.MatchOr(patterns=patterns):
            return _either(ctx, patterns, subject)
        case ast.MatchAs(pattern=None, name=None):
            return Pattern(anything=True)
        case ast.MatchAs(pattern=None, name=str(name)):
            return _capture(ctx, name, span, subject, Pattern(anything=True))
        case ast.MatchAs(pattern=ast.pattern() as inner, name=str(name)):
            found = _pattern(ctx, inner, subject)
            return None if found is None else _capture(ctx, name, span, subject, found)
        case _:
            ctx.error(errors.PatternKind(span=span))
            _poison_names(ctx, node)
            return None


def _value(ctx: Context, value: Expr, type: Type) -> Pattern | None:
    value = adopt(ctx, value, type) if isinstance(type, IntType) else value
    if is_poison(value):
        return None
    if value.type != type:
        mismatch(ctx, value, type)
        return None
    return Pattern([value])


def _either(ctx: Context, nodes: list[ast.pattern], subject: Var) -> Pattern | None:
    whole = Pattern()
    for each in nodes:
        part = _pattern(ctx, each, subject)
        if part is None:
            return None
        if part.bindings:
            ctx.error(errors.CaptureInOr(span=ctx.span(each)))
            return None
        whole.values += part.values
        whole.anything |= part.anything
    return whole


def _capture(ctx: Context, name: str, span: Span, subject: Var, pattern: Pattern) -> Pattern | None:
    if ctx.module.places.get(name) is not None and isinstance(ctx.entity(name), Constant):
        ctx.error(errors.CaptureOfConstant(span=span, name=name))
        ctx.declare(name, POISON, span)
        return None
    if isinstance(subject.type, EnumType) and name in subject.type.members:
        ctx.error(errors.capture_of_member(span, name, str(subject.type)))
        ctx.declare(name, POISON, span)
        return None
    if name in ctx.globals:
        ctx.error(errors.NotHere(span=span, what="a capture that assigns state"))
        return None
    known = ctx.locals.get(name)
    if known is not None and known.type not in (subject.type, POISON):
        ctx.error(
            errors.Redeclared(
                span=span, name=name, type=describe(subject.type), first=describe(known.type)
            )
        )
        ctx.poison_local(name, span)
        return None
    var = ctx.declare(name, subject.type, span)
    value = VarRef(subject.type, span, subject)
    pattern.bindings.append(Assign(span, VarRef(subject.type, span, var), value))
    return pattern
