"""The syndrome of a load or store that stage 2 refused: unicorn gives none.

Its ISS is valid for a load or store of one general register without write-back; not for
pairs, exclusives, atomics, SIMD (Arm ARM DDI 0487, D24.2.40, "ISS encoding for an exception
from a Data Abort", ISV). Encodings are those of C4.1.94, "Loads and Stores".
"""

from xap_harness.hypervisor import syndrome

_SIMD = 1 << 26
_REGISTER, _REGISTER_MASK = 0x3800_0000, 0x3A00_0000  # size 111 V 0x; LDUR, LDR (offset) ...
_UNSIGNED_OFFSET = 1 << 24
_ORDERED = {0x08DF_FC00: False, 0x089F_FC00: True}  # LDAR, STLR -> is a store
_ORDERED_MASK = 0x3FFF_FC00
_LITERAL, _LITERAL_MASK = 0x1800_0000, 0x3B00_0000

_STORE, _LOAD, _LOAD_SIGNED_64 = 0, 1, 2  # opc; 3 is a load sign-extended to 32 bits


def iss(word: int) -> int:
    """ISS of the data abort, without the fault's status code; 0 if it is not valid."""
    size, register, opc = word >> 30, word & 0x1F, word >> 22 & 3
    if word & _ORDERED_MASK in _ORDERED:
        store = _ORDERED[word & _ORDERED_MASK]
        return syndrome.access(size, register, wide=size == 3, store=store)
    if word & (_LITERAL_MASK | _SIMD) == _LITERAL:
        # LDR Wt, LDR Xt, LDRSW, PRFM: as the size says.
        size, opc = [(2, _LOAD), (3, _LOAD), (2, _LOAD_SIGNED_64), (3, _LOAD_SIGNED_64)][size]
    elif word & (_REGISTER_MASK | _SIMD) != _REGISTER or not _keeps_base(word):
        return 0
    if opc in (_STORE, _LOAD):
        return syndrome.access(size, register, wide=size == 3, store=opc == _STORE)
    wide = opc == _LOAD_SIGNED_64
    if size > (2 if wide else 1):  # PRFM, and what is not allocated
        return 0
    return syndrome.access(size, register, wide=wide, store=False, signed=True)


def _keeps_base(word: int) -> bool:
    """Unsigned offset, unscaled, unprivileged, or register offset: no write-back."""
    if word & _UNSIGNED_OFFSET:
        return True
    mode = word >> 10 & 3
    return mode == 2 if word >> 21 & 1 else mode in (0, 2)
