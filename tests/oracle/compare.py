"""One program, three ways: CPython with the SDK, compiled at O0, compiled at O2.

What is compared is all that an app can show: what requesters get, every call of the app with its
log and what ended it, what the firmware and the devices saw in between, the guests' memory and
their pending interrupts. State shows in later calls.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from xap_harness import App
from xap_harness.api import MmioResult, Result
from xap_harness.emulator import backend as emulator
from xap_harness.host.backend import executes
from xap_harness.hypervisor.core import Hypervisor
from xap_harness.hypervisor.instance import MakeEngine
from xapc.llvm import emit_object
from xapc.pipeline import Build, Checked, check_file
from xaprt.admission import LoadError
from xaprt.link import link
from xaprt.rights import Rights

from tests.oracle.platform import Called, Device, Firmware, Memory, Trace, watching
from tests.oracle.program import MAIN, Generated, Step

QUANTUM_NS = 1 << 27
"""Steps begin at multiples of it. A call takes time only in the emulator, and no program can tell:
it sees time in units of 2^24 ns, and its deadlines lie just behind a multiple of these."""

WAYS = ("host", "O0", "O2")


@dataclass(frozen=True)
class Seen:
    """One step: what the requester got, what happened in it and after, and what it left."""

    got: tuple[object, ...]
    happened: tuple[object, ...]
    left: tuple[object, ...]


@dataclass(frozen=True)
class Disagreement:
    program: Generated
    seen: dict[str, tuple[Seen, ...]]

    def __str__(self) -> str:
        parts = [str(self.program)]
        for number in range(max(map(len, self.seen.values()))):
            steps = {way: seen[number : number + 1] for way, seen in self.seen.items()}
            if len(set(steps.values())) > 1:
                parts.append(f"seen {number} times alike, then:")
                parts += [f"{way:<5} {step}" for way, step in steps.items()]
                break
        return "\n".join(parts)


class Play:
    """A program loaded in one way, and what is seen of it."""

    def __init__(self, program: Generated) -> None:
        self.program = program
        self.trace = Trace()
        self.memory = Memory(program.memory)
        self.hypervisor = Hypervisor(firmware=Firmware(self.trace), record=self.trace.note)

    def run(self, checked: Checked, make_engine: MakeEngine) -> tuple[Seen, ...]:
        rights = Rights.asked_by(checked.manifest)
        for region in rights.io:
            self.hypervisor.add_device(region, Device(region.name, self.trace))
        try:
            self.hypervisor.load(checked.manifest, watching(make_engine, self.trace), rights)
        except LoadError as error:
            return (self._seen("refused", str(error).partition(": INIT")[0]),)
        app = App(self.hypervisor, checked.manifest, counts=False)
        seen = [self._after("loaded")]
        for step in self.program.steps:
            got = self._do(app, step)
            seen.append(self._after(*got) if step.settles else self._seen(*got))
        seen.append(self._after("end"))
        return tuple(seen)

    def _do(self, app: App, step: Step) -> tuple[object, ...]:
        if step.what == "destroy":
            if step.domid in self.hypervisor.domains:
                app.destroy_domain(step.domid)
            return ("destroyed",)
        if step.domid not in self.hypervisor.domains:
            self.memory.prepare(app.domain(step.domid))
        do: dict[str, Callable[..., Result | MmioResult]] = {
            "load": app.mmio_read,
            "store": app.mmio_write,
            "smc": app.smc,
            "hvc": app.hvc,
        }
        found = do[step.what](*step.arguments, domid=step.domid, vcpu=step.vcpu)
        if isinstance(found, MmioResult):
            return found.status, found.value, tuple(found.log), found.errno
        registers = (found.x0, found.x1, found.x2, found.x3)
        others = (found.x4, found.x5, found.x6, found.x7)
        return found.status, registers, others, tuple(found.log), found.errno

    def _after(self, *got: object) -> Seen:
        """Time passes: timers, events, posted writes and restarts."""
        now = self.hypervisor.clock.now_ns
        self.hypervisor.advance(QUANTUM_NS - now % QUANTUM_NS)
        return self._seen(*got)

    def _seen(self, *got: object) -> Seen:
        return Seen(got, self.trace.take(), self.memory.changes(self.hypervisor))


def compare(program: Generated, folder: Path) -> Disagreement | None:
    """None where all three agree. Raises CompileError if the program is not one."""
    seen = observe(program, folder)
    return None if len(set(seen.values())) == 1 else Disagreement(program, seen)


def checked_in(program: Generated, folder: Path) -> Checked:
    for name, text in program.files:
        (folder / name).write_text(text, encoding="utf-8")
    return check_file(folder / MAIN)


def on_host(program: Generated, folder: Path, checked: Checked) -> tuple[Seen, ...]:
    return Play(program).run(checked, executes(folder / MAIN, checked.manifest))


def observe(program: Generated, folder: Path) -> dict[str, tuple[Seen, ...]]:
    """What is seen of the program each way."""
    checked = checked_in(program, folder)
    seen = {"host": on_host(program, folder, checked)}
    build = Build(checked, debug=True, optimize=True)
    for way, level in (("O0", 0), ("O2", 2)):
        # The linker has the verifier prove it.
        path = folder / f"{way}.elf"
        path.write_bytes(link(emit_object(build.llvm, level=level), checked.manifest, debug=True))
        play = Play(program)
        _, make_engine = emulator.prepare(path, play.hypervisor)
        seen[way] = play.run(checked, make_engine)
    return seen


def calls(seen: tuple[Seen, ...]) -> list[Called]:
    """Every call of the app."""
    return [each for step in seen for each in step.happened if isinstance(each, Called)]
