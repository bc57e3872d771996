"""A domain's RAM: intermediate physical pages backed by frames (ABI.md 3.4)."""

import mmap
from collections import Counter
from collections.abc import Callable

from xaprt.abi import PAGE_SIZE

RAM_BASE = 0x4000_0000
RAM_BYTES = 1 << 20


class NotRam(Exception):
    """The address is not, or no longer, of the domain's own RAM."""


class Frame:
    """One page of the host's memory. Its owner may give it away while it is pinned; it is not
    used again before the last pin is gone."""

    __slots__ = ("memory", "number")

    def __init__(self, number: int, memory: memoryview) -> None:
        self.number = number
        self.memory = memory
        """The bytes themselves, shared with whoever maps them."""


class GuestRam:
    """`size` bytes from `base` on, both multiples of the page. Every page has a frame at first.

    Addresses are intermediate physical ones, sizes in bytes.
    """

    def __init__(self, base: int = RAM_BASE, size: int = RAM_BYTES) -> None:
        if base % PAGE_SIZE or size % PAGE_SIZE or size <= 0:
            raise ValueError("RAM begins and ends at a page")
        self.base = base
        self.size = size
        self._memory = memoryview(mmap.mmap(-1, size))
        self._frames: dict[int, int] = {page: page for page in range(size // PAGE_SIZE)}
        self._free: list[int] = []
        self._given_away: set[int] = set()  # and still pinned
        self._pins: Counter[int] = Counter()
        self.watchers: list[Callable[[int, Frame | None], None]] = []
        """Told of each page whose frame changes: its address, and the new frame."""
        self.pin_watchers: list[Callable[[Frame, bool], None]] = []
        """Told of each frame that is pinned, and before it is unpinned."""

    def read(self, ipa: int, size: int) -> bytes:
        """Raises NotRam."""
        return b"".join(bytes(piece) for piece in self._pieces(ipa, size))

    def write(self, ipa: int, data: bytes) -> None:
        """Raises NotRam, and has then written nothing."""
        done = 0
        for piece in self._pieces(ipa, len(data)):
            piece[:] = data[done : done + len(piece)]
            done += len(piece)

    def frame(self, ipa: int) -> Frame:
        """That of the page that begins at `ipa`. Raises NotRam."""
        number = self._frames.get((ipa - self.base) // PAGE_SIZE)
        if number is None:
            raise NotRam(f"{ipa:#x}")
        return self._frame(number)

    # --- pins: the hypervisor maps a page for an app -----------------------------------------

    def pin(self, ipa: int) -> Frame:
        """Raises NotRam."""
        frame = self.frame(ipa)
        self._pins[frame.number] += 1
        for watcher in self.pin_watchers:
            watcher(frame, True)
        return frame

    def unpin(self, frame: Frame) -> None:
        for watcher in self.pin_watchers:
            watcher(frame, False)
        self._pins[frame.number] -= 1
        if not self._pins[frame.number]:
            del self._pins[frame.number]
            if frame.number in self._given_away:
                self._given_away.remove(frame.number)
                self._free.append(frame.number)

    @property
    def pins(self) -> int:
        return sum(self._pins.values())

    # --- ballooning: what the guest does with its pages --------------------------------------

    def remove(self, ipa: int) -> None:
        """The guest gives a page away. Raises NotRam."""
        number = self.frame(ipa).number
        del self._frames[(ipa - self.base) // PAGE_SIZE]
        if number in self._pins:
            self._given_away.add(number)
        else:
            self._free.append(number)
        self._tell(ipa, None)

    def populate(self, ipa: int) -> None:
        """The guest gets a page of zeros there. Raises MemoryError where no frame is free."""
        page, offset = divmod(ipa - self.base, PAGE_SIZE)
        if offset or page in self._frames or not 0 <= page < self.size // PAGE_SIZE:
            raise ValueError(f"no page can be added at {ipa:#x}")
        if not self._free:
            raise MemoryError("every frame is in use or pinned")
        frame = self._frame(self._free.pop())
        frame.memory[:] = bytes(PAGE_SIZE)
        self._frames[page] = frame.number
        self._tell(ipa, frame)

    # --- inside ------------------------------------------------------------------------------

    def _frame(self, number: int) -> Frame:
        return Frame(number, self._memory[number * PAGE_SIZE : (number + 1) * PAGE_SIZE])

    def _pieces(self, ipa: int, size: int) -> list[memoryview]:
        pieces = []
        while size > 0:
            offset = ipa % PAGE_SIZE
            length = min(size, PAGE_SIZE - offset)
            pieces.append(self.frame(ipa - offset).memory[offset : offset + length])
            ipa += length
            size -= length
        return pieces

    def _tell(self, ipa: int, frame: Frame | None) -> None:
        for watcher in self.watchers:
            watcher(ipa, frame)
