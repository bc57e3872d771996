"""The register of cases, and how one is run."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TypeVar

from xap_harness.conformance import cases as _cases
from xap_harness.conformance.clauses import CLAUSES
from xap_harness.conformance.judge import Unmet
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.target import Ability, Target, TargetError

Body = Callable[[Plan], Iterator[None]]
"""Plans, yields once, then judges: raises Unmet."""
T = TypeVar("T")


class Status(Enum):
    PASSED = "ok"
    FAILED = "FAIL"
    NOT_RUN = "--"


@dataclass(frozen=True)
class Case:
    """`words` are those of the clause that it is about, and what is done. `body` None: no target
    can show it yet, for `reason`."""

    clause: str
    words: str
    body: Body | None
    needs: Ability | None = None
    reason: str = ""
    group: str = ""
    """The words, with `{}` for what tells it from others that ask the same."""


@dataclass(frozen=True)
class Result:
    case: Case
    status: Status
    reason: str = ""
    """Of what was not passed."""


_registered: list[Case] = []


def _register(case: Case) -> None:
    if case.clause not in CLAUSES:
        raise ValueError(f"ABI.md has no clause {case.clause}")
    if any((each.clause, each.words) == (case.clause, case.words) for each in _registered):
        raise ValueError(f"two cases are called {case.clause} {case.words}")
    _registered.append(case)


def case(clause: str, words: str, *, needs: Ability | None = None) -> Callable[[Body], Body]:
    """Registers the function below it."""

    def register(body: Body) -> Body:
        _register(Case(clause, words, body, needs, group=words))
        return body

    return register


def each(
    clause: str, words: str, variants: Mapping[str, T], *, needs: Ability | None = None
) -> Callable[[Callable[[Plan, T], Iterator[None]]], Callable[[Plan, T], Iterator[None]]]:
    """A case for each variant; `{}` in the words is the variant's name."""

    def register(body: Callable[[Plan, T], Iterator[None]]) -> Callable[[Plan, T], Iterator[None]]:
        for name, value in variants.items():
            made = partial(_swapped, body, value)
            _register(Case(clause, words.format(name), made, needs, group=words))
        return body

    return register


def _swapped(body: Callable[[Plan, T], Iterator[None]], value: T, plan: Plan) -> Iterator[None]:
    return body(plan, value)


def not_yet(clause: str, words: str, reason: str) -> None:
    """What no target can show so far."""
    _register(Case(clause, words, None, reason=reason, group=words))


def all_cases() -> list[Case]:
    """In the order of the clauses."""
    for module in pkgutil.iter_modules(_cases.__path__):
        importlib.import_module(f"{_cases.__name__}.{module.name}")
    order = list(CLAUSES)
    return sorted(_registered, key=lambda each: order.index(each.clause))


def selects(selection: str, clause: str) -> bool:
    """Whether a clause is that one, or part of it."""
    return clause == selection or clause.startswith((f"{selection}.", f"{selection}/"))


def run(case: Case, target: Target) -> Result:
    if case.body is None:
        return Result(case, Status.NOT_RUN, case.reason)
    if case.needs is not None and case.needs in target.lacks:
        return Result(case, Status.NOT_RUN, target.lacks[case.needs])
    plan = Plan()
    body = case.body(plan)
    next(body)
    try:
        plan.carried_out(target.boot(plan.scenario))
        next(body, None)
    except (Unmet, TargetError) as failure:
        return Result(case, Status.FAILED, str(failure))
    except Exception as failure:  # noqa: BLE001 - whatever a hypervisor does, the next case runs
        return Result(case, Status.FAILED, f"{type(failure).__name__}: {failure}")
    return Result(case, Status.PASSED)
