"""Virtual time: one monotonic clock (ABI.md 3.7), one instruction a nanosecond (5.4)."""

from xaprt import abi

NS_PER_INSTRUCTION = 1000 // abi.INSTRUCTIONS_PER_US
NS_PER_SECOND = 1_000_000_000


class Clock:
    """As the CPU sees it that acts: one that acts next may be at an earlier time, before another
    one's call has ended."""

    def __init__(self) -> None:
        self.now_ns = 0
        """Since boot; during a call it stands at the call's beginning."""

    def advance_to(self, ns: int) -> None:
        """Nothing happens if it is later than that already."""
        self.now_ns = max(self.now_ns, ns)

    def executed(self, instructions: int) -> None:
        self.now_ns += instructions * NS_PER_INSTRUCTION
