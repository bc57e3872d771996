"""The manifest: the descriptor of an image's `XAP` note (ABI.md section 1, clauses 3 and 4).

Records follow one another without gaps, in any order but for routes and needs, whose order
counts. All numbers are little-endian.

    struct record { u32 type; u32 length; u8 value[length]; /* zeros up to a multiple of 8 */ };

Each of these occurs exactly once (`abi.Record` has the numbers):

    ABI_VERSION  4   u32 major << 16 | minor
    ENTRY        8   u64 image-relative address of the first instruction, equal to e_entry
    UUID        16   u8[16], in the order in which it is written; not all zero
    NAME        32   char[32], 1 to 31 of [a-z0-9_-], then zeros
    APP_VERSION 12   u32 major, u32 minor, u32 patch
    STACK        4   u32 bytes that the app needs at most
    INSTANCES    4   u32 0 SHARED, 1 PER_DOMAIN
    RESTART      4   u32 restarts in a row before the instance is dead; 0: none
    BUDGET       4   u32 microseconds a call; 0: the hypervisor's default
    BUILD_ID   1-32  u8[length]

Each of these as often as the limits of clause 4 allow, or not at all:

    ROUTE       24   u32 kind, u32 flags (1 posted: MMIO_WRITE only), u64 first, u64 last
                     SMC, HVC: function identifiers of 32 bits
                     MMIO_READ, MMIO_WRITE: addresses, whole pages
    NEED        4+   u32 kind, then
                     CALL_SMC       u32 id, one or more; each counts as a need
                     GUEST_MEMORY   u32 1 read, 3 read and write
                     IO             u32 zero, u64 base, u64 size, char name[32] as above;
                                    the index of map_io counts these, from 0
                     IRQ            u32 SPI
                     TIMER          nothing

A record of another type is skipped, unless bit 31 of its type says that it is required.
"""

from xaprt.manifest.model import Manifest, ManifestError, Need, Route
from xaprt.manifest.reader import decode
from xaprt.manifest.writer import encode, without_build_id

__all__ = ["Manifest", "ManifestError", "Need", "Route", "decode", "encode", "without_build_id"]
