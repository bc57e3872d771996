"""One mutant: the mutated code in a process of its own, and the cases that may notice."""

import ast
import importlib
import importlib.util
import signal
import sys
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.hostile.mutants.operators import Way, ways
from tests.hostile.mutants.places import (
    ENCODINGS,
    MODULES,
    TOLD,
    constants,
    functions,
    holds_rules,
    told_lines,
)


@dataclass(frozen=True)
class Mutant:
    """The `number`-th of a module. `place` is a function or a constant."""

    module: str
    number: int
    place: str
    line: int
    what: str
    is_constant: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.place}: {self.what}"


@cache
def source_of(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin)


def _all(module: str, tree: ast.Module) -> Iterator[tuple[str, bool, Way]]:
    """Every way to break something there, the same ones in the same order each time."""
    for place, node in functions(tree):
        for way in ways(node):
            yield place, False, way
    for place, node in constants(tree):
        for way in ways(node):
            yield place, True, way


def _matters(module: str, place: str, way: Way, *, is_constant: bool) -> bool:
    if is_constant and (module in ENCODINGS or not way.what.startswith("0x")):
        return False
    return holds_rules(place) and not TOLD.search(way.what)


def mutants() -> list[Mutant]:
    found = []
    for module in MODULES:
        tree = ast.parse(source_of(module).read_text(encoding="utf-8"))
        told = told_lines(tree)
        for number, (place, is_constant, way) in enumerate(_all(module, tree)):
            matters = _matters(module, place, way, is_constant=is_constant)
            if matters and way.line not in told:
                found.append(Mutant(module, number, place, way.line, way.what, is_constant))
    return found


def install(mutant: Mutant) -> None:
    """Put it in place of the good code, in this process."""
    path = source_of(mutant.module)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for number, (_, _, way) in enumerate(_all(mutant.module, tree)):
        if number == mutant.number:
            way.apply()
            break
    else:
        raise ValueError(f"no such mutant: {mutant}")
    if isinstance(tree, ast.Module) and mutant.is_constant:
        _reload(mutant.module, tree, path)
    else:
        code = compile(tree, str(path), "exec")
        _function(sys.modules[mutant.module], mutant.place).__code__ = _code(code, mutant.place)


def _code(module: types.CodeType, qualname: str) -> types.CodeType:
    for constant in module.co_consts:
        if isinstance(constant, types.CodeType):
            if constant.co_qualname == qualname:
                return constant
            if qualname.startswith(f"{constant.co_qualname}."):
                return _code(constant, qualname)
    raise LookupError(qualname)


def _function(module: types.ModuleType, qualname: str) -> types.FunctionType:
    found: object = module
    for name in qualname.split("."):
        found = vars(found)[name]
    if isinstance(found, property):
        found = found.fget
    found = getattr(found, "func", found)  # cached_property
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    found = getattr(found, "__func__", found)
    assert isinstance(found, types.FunctionType), qualname
    return found


class _Finder:
    """Loads one module from a tree."""

    def __init__(self, module: str, tree: ast.Module, path: Path) -> None:
        self._module, self._tree, self._path = module, tree, path

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        if name != self._module:
            return None
        spec = importlib.util.spec_from_file_location(name, self._path)
        assert spec is not None
        spec.loader = self  # type: ignore[assignment]  # it has both methods
        return spec

    def create_module(self, spec: object) -> None:
        """As usual."""

    def exec_module(self, module: types.ModuleType) -> None:
        exec(compile(self._tree, str(self._path), "exec"), vars(module))


def _reload(module: str, tree: ast.Module, path: Path) -> None:
    """A constant is imported by name: all that may have it is imported anew."""
    for name in list(sys.modules):
        root = name.partition(".")[0]
        if root in ("xap", "xaprt", "xapc", "xap_harness") or (
            name.startswith("tests.hostile")
            and not name.startswith(
                (
                    "tests.hostile.mutants",
                    "tests.hostile.asm",
                    "tests.hostile.files",
                    "tests.hostile.images",
                )
            )
        ):
            del sys.modules[name]
    sys.meta_path.insert(0, _Finder(module, tree, path))  # type: ignore[arg-type]  # it finds


CASE_S = 10
"""Processor time of a case, beyond which SIGPROF ends the process: none needs a second."""


def first_red(names: Sequence[str]) -> str | None:
    """The first of these cases that is not as declared; what is raised is red, too."""
    case = importlib.import_module("tests.hostile.case")
    case.RECORDED.update(RECORDED)
    by_name = {each.name: each for each in importlib.import_module("tests.hostile.corpus").ALL}
    refusing = None
    refused = [each for each in map(by_name.get, names) if each and case.is_refused(each)]
    for name in names:
        signal.setitimer(signal.ITIMER_PROF, CASE_S)
        if name == BYSTANDERS:
            is_red = _bystanders()
        elif case.is_refused(by_name[name]):
            refusing = refusing or case.Refusing()
            is_red = bool(refusing.run(by_name[name]))
        else:
            is_red = bool(case.run(by_name[name]))
        if is_red:
            return name
    signal.setitimer(signal.ITIMER_PROF, 0)
    return "all that is refused" if refused and refusing and refusing.end() else None


CONFORMANCE = "conformance: "
"""Before the name of a case of that suite."""


def first_unkept() -> str | None:
    """The first case of the conformance suite that fails."""
    suite = importlib.import_module("xap_harness.conformance.suite")
    target = importlib.import_module("xap_harness.conformance.emulator").EmulatorTarget()
    for case in suite.all_cases():
        signal.setitimer(signal.ITIMER_PROF, CASE_S)
        if suite.run(case, target).status is suite.Status.FAILED:
            return f"{CONFORMANCE}{case.clause} {case.words}"
    signal.setitimer(signal.ITIMER_PROF, 0)
    return None


BYSTANDERS = "bystanders"
RECORDED: dict[str, dict[str, object]] = {}
"""What others see beside a harmless app, without any mutant."""


def _bystanders() -> bool:
    test = importlib.import_module("tests.hostile.test_hostile")
    try:
        test.test_the_bystanders_do_what_they_are_there_for()
        test.test_mistakes_of_the_integrator_are_refused()
    except AssertionError:
        return True
    return False
