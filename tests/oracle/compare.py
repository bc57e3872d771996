"""One program, three ways: CPython with the SDK, compiled at O0, compiled at O2.

What is compared is all that an app can show: result registers, log lines in their order, and
the reason, text and line of what ended a call.
"""

from dataclasses import dataclass
from pathlib import Path

from xap_harness import App, load
from xap_harness.host.backend import executes
from xap_harness.hypervisor.core import Hypervisor
from xap_harness.hypervisor.rights import Rights
from xapc.pipeline import Build, Checked, check_file

from tests.oracle.program import FID, Generated


@dataclass(frozen=True)
class Seen:
    """One call, as far as it can be observed."""

    status: str
    registers: tuple[int, ...]
    log: tuple[str, ...]
    reason: str = ""
    message: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Disagreement:
    source: str
    calls: tuple[tuple[int, ...], ...]
    seen: dict[str, tuple[Seen, ...]]

    def __str__(self) -> str:
        numbered = enumerate(self.source.splitlines(), 1)
        text = "\n".join(f"{n:>4} {line}" for n, line in numbered)
        each = "\n".join(f"{name:<5} {seen}" for name, seen in self.seen.items())
        return f"{text}\ncalls {self.calls}\n{each}"


def observe(app: App, calls: tuple[tuple[int, ...], ...]) -> tuple[Seen, ...]:
    """The calls, up to the first that faults."""
    seen: list[Seen] = []
    for args in calls:
        result = app.smc(FID, *args)
        fault = result.fault
        registers = (result.x0, result.x1, result.x2, result.x3)
        if fault is None:
            seen.append(Seen(result.status, registers, tuple(result.log)))
            continue
        reason, message, line = fault.reason, fault.message, fault.line
        seen.append(Seen(result.status, registers, tuple(result.log), reason, message, line))
        break
    return tuple(seen)


def _on_host(source: Path, checked: Checked) -> App:
    """As `load(source, "host")`, which would check it a second time."""
    manifest, target = checked.manifest, Hypervisor()
    target.load(manifest, executes(source, manifest), Rights.asked_by(manifest), None)
    return App(target, manifest, counts=False)


def compare(program: Generated, folder: Path) -> Disagreement | None:
    """None where all three agree. Raises CompileError if the program is not one."""
    source = folder / "oracle.py"
    source.write_text(program.source, encoding="utf-8")
    checked = check_file(source)
    seen = {"host": observe(_on_host(source, checked), program.calls)}
    for name, optimize in (("O0", False), ("O2", True)):
        image = folder / f"{name}.elf"
        image.write_bytes(Build(checked, debug=True, optimize=optimize).elf)
        seen[name] = observe(load(image, "emulator"), program.calls)
    if len(set(seen.values())) == 1:
        return None
    return Disagreement(program.source, program.calls, seen)
