"""The hypervisor of the road not taken: it hands requests to a stub domain and does no more."""

from collections.abc import Mapping, Sequence

from xap_harness.hypervisor.core import FAULT_ANSWER, UNCLAIMED, Answer, Hypervisor
from xap_harness.hypervisor.requester import Requester
from xaprt import abi
from xaprt.manifest import Manifest

from benchmarks.stub_domain.guest import TimedGuest
from benchmarks.stub_domain.kernel import ANSWERED, ANSWERED_AND_WAIT, Protocol
from benchmarks.stub_domain.ring import Ring

STUB = Requester(domid=0x1000, vcpu=0)
EVENT = 40
"""The interrupt of the stub domain's event channel."""


class Mediator(Hypervisor):
    """`guests` are the vCPUs that ask and the stub domain's own, by who they are."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.guests: dict[Requester, TimedGuest] = {}
        self._asked: dict[int, Requester] = {}
        self._answers: dict[Requester, Answer] = {}

    def serve_by_stub(self, manifest: Manifest, ring: Ring, protocol: Protocol) -> None:
        self._routes_of_stub = [r for r in manifest.routes if r.kind is abi.RouteKind.SMC]
        self._ring = ring
        self._protocol = protocol

    def call(self, kind: abi.RouteKind, requester: Requester, registers: Sequence[int]) -> Answer:
        if requester == STUB:
            return self._told(registers[0])
        if requester in self._answers:
            return self._answers.pop(requester)
        fid = registers[0] & 0xFFFF_FFFF
        if kind is not abi.RouteKind.SMC or not any(
            route.first <= fid <= route.last for route in self._routes_of_stub
        ):
            return Answer(UNCLAIMED)
        arguments = (abi.Function.HANDLE_SMC, fid, *registers[1:8])
        self._asked[self._ring.put(arguments, requester.tpidrro)] = requester
        self.guests[requester].block()
        self._notify()
        return Answer({}, waits_until=self.clock.now_ns)

    def _notify(self) -> None:
        """There is a request: to a stub domain that runs already this says nothing new."""
        stub = self.guests[STUB]
        waits = stub.ready_at is None
        if self._protocol is Protocol.EVENTS:
            self.domains[STUB.domid].make_pending(EVENT)
        if waits:
            stub.wake()

    def _told(self, hypercall: int) -> Answer:
        """The stub domain's hypercall."""
        if hypercall not in (ANSWERED, ANSWERED_AND_WAIT):
            return Answer(UNCLAIMED)
        for number, results in self._ring.take():
            requester = self._asked.pop(number)
            self._answers[requester] = Answer(registers_of(results))
            self.guests[requester].wake()
        if hypercall == ANSWERED_AND_WAIT and self._ring.is_empty:
            self.guests[STUB].block()
        return Answer({0: 0})


def registers_of(results: Sequence[int]) -> Mapping[int, int]:
    """ABI.md 2.2 and 5.2, as for a native app; eight results are not modelled."""
    status, *values = results
    if status == abi.Status.DONE:
        return dict(enumerate(values))
    if status == abi.Status.NOT_HANDLED & (1 << 64) - 1:
        return UNCLAIMED
    return FAULT_ANSWER
