"""Builds what a scenario describes out of the harness's parts, and runs it."""

from dataclasses import replace
from functools import cache
from itertools import chain
from pathlib import Path

from xap_harness.emulator.assembler import assemble, load_immediate
from xap_harness.emulator.backend import prepare
from xap_harness.emulator.machine import UnicornMachine
from xap_harness.hypervisor.core import AccessAnswer, Answer, Hypervisor
from xap_harness.hypervisor.domain import Domain
from xap_harness.hypervisor.guests import Guest
from xap_harness.hypervisor.memory import RAM_BASE, GuestRam
from xap_harness.hypervisor.requester import Requester
from xapc.pipeline import build
from xaprt import abi
from xaprt.image import read
from xaprt.rights import Rights

from benchmarks.stub_domain import kernel
from benchmarks.stub_domain.guest import TimedGuest
from benchmarks.stub_domain.kernel import Protocol
from benchmarks.stub_domain.mediator import STUB, Mediator
from benchmarks.stub_domain.native import priced
from benchmarks.stub_domain.processors import TimedScheduler
from benchmarks.stub_domain.ring import Ring
from benchmarks.stub_domain.scenario import Result, Scenario

FID = 0xC600_0001
"""Of either app."""
COMPETITOR_DOMID = 0x2000

_PIECE_NS = 1_000_000
_COMPETITOR = "again: " + "add x0, x0, #1; " * 1000 + "b again"


_THINK = 16
"""Instructions of one round of the loop in which a requester passes its time."""


def _requester(seed: int, scenario: Scenario) -> str:
    """Asks for the checksum of eight random bytes, after a random time each."""
    bits = (scenario.think_ns // _THINK).bit_length() - 1
    return f"""
        {load_immediate("x19", scenario.requests)}
        {load_immediate("x20", seed)}
        {load_immediate("x21", 6364136223846793005)}
        {load_immediate("x22", 1442695040888963407)}
    again:
        madd x20, x20, x21, x22
        lsr x9, x20, #{64 - bits}
    think:
        {"nop; " * (_THINK - 2)}
        subs x9, x9, #1
        b.hi think
        {load_immediate("x0", FID)}
        mov x1, x20
        mov x2, #{scenario.rounds}
        smc #0
        subs x19, x19, #1
        b.ne again
    idle:
        wfi
        b idle
    """


@cache
def compiled(app: Path) -> bytes:
    """The image that both roads run."""
    return build(app).elf


def run(scenario: Scenario) -> Result:
    return _Platform(scenario).run()


class _Platform:
    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._answers: dict[Requester, list[tuple[int, ...]]] = {}
        self._app_instructions: list[int] = []
        self._stub: TimedGuest | None = None
        self._hypervisor = Hypervisor() if scenario.stub is None else Mediator()
        cpus = max(scenario.requesters, scenario.stub_cpu + 1)
        self._scheduler = TimedScheduler(
            self._hypervisor, cpus, scenario.costs, scenario.policy, self._watch
        )

    def run(self) -> Result:
        """Once."""
        scenario = self._scenario
        if isinstance(self._hypervisor, Mediator):
            assert scenario.stub is not None
            self._stub = self._start_stub(self._hypervisor, scenario.stub)
        else:
            self._load()
        booted = _counts(self._stub)
        requesters = [self._make_requester(number) for number in range(scenario.requesters)]
        competitors = [self._make_competitor(number) for number in range(scenario.competitors)]
        # Not before all domains are made: an app is told of each, which takes time.
        for number, guest in enumerate(requesters):
            self._scheduler.add(guest, number)
        for guest in competitors:
            self._scheduler.add(guest, scenario.stub_cpu)
        while any(len(each.times) < scenario.requests for each in requesters):
            self._scheduler.run(_PIECE_NS)
        if self._scheduler.crashed:
            raise RuntimeError(f"guests crashed: {self._scheduler.crashed}")
        traps, switches, executed = (
            after - before for before, after in zip(booted, _counts(self._stub), strict=True)
        )
        return Result(
            times=tuple(sorted(chain.from_iterable(each.times for each in requesters))),
            answers=self._answers,
            traps=traps + sum(each.calls for each in requesters),
            app_calls=len(self._app_instructions),
            switches=switches + sum(each.switches for each in requesters),
            app_instructions=sum(self._app_instructions),
            stub_instructions=executed,
            costs=scenario.costs,
        )

    # --- who is there ------------------------------------------------------------------------

    def _load(self) -> None:
        manifest, make_engine = prepare(self._scenario.app, self._hypervisor)
        if self._scenario.per_domain:
            manifest = replace(manifest, instances=abi.Instances.PER_DOMAIN)
        price = self._scenario.costs.app
        self._hypervisor.load(manifest, priced(make_engine, price), Rights.asked_by(manifest))

    def _start_stub(self, mediator: Mediator, protocol: Protocol) -> TimedGuest:
        """Until it waits for its first request."""
        elf = compiled(self._scenario.app)
        domain = mediator.create_domain(STUB.domid)
        pc = kernel.start(domain, elf, protocol)
        ring = Ring(domain.ram.frame(kernel.RING).memory)
        mediator.serve_by_stub(read(elf).manifest, ring, protocol)
        stub = self._vcpu(STUB, domain, pc)
        mediator.guests[STUB] = stub
        self._scheduler.add(stub, self._scenario.stub_cpu)
        while stub.ready_at is not None:
            self._scheduler.run(_PIECE_NS)
        return stub

    def _make_requester(self, number: int) -> TimedGuest:
        requester = Requester(number + 1, 0)
        self._answers[requester] = []
        guest = self._guest(requester, _requester(requester.domid, self._scenario))
        if isinstance(self._hypervisor, Mediator):
            self._hypervisor.guests[requester] = guest
        return guest

    def _make_competitor(self, number: int) -> TimedGuest:
        return self._guest(Requester(COMPETITOR_DOMID + number, 0), _COMPETITOR)

    def _guest(self, requester: Requester, program: str) -> TimedGuest:
        ram = GuestRam(size=2 * abi.PAGE_SIZE)
        domain = self._hypervisor.create_domain(Domain(requester.domid, ram))
        domain.write(RAM_BASE, assemble(program, RAM_BASE))
        return self._vcpu(requester, domain, RAM_BASE)

    def _vcpu(self, requester: Requester, domain: Domain, pc: int) -> TimedGuest:
        vcpu = UnicornMachine().vcpu(domain.ram, pc)
        return TimedGuest(self._hypervisor, requester, vcpu, self._scenario.costs)

    def _watch(self, guest: Guest, answer: Answer | AccessAnswer) -> None:
        if guest.requester not in self._answers:
            return
        assert isinstance(answer, Answer)
        self._answers[guest.requester].append(tuple(answer.registers.values()))
        if self._scenario.stub is None:
            self._app_instructions.append(answer.spent - self._scenario.costs.app)


def _counts(stub: TimedGuest | None) -> tuple[int, int, int]:
    """Traps, switches to it, instructions."""
    return (0, 0, 0) if stub is None else (stub.traps, stub.switches, stub.executed)
