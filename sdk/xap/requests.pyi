"""The language's structs as type checkers see them: constructors take constants."""

from typing import Self

from xap.integers import u8, u16, u32, u64

class Caller:
    domid: u16
    vcpu: u16
    def __init__(self, domid: u16 | int, vcpu: u16 | int) -> None: ...
    def copy(self) -> Self: ...
    def equals(self, other: Self) -> bool: ...

class SmcCall:
    fid: u32
    x1: u64
    x2: u64
    x3: u64
    x4: u64
    x5: u64
    x6: u64
    x7: u64
    caller: Caller
    def __init__(
        self,
        fid: u32 | int,
        x1: u64 | int,
        x2: u64 | int,
        x3: u64 | int,
        x4: u64 | int,
        x5: u64 | int,
        x6: u64 | int,
        x7: u64 | int,
        caller: Caller,
    ) -> None: ...
    def copy(self) -> Self: ...
    def equals(self, other: Self) -> bool: ...

class MmioAccess:
    offset: u64
    width: u8
    caller: Caller
    def __init__(self, offset: u64 | int, width: u8 | int, caller: Caller) -> None: ...
    def copy(self) -> Self: ...
    def equals(self, other: Self) -> bool: ...

class SmcResult:
    x0: u64
    x1: u64
    x2: u64
    x3: u64
    def __init__(
        self, x0: u64 | int = 0, x1: u64 | int = 0, x2: u64 | int = 0, x3: u64 | int = 0
    ) -> None: ...
    def copy(self) -> Self: ...
    def equals(self, other: Self) -> bool: ...

class SmcResult8:
    x0: u64
    x1: u64
    x2: u64
    x3: u64
    x4: u64
    x5: u64
    x6: u64
    x7: u64
    def __init__(
        self,
        x0: u64 | int = 0,
        x1: u64 | int = 0,
        x2: u64 | int = 0,
        x3: u64 | int = 0,
        x4: u64 | int = 0,
        x5: u64 | int = 0,
        x6: u64 | int = 0,
        x7: u64 | int = 0,
    ) -> None: ...
    def copy(self) -> Self: ...
    def equals(self, other: Self) -> bool: ...
