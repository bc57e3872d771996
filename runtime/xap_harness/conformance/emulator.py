"""The emulated hypervisor as a target."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec

from xaprt import abi
from xaprt import grants as granting
from xaprt.admission import LoadError
from xaprt.fit import FitError, Packed, unpack
from xaprt.image import ImageError
from xaprt.rights import IoRegion, Rights
from xaprt.signature import PublicKey, SignatureError, opened

from xap_harness.bundle import RequiredError, load_packed
from xap_harness.conformance import monitor
from xap_harness.conformance.platform import GPIO, HOLE, RTC, Firmware, Gpio, Rtc
from xap_harness.conformance.target import (
    GUEST_RAM,
    GUEST_RAM_BYTES,
    GUEST_UART,
    Ability,
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
    TargetError,
    Together,
    Wait,
    Write,
)
from xap_harness.emulator.backend import prepare_image
from xap_harness.emulator.machine import UnicornMachine
from xap_harness.hypervisor.core import Hypervisor
from xap_harness.hypervisor.device import ExternalAbort
from xap_harness.hypervisor.domain import Domain, Region
from xap_harness.hypervisor.guests import Guest
from xap_harness.hypervisor.memory import GuestRam
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.scheduler import Scheduler
from xap_harness.machine import Vcpu

MAX_INSTRUCTIONS = 1_000_000
"""Of a guest in one step."""
TOGETHER_NS = 100_000_000
"""What steps that run together have, and what passes with them."""


class EmulatorTarget:
    """One hypervisor a scenario."""

    name = "emulator"

    @property
    def lacks(self) -> Mapping[Ability, str]:
        if find_spec("cryptography") is None:
            return {Ability.SIGNATURES: "the package cryptography is not installed"}
        return {}

    def boot(self, scenario: Scenario) -> Observed:
        return _Boot(scenario).observed()


class _Hole:
    def read(self, offset: int, width: int) -> int:
        raise ExternalAbort

    def write(self, offset: int, width: int, value: int) -> None:
        raise ExternalAbort


class _Boot:
    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._hypervisor = Hypervisor(firmware=Firmware())
        self._hypervisor.add_device(IoRegion(RTC.name, RTC.base, RTC.size), Rtc())
        self._hypervisor.add_device(IoRegion(GPIO.name, GPIO.base, GPIO.size), Gpio())
        self._hypervisor.add_device(IoRegion(HOLE.name, HOLE.base, HOLE.size), _Hole())
        self._vcpus: dict[Requester, Vcpu] = {}
        self._code: dict[int, bytes] = {}
        self._printed = 0

    def observed(self) -> Observed:
        for guest in self._scenario.guests:
            self._create(guest)
        verdicts: list[str | None] = []
        for module in self._scenario.modules:
            try:
                verdicts.append(self._load(module))
            except RequiredError as problem:
                return Observed((*verdicts, str(problem)), self._console(), (), booted=False)
        boot = self._console()
        return Observed(tuple(verdicts), boot, tuple([self._do(s) for s in self._scenario.steps]))

    def _console(self) -> tuple[str, ...]:
        """The lines since it was asked last."""
        lines = list(self._hypervisor.console.lines)[self._printed :]
        self._printed += len(lines)
        return tuple(lines)

    # --- apps and guests -----------------------------------------------------------------------

    def _load(self, module: Module | Bundle) -> str | None:
        """Raises RequiredError."""
        try:
            if isinstance(module, Bundle):
                return self._load_packed(unpack(self._opened(module.fit)), None)
            image = self._opened(module.image)
            manifest, make_engine = prepare_image(image, self._hypervisor)
            asked = Rights.asked_by(manifest)
            rights = asked if module.grant is None else _rights(module.grant)
            if module.required:
                serves = None if module.serves is None else frozenset(module.serves)
                granted = granting.Grant(rights, serves, required=True)
                packed = Packed(manifest.name, "", image)
                return self._load_packed([packed], {manifest.name: granted})
            self._hypervisor.load(manifest, make_engine, rights, module.serves)
        except (FitError, ImageError, LoadError, SignatureError) as refusal:
            if isinstance(module, Module) and module.required:
                raise RequiredError(str(refusal)) from refusal
            return str(refusal)
        return None

    def _opened(self, data: bytes) -> bytes:
        keys = [PublicKey(raw) for raw in self._scenario.keys]
        return opened(data, keys or None, self._scenario.minimum_version)

    def _load_packed(
        self, packed: Sequence[Packed], grants: Mapping[str, granting.Grant] | None
    ) -> str | None:
        # Cases attack with images that the verifier would not let through.
        found = load_packed(packed, self._hypervisor, grants, {}, prove=False)
        return "\n".join(found.refused.values()) or None

    def _create(self, guest: GuestSpec) -> None:
        uart = Region("UART", GUEST_UART, abi.PAGE_SIZE)
        ram = GuestRam(GUEST_RAM, GUEST_RAM_BYTES)
        domain = Domain(guest.domid, ram, devices=(uart,) if guest.uart else ())
        domain.write(domain.ram.base, monitor.program())
        self._hypervisor.create_domain(domain)

    # --- steps -----------------------------------------------------------------------------------

    def _do(self, step: Step) -> Seen:
        match step:
            case Run():
                return self._run(step)
            case Together():
                return self._run_together(step)
            case Wait(ns):
                self._hypervisor.advance(ns)
            case Write(domid, ipa, data):
                self._hypervisor.domains[domid].write(ipa, data)
            case Read(domid, ipa, size):
                data = self._hypervisor.domains[domid].read(ipa, size)
                return Seen(self._console(), data=data)
            case GiveAway(domid, ipa):
                self._hypervisor.domains[domid].ram.remove(ipa)
            case TakeBack(domid, ipa):
                return Seen(self._console(), verdict=self._take_back(domid, ipa))
            case Destroy(domid):
                self._hypervisor.destroy_domain(domid)
                self._forget(domid)
            case Create(guest):
                self._create(guest)
            case LoadNow(module):
                verdict = self._load(module)
                return Seen(self._console(), verdict=verdict)
        return Seen(self._console())

    def _run(self, step: Run) -> Seen:
        guest, at = self._begin(step)
        guest.run(budget=MAX_INSTRUCTIONS)
        seen = self._seen(step, at)
        if seen is None:
            raise TargetError(f"vCPU {step.vcpu} of domain {step.domid} did not end its step")
        return replace(seen, console=self._console())

    def _run_together(self, step: Together) -> Seen:
        begun = [(run, *self._begin(run)) for run in step.runs]
        scheduler = Scheduler(self._hypervisor, 1 + max(step.cpus))
        for (_, guest, _), cpu in zip(begun, step.cpus, strict=True):
            scheduler.add(guest, cpu)
        if step.destroy is not None:
            domid, ns = step.destroy
            scheduler.run(ns)
            ended = {run: self._seen(run, at) for run, _, at in begun if run.domid == domid}
            scheduler.destroy_domain(domid)
            self._forget(domid)
        else:
            ended = {}
        scheduler.run(TOGETHER_NS)
        seen = [ended[run] if run in ended else self._seen(run, at) for run, _, at in begun]
        if any(one is None and run not in ended for one, run in zip(seen, step.runs, strict=True)):
            raise TargetError("vCPUs that run together did not end their step")
        return Seen(self._console(), runs=tuple(one or Seen() for one in seen))

    def _begin(self, step: Run) -> tuple[Guest, int]:
        """The vCPU's program finds the step in its memory; the address of its code."""
        requester = Requester(step.domid, step.vcpu)
        domain = self._hypervisor.domains[step.domid]
        vcpu = self._vcpus.get(requester)
        if vcpu is None:
            vcpu = UnicornMachine().vcpu(domain.ram, monitor.start_of(step.vcpu))
            self._vcpus[requester] = vcpu
        at = self._place(step)
        domain.write(monitor.block_of(step.vcpu), monitor.block(step.registers, at))
        return Guest(self._hypervisor, requester, vcpu), at

    def _seen(self, step: Run, at: int) -> Seen | None:
        """None: it has not come to its end."""
        domain = self._hypervisor.domains[step.domid]
        block = domain.read(monitor.block_of(step.vcpu), monitor.BLOCK_BYTES)
        if not monitor.is_done(block):
            return None
        return Seen(
            registers=monitor.registers(block),
            exceptions=monitor.exceptions(block, at),
            interrupts=monitor.interrupts(block, at),
        )

    def _take_back(self, domid: int, ipa: int) -> str | None:
        try:
            self._hypervisor.domains[domid].ram.populate(ipa)
        except MemoryError as refusal:
            return str(refusal)
        return None

    def _forget(self, domid: int) -> None:
        self._code.pop(domid, None)
        self._vcpus = {r: v for r, v in self._vcpus.items() if r.domid != domid}

    def _place(self, step: Run) -> int:
        """The address of its code. Each step has its own: nothing is executed that was changed."""
        before = self._code.get(step.domid, b"")
        at = monitor.CODE + len(before)
        made = monitor.code(step.vcpu, at, step.code)
        if len(before) + len(made) > monitor.CODE_BYTES:
            raise TargetError(f"the steps of domain {step.domid} have too much code")
        self._code[step.domid] = before + made
        self._hypervisor.domains[step.domid].write(at, made)
        return at


def _rights(grant: Grant) -> Rights:
    memory = {
        "": None,
        "r": abi.GuestMemory.READ,
        "rw": abi.GuestMemory.READ_WRITE,
    }
    return Rights(
        frozenset(grant.call_smc),
        memory[grant.memory],
        tuple(IoRegion(region.name, region.base, region.size) for region in grant.io),
        frozenset(grant.irqs),
        grant.timer,
    )
