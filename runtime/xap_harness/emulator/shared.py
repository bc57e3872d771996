"""Memory that several processors of the emulator share."""

import ctypes


class SharedPage:
    """Holds a buffer where it is, and its address, as long as a Uc maps it."""

    def __init__(self, memory: memoryview) -> None:
        self._memory = memory
        self._held = (ctypes.c_char * len(memory)).from_buffer(memory)

    def word(self, offset: int) -> int:
        """The 32 bits at a multiple of 4."""
        return int.from_bytes(self._memory[offset : offset + 4], "little")

    @property
    def pointer(self) -> int:
        return ctypes.addressof(self._held)
