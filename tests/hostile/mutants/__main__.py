"""`python -m tests.hostile.mutants`: break every check of the rules once, and run the corpus, and
where no case notices, the conformance suite.

Prints what no case notices, and a summary; `--write` puts it into docs/hostile.md.
"""

import argparse
import hashlib
import os
import pickle
import select
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from tests.hostile.case import beside_harmless
from tests.hostile.corpus import ALL
from tests.hostile.files import built, stored
from tests.hostile.mutants import page
from tests.hostile.mutants.equivalent import reason
from tests.hostile.mutants.places import MODULES
from tests.hostile.mutants.running import (
    BYSTANDERS,
    CONFORMANCE,
    RECORDED,
    Mutant,
    first_red,
    first_unkept,
    install,
    mutants,
    source_of,
)
from tests.hostile.verdict import Check

CASES = [case for case in ALL if not isinstance(case.verdict, Check)]
"""The compiler is no part of the rules."""

Coverage = dict[str, set[tuple[str, int]]]
"""The lines (file, number) of the rules that each case executes."""


def _in_child(work: Any) -> tuple[int, int]:
    """Fork; the child writes what `work` gives to a pipe. Its id, and the pipe."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    os.close(reading)
    status = 1
    try:
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(work(), pipe)
        status = 0
    except BaseException as error:  # noqa: BLE001 - a mutant may raise anything: it was noticed
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
    finally:
        os._exit(status)


def _result(pid: int, reading: int) -> Any:
    """None: the child failed."""
    with os.fdopen(reading, "rb") as pipe:
        made = pipe.read()
    _, status = os.waitpid(pid, 0)
    return pickle.loads(made) if status == 0 else None


# --- which case executes what ----------------------------------------------------------------


def coverage() -> tuple[Coverage, dict[str, dict[str, object]]]:
    """By running all cases once, which records the harmless runs, too: mutants are compared with
    those. Ends the program if a case is red without any mutant."""
    files = {str(source_of(module)) for module in MODULES}

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename not in files:
            return None
        lines.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    lines: set[tuple[str, int]] = set()

    def work() -> tuple[Coverage, dict[str, dict[str, object]]]:
        seen = {}
        for name in (BYSTANDERS, *(case.name for case in CASES)):
            lines.clear()
            sys.settrace(trace)
            red = first_red([name])
            sys.settrace(None)
            if red is not None:
                raise AssertionError(f"{name} is red without any mutant")
            seen[name] = set(lines)
        return seen, {case.name: beside_harmless(case) for case in CASES}

    found = _result(*_in_child(work))
    if found is None:
        sys.exit(1)
    seen: Coverage
    seen, calm = found
    return seen, calm


# --- the campaign ----------------------------------------------------------------------------


@dataclass
class State:
    """What a campaign that was broken off has found. What is killed stays so as long as its module
    is the same, and what survived if it has a reason to; `covered`, `calm` and the other survivors
    are of one state of all rules and the corpus."""

    rules: dict[str, str]
    """By module: the digest of its source."""
    killed: dict[Mutant, str] = field(default_factory=dict)
    corpus: str = ""
    survivors: list[Mutant] = field(default_factory=list)
    covered: Coverage = field(default_factory=dict)
    calm: dict[str, dict[str, object]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path | None) -> "State":
        rules = {module: _digest([source_of(module)]) for module in MODULES}
        if path is None or not path.exists():
            return cls(rules)
        found = pickle.loads(path.read_bytes())
        if found.rules != rules:
            same = [module for module in rules if found.rules.get(module) == rules[module]]
            killed = {each: by for each, by in found.killed.items() if each.module in same}
            survivors = [e for e in found.survivors if e.module in same and reason(e)]
            return cls(rules, killed, survivors=survivors)
        assert isinstance(found, State)
        return found

    def write(self, path: Path | None) -> None:
        if path is not None:
            path.write_bytes(pickle.dumps(self))

    def cover(self) -> None:
        here = Path(__file__).parent
        corpus = _digest(p for p in sorted(here.parent.rglob("*.py")) if p.parent != here)
        if corpus != self.corpus:
            self.survivors = [each for each in self.survivors if reason(each)]
            self.covered, self.calm = coverage()
            self.corpus = corpus
        RECORDED.update(self.calm)


def _digest(paths: Iterable[Path]) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


@dataclass
class Campaign:
    """`killed` gives the case that noticed; "" what it raised or that it did not end."""

    state: State
    path: Path | None
    killed: dict[Mutant, str] = field(default_factory=dict)
    survivors: list[Mutant] = field(default_factory=list)
    _killers: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def cases_for(self, mutant: Mutant) -> list[str]:
        """Those that execute it: first what noticed others of that place, then the special."""
        names: Iterable[str] = self.state.covered
        if not mutant.is_constant:
            line = str(source_of(mutant.module)), mutant.line
            names = [name for name, lines in self.state.covered.items() if line in lines]
        killers = self._killers[mutant.module + mutant.place]
        return sorted(names, key=lambda name: (-killers[name], len(self.state.covered[name])))

    def end(self, mutant: Mutant, red: str | None) -> None:
        if red == "-":
            self.survivors.append(mutant)
            self.state.survivors.append(mutant)
            return
        self.killed[mutant] = self.state.killed[mutant] = red or ""
        if red and not red.startswith(CONFORMANCE):
            self._killers[mutant.module + mutant.place][red] += 1

    def run(self, chosen: Sequence[Mutant], jobs: int, *, verbose: bool) -> None:
        self.killed = {
            each: self.state.killed[each] for each in chosen if each in self.state.killed
        }
        self.survivors = [each for each in chosen if each in self.state.survivors]
        known = {*self.killed, *self.survivors}
        waiting = (each for each in chosen if each not in known)
        running: dict[int, tuple[int, Mutant]] = {}
        while True:
            while len(running) < jobs and (mutant := next(waiting, None)) is not None:
                pid, reading = _in_child(lambda mutant=mutant: self._try(mutant))
                running[reading] = pid, mutant
            if not running:
                self.state.write(self.path)
                return
            for reading in select.select(list(running), [], [])[0]:
                pid, mutant = running.pop(reading)
                self.end(mutant, _result(pid, reading))
                done = len(self.killed) + len(self.survivors)
                if done % 20 == 0:
                    self.state.write(self.path)
                    print(f"{done} of {len(chosen)}", flush=True)
                if verbose or mutant in self.survivors:
                    print("survived" if mutant in self.survivors else "killed", mutant, flush=True)

    def _try(self, mutant: Mutant) -> str:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        names = self.cases_for(mutant)
        install(mutant)
        return first_red(names) or first_unkept() or "-"


def _made() -> Iterator[object]:
    """All files of the cases, so that no child has to make them."""
    for case in CASES:
        for each in (case, case.near):
            if each is not None:
                yield built(each.python) if each.python else stored(each.elf(), ".elf")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.mutants", description=__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    parser.add_argument("--only", default="", help="of modules or places that contain this")
    parser.add_argument("--every", type=int, default=1, help="only each N-th mutant")
    parser.add_argument("--write", action="store_true", help="put the result into docs/hostile.md")
    parser.add_argument("--verbose", action="store_true", help="say also what was killed, by what")
    parser.add_argument("--state", type=Path, help="file to go on from, if it was broken off")
    options = parser.parse_args()
    began = time.monotonic()
    assert all(_made())
    state = State.read(options.state)
    state.cover()
    chosen = [each for each in mutants() if options.only in f"{each.module}.{each.place}"]
    chosen = chosen[:: options.every]
    campaign = Campaign(state, options.state)
    # What a process prepares once, it then has before it is forked.
    first_red([BYSTANDERS])
    if unkept := first_unkept():
        sys.exit(f"{unkept} fails without any mutant")
    print(f"{len(chosen)} mutants, {len(CASES)} cases", flush=True)
    campaign.run(chosen, options.jobs, verbose=options.verbose)
    took = time.monotonic() - began
    print(page.summary(campaign.killed, campaign.survivors, took))
    if options.write:
        page.write(campaign.killed, campaign.survivors)
    return 1 if page.unexplained(campaign.survivors) else 0


if __name__ == "__main__":
    sys.exit(main())
