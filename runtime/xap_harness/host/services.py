"""`xap.runtime.Services` over the hypervisor's services."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from xap_harness.hypervisor.services import GuestPage, IoWindow, ServiceError, Services

_REGISTER_BYTES = 4


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


@dataclass(frozen=True)
class MappedPage:
    """`xap.runtime.GuestPage`."""

    page: GuestPage

    def read(self, offset: int, size: int, /) -> bytes:
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
        with _model():
            return self.window.device.read(offset, _REGISTER_BYTES) & 0xFFFF_FFFF

    def write(self, offset: int, value: int, /) -> None:
        with _model():
            self.window.device.write(offset, _REGISTER_BYTES, value)


class HostServices:
    """Time stands still in a call: instructions are not counted."""

    def __init__(self, services: Services) -> None:
        self._services = services

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
            return MappedPage(self._services.map_guest_page(ipa, int(writable)))
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
