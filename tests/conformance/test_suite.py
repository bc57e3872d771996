"""The conformance suite: it passes, covers every clause, and notices a wrong hypervisor."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from xap_harness.conformance import __main__ as command
from xap_harness.conformance.clauses import CLAUSES
from xap_harness.conformance.emulator import EmulatorTarget
from xap_harness.conformance.page import page
from xap_harness.conformance.plan import NotYetError, Plan
from xap_harness.conformance.suite import Case, Status, all_cases, case, run, selects
from xap_harness.conformance.target import Ability, Observed, Scenario, Target, TargetError

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
CASES = all_cases()


@pytest.mark.parametrize("clause", CLAUSES)
def test_the_emulator_keeps(clause: str) -> None:
    target = EmulatorTarget()
    results = [run(each, target) for each in CASES if each.clause == clause]
    failed = [f"{r.case.words}: {r.reason}" for r in results if r.status is Status.FAILED]
    assert failed == []
    assert any(r.status is Status.PASSED for r in results)


def test_every_clause_has_a_case() -> None:
    assert {each.clause for each in CASES} == set(CLAUSES)


def test_the_clauses_are_those_of_the_contract() -> None:
    numbers = {"1": 4, "2": 6, "3": 7, "4": 3, "5": 5, "6": 6}
    wanted = {f"{section}.{n}" for section, last in numbers.items() for n in range(1, last + 1)}
    rows = {f"2/{n}" for n in range(7)} | {f"3/{n}" for n in range(10)}
    assert set(CLAUSES) == wanted | rows | {"3"}


def test_what_is_not_run_says_why() -> None:
    silent = [each.words for each in CASES if each.body is None and not each.reason]
    assert silent == []


def test_the_page_is_that_of_the_suite() -> None:
    """Made by `python -m xap_harness.conformance.page`."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_a_clause_is_what_a_selection_says_or_part_of_it() -> None:
    assert [c for c in CLAUSES if selects("3/1", c)] == ["3/1"]
    assert [c for c in CLAUSES if selects("4", c)] == ["4.1", "4.2", "4.3"]
    assert [c for c in CLAUSES if selects("3.1", c)] == ["3.1"]


# --- the command ---------------------------------------------------------------------------------


def ran(*arguments: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-m", "xap_harness.conformance", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def test_the_command_says_how_each_case_went() -> None:
    status, lines = ran("--on", "emulator", "--only", "3.4")
    assert status == 0
    told = Counter(line[:4].strip() for line in lines[:-1])
    assert "ok   3.4  at most 8 at once (-ENOMEM)" in lines
    assert lines[-1] == f"{told['ok']} passed, 0 failed, {told['--']} not run"
    own = [each for each in CASES if each.clause == "3.4"]
    assert len(lines) == len(own) + 1


def test_the_list_has_each_clause_and_case() -> None:
    status, lines = ran("--list")
    assert status == 0
    assert len(lines) == len(CLAUSES) + len(CASES)


def test_a_clause_that_there_is_not() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "xap_harness.conformance", "--only", "7.9"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("no clause 7.9: there are 1.1, ")


class _Wrong:
    """The emulator, but for what guests see of x0."""

    name = "wrong"
    lacks: Mapping[Ability, str] = {}

    def boot(self, scenario: Scenario) -> Observed:
        seen = EmulatorTarget().boot(scenario)
        steps = [replace(s, registers=(s.registers[0] ^ 1, *s.registers[1:])) if s.registers else s
                 for s in seen.steps]  # fmt: skip
        return replace(seen, steps=tuple(steps))


class _Dead:
    """A target that comes to no end."""

    name = "dead"
    lacks: Mapping[Ability, str] = {}

    def boot(self, scenario: Scenario) -> Observed:
        raise TargetError("nothing on the console")


class _Mute:
    """A target that accepts everything and shows nothing of what was asked."""

    name = "mute"
    lacks: Mapping[Ability, str] = {}

    def boot(self, scenario: Scenario) -> Observed:
        return Observed(tuple(None for _ in scenario.modules), (), ())


class _Lesser(EmulatorTarget):
    lacks: Mapping[Ability, str] = dict.fromkeys(Ability, "this one cannot")


def command_on(
    target: type[Target], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, list[str]]:
    monkeypatch.setitem(command.TARGETS, "emulator", target)
    status = command.main(["--only", "4.3"])
    return status, capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("target", [_Wrong, _Dead, _Mute])
def test_a_wrong_hypervisor_fails(target, monkeypatch, capsys) -> None:
    status, lines = command_on(target, monkeypatch, capsys)
    assert status == 1
    failed = [line for line in lines if line.startswith("FAIL 4.3  ")]
    assert failed
    assert re.fullmatch(rf"\d+ passed, {len(failed)} failed, \d+ not run", lines[-1])


def test_what_a_target_cannot_do_is_not_run() -> None:
    late = [each for each in CASES if each.needs is not None]
    assert late
    results = [run(each, _Lesser()) for each in late]
    assert {(r.status, r.reason) for r in results} == {(Status.NOT_RUN, "this one cannot")}


# --- cases --------------------------------------------------------------------------------------


def test_a_case_cannot_look_before_the_boot() -> None:
    def early(plan: Plan):
        reply = plan.run("nop")
        assert reply.x
        yield

    with pytest.raises(NotYetError):
        run(Case("4.3", "early", early), EmulatorTarget())


def test_a_case_is_of_a_clause_and_has_a_name_of_its_own() -> None:
    with pytest.raises(ValueError, match=r"ABI.md has no clause 9.9"):
        case("9.9", "words")(lambda plan: iter(()))
    with pytest.raises(ValueError, match="two cases are called"):
        case(CASES[0].clause, CASES[0].words)(lambda plan: iter(()))


def test_cases_know_nothing_of_the_emulated_hypervisor() -> None:
    """They will judge another one."""
    folder = Path(command.__file__).parent
    for file in {*folder.rglob("*.py")} - {folder / "emulator.py", folder / "__main__.py"}:
        text = file.read_text(encoding="utf-8")
        assert "xap_harness.hypervisor" not in text, file
        found = set(re.findall(r"xap_harness\.emulator\.(\w+)", text))
        assert found <= {"assembler"}, file
