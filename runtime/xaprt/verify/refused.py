"""Names and rules for words that `encodings` does not list, so that a refusal says what it met.

The first pattern that matches counts: what is special stands before what is general. Nothing
here decides whether a word is refused.
"""

from typing import Final, NamedTuple

from xaprt.verify.rules import Rule


class Refused(NamedTuple):
    mnemonic: str
    pattern: str
    rule: Rule
    what: str


_ANY5 = "....."
_ANY16 = "." * 16

_EXCEPTIONS: Final = (
    Refused("hvc", f"11010100 000 {_ANY16} 00010", Rule.PRIVILEGED, "hypervisor call"),
    Refused("smc", f"11010100 000 {_ANY16} 00011", Rule.PRIVILEGED, "secure monitor call"),
    Refused("hlt", f"11010100 010 {_ANY16} 00000", Rule.DEBUG, "halting debug"),
    Refused("dcps", f"11010100 101 {_ANY16} 000..", Rule.DEBUG, "debug state"),
    Refused("eret", f"1101011 0100 11111 {_ANY16}", Rule.PRIVILEGED, "exception return"),
    Refused("drps", f"1101011 0101 11111 {_ANY16}", Rule.DEBUG, "debug restore"),
)

_INDIRECT: Final = (
    Refused("br", f"1101011 0000 11111 {_ANY16}", Rule.INDIRECT, "branch to a register"),
    Refused("blr", f"1101011 0001 11111 {_ANY16}", Rule.INDIRECT, "call of a register"),
    Refused("ret", "1101011 0010 11111 000000 ..... 00000", Rule.INDIRECT, "return not by x30"),
    Refused("retaa", f"1101011 0010 11111 {_ANY16}", Rule.EXTENSION, "authenticated return"),
    Refused("braa", f"1101011 100. ..... {_ANY16}", Rule.INDIRECT, "branch to a register"),
)

_HINTS: Final = (
    Refused("wfe", "1101010100 0 00 011 0010 0000 010 11111", Rule.WAIT, "wait for event"),
    Refused("wfi", "1101010100 0 00 011 0010 0000 011 11111", Rule.WAIT, "wait for interrupt"),
    Refused("sev", "1101010100 0 00 011 0010 0000 100 11111", Rule.WAIT, "event to every core"),
    Refused("sevl", "1101010100 0 00 011 0010 0000 101 11111", Rule.WAIT, "event"),
    Refused("psb", "1101010100 0 00 011 0010 0010 001 11111", Rule.DEBUG, "profiling barrier"),
    Refused("tsb", "1101010100 0 00 011 0010 0010 010 11111", Rule.DEBUG, "trace barrier"),
    Refused("hint", "1101010100 0 00 011 0010 .... ... 11111", Rule.EXTENSION, "another hint"),
    Refused("wfet", "1101010100 0 00 011 0001 0000 00. .....", Rule.WAIT, "wait with timeout"),
)

_SYSTEM: Final = (
    Refused("clrex", "1101010100 0 00 011 0011 .... 010 11111", Rule.EXCLUSIVE, "the monitor"),
    Refused("sb", "1101010100 0 00 011 0011 0000 111 11111", Rule.EXTENSION, "a barrier of v8.5"),
    Refused("dsb", "1101010100 0 00 011 0011 .... 100 11111", Rule.UNALLOCATED, "reserved option"),
    Refused("dmb", "1101010100 0 00 011 0011 .... 101 11111", Rule.UNALLOCATED, "reserved option"),
    Refused("isb", "1101010100 0 00 011 0011 .... 110 11111", Rule.UNALLOCATED, "reserved option"),
    Refused("cfinv", "1101010100 0 00 000 0100 .... 000 11111", Rule.EXTENSION, "flags of v8.4"),
    Refused("xaflag", "1101010100 0 00 000 0100 .... 001 11111", Rule.EXTENSION, "flags of v8.5"),
    Refused("axflag", "1101010100 0 00 000 0100 .... 010 11111", Rule.EXTENSION, "flags of v8.5"),
    Refused("msr", "1101010100 0 00 011 0100 .... 001 11111", Rule.EXTENSION, "SSBS of v8.5"),
    Refused("msr", "1101010100 0 00 011 0100 .... 010 11111", Rule.EXTENSION, "DIT of v8.4"),
    Refused("msr", "1101010100 0 00 011 0100 .... 100 11111", Rule.EXTENSION, "TCO of v8.5"),
    Refused("msr", "1101010100 0 00 ... 0100 .... ... 11111", Rule.PRIVILEGED, "PSTATE field"),
    Refused("ic", "1101010100 0 01 ... 0111 0.01 ... .....", Rule.CACHE, "instruction cache"),
    Refused("ic", "1101010100 0 01 ... 0111 0101 ... .....", Rule.CACHE, "instruction cache"),
    Refused("at", "1101010100 0 01 ... 0111 100. ... .....", Rule.PRIVILEGED, "translation"),
    Refused("dc", "1101010100 0 01 ... 0111 .... ... .....", Rule.CACHE, "data cache"),
    Refused("tlbi", "1101010100 0 01 ... 100. .... ... .....", Rule.PRIVILEGED, "TLB"),
    Refused("sys", "1101010100 . 01 ... .... .... ... .....", Rule.PRIVILEGED, "system operation"),
    Refused("mrs/msr", "1101010100 . 10 ... .... .... ... .....", Rule.DEBUG, "debug register"),
    Refused("mrs/msr", "1101010100 . 11 011 1110 .... ... .....", Rule.COUNTER, "timer or counter"),
    Refused("mrs/msr", "1101010100 . 11 011 1001 .... ... .....", Rule.COUNTER, "PMU register"),
    Refused("mrs/msr", "1101010100 . 11 011 0100 0100 ... .....", Rule.FP_SIMD, "FPCR or FPSR"),
    Refused("mrs", "1101010100 1 11 011 0000 0000 ... .....", Rule.CACHE, "cache geometry"),
    Refused("mrs/msr", "1101010100 . 11 ... .... .... ... .....", Rule.PRIVILEGED, "register"),
)

_MEMORY: Final = (
    Refused("casp", f"0. 001000 0.1 ..... . 11111 {_ANY5} {_ANY5}", Rule.ATOMIC, "swap of a pair"),
    Refused("cas", f".. 001000 1.1 ..... . 11111 {_ANY5} {_ANY5}", Rule.ATOMIC, "compare and swap"),
    Refused("ldxp/stxp", f"1. 001000 0.1 ..... . {_ANY5 * 3}", Rule.EXCLUSIVE, "pair"),
    Refused("ldxr/stxr", f".. 001000 0.0 ..... . {_ANY5 * 3}", Rule.EXCLUSIVE, "register"),
    Refused("ldlar/stllr", f".. 001000 1.0 ..... 0 {_ANY5 * 3}", Rule.EXTENSION, "regions of v8.1"),
    Refused(
        "ldar/stlr", f".. 001000 1.0 ..... 1 {_ANY5 * 3}", Rule.UNPREDICTABLE, "fields not all ones"
    ),
    Refused("ldapr", f".. 111 0 00 101 11111 110000 {_ANY5 * 2}", Rule.EXTENSION, "load of v8.3"),
    Refused("ld<op>/swp", f".. 111 0 00 ..1 ..... .... 00 {_ANY5 * 2}", Rule.ATOMIC, "atomic"),
    Refused("ldraa", f"11 111 0 00 ..1 ......... .1 {_ANY5 * 2}", Rule.EXTENSION, "load of v8.3"),
    Refused("prfm", f"11 111 0 01 10 ............ {_ANY5 * 2}", Rule.CACHE, "prefetch"),
    Refused("prfum", f"11 111 0 00 100 ......... 00 {_ANY5 * 2}", Rule.CACHE, "prefetch"),
    Refused("prfm", f"11 111 0 00 101 ......... 10 {_ANY5 * 2}", Rule.CACHE, "prefetch"),
    Refused("prfm", f"11 011 0 00 {'.' * 24}", Rule.CACHE, "prefetch"),
    Refused("ldapur/stlur", f".. 011 0 01 {'.' * 24}", Rule.EXTENSION, "access of v8.4 or later"),
    Refused("ldr/str", f".. 1.1 1 0 {'.' * 25}", Rule.FP_SIMD, "load or store"),
    Refused("ldr", f".. 011 1 00 {'.' * 24}", Rule.FP_SIMD, "load"),
    Refused("ld1-4/st1-4", f"0. 001 1 0 {'.' * 25}", Rule.FP_SIMD, "load or store of structures"),
)

_WHOLE_GROUPS: Final = (
    Refused("fp/simd", f"... .111 {'.' * 25}", Rule.FP_SIMD, "data processing"),
    Refused("sve", f"... 0010 {'.' * 25}", Rule.FP_SIMD, "scalable vectors"),
    Refused("sme", f"1.. 0000 {'.' * 25}", Rule.FP_SIMD, "scalable matrices"),
    Refused("addg/subg", f"1.0 100011 {'.' * 23}", Rule.EXTENSION, "memory tagging"),
    Refused("pac/xpac", f"1 10 11010110 00001 {'.' * 16}", Rule.EXTENSION, "authentication"),
    Refused(
        "smulh/umulh",
        f"1 00 11011 .10 ..... 0 {_ANY5 * 3}",
        Rule.UNPREDICTABLE,
        "fields not all ones",
    ),
    Refused("bc.cond", f"01010100 {'.' * 19} 1 ....", Rule.EXTENSION, "branch of v8.8"),
    Refused("udf", f"{'0' * 16} {_ANY16}", Rule.UNALLOCATED, "permanently undefined"),
)

NAMES: Final = (*_EXCEPTIONS, *_INDIRECT, *_HINTS, *_SYSTEM, *_MEMORY, *_WHOLE_GROUPS)
