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
from xapc.check.entities import (
    BROKEN,
    Entity,
    ModuleNames,
    Routine,
    home_of,
    python_names,
    sdk_names,
    standard_names,
)
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
    needs_known: bool = False
    """Whether the app's needs were read, all of them."""
    declares_app: bool = False
    """Whether the main module has an `App(...)`, right or wrong."""
    handlers: Handlers = field(default_factory=Handlers)
    check_body: Callable[[Routine], None] = lambda routine: None
    """Checks a routine's body if that has not been done; set by `xapc.check`."""
    evaluators: dict[int, object] = field(default_factory=dict)
    """Of `xapc.check.evaluate`, by module."""
    evaluating: tuple[ModuleNames, int, Span] | None = None
    """The build-time value that is being computed: module, place among its declarations, span."""
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
    broken_members: set[tuple[Type, str]] = field(default_factory=set)
    """What a class would have, had its declaration no error."""
    class_nodes: dict[Type, ast.ClassDef] = field(default_factory=dict)
    broken_bodies: set[Routine] = field(default_factory=set)
    """Functions with errors, or that use what has errors."""
    sdk_names: dict[str, Entity] = field(default_factory=sdk_names)
    python_names: dict[str, Entity] = field(default_factory=python_names)
    standard_names: dict[str, Entity] = field(default_factory=standard_names)
    returned: set[Function] = field(default_factory=set)
    """Functions whose result is annotated wrongly, which is reported."""
    call_places: dict[tuple[Function, Function], Span] = field(default_factory=dict)
    """Where a function first calls another."""
    _resolvers: dict[tuple[int, str], Resolver] = field(default_factory=dict)
    _pending: set[tuple[int, str]] = field(default_factory=set)

    @property
    def whole_modules(self) -> dict[str, dict[str, Entity]]:
        """What `import ...` can take, and what is behind its dot."""
        kinds = {
            name: word for name, word in self.standard_names.items() if home_of(name) == "enum"
        }
        return {"xap": self.sdk_names, "typing": self.standard_names, "enum": kinds}

    def returns_something(self, function: Function) -> bool:
        """Whether a function that is annotated `-> None` returns a value (which is reported)."""
        for routine in self.routines:
            if routine.function is function:
                self.check_body(routine)
        return function in self.returned

    def is_pending(self, module: ModuleNames, name: str) -> bool:
        """Whether what the name stands for is being found out."""
        return (id(module), name) in self._pending

    def _unimported(self, module: ModuleNames, name: str) -> Entity | None:
        """A name of the language that the module uses without importing it: said once, elsewhere,
        and taken for what it is."""
        found = self.sdk_names.get(name) or self.standard_names.get(name)
        if found is not None:
            module.names[name] = found
            module.unimported.add(name)
        return found

    def declare(self, module: ModuleNames, name: str, resolver: Resolver) -> None:
        self._resolvers[id(module), name] = resolver

    def resolve(self, module: ModuleNames, name: str, at: Span | None = None) -> Entity | None:
        """`at`: the place that names it."""
        found = module.names.get(name)
        if found is not None:
            return found
        key = id(module), name
        resolver = self._resolvers.get(key)
        if resolver is None:
            return self.python_names.get(name) or self._unimported(module, name)
        if key in self._pending:
            place = module.places[name] if at is None else at
            self.diagnostics.add(errors.DependsOnItself(span=place, name=name))
            return BROKEN
        self._pending.add(key)
        try:
            made = resolver()
        finally:
            self._pending.discard(key)
        # A resolver that depends on itself may have been settled meanwhile.
        return module.names.setdefault(name, made)
