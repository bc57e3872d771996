"""What the services of section 3 do, and for whom: shared by both engines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from xaprt import abi
from xaprt.abi import Errno, GuestMemory
from xaprt.rights import IoRegion, Rights

from xap_harness.hypervisor.clock import Clock
from xap_harness.hypervisor.console import AppLog
from xap_harness.hypervisor.device import Device
from xap_harness.hypervisor.domain import Domain
from xap_harness.hypervisor.firmware import Firmware, Results, may_be_granted
from xap_harness.hypervisor.memory import Frame, GuestRam, NotRam
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.timeline import Event, Recorder, Step

MAX_IO_BYTES = 0x1000_0000
"""Of one region that `map_io` gives."""

_U64_MAX = (1 << 64) - 1


class Platform(Protocol):
    """What the services reach."""

    @property
    def firmware(self) -> Firmware: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def record(self) -> Recorder | None: ...
    @property
    def domains(self) -> Mapping[int, Domain]: ...
    def device_at(self, region: IoRegion) -> Device | None: ...


class ServiceError(Exception):
    """A service answers -errno."""

    def __init__(self, errno: Errno) -> None:
        super().__init__(errno.name)
        self.errno = errno


@dataclass(frozen=True, eq=False, slots=True)
class GuestPage:
    """A page that is mapped, and pinned as long as it is."""

    ram: GuestRam
    frame: Frame
    writable: bool


@dataclass(frozen=True, slots=True)
class IoWindow:
    region: IoRegion
    device: Device


def instance_name(app: str, served: int | None) -> str:
    """As timelines name it."""
    return app if served is None else f"{app} of domain {served}"


class Services:
    """The services of one instance. `needs` are the declared ones, all granted.

    `served` is the only guest of a PER_DOMAIN instance, None of a SHARED one. `requester` is the
    one of the running call; the instance sets it.
    """

    def __init__(
        self, needs: Rights, log: AppLog, platform: Platform, served: int | None = None
    ) -> None:
        self.served = served
        self.requester = Requester.nobody()
        self.deadline_ns: int | None = None
        """When TIMER is due; None: not set."""
        self._needs = needs
        self._log = log
        self._platform = platform
        self._pages: list[GuestPage] = []

    def end_call(self) -> None:
        """What does not outlive a call is undone (ABI.md 3.4)."""
        while self._pages:
            self.unmap_guest_page(self._pages[-1])

    # --- log, firmware, time -----------------------------------------------------------------

    def log(self, level: int, message: bytes, spent: int) -> None:
        """`spent` into the running call, as everywhere here."""
        known = abi.LogLevel(level) if level in set(abi.LogLevel) else abi.LogLevel.INFO
        lines = self._log.write(known, message)
        if self._platform.record is not None:
            for line in lines:
                at, name = self.time(spent), instance_name(line.app, self.served)
                values = {"line": str(line)}
                self._platform.record(Event(Step.APP_LOGGED, self.requester, values, at, name))

    def call_smc(self, fid: int, arguments: Sequence[int]) -> Results:
        """The firmware's x0..x3. Raises EPERM for an id that is not granted, and for those that
        nobody is granted (ABI.md 3.3)."""
        if fid not in self._needs.call_smc or not may_be_granted(fid):
            raise ServiceError(Errno.EPERM)
        client = 0 if self.requester.domid == abi.DOMID_NONE else self.requester.domid + 1
        return self._platform.firmware.smc(fid, arguments, client)

    def set_timer(self, ns: int, spent: int) -> None:
        """TIMER in `ns`, which replaces an earlier deadline; 0 cancels (ABI.md 3.7)."""
        if not self._needs.timer:
            raise ServiceError(Errno.EPERM)
        if ns == 0:
            self.deadline_ns = None
        else:
            wanted = self.time(spent) + max(ns, abi.TIMER_MIN_NS)
            self.deadline_ns = min(wanted, _U64_MAX)

    def time(self, spent: int) -> int:
        """Nanoseconds since boot, `spent` into the running call."""
        return self._platform.clock.now_ns + spent

    # --- the requester's domain --------------------------------------------------------------

    def _domain(self) -> Domain:
        domain = self._platform.domains.get(self.requester.domid)
        if domain is None:  # there is no requester, and no guest that alone is served
            raise ServiceError(Errno.EPERM)
        return domain

    def map_guest_page(self, ipa: int, flags: int) -> GuestPage:
        """The page at `ipa` of the requester's RAM (ABI.md 3.4)."""
        writable = bool(flags & abi.MAP_WRITABLE)
        wanted = GuestMemory.READ_WRITE if writable else GuestMemory.READ
        if self._needs.guest_memory is None or self._needs.guest_memory < wanted:
            raise ServiceError(Errno.EPERM)
        ram = self._domain().ram
        if ipa % abi.PAGE_SIZE or flags & ~abi.MAP_WRITABLE:
            raise ServiceError(Errno.EINVAL)
        if len(self._pages) == abi.MAX_GUEST_PAGES:
            raise ServiceError(Errno.ENOMEM)
        try:
            frame = ram.pin(ipa)
        except NotRam:
            raise ServiceError(Errno.ENOENT) from None
        page = GuestPage(ram, frame, writable)
        self._pages.append(page)
        return page

    def unmap_guest_page(self, page: GuestPage) -> None:
        self._pages.remove(page)
        page.ram.unpin(page.frame)

    def inject_irq(self, virq: int) -> None:
        """Make a declared interrupt pending in the requester's domain (ABI.md 3.6)."""
        if virq not in self._needs.irqs:
            raise ServiceError(Errno.EPERM)
        self._domain().make_pending(virq)

    # --- devices -----------------------------------------------------------------------------

    @property
    def io_names(self) -> Sequence[str]:
        return [region.name for region in self._needs.io]

    @property
    def may_map(self) -> bool:
        """Whether it was granted anything that can be mapped."""
        return self._needs.guest_memory is not None or bool(self._needs.io)

    def map_io(self, index: int) -> IoWindow:
        """The `index`-th region among the io needs (ABI.md 3.5)."""
        if not self._needs.io:
            raise ServiceError(Errno.EPERM)
        if index >= len(self._needs.io):
            raise ServiceError(Errno.EINVAL)
        region = self._needs.io[index]
        device = self._platform.device_at(region)
        if device is None:
            raise ServiceError(Errno.ENOENT)
        return IoWindow(region, device)
