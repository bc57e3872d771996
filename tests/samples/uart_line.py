"""What is at the other end of samples/pl011.py: the machine's PL011, and someone on its line."""

from collections import deque

FR, RXFE, TXFF = 0x18, 1 << 4, 1 << 5


class Line:
    """A device for `devices={"uart1": ...}`: the two registers of it that the app may touch."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.sent = bytearray()
        self.room = 1 << 30
        """How many characters it takes before its FIFO is full."""
        self.arriving: deque[int] = deque()
        """As UARTDR shows them, errors from bit 8 on."""

    def read(self, offset: int, width: int) -> int:
        assert width == 4
        if offset == FR:
            return (RXFE if not self.arriving else 0) | (TXFF if self.room == 0 else 0)
        assert offset == 0, f"the app has no business at {offset:#x}"
        return self.arriving.popleft()

    def write(self, offset: int, width: int, value: int) -> None:
        assert (offset, width) == (0, 4)
        assert self.room > 0, "a character written to a full FIFO is lost"
        self.room -= 1
        self.sent.append(value)
