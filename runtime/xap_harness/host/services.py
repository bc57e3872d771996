"""`xap.runtime.Services` over the hypervisor's services."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from xap.sites import current_site
from xaprt.debug.place import Place

from xap_harness.hypervisor import syndrome
from xap_harness.hypervisor.device import ExternalAbort
from xap_harness.hypervisor.double_fetch import ReadLog
from xap_harness.hypervisor.services import GuestPage, IoWindow, ServiceError, Services

_REGISTER_BYTES = 4


class AppAbort(Exception):
    """An access of the app's that the hypervisor condemns it for."""

    def __init__(self, esr: int) -> None:
        super().__init__(syndrome.describe(esr))


class ModelFailure(Exception):
    """A model of a device or of the firmware raised `error`, which is nothing of the app's."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


@contextmanager
def _model() -> Iterator[None]:
    try:
        yield
    except ServiceError:
        raise
    except Exception as error:
        raise ModelFailure(error) from error


def _require_abort(failure: ModelFailure) -> None:
    if not isinstance(failure.error, ExternalAbort):
        raise failure


@dataclass(frozen=True)
class MappedPage:
    """`xap.runtime.GuestPage`."""

    page: GuestPage
    reads: ReadLog | None

    def read(self, offset: int, size: int, /) -> bytes:
        if self.reads is not None:
            place = Place(*current_site())
            page = id(self.page.ram), self.page.frame.number
            self.reads.read(page, offset, size, lambda: place)
        return bytes(self.page.frame.memory[offset : offset + size])

    def write(self, offset: int, data: bytes, /) -> None:
        self.page.frame.memory[offset : offset + len(data)] = data


@dataclass(frozen=True)
class MappedRegisters:
    """`xap.runtime.Registers`."""

    window: IoWindow

    @property
    def size(self) -> int:
        return self.window.region.size

    def read(self, offset: int, /) -> int:
        try:
            with _model():
                return self.window.device.read(offset, _REGISTER_BYTES) & 0xFFFF_FFFF
        except ModelFailure as failure:
            _require_abort(failure)
        # Here, so that its traceback holds nothing of the model's.
        raise AppAbort(syndrome.device_error(write=False))

    def write(self, offset: int, value: int, /) -> None:
        try:
            with _model():
                self.window.device.write(offset, _REGISTER_BYTES, value)
                return
        except ModelFailure as failure:
            _require_abort(failure)
        raise AppAbort(syndrome.device_error(write=True))


class HostServices:
    """Time stands still in a call: instructions are not counted."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.reads: ReadLog | None = None

    def log(self, level: int, text: str, /) -> None:
        self._services.log(level, text.encode("utf-8", "replace"), spent=0)

    def call_smc(self, fid: int, args: tuple[int, ...], /) -> tuple[int, int, int, int] | None:
        try:
            with _model():
                return self._services.call_smc(fid, args)
        except ServiceError:
            return None

    def map_guest_page(self, ipa: int, writable: bool, /) -> MappedPage | int:
        try:
            page = self._services.map_guest_page(ipa, int(writable))
            return MappedPage(page, self.reads)
        except ServiceError as error:
            return -error.errno

    def map_io(self, name: str, /) -> MappedRegisters | int:
        try:
            index = self._services.io_names.index(name)
            return MappedRegisters(self._services.map_io(index))
        except ServiceError as error:
            return -error.errno

    def unmap(self, mapping: object, /) -> None:
        if isinstance(mapping, MappedPage):
            self._services.unmap_guest_page(mapping.page)

    def inject_irq(self, virq: int, /) -> int:
        try:
            self._services.inject_irq(virq)
        except ServiceError as error:
            return -error.errno
        return 0

    def set_timer(self, ns: int, /) -> int:
        try:
            self._services.set_timer(ns, 0)
        except ServiceError as error:
            return -error.errno
        return 0

    def now_ns(self) -> int:
        return self._services.time(0)

    def caller(self) -> tuple[int, int]:
        return self._services.requester
