"""What the check of one function (or of one build-time expression) knows."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from xapc import errors
from xapc.check.entities import (
    BROKEN,
    Broken,
    Constant,
    Entity,
    ModuleNames,
    Routine,
    TypeName,
    Variable,
    describe,
)
from xapc.check.unit import Unit
from xapc.diagnostics import Error
from xapc.source import Located, Span
from xapc.survey import binds
from xapc.tree import Const, Expr, Var
from xapc.types import POISON, EnumType, IntType, StructType, Type


@dataclass(eq=False)
class Context:
    """`routine` is None for build-time expressions, which have no locals of their own."""

    unit: Unit
    module: ModuleNames
    routine: Routine | None = None
    own_names: frozenset[str] = frozenset()
    """Names that are local by Python's rule: bound somewhere in the function."""
    locals: dict[str, Var] = field(default_factory=dict)
    globals: set[str] = field(default_factory=set)
    """Names declared `global`."""
    wrapping: bool = False
    loops: int = 0
    views: list[Var] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    """Names of views whose `with` has ended."""
    width: Type | None = None
    """What the expression at hand is combined with, for what an edit offers."""
    broken: bool = False
    """Something that it names got its diagnostic elsewhere."""

    def span(self, node: Located) -> Span:
        return Span.of(self.module.source, node)

    def error(self, error: Error) -> Expr:
        """Report; the result stands for the broken expression."""
        self.unit.diagnostics.add(error)
        return poison(error.span)

    def no_member(self, span: Span, type: Type, name: str, known: list[str]) -> Expr:
        """Report that a type or value has no such member, unless its declaration is broken."""
        if (type, name) in self.unit.broken_members:
            self.broken = True
            return poison(span)
        if isinstance(type, (StructType, EnumType)):
            self.unit.broken_members.add((type, name))  # it is missing once
        from xapc.check import coerce

        return self.error(errors.unknown_member(span, coerce.describe(type), name, known))

    def lookup(self, node: ast.Name, *, called: bool = False) -> Var | Entity:
        """What a name means here; an unknown one is reported."""
        name = node.id
        if name == "_" and (name not in self.locals or self._rebinds(name)):
            self.error(errors.discarded(self.span(node)))
            return BROKEN
        if name in self.own_names and name not in self.globals:
            found = self.locals.get(name)
            return self.unbound(name, self.span(node)) if found is None else found
        entity = self.entity(name, self.span(node))
        if entity is None:
            if name in self.module.unknown or self.module.open:
                self.broken = True
                return BROKEN
            close = None
            if self.unit.diagnostics.count < 100:
                # Of very many errors the first are enough; looking for a near name is slow.
                close = (
                    self._member(name)
                    or errors.near(name, self.locals)
                    or errors.near(name, self._alike(name, called=called))
                )
            self.error(errors.unknown_name(self.span(node), name, close))
            if not errors.is_builtin(name):
                self.module.unknown.add(name)
            return BROKEN
        return entity

    def _rebinds(self, name: str) -> bool:
        """Whether the function assigns it: `_` is then no parameter's value any more."""
        return self.routine is not None and any(name in binds(s) for s in self.routine.node.body)

    def _member(self, name: str) -> str | None:
        """`x` for `self.x`, `ALPHA` for `Kind.ALPHA`."""
        owner = None if self.routine is None else self.routine.owner
        if isinstance(owner, StructType) and name in (*owner.fields, *owner.methods):
            return f"self.{name}"
        enums = [
            each.type.name
            for each in self.module.names.values()
            if isinstance(each, TypeName)
            and isinstance(each.type, EnumType)
            and name in each.type.members
        ]
        return f"{enums[0]}.{name}" if len(enums) == 1 else None

    def unbound(self, name: str, span: Span) -> Entity:
        """Report a local that is not bound yet, once; perhaps `global` was forgotten."""
        pending = self.unit.is_pending(self.module, name)
        found = None if pending or name not in self.module.places else self.entity(name)
        state = isinstance(found, Variable) and found.target.type.is_scalar
        language = (*self.unit.python_names.values(), *self.unit.sdk_names.values())
        if isinstance(found, Broken) or any(found is word for word in language):
            self.broken = True  # that a local is named so is reported where it is assigned
        elif isinstance(found, Variable) and state and not found.target.constant:
            assert self.routine is not None
            self.error(errors.missing_global(span, name, self.routine.node))
        elif found is None or isinstance(found, Constant):
            constant, ended = isinstance(found, Constant), name in self.ended
            self.error(errors.unbound(span, name, constant=constant, ended=ended))
        else:
            what = describe(found)
            self.error(errors.hides(span, name, what, self._assigned(name)))
        self.locals[name] = Var(name, POISON, span)
        return BROKEN

    def _assigned(self, name: str) -> Span | None:
        """Where the function first binds the name."""
        nodes = () if self.routine is None else ast.walk(self.routine.node)
        places = [
            self.span(each)
            for each in nodes
            if isinstance(each, ast.Name) and each.id == name and isinstance(each.ctx, ast.Store)
        ]
        return min(places, key=lambda place: place.start, default=None)

    def entity(self, name: str, at: Span | None = None) -> Entity | None:
        found = self.unit.resolve(self.module, name, at)
        if isinstance(found, Broken):
            self.broken = True
        return found

    def _alike(self, name: str, *, called: bool) -> list[str]:
        """The module's names that are written as that one is (LIKE_THIS, Like or like_this), and
        that are called if it is."""
        known = {**self.unit.python_names, **self.module.names}
        return [
            each
            for each in (*self.module.places, *known)
            if _style(each) == _style(name)
            and not self.unit.is_pending(self.module, each)
            and (isinstance(known.get(each), Routine) <= called)
            and (isinstance(known.get(each), (Variable, Constant)) <= (not called))
        ]

    def is_broken(self, found: Var | Entity) -> bool:
        return isinstance(found, Broken)

    def note_state(self, span: Span) -> None:
        if self.routine is not None and self.routine.state is None:
            self.routine.state = span

    def note_service(self, span: Span) -> None:
        if self.routine is not None and self.routine.service is None:
            self.routine.service = span

    @contextmanager
    def beside(self, type: Type | None) -> Iterator[None]:
        """What is checked meanwhile is combined with a value of that type, or given to it."""
        before, self.width = self.width, type if isinstance(type, IntType) else None
        try:
            yield
        finally:
            self.width = before

    @contextmanager
    def in_wrapping(self) -> Iterator[None]:
        before, self.wrapping = self.wrapping, True
        try:
            yield
        finally:
            self.wrapping = before

    @contextmanager
    def in_loop(self) -> Iterator[None]:
        self.loops += 1
        try:
            yield
        finally:
            self.loops -= 1

    def declare(self, name: str, type: Type, span: Span) -> Var:
        """The local of that name, made with this type if it is new."""
        if name == "_":
            return Var(name, type, span)
        if name not in self.locals:
            self.locals[name] = Var(name, type, span)
        return self.locals[name]

    def poison_local(self, name: str, span: Span) -> None:
        """Of what type it is meant to be from here on is unknown."""
        self.locals[name] = Var(name, POISON, span)


def _style(name: str) -> tuple[bool, bool]:
    return name.isupper(), name[:1].isupper()


def poison(span: Span) -> Expr:
    return Const(POISON, span, 0)
