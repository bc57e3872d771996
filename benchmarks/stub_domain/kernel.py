"""The stub domain's own code: an event loop at EL1 that calls the app's compiled function.

It is a library kernel: the app's image lies in its RAM, byte for byte as a hypervisor would load
it, and is called at EL1 by `bl xap_entry`, the function that the image's entry stub calls. So
there is no exception level to cross inside the stub domain, no stage 1 and nothing to save.
"""

import io
from enum import Enum

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection
from xap_harness.emulator.assembler import assemble, load_immediate
from xap_harness.hypervisor.domain import Domain
from xap_harness.hypervisor.memory import RAM_BASE
from xaprt import abi
from xaprt.image import read

from benchmarks.stub_domain.ring import ANSWERS, FIRST_SLOT, REQUESTS, SLOT_SHIFT, SLOTS, TPIDRRO

KERNEL = RAM_BASE
RING = RAM_BASE + 0x1000
IMAGE = RAM_BASE + 0x1_0000

ANSWERED = 0x8600_0001
"""Hypercall: answers are in the ring. As Xen's EVTCHNOP_send."""
ANSWERED_AND_WAIT = 0x8600_0002
"""The same, and wait until there is a request: an event channel with `send` and `poll` in one,
which Xen does not have."""


class Protocol(Enum):
    """How the stub domain hears of requests and tells of answers."""

    EVENTS = "interrupt, hypercall, WFI"
    FUSED = "one hypercall"


_WAIT = {
    Protocol.EVENTS: (
        ANSWERED,
        # Interrupts stay masked: WFI ends with one pending, which is acknowledged in line.
        "wfi; mrs x0, icc_iar1_el1; msr icc_eoir1_el1, x0; b next",
    ),
    Protocol.FUSED: (
        ANSWERED_AND_WAIT,
        f"{load_immediate('x0', ANSWERED_AND_WAIT)}; hvc #0; b next",
    ),
}


def start(domain: Domain, elf: bytes, protocol: Protocol) -> int:
    """Put kernel and app into the domain's RAM; gives the address at which its vCPU begins."""
    for segment in read(elf).segments:
        domain.write(IMAGE + segment.address, segment.bytes_)
    domain.write(KERNEL, assemble(_source(IMAGE + _handler(elf), protocol), KERNEL))
    return KERNEL


def _handler(elf: bytes) -> int:
    """Where `xap_entry` lies in the image."""
    symbols = ELFFile(io.BytesIO(elf)).get_section_by_name(".symtab")
    assert isinstance(symbols, SymbolTableSection), "the compiler writes one"
    found = symbols.get_symbol_by_name("xap_entry")
    if not found:
        raise ValueError("the app has no xap_entry: one that reads x7 has another, not served here")
    return int(found[0]["st_value"])


def _source(handler: int, protocol: Protocol) -> str:
    """x19 the ring, x20 requests done, x22 its counter of answers, x23 the slots, x24 the
    handler: registers that a called function keeps (AAPCS64)."""
    hypercall, wait = _WAIT[protocol]
    return f"""
        msr daifset, #2
        {load_immediate("x19", RING)}
        {load_immediate("x24", handler)}
        add x22, x19, #{ANSWERS}
        add x23, x19, #{FIRST_SLOT}
        mov w20, #0
        mov x0, #{abi.Function.INIT}
        {load_immediate("x1", abi.VERSION)}
        mov x2, #0
        blr x24
        b next
    serve:
        and x9, x20, #{SLOTS - 1}
        add x21, x23, x9, lsl #{SLOT_SHIFT}
        ldr x9, [x21, #{TPIDRRO}]
        msr tpidrro_el0, x9
        ldp x0, x1, [x21]
        ldp x2, x3, [x21, #16]
        ldp x4, x5, [x21, #32]
        ldp x6, x7, [x21, #48]
        blr x24
        stp x0, x1, [x21]
        stp x2, x3, [x21, #16]
        str x4, [x21, #32]
        add w20, w20, #1
        stlr w20, [x22]
        {load_immediate("x0", hypercall)}
        hvc #0
    next:
        ldar w9, [x19]
        cmp w9, w20
        b.ne serve
        {wait}
    """


assert REQUESTS == 0, "the kernel loads the counter of requests without an offset"
