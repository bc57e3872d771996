"""What docs/hostile.md says of the mutants."""

from collections.abc import Iterable, Mapping, Sequence

from tests.hostile.__main__ import MUTANTS, PAGE
from tests.hostile.mutants.equivalent import reason
from tests.hostile.mutants.places import MODULES, NO_RULES
from tests.hostile.mutants.running import CONFORMANCE, Mutant


def unexplained(survivors: Iterable[Mutant]) -> list[Mutant]:
    return [mutant for mutant in survivors if reason(mutant) is None]


def summary(killed: Mapping[Mutant, str], survivors: Sequence[Mutant], seconds: float) -> str:
    total = len(killed) + len(survivors)
    open_ = len(unexplained(survivors))
    return (
        f"{total} mutants: {len(killed)} killed, {len(survivors) - open_} equivalent, "
        f"{open_} survived, in {seconds:.0f} s"
    )


def write(killed: Mapping[Mutant, str], survivors: Sequence[Mutant]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    before = text[: text.index(MUTANTS)] if MUTANTS in text else f"{text}\n"
    PAGE.write_text(before + _section(killed, survivors), encoding="utf-8")


def _section(killed: Mapping[Mutant, str], survivors: Sequence[Mutant]) -> str:
    rows = []
    for module in MODULES:
        dead = sum(mutant.module == module for mutant in killed)
        alive = [mutant for mutant in survivors if mutant.module == module]
        same = len(alive) - len(unexplained(alive))
        if dead or alive:
            rows.append(f"| `{module}` | {dead} | {same} | {len(alive) - same} |")
    counted = len(killed) + len(unexplained(survivors))
    ratio = 100 * len(killed) / counted if counted else 0
    kept = sum(name.startswith(CONFORMANCE) for name in killed.values())
    left_out = "; ".join(f"{why} (`{'`, `'.join(what)}`)" for why, what in NO_RULES.items())
    return f"""{MUTANTS}

`python -m tests.hostile.mutants` breaks every check of the hypervisor's rules, of what reads images
and manifests, and of the emulator's isolation, one at a time, and runs the cases that execute it,
and where none of them turns red, the [conformance suite](conformance.md): a condition negated or
left out, one operand of an `and` or `or` left out, a comparison off by one or turned round, a
number off by one, a mask dropped, `min` for `max`, a `raise` dropped, a statement that calls,
clears, unmaps or resets dropped. {len(killed)} of {counted} that make a difference are noticed:
**{ratio:.1f} %**, {kept} of them by the conformance suite alone.

Not mutated, as it decides nothing: {left_out}. The hooks of `emulator/native.py` are no Python.

| module | killed | equivalent | survived |
|---|---|---|---|
{chr(10).join(rows)}

{_table("Survived", unexplained(survivors), with_reason=False)}
{_table("Equivalent", [m for m in survivors if reason(m)], with_reason=True)}"""


def _table(title: str, mutants: Sequence[Mutant], *, with_reason: bool) -> str:
    if not mutants:
        return ""
    head = (
        "| mutant | why it makes no difference |\n|---|---|" if with_reason else "| mutant |\n|---|"
    )
    rows = []
    for mutant in mutants:
        what = mutant.what.replace("|", "\\|")
        why = f" {reason(mutant)} |" if with_reason else ""
        rows.append(
            f"| `{mutant.module.removeprefix('xap_harness.')}` {mutant.place}: `{what}` |{why}"
        )
    return f"### {title}\n\n{head}\n" + "\n".join(rows) + "\n"
