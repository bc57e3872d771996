"""Memory that several processors of the emulator share."""

import ctypes


class SharedPage:
    """Holds a buffer where it is, and its address, as long as a Uc maps it."""

    def __init__(self, memory: memoryview) -> None:
        self._held = (ctypes.c_char * len(memory)).from_buffer(memory)

    @property
    def pointer(self) -> int:
        return ctypes.addressof(self._held)
