"""How a case says what it wants done, and gets at what was seen.

A case records steps; nothing happens before the target has them all. So what a step does never
depends on what another one gave, and a target may run them in one boot.
"""

from collections.abc import Mapping, Sequence

from xap_harness.conformance.target import (
    Bundle,
    Create,
    Destroy,
    GiveAway,
    Grant,
    GuestSpec,
    LoadNow,
    Module,
    Observed,
    Read,
    Run,
    Scenario,
    Seen,
    Step,
    TakeBack,
    Taken,
    Together,
    Wait,
    Write,
)
from xap_harness.emulator.assembler import assemble

M64 = (1 << 64) - 1
SEED = 0xABC0_DEF0_0000_1100
"""What a guest's register n holds where a step does not say: SEED + n."""


class NotYetError(Exception):
    """A case looked at what its plan gives before it was carried out."""


class Reply:
    """What is known of one step afterwards."""

    def __init__(self, plan: "Plan", number: int, run: int | None = None) -> None:
        self._plan = plan
        self._number = number
        self._run = run
        """Which of a Together's."""

    @property
    def _seen(self) -> Seen:
        seen = self._plan.observed.steps[self._number]
        return seen if self._run is None else seen.runs[self._run]

    @property
    def x(self) -> tuple[int, ...]:
        """x0..x30 after the step."""
        return self._seen.registers

    @property
    def before(self) -> tuple[int, ...]:
        """x0..x30 when it began."""
        step: Step = self._plan.steps[self._number]
        if isinstance(step, Together) and self._run is not None:
            step = step.runs[self._run]
        return step.registers if isinstance(step, Run) else ()

    @property
    def changed(self) -> dict[int, int]:
        """The registers that are not as they were, by number."""
        pairs = zip(self.before, self.x, strict=True)
        return {n: after for n, (was, after) in enumerate(pairs) if was != after}

    @property
    def exceptions(self) -> tuple[Taken, ...]:
        return self._seen.exceptions

    @property
    def interrupts(self) -> tuple[int, ...]:
        """By number."""
        return tuple(each.number for each in self._seen.interrupts)

    @property
    def interrupted(self) -> tuple[int, ...]:
        """The instructions that they came before."""
        return tuple(each.instruction for each in self._seen.interrupts)

    @property
    def data(self) -> bytes:
        return self._seen.data

    @property
    def word(self) -> int:
        """The first eight bytes of the data."""
        return int.from_bytes(self.data[:8], "little")

    @property
    def words(self) -> tuple[int, ...]:
        return words(self.data)

    @property
    def console(self) -> tuple[str, ...]:
        return self._seen.console

    @property
    def verdict(self) -> str | None:
        return self._seen.verdict


class Loaded:
    """What is known of an app's load at boot."""

    def __init__(self, plan: "Plan", number: int) -> None:
        self._plan = plan
        self._number = number

    @property
    def verdict(self) -> str | None:
        """None: accepted."""
        return self._plan.observed.verdicts[self._number]


class Plan:
    """The scenario of one case. Guests are those that steps name, and domain 1."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._modules: list[Module | Bundle] = []
        self._keys: tuple[bytes, ...] = ()
        self._minimum_version = 0
        self._guests: dict[int, GuestSpec] = {}
        self._created: set[int] = set()
        self._observed: Observed | None = None

    # --- what there is -------------------------------------------------------------------------

    def app(
        self,
        image: bytes,
        *,
        grant: Grant | None = None,
        serves: Sequence[int] | None = None,
        required: bool = False,
    ) -> Loaded:
        """An app at boot, in the order of these calls; see Module."""
        served = None if serves is None else tuple(serves)
        return self._module(Module(image, grant, served, required))

    def bundle(self, fit: bytes) -> Loaded:
        """Several apps at boot; see Bundle."""
        return self._module(Bundle(fit))

    def trust(self, *keys: bytes, minimum_version: int = 0) -> None:
        """Nothing is loaded but what these keys signed; see Scenario."""
        self._keys, self._minimum_version = keys, minimum_version

    def _module(self, module: Module | Bundle) -> Loaded:
        self._modules.append(module)
        return Loaded(self, len(self._modules) - 1)

    def guest(self, domid: int, *, uart: bool = False) -> None:
        self._guests[domid] = GuestSpec(domid, uart)

    # --- steps ---------------------------------------------------------------------------------

    def run(
        self,
        code: str,
        registers: Mapping[int, int] | None = None,
        *,
        domid: int = 1,
        vcpu: int = 0,
    ) -> Reply:
        """The guest executes A64 assembly; registers not given hold SEED + n."""
        return self._step(one_run(code, registers, domid=domid, vcpu=vcpu), domid)

    def smc(self, fid: int, *args: int, domid: int = 1, vcpu: int = 0) -> Reply:
        """SMC #0 with x0 and x1..; of x1..x7 those not given are zero."""
        return self._call("smc #0", fid, args, domid, vcpu)

    def hvc(self, fid: int, *args: int, domid: int = 1, vcpu: int = 0) -> Reply:
        return self._call("hvc #0", fid, args, domid, vcpu)

    def access(
        self, instruction: str, ipa: int, value: int = SEED, *, domid: int = 1, vcpu: int = 0
    ) -> Reply:
        """One load or store: x10 holds the address, x9 the value."""
        return self.run(instruction, {9: value, 10: ipa}, domid=domid, vcpu=vcpu)

    def together(
        self, *runs: Run, cpus: Sequence[int] = (), destroy: tuple[int, int] | None = None
    ) -> list[Reply]:
        """Of `one_run`, each on a processor of its own unless `cpus` says otherwise; see Together.
        A reply for each."""
        for each in runs:
            self._guests.setdefault(each.domid, GuestSpec(each.domid))
        self.steps.append(Together(runs, tuple(cpus or range(len(runs))), destroy))
        return [Reply(self, len(self.steps) - 1, n) for n in range(len(runs))]

    def wait(self, ns: int) -> Reply:
        return self._step(Wait(ns))

    def read(self, ipa: int, size: int, *, domid: int = 1) -> Reply:
        """Of the guest's memory."""
        return self._step(Read(domid, ipa, size), domid)

    def write(self, ipa: int, data: bytes, *, domid: int = 1) -> None:
        self._step(Write(domid, ipa, data), domid)

    def give_away(self, ipa: int, *, domid: int = 1) -> None:
        self._step(GiveAway(domid, ipa), domid)

    def take_back(self, ipa: int, *, domid: int = 1) -> Reply:
        return self._step(TakeBack(domid, ipa), domid)

    def destroy(self, domid: int) -> Reply:
        return self._step(Destroy(domid), domid)

    def create(self, domid: int) -> Reply:
        self._created.add(domid)
        return self._step(Create(GuestSpec(domid)))

    def load_now(self, image: bytes, *, grant: Grant | None = None) -> Reply:
        return self._step(LoadNow(Module(image, grant)))

    def _call(
        self, instruction: str, fid: int, args: tuple[int, ...], domid: int, vcpu: int
    ) -> Reply:
        values = [fid, *args]
        given = dict(enumerate(values + [0] * (8 - len(values))))
        return self.run(instruction, given, domid=domid, vcpu=vcpu)

    def _step(self, step: Step, domid: int | None = None) -> Reply:
        if domid is not None and domid not in self._created:
            self._guests.setdefault(domid, GuestSpec(domid))
        self.steps.append(step)
        return Reply(self, len(self.steps) - 1)

    # --- between planning and judging ------------------------------------------------------------

    @property
    def scenario(self) -> Scenario:
        guests = self._guests or {1: GuestSpec(1)}
        return Scenario(
            tuple(guests.values()),
            tuple(self._modules),
            tuple(self.steps),
            self._keys,
            self._minimum_version,
        )

    def carried_out(self, observed: Observed) -> None:
        self._observed = observed

    @property
    def observed(self) -> Observed:
        if self._observed is None:
            raise NotYetError("judged before the plan was carried out: that is behind the yield")
        return self._observed

    @property
    def console(self) -> list[str]:
        """All of it, from the boot on."""
        observed = self.observed
        return [*observed.boot, *(line for step in observed.steps for line in step.console)]


def one_run(
    code: str, registers: Mapping[int, int] | None = None, *, domid: int = 1, vcpu: int = 0
) -> Run:
    """As `Plan.run`, for `Plan.together`."""
    given = registers or {}
    before = tuple(given.get(n, SEED + n) & M64 for n in range(31))
    return Run(domid, vcpu, assemble(code), before)


def words(data: bytes) -> tuple[int, ...]:
    """Little-endian, eight bytes each."""
    return tuple(int.from_bytes(data[n : n + 8], "little") for n in range(0, len(data), 8))
