"""The modules of one program, and the lazy resolution of their top-level names.

A name is resolved when it is first needed: signatures need types, constants need other
constants and the checked bodies of the functions that compute them. What is asked for while
it is being resolved depends on itself, which is an error.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field

from xaprt import abi

from xapc import errors
from xapc.check.entities import BROKEN, Entity, ModuleNames, Routine, python_names, sdk_names
from xapc.diagnostics import Diagnostics
from xapc.source import Source, Span
from xapc.tree import App, CallHandler, Function, Global, MmioHandler, Var
from xapc.types import Type

Resolver = Callable[[], Entity]


@dataclass(eq=False)
class Handlers:
    """What the decorators have claimed so far."""

    calls: list[CallHandler] = field(default_factory=list)
    mmio: list[MmioHandler] = field(default_factory=list)
    init: Function | None = None
    timer: Function | None = None
    events: dict[abi.Event, Function] = field(default_factory=dict)


@dataclass(eq=False)
class Unit:
    diagnostics: Diagnostics
    modules: dict[str, ModuleNames] = field(default_factory=dict)
    routines: list[Routine] = field(default_factory=list)
    globals: list[Global] = field(default_factory=list)
    app: App | None = None
    declares_app: bool = False
    """Whether the main module has an `App(...)`, right or wrong."""
    handlers: Handlers = field(default_factory=Handlers)
    check_body: Callable[[Routine], None] = lambda routine: None
    """Checks a routine's body if that has not been done; set by `xapc.check`."""
    evaluators: dict[int, object] = field(default_factory=dict)
    """Of `xapc.check.evaluate`, by module."""
    writes: dict[Function, dict[Var, Span]] = field(default_factory=dict)
    """Aggregate parameters that a function writes through, and where."""
    passed: "list[tuple[Function, frozenset[object], Function, Var, Span]]" = field(
        default_factory=list
    )
    """Aggregate arguments: caller, what they may refer to, callee, parameter, place."""
    at: tuple[ast.stmt, Source] | None = None
    """The statement being checked: where a fault of the compiler is reported."""
    wrong_types: set[Type] = field(default_factory=set)
    """Classes with errors: never defined at build time."""
    class_nodes: dict[Type, ast.ClassDef] = field(default_factory=dict)
    broken_bodies: set[Routine] = field(default_factory=set)
    """Functions with errors, or that use what has errors."""
    sdk_names: dict[str, Entity] = field(default_factory=sdk_names)
    python_names: dict[str, Entity] = field(default_factory=python_names)
    _resolvers: dict[tuple[int, str], Resolver] = field(default_factory=dict)
    _pending: set[tuple[int, str]] = field(default_factory=set)

    def declare(self, module: ModuleNames, name: str, resolver: Resolver) -> None:
        self._resolvers[id(module), name] = resolver

    def resolve(self, module: ModuleNames, name: str) -> Entity | None:
        found = module.names.get(name)
        if found is not None:
            return found
        key = id(module), name
        resolver = self._resolvers.get(key)
        if resolver is None:
            return self.python_names.get(name)
        if key in self._pending:
            self.diagnostics.add(errors.DependsOnItself(span=module.places[name], name=name))
            return BROKEN
        self._pending.add(key)
        try:
            made = resolver()
        finally:
            self._pending.discard(key)
        # A resolver that depends on itself may have been settled meanwhile.
        return module.names.setdefault(name, made)
