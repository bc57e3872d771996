"""What `call_smc` reaches (ABI.md 3.3): a model of the platform's firmware."""

import random
from collections.abc import Sequence
from typing import Protocol

from xaprt import abi

Results = tuple[int, int, int, int]

NOT_SUPPORTED: Results = (abi.REFUSED, 0, 0, 0)
"""SMCCC (DEN0028) 5.2: an unknown function answers -1."""


class Firmware(Protocol):
    def smc(self, fid: int, arguments: Sequence[int], client: int) -> Results:
        """Answer `fid` with x0..x3. `arguments` are x1..x6; `client` is x7, which the
        hypervisor sets: the requester's domid + 1, or 0."""


class NoFirmware:
    """Supports nothing."""

    def smc(self, fid: int, arguments: Sequence[int], client: int) -> Results:
        return NOT_SUPPORTED


class TrngFirmware:
    """The True Random Number Generator firmware interface (DEN0098 1.0), from a seed.

    Its answers are as predictable as the seed: for demonstrations and tests.
    """

    VERSION = 0x8400_0050
    FEATURES = 0x8400_0051
    GET_UUID = 0x8400_0052
    RND32 = 0x8400_0053
    RND64 = 0xC400_0053

    _INVALID_PARAMETERS: Results = ((1 << 64) - 2, 0, 0, 0)
    _UUID: Results = (0x6A1D_53B4, 0x4D2C_97E0, 0x5B3F_118E, 0x02C7_A9D6)

    def __init__(self, seed: int = 0) -> None:
        self._source = random.Random(seed)

    def smc(self, fid: int, arguments: Sequence[int], client: int) -> Results:
        if fid == self.VERSION:
            return 0x1_0000, 0, 0, 0
        if fid == self.FEATURES:
            known = {self.VERSION, self.FEATURES, self.GET_UUID, self.RND32, self.RND64}
            return (0, 0, 0, 0) if arguments[0] in known else NOT_SUPPORTED
        if fid == self.GET_UUID:
            return self._UUID
        if fid == self.RND32:
            return self._entropy(arguments[0] & 0xFFFF_FFFF, 32)
        if fid == self.RND64:
            return self._entropy(arguments[0], 64)
        return NOT_SUPPORTED

    def _entropy(self, bits: int, width: int) -> Results:
        """DEN0098 2.5: the low bits in x3, further ones in x2 and x1, unused ones zero."""
        if not 1 <= bits <= 3 * width:
            return self._INVALID_PARAMETERS
        drawn = self._source.getrandbits(bits)
        low, middle, high = (drawn >> (width * n) & ((1 << width) - 1) for n in range(3))
        return 0, high, middle, low


def may_be_granted(fid: int) -> bool:
    """Whether `call_smc` can reach the id at all (ABI.md 3.3): not PSCI, SDEI, FF-A, nor what
    else would reach behind stage 2."""
    owner = abi.owner(fid)
    if not abi.CALL_SMC_FIRST_ID <= fid < 1 << 32 or owner == abi.OWNER_ARCH:
        return False
    function = fid & 0xFFFF
    return (
        owner != abi.OWNER_STANDARD_SECURE or 0x40 <= function < 0x60 or 0x100 <= function < 0xFF00
    )
