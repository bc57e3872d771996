"""Services, a guest page and registers that keep what was done to them."""

from dataclasses import dataclass, field

from xap.runtime import GuestPage, Registers


@dataclass
class Page:
    content: bytearray = field(default_factory=lambda: bytearray(4096))
    accesses: list[tuple[str, int, int]] = field(default_factory=list)

    def read(self, offset: int, size: int, /) -> bytes:
        self.accesses.append(("read", offset, size))
        return bytes(self.content[offset : offset + size])

    def write(self, offset: int, data: bytes, /) -> None:
        self.accesses.append(("write", offset, len(data)))
        self.content[offset : offset + len(data)] = data


@dataclass
class Device:
    size: int = 4096
    words: dict[int, int] = field(default_factory=dict)
    accesses: list[tuple[str, int, int]] = field(default_factory=list)

    def read(self, offset: int, /) -> int:
        value = self.words.get(offset, 0)
        self.accesses.append(("read", offset, value))
        return value

    def write(self, offset: int, value: int, /) -> None:
        self.accesses.append(("write", offset, value))
        self.words[offset] = value


@dataclass
class Recorder:
    pages: dict[int, Page] = field(default_factory=dict)
    regions: dict[str, Device] = field(default_factory=dict)
    logged: list[tuple[int, str]] = field(default_factory=list)
    calls: list[tuple[object, ...]] = field(default_factory=list)
    unmapped: list[object] = field(default_factory=list)
    firmware: tuple[int, int, int, int] | None = None
    answer: int = 0

    def log(self, level: int, text: str, /) -> None:
        self.logged.append((level, text))

    def call_smc(self, fid: int, args: tuple[int, ...], /) -> tuple[int, int, int, int] | None:
        self.calls.append(("call_smc", fid, *args))
        return self.firmware

    def map_guest_page(self, ipa: int, writable: bool, /) -> GuestPage | int:
        self.calls.append(("map_guest_page", ipa, writable))
        return self.pages.get(ipa, -2)

    def map_io(self, name: str, /) -> Registers | int:
        self.calls.append(("map_io", name))
        return self.regions.get(name, -1)

    def unmap(self, mapping: GuestPage, /) -> None:
        self.unmapped.append(mapping)

    def inject_irq(self, virq: int, /) -> int:
        self.calls.append(("inject_irq", virq))
        return self.answer

    def set_timer(self, ns: int, /) -> int:
        self.calls.append(("set_timer", ns))
        return self.answer

    def now_ns(self) -> int:
        return 123_456

    def caller(self) -> tuple[int, int]:
        return 3, 1
