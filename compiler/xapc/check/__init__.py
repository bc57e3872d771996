"""Check: syntax becomes the typed tree, or diagnostics.

Annotations rule; nothing is inferred across functions. Reading order: `module` (what a file
declares), `functions`, `statements`, `expr`, then what they call; `flow` last, which walks
the checked functions. `entities`, `context` and `unit` hold what is known meanwhile.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from xapc import errors
from xapc.check import functions, missing
from xapc.check.entities import ModuleNames, Routine
from xapc.check.flow import check_written_parameters
from xapc.check.module import ModuleChecker
from xapc.check.program import assemble, callees_first, require_limits
from xapc.check.qualified import name_members
from xapc.check.unit import Unit
from xapc.diagnostics import Diagnostics, InternalError
from xapc.load import Module
from xapc.source import Span
from xapc.tree import Function, Program

FindSibling = Callable[[str], Module | None]
"""The module beside the app's file, by its name; None: there is no such file, or it has
errors of its own (which are reported)."""


def check(
    main: Module, find: FindSibling, library: Module, diagnostics: Diagnostics
) -> Program | None:
    """The typed tree of an app; None where there are errors (which are reported).

    `library` is the in-app library, whose functions become `Program.library`.
    """
    unit = Unit(diagnostics)
    try:
        return _check(unit, main, find, library)
    except Exception as problem:  # whatever it is, it is told with its place
        if isinstance(problem, InternalError):
            raise
        place = None if unit.at is None else Span.of(unit.at[1], unit.at[0])
        raise InternalError(f"{type(problem).__name__}: {problem}", place) from problem


def _check(unit: Unit, main: Module, find: FindSibling, library: Module) -> Program | None:
    diagnostics = unit.diagnostics
    done: set[Routine] = set()
    unit.check_body = lambda routine: functions.check_body(unit, routine, done)
    modules = _Modules(unit, find)
    modules.add(main, main=True)
    shared = modules.add(library)
    modules.check_bodies()
    if not unit.declares_app:
        diagnostics.add(errors.NoApp(span=Span(main.source, 1, 1, 1, 1)))
    check_written_parameters(unit)
    require_limits(unit)
    order = callees_first(unit)
    if unit.app is None or diagnostics:
        return None
    return assemble(unit, unit.app, order, _functions(shared))


def _functions(names: ModuleNames) -> dict[str, Function]:
    return {
        name: entity.function for name, entity in names.names.items() if isinstance(entity, Routine)
    }


@dataclass(eq=False)
class _Modules:
    """The modules of one program, each checked once, when it is first imported."""

    unit: Unit
    find: FindSibling
    known: dict[str, ModuleNames | None] = field(default_factory=dict)
    pending: list[str] = field(default_factory=list)
    checkers: list[tuple[ModuleChecker, Module]] = field(default_factory=list)

    def add(self, module: Module, *, main: bool = False) -> ModuleNames:
        names = ModuleNames(module.source)
        if main:
            self.pending.append(Path(module.source.path).stem)
        self.unit.modules[module.source.path] = names
        name_members(module.tree, names, self.unit.whole_modules)
        checker = ModuleChecker(self.unit, names, self.sibling, main)
        checker.declare_all(module.tree)
        checker.resolve_all()
        self.checkers.append((checker, module))
        return names

    def check_bodies(self) -> None:
        for checker, module in self.checkers:
            checker.check_bodies()
            missing.report(self.unit, checker.names, module.tree)

    def sibling(self, name: str, span: Span) -> ModuleNames | None:
        """For `from name import ...` at `span`."""
        if name in self.pending:
            chain = self.pending[self.pending.index(name) :]
            self.unit.diagnostics.add(errors.imports_itself(span, chain))
            return None
        if name not in self.known:
            before = self.unit.diagnostics.count
            found = self.find(name)
            if found is None and self.unit.diagnostics.count == before:
                self.unit.diagnostics.add(errors.cannot_import(span, name))
            self.pending.append(name)
            self.known[name] = None if found is None else self.add(found)
            self.pending.remove(name)
        return self.known[name]
