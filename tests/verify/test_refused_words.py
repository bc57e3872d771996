"""Each refused instruction is refused for what it is (ABI.md 1.2)."""

import pytest
from xaprt.verify.decode import alternatives, decode
from xaprt.verify.refused import NAMES
from xaprt.verify.rules import Rule

from tests.verify.images import assemble


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        *((source, Rule.PRIVILEGED) for source in (
            "hvc #0", "smc #0", "eret", "msr daifset, #2", "msr spsel, #1", "mrs x0, sctlr_el1",
            "msr vbar_el1, x0", "mrs x0, currentel", "tlbi vmalle1", "at s1e1r, x0", "mrs x1, daif",
            "mrs x0, midr_el1", "msr elr_el1, x3",
        )),
        *((source, Rule.INDIRECT) for source in ("br x0", "blr x30", "ret x1", "br x30")),
        *((source, Rule.FP_SIMD) for source in (
            "fmov d0, x0", "fadd s0, s1, s2", "add v0.4s, v1.4s, v2.4s", "ldr q0, [x0]",
            "str d3, [sp, #8]", "ldp d8, d9, [sp]", "ld1 {v0.16b}, [x0]", "movi v0.2d, #0",
            "fcvtzs x0, d0", "mrs x0, fpcr", "msr fpsr, x0",
            "ldr s1, [x0], #4", "umov w0, v0.b[1]",
        )),
        *((source, Rule.EXCLUSIVE) for source in (
            "ldxr x0, [x1]", "stxr w0, x1, [x2]", "ldaxrb w0, [x1]", "stlxrh w3, w1, [x2]",
            "ldxp x0, x1, [x2]", "stlxp w0, x1, x2, [x3]", "clrex",
        )),
        *((source, Rule.WAIT) for source in ("wfi", "wfe", "sev", "sevl")),
        *((source, Rule.COUNTER) for source in (
            "mrs x0, cntvct_el0", "mrs x0, cntfrq_el0", "mrs x0, pmccntr_el0", "msr pmcr_el0, x0",
            "msr cntv_ctl_el0, x0",
        )),
        *((source, Rule.CACHE) for source in (
            "dc zva, x0", "dc civac, x1", "ic ivau, x2", "ic iallu", "prfm pldl1keep, [x0]",
            "prfm pldl1strm, [x0, x1]", "mrs x0, ctr_el0", "mrs x0, dczid_el0",
        )),
        *((source, Rule.DEBUG) for source in (
            "hlt #0", "dcps1", "drps", "mrs x0, mdscr_el1", "msr dbgbvr0_el1, x0", "hlt #0xf000",
        )),
        *((source, Rule.SVC) for source in ("svc #1", "svc #0xffff")),
        *((source, Rule.BRK) for source in (
            "brk #0", "brk #1", "brk #0x5500", "brk #0x5509", "brk #0x3e8",
        )),
        *((source, Rule.UNALLOCATED) for source in ("dmb #0", "dsb #8", "isb #1")),
    ],
)  # fmt: skip
def test_a_refused_instruction_is_refused_for_what_it_is(source, rule):
    """ABI.md 1.2: hostile or careless, by name."""
    assert decode(int.from_bytes(assemble(source), "little")) is rule


@pytest.mark.parametrize(
    ("word", "rule"),
    [
        (0xF820_0041, Rule.ATOMIC),  # ldadd x0, x1, [x2]
        (0xB8E0_8041, Rule.ATOMIC),  # swpal w0, w1, [x2]
        (0xC8A0_7C41, Rule.ATOMIC),  # cas x0, x1, [x2]
        (0x4820_7C82, Rule.ATOMIC),  # casp x0, x1, x2, x3, [x4]
        (0x3820_6041, Rule.ATOMIC),  # ldumaxb w0, w1, [x2]
        (0xF820_303F, Rule.ATOMIC),  # stset x0, [x1]
        (0x4E28_4820, Rule.FP_SIMD),  # aese v0.16b, v1.16b
        (0x5E02_4020, Rule.FP_SIMD),  # sha256h q0, q1, v2.4s
        (0xC8DF_7C20, Rule.EXTENSION),  # ldlar x0, [x1]
        (0xD940_8020, Rule.EXTENSION),  # ldapur x0, [x1, #8]
        (0x9ADF_1020, Rule.UNALLOCATED),  # irg x0, x1
        (0xF820_0420, Rule.EXTENSION),  # ldraa x0, [x1]
        (0x3A00_080D, Rule.UNALLOCATED),  # setf8 w0
        (0xD500_403F, Rule.EXTENSION),  # xaflag
        (0xD73F_0801, Rule.INDIRECT),  # blraa x0, x1
        (0xD61F_087F, Rule.INDIRECT),  # braaz x3
        (0xD69F_0BFF, Rule.PRIVILEGED),  # eretaa
        (0xF800_8421, Rule.UNPREDICTABLE),  # str x1, [x1], #8
        (0xA981_0841, Rule.UNPREDICTABLE),  # stp x1, x2, [x2, #16]!
        (0x2940_0020, Rule.UNPREDICTABLE),  # ldp w0, w0, [x1]
        (0x9B40_0020, Rule.UNPREDICTABLE),  # smulh with a third source
        (0xC8C0_FC20, Rule.UNPREDICTABLE),  # ldar with a status register
        (0xD65F_0BFF, Rule.EXTENSION),  # retaa
        (0xF8BF_C020, Rule.EXTENSION),  # ldapr x0, [x1]
        (0x9180_0400, Rule.EXTENSION),  # addg
        (0xDAC1_0000, Rule.EXTENSION),  # pacia x0, x0
        (0xD503_30FF, Rule.EXTENSION),  # sb
        (0xD500_401F, Rule.EXTENSION),  # cfinv
        (0xD500_403F, Rule.EXTENSION),  # xaflag
        (0xD500_407F, Rule.PRIVILEGED),  # msr uao
        (0xD500_409F, Rule.PRIVILEGED),  # msr pan
        (0xD503_413F, Rule.EXTENSION),  # msr ssbs
        (0xD503_415F, Rule.EXTENSION),  # msr dit
        (0xD503_41DF, Rule.PRIVILEGED),  # msr daifset
        (0xD503_221F, Rule.EXTENSION),  # esb
        (0xD503_223F, Rule.DEBUG),  # psb csync
        (0xD503_1000, Rule.WAIT),  # wfet x0
        (0x0420_0000, Rule.FP_SIMD),  # add z0.b, z0.b, z0.b
        (0x0000_0001, Rule.UNALLOCATED),  # udf #1
        (0x1240_0000, Rule.UNALLOCATED),  # and w0, w0, of a 64-bit mask
        (0x3280_8000, Rule.UNALLOCATED),
        (0x5AC0_0C00, Rule.UNALLOCATED),  # rev with the opcode of 64 bits
        (0xFFFF_FFFF, Rule.FP_SIMD),
        (0xDEAD_BEEF, Rule.FP_SIMD),
    ],
)
def test_a_word_that_no_assembler_here_writes(word, rule):
    assert decode(word) is rule


def test_the_names_of_refused_words_are_patterns_of_32_bits():
    for each in NAMES:
        for bits in alternatives(each.pattern):
            assert set(bits) <= set("01."), each
