"""`python -m tests.hostile`: run the corpus, and write its page, docs/hostile.md.

What the page says of the mutants is kept; `python -m tests.hostile.mutants --write` changes it.
"""

import sys
from collections import Counter
from pathlib import Path

from tests.hostile.case import is_refused, run, run_refused
from tests.hostile.corpus import ALL, CHAPTERS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "hostile.md"
MUTANTS = "## The corpus proved"
_HEAD = """# The hostile corpus

{count} apps, images and guests attack the hypervisor. Each has one verdict, and in every case
everybody else is unaffected, bit for bit. `make test` runs them all; this page is written by
`python -m tests.hostile`.

| verdict | means | cases |
|---|---|---|
{verdicts}

## Unaffected

A case runs on a platform with three guests and two apps that have done nothing
(`tests/hostile/bystander.py`): `bystander`, shared and in assembly, which sees every register at
every entry, its whole stack, its state and its request page; and `neighbour`, one for each guest
and in Python. When the attack comes, the bystander has a timer running, posted writes waiting and
an interrupt pending. The same steps are then run once more with an app of the same manifest that
only answers, or with none where the attacker is refused. Compared are:

* what the bystander answers to every service that it has, and what `neighbour` answers;
* checksums of the bystander's state, stack and request page; what it ever found in registers,
  flags and TPIDR_EL0 that it was not passed; how often TIMER came, and with which EVENTs;
* the RAM of all guests, except the pages that the attacker was granted to write, and their pins;
* interrupts pending in each guest, except the attacker's own;
* registers x0..x30 of guests that run code of their own, except those that the answer names;
* console lines and fault reports of others; accesses to the bystander's device; its calls of the
  firmware; the apps that are loaded;
* time: all of it is observed at the instants at which it is in the other run. A call may take its
  budget, and deferred work a tenth of the time (ABI.md 5.4, 6.5); the cases on loops and floods
  check both.

Where a rule is a limit, the nearest thing that is allowed is loaded, too, and has to run.

## The cases
"""
_MEANING = {
    "refused at check": "the compiler refuses the source",
    "refused at load": "the loader refuses the image; nothing of it runs, or INIT alone",
    "error returned": "a system call, or the requester, gets an error; the app goes on",
    "app condemned": "the call ends as a fault; 5.5 decides on a restart",
    "budget": "the call is ended when its budget is spent",
}


def page(path: Path) -> str:
    counts = Counter(case.verdict.kind for case in ALL)
    verdicts = "\n".join(f"| {kind} | {what} | {counts[kind]} |" for kind, what in _MEANING.items())
    text = _HEAD.format(count=len(ALL), verdicts=verdicts)
    for title, cases in CHAPTERS.items():
        text += f"\n### {title}\n\n| case | ABI.md | attack | verdict |\n|---|---|---|---|\n"
        for case in cases:
            verdict = f"{case.verdict.kind}: {_escaped(str(case.verdict))}"
            text += f"| {case.name} | {case.clause} | {_escaped(case.what)} | {verdict} |\n"
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    return f"{text}\n{old[old.index(MUTANTS) :]}" if MUTANTS in old else text


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\x1b", "\\x1b").replace("\n", "\\n")


def main() -> int:
    wrong = {case.name: found for case in ALL if not is_refused(case) and (found := run(case))}
    wrong.update(run_refused([case for case in ALL if is_refused(case)]))
    for name, problems in wrong.items():
        print(name, *problems, sep="\n    ", file=sys.stderr)
    PAGE.write_text(page(PAGE), encoding="utf-8")
    print(f"{len(ALL) - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
