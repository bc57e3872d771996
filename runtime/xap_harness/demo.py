"""`python -m xap_harness.demo APP.py`: a guest calls an app, step by step.

Real AArch64 code runs at EL1 as the guest and issues SMCs; what is printed are the events
that the hypervisor recorded.
"""

import os
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from xapc.diagnostics import CompileError
from xaprt import abi
from xaprt.admission import LoadError
from xaprt.image import ImageError

from xap_harness.api import load
from xap_harness.emulator.assembler import assemble, load_immediate
from xap_harness.emulator.machine import UnicornMachine
from xap_harness.hypervisor.core import AccessAnswer, Answer, Hypervisor
from xap_harness.hypervisor.firmware import TrngFirmware
from xap_harness.hypervisor.guests import Guest
from xap_harness.hypervisor.memory import RAM_BASE
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.timeline import Event, Step

GUEST = Requester(domid=1, vcpu=0)

Call = tuple[str, tuple[int, ...]]

TRNG_CALLS: tuple[Call, ...] = (
    ("TRNG_VERSION", (0x8400_0050,)),
    ("TRNG_RND64", (0xC400_0053, 64)),
    ("TRNG_RND64", (0xC400_0053, 192)),
    ("TRNG_RND64", (0xC400_0053, 0)),
    ("nobody's id", (0xC600_FFFF,)),
)


def guest_code(calls: Iterable[Call]) -> bytes:
    """A guest that makes the calls, one SMC each, and then waits for an interrupt."""
    lines = []
    for _, registers in calls:
        for number, value in enumerate(registers):
            lines.append(load_immediate(f"x{number}", value))
        lines.append("smc #0")
    return assemble("; ".join([*lines, "wfi"]))


# --- the timeline ---------------------------------------------------------------------------


class Paint:
    """ANSI colours, where the output is a terminal and NO_COLOR is not set."""

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled

    def _wrap(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._enabled else text

    def bold(self, text: str) -> str:
        return self._wrap("1", text)

    def dim(self, text: str) -> str:
        return self._wrap("2", text)

    def guest(self, text: str) -> str:
        return self._wrap("36", text)

    def app(self, text: str) -> str:
        return self._wrap("32", text)

    def hypervisor(self, text: str) -> str:
        return self._wrap("33", text)


_NUMBERS = {
    Step.GUEST_TRAPPED: 1,
    Step.VCPU_PAUSED: 2,
    Step.PARAMETERS: 3,
    Step.ENTERED_EL0: 4,
    Step.RETURNED: 5,
    Step.FAULTED: 5,
    Step.RESULT_CHECKED: 6,
    Step.GUEST_REGISTERS: 7,
}

_GUEST_STEPS = {Step.GUEST_TRAPPED, Step.GUEST_REGISTERS, Step.VCPU_RESUMED}
_APP_STEPS = {Step.ENTERED_EL0, Step.APP_LOGGED, Step.SYSTEM_CALL, Step.RETURNED, Step.FAULTED}


def timeline(events: Sequence[Event], paint: Paint) -> Iterable[str]:
    """The seven steps of one call, with the registers that were seen."""
    for event in events:
        number = _NUMBERS.get(event.step)
        colour = (
            paint.guest
            if event.step in _GUEST_STEPS
            else paint.app
            if event.step in _APP_STEPS
            else paint.hypervisor
        )
        label = colour(f"{event.step.value:<24}")
        yield f"  {number or ' '}  {label} {_values(event)}".rstrip()


def _values(event: Event) -> str:
    values = event.values
    if event.step is Step.APP_LOGGED:
        return f'"{values["line"]}"'
    if event.step is Step.PARAMETERS:
        function = abi.Function(int(values["x0"])).name
        return f"x0={values['x0']} ({function})  {_registers(values, skip='x0')}"
    if event.step is Step.RETURNED:
        head = f"svc #0, status {values['status']}, after {values['instructions']} instructions"
        return f"{head}  {_registers(values, skip='status instructions')}"
    if event.step is Step.FAULTED:
        return str(values["reason"])
    if event.step is Step.SYSTEM_CALL:
        return f"svc #0, {values['name']} ({_registers(values, skip='name')})"
    return _registers(values)


def _registers(values: Mapping[str, int | str], skip: str = "") -> str:
    """Names and values; registers that hold 0 are counted at the end rather than shown."""
    shown = [
        f"{name}={value:#x}" if isinstance(value, int) else str(value)
        for name, value in values.items()
        if name not in skip.split() and value != 0
    ]
    zeros = [name for name, value in values.items() if name not in skip.split() and value == 0]
    if zeros:
        shown.append(f"{zeros[0]}..{zeros[-1]}=0" if len(zeros) > 1 else f"{zeros[0]}=0")
    return "  ".join(shown)


def summary(name: str, registers: Sequence[int], answer: Answer | AccessAnswer) -> str:
    """One line for one call."""
    assert isinstance(answer, Answer)  # this guest makes no accesses
    given = ", ".join(f"{value:#x}" for value in registers)
    got = "  ".join(f"x{n}={value:#x}" for n, value in answer.registers.items())
    return f"  {name:<14} smc({given:<18})  {answer.spent:>5} instructions  {got}"


# --- the program ----------------------------------------------------------------------------


def main(argv: Sequence[str]) -> int:
    if len(argv) != 1:
        print("usage: python -m xap_harness.demo samples/trng.py", file=sys.stderr)
        return 1
    path = Path(argv[0])
    paint = Paint(sys.stdout.isatty() and not os.environ.get("NO_COLOR"))
    try:
        _show(path, paint)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has enough; nothing can be said to them any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except (OSError, CompileError, ImageError, LoadError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 1
    return 0


def _show(path: Path, paint: Paint) -> None:
    events: list[Event] = []
    hypervisor = Hypervisor(firmware=TrngFirmware(seed=2026), record=events.append)
    app = load(path, hypervisor=hypervisor)
    domain = hypervisor.create_domain(GUEST.domid)
    code = guest_code(TRNG_CALLS)
    domain.write(RAM_BASE, code)
    vcpu = UnicornMachine().vcpu(domain.ram, RAM_BASE)

    print(paint.bold(f"{path}: app '{app.manifest.name}' loaded, INIT done"))
    print(f"domain 1 starts: {len(code) // 4} instructions of AArch64 code at EL1\n")
    events.clear()
    answers = Guest(hypervisor, GUEST, vcpu).run()

    first = events[: 1 + [event.step for event in events].index(Step.VCPU_RESUMED)]
    print(paint.bold(f"the first call, {TRNG_CALLS[0][0]}"))
    print("\n".join(timeline(first, paint)))
    print(paint.bold("\nall calls of this guest"))
    for (name, registers), answer in zip(TRNG_CALLS, answers, strict=True):
        print(summary(name, registers, answer))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
