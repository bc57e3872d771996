"""What a case says of what it saw, and what it makes of the console."""

import re
from collections.abc import Iterable, Sequence

from xaprt import abi

from xap_harness.conformance.plan import M64, Reply

MINUS_1 = M64
MS = 1_000_000


class Unmet(Exception):
    """The clause is not kept: what was seen, and what should have been."""


def equal(seen: object, wanted: object, what: str = "seen") -> None:
    if seen != wanted:
        raise Unmet(f"{what}: {_shown(seen)}, not {_shown(wanted)}")


def that(holds: bool, what: str) -> None:
    if not holds:
        raise Unmet(what)


def refused(verdict: str | None, *mentions: str) -> None:
    """A load was refused, by a message that holds those words."""
    that(verdict is not None, "the image was accepted")
    for word in mentions:
        that(word in str(verdict), f"the refusal does not name '{word}': {verdict}")


def accepted(verdict: str | None) -> None:
    that(verdict is None, f"refused: {verdict}")


# --- answers ---------------------------------------------------------------------------------


def answered(reply: Reply, *results: int) -> None:
    """x0.. are those, of x0..x3 the rest zero, and every other register as it was."""
    wanted = dict(enumerate([each & M64 for each in results] + [0] * (4 - len(results))))
    _registers(reply, wanted)


def unclaimed(reply: Reply) -> None:
    """ABI.md 4.3, of a call."""
    _registers(reply, {0: MINUS_1})


def fault_answered(reply: Reply) -> None:
    """ABI.md 5.2, of a call."""
    _registers(reply, {0: MINUS_1, 1: 0, 2: 0, 3: 0})


def aborted(reply: Reply) -> None:
    """ABI.md 4.3, of the first instruction of a step, a load or store: the data abort that the
    guest takes where nothing is; no register is changed."""
    equal([each.instruction for each in reply.exceptions], [0], "instructions that aborted")
    taken = reply.exceptions[0]
    equal(taken.esr >> 26, 0x25, "exception class (a data abort at the same level)")
    equal(taken.esr & 0x3F, 0x10, "fault status (an external abort)")
    equal(reply.changed, {}, "registers changed")


def loaded(reply: Reply, value: int) -> None:
    """x9 is all that a load changed."""
    equal(reply.exceptions, (), "exceptions")
    wanted = {} if value & M64 == reply.before[9] else {9: value & M64}
    equal(reply.changed, wanted, "registers changed")


def stored(reply: Reply) -> None:
    """A store was answered: the guest noticed nothing."""
    equal(reply.exceptions, (), "exceptions")
    equal(reply.changed, {}, "registers changed")


def errno(seen: int, number: abi.Errno) -> None:
    equal(_signed(seen), -int(number), "result of the system call")


def is_error(seen: int) -> None:
    """One of the errors that a system call may return (ABI.md, head)."""
    that(-_signed(seen) in set(abi.Errno), f"result of the system call: {_signed(seen)}")


def _registers(reply: Reply, wanted: dict[int, int]) -> None:
    equal(reply.exceptions, (), "exceptions")
    for number, (seen, was) in enumerate(zip(reply.x, reply.before, strict=True)):
        equal(seen, wanted.get(number, was), f"x{number}")


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _shown(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return repr(value)
    return str(value) if abs(value) < 10 else f"{value:#x}"


# --- the console -------------------------------------------------------------------------------


def log_of(lines: Iterable[str], app: str) -> list[str]:
    """The text of an app's log lines: `name: text`."""
    return [line.removeprefix(f"{app}: ") for line in lines if line.startswith(f"{app}: ")]


_PAIR = re.compile(r'([a-z_]+)=("(?:[^"\\]|\\.)*"|\S+)')


def reports(lines: Iterable[str]) -> list[dict[str, str]]:
    """The fault reports: keys and values, of each app's in order. One begins with its name."""
    found: list[dict[str, str]] = []
    for line in lines:
        if not line.startswith("xap-fault: "):
            continue
        pairs = {key: value.strip('"') for key, value in _PAIR.findall(line)}
        if "name" in pairs:
            found.append({})
        that(bool(found), f"a fault report begins without a name: {line}")
        found[-1].update(pairs)
    return found


def one_report(lines: Iterable[str]) -> dict[str, str]:
    found = reports(lines)
    equal(len(found), 1, "fault reports")
    return found[0]


def no_reports(lines: Iterable[str]) -> None:
    equal(reports(lines), [], "fault reports")


def values(replies: Sequence[Reply], register: int = 0) -> list[int]:
    """The same register of several steps."""
    return [reply.x[register] for reply in replies]
