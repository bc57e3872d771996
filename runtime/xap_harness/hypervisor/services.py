"""What the services of section 3 do, and for whom: shared by both engines."""

from collections.abc import Sequence
from dataclasses import dataclass

from xaprt import abi

from xap_harness.hypervisor.clock import Clock
from xap_harness.hypervisor.console import AppLog
from xap_harness.hypervisor.firmware import Firmware, Results, may_be_granted
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.timeline import Event, Recorder, Step


@dataclass(frozen=True)
class Rights:
    """What the integrator lets an app have (ABI.md 4.1). Nothing, unless said."""

    call_smc: frozenset[int] = frozenset()


class ServiceError(Exception):
    """A service answers -errno."""

    def __init__(self, errno: abi.Errno) -> None:
        super().__init__(errno.name)
        self.errno = errno


class Services:
    """The services of one instance. The engine says with each call who requests it."""

    def __init__(
        self,
        log: AppLog,
        rights: Rights,
        firmware: Firmware,
        clock: Clock,
        record: Recorder | None,
    ) -> None:
        self._log = log
        self._rights = rights
        self._firmware = firmware
        self._clock = clock
        self._record = record

    def log(self, requester: Requester, level: int, message: bytes) -> None:
        known = abi.LogLevel(level) if level in set(abi.LogLevel) else abi.LogLevel.INFO
        for line in self._log.write(known, message):
            if self._record is not None:
                self._record(Event(Step.APP_LOGGED, requester, {"line": str(line)}))

    def call_smc(self, requester: Requester, fid: int, arguments: Sequence[int]) -> Results:
        """The firmware's x0..x3. Raises ServiceError EPERM for an id not granted, and for
        those that nobody is granted (ABI.md 3.3)."""
        if fid not in self._rights.call_smc or not may_be_granted(fid):
            raise ServiceError(abi.Errno.EPERM)
        client = requester.domid + 1 if requester.domid != abi.DOMID_NONE else 0
        return self._firmware.smc(fid, arguments, client)

    def time(self, spent: int) -> int:
        """Nanoseconds since boot, `spent` into the running call."""
        return self._clock.now_ns + spent
