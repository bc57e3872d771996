"""What the check of one function (or of one build-time expression) knows."""

import ast
import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from xapc import errors
from xapc.check.entities import BROKEN, Broken, Entity, ModuleNames, Routine
from xapc.check.unit import Unit
from xapc.diagnostics import Error
from xapc.source import Located, Span
from xapc.tree import Const, Expr, Var
from xapc.types import POISON, Type


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
    broken: bool = False
    """Something that it names got its diagnostic elsewhere."""

    def span(self, node: Located) -> Span:
        return Span.of(self.module.source, node)

    def error(self, error: Error) -> Expr:
        """Report; the result stands for the broken expression."""
        self.unit.diagnostics.add(error)
        return poison(error.span)

    def lookup(self, node: ast.Name) -> Var | Entity:
        """What a name means here; an unknown one is reported."""
        name = node.id
        if name in self.own_names and name not in self.globals:
            found = self.locals.get(name)
            if found is None:
                self.error(errors.Unbound(span=self.span(node), name=name))
                return BROKEN
            return found
        entity = self.entity(name)
        if entity is None:
            close: list[str] = []
            if self.unit.diagnostics.count < 100:
                # Of very many errors the first are enough; looking for a near name is slow.
                close = difflib.get_close_matches(name, [*self.locals, *self.known_names()], 1)
            self.error(errors.unknown_name(self.span(node), name, close[0] if close else None))
            return BROKEN
        return entity

    def entity(self, name: str) -> Entity | None:
        found = self.unit.resolve(self.module, name)
        if isinstance(found, Broken):
            self.broken = True
        return found

    def known_names(self) -> list[str]:
        return [*self.module.places, *self.module.names, *self.unit.python_names]

    def is_broken(self, found: Var | Entity) -> bool:
        return isinstance(found, Broken)

    def note_state(self, span: Span) -> None:
        if self.routine is not None and self.routine.state is None:
            self.routine.state = span

    def note_service(self, span: Span) -> None:
        if self.routine is not None and self.routine.service is None:
            self.routine.service = span

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


def poison(span: Span) -> Expr:
    return Const(POISON, span, 0)
