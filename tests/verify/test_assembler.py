"""Plain A64 as another assembler writes it is allowed (ABI.md 1.2)."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from xaprt.verify.decode import decode
from xaprt.verify.rules import Rule

from tests.verify.images import assemble

_REGISTERS = st.integers(0, 28)
_CONDITIONS = st.sampled_from(
    "eq ne hs lo mi pl vs vc hi ls ge lt gt le".split()  # noqa: SIM905 (read as a list)
)
TEMPLATES = """
add {x}, {x}, {x} | sub {w}, {w}, {w} | adds {x}, {x}, {x}, lsl #{six}
subs {w}, {w}, {w}, asr #{five} | add {x}, {x}, #{imm12} | sub {x}, {x}, #{imm12}, lsl #12
cmp {x}, #{imm12} | cmn {w}, #{imm12} | add {x}, sp, #{imm12}
add {x}, {x}, {w}, uxtb #{two} | sub {x}, {x}, {w}, sxtw #{two} | neg {x}, {x}
and {x}, {x}, {x} | orr {w}, {w}, {w}, ror #{five} | eor {x}, {x}, {x} | bic {x}, {x}, {x}
orn {w}, {w}, {w} | eon {x}, {x}, {x} | tst {x}, {x} | mvn {x}, {x} | bics {x}, {x}, {x}
ands {w}, {w}, #0xff | and {x}, {x}, #0xfff0 | orr {x}, {x}, #0x5555555555555555
eor {w}, {w}, #0x80000001 | mov {x}, {x} | movz {x}, #{imm16}, lsl #32 | movn {w}, #{imm16}
movk {x}, #{imm16}, lsl #48 | mov {w}, {w} | lsl {x}, {x}, #{six} | lsr {w}, {w}, #{five}
asr {x}, {x}, #{six} | ror {w}, {w}, #{five} | lsl {x}, {x}, {x} | lsr {w}, {w}, {w}
asr {x}, {x}, {x} | ror {w}, {w}, {w} | extr {x}, {x}, {x}, #{six}
ubfx {x}, {x}, #3, #{five1} | sbfx {w}, {w}, #1, #7 | bfi {x}, {x}, #{five}, #8
bfxil {w}, {w}, #2, #5 | sxtb {x}, {w} | sxth {w}, {w} | sxtw {x}, {w} | uxtb {w}, {w}
uxth {w}, {w} | ubfiz {x}, {x}, #4, #9 | madd {x}, {x}, {x}, {x} | msub {w}, {w}, {w}, {w}
mul {x}, {x}, {x} | mneg {w}, {w}, {w} | smull {x}, {w}, {w} | umull {x}, {w}, {w}
smaddl {x}, {w}, {w}, {x} | umsubl {x}, {w}, {w}, {x} | smulh {x}, {x}, {x}
umulh {x}, {x}, {x} | udiv {x}, {x}, {x} | sdiv {w}, {w}, {w} | adc {x}, {x}, {x}
adcs {w}, {w}, {w} | sbc {x}, {x}, {x} | sbcs {x}, {x}, {x} | ngc {x}, {x} | clz {x}, {x}
cls {w}, {w} | rbit {x}, {x} | rev {x}, {x} | rev {w}, {w} | rev16 {w}, {w} | rev32 {x}, {x}
csel {x}, {x}, {x}, {c} | csinc {w}, {w}, {w}, {c} | csinv {x}, {x}, {x}, {c}
csneg {x}, {x}, {x}, {c} | cset {x}, {c} | csetm {w}, {c} | cinc {x}, {x}, {c}
ccmp {x}, {x}, #{four}, {c} | ccmn {w}, #{five}, #{four}, {c} | crc32b {w}, {w}, {w}
crc32cx {w}, {w}, {x} | nop | yield | dmb oshst | dmb oshld | dmb ish | dsb sy | isb
ldr {x}, [{x}] | ldr {w}, [{x}, #{imm12x4}] | str {x}, [{x}, #{imm12x8}]
ldrb {w}, [{x}, #{imm12}] | strb {w}, [{x}, {x}] | ldrh {w}, [{x}, {x}, lsl #1]
str {w}, [{x}, {w}, uxtw #2] | ldr {x}, [{x}, {w}, sxtw] | ldrsb {x}, [{x}, #{imm12}]
ldrsh {w}, [{x}] | ldrsw {x}, [{x}, {x}] | strh {w}, [{x}, #2] | ldur {x}, [{x}, #-8]
stur {w}, [{x}, #-4] | ldursw {x}, [{x}, #-12] | ldurb {w}, [{x}, #-1] | ldr {x}, [sp], #16
str {x}, [sp, #-16]! | ldr {w}, [x29, #4]! | strb {w}, [x30], #1 | ldp {x}, x30, [sp, #16]
stp {w}, {w}, [{x}, #8] | stp {x}, {x}, [sp, #-32]! | ldp {w}, w30, [x29], #8
ldpsw {x}, x30, [x29] | ldnp {x}, x30, [{x}] | stnp {w}, {w}, [{x}, #-8] | ldar {x}, [{x}]
stlrb {w}, [{x}] | b #{rel26} | bl #{rel26} | b.{c} #{rel19} | cbz {x}, #{rel19}
cbnz {w}, #{rel19} | tbz {w}, #{five}, #{rel14} | tbnz {x}, #{sixty}, #{rel14} | ret
svc #0 | brk #0x5503 | adr {x}, #{rel19} | ldr {x}, #{rel19} | mrs {x}, tpidrro_el0
mrs {x}, tpidr_el0 | msr tpidr_el0, {x} | mrs {x}, nzcv | msr nzcv, {x}
"""
_FIELDS = {
    "x": _REGISTERS.map("x{}".format), "w": _REGISTERS.map("w{}".format), "c": _CONDITIONS,
    "two": st.integers(0, 2), "four": st.integers(0, 15), "five": st.integers(0, 23),
    "five1": st.integers(1, 31), "six": st.integers(0, 63), "sixty": st.integers(32, 63),
    "imm12": st.integers(0, 4095), "imm12x4": st.integers(0, 4095).map(lambda n: 4 * n),
    "imm12x8": st.integers(0, 4095).map(lambda n: 8 * n), "imm16": st.integers(0, 0xFFFF),
    "rel14": st.integers(-8192, 8191).map(lambda n: 4 * n),
    "rel19": st.integers(-(1 << 18), (1 << 18) - 1).map(lambda n: 4 * n),
    "rel26": st.integers(-(1 << 25), (1 << 25) - 1).map(lambda n: 4 * n),
}  # fmt: skip


@st.composite
def instructions(draw: st.DrawFn) -> str:
    template = draw(st.sampled_from(re.split(" [|] |\n", TEMPLATES.strip())))
    return re.sub(r"\{(\w+)\}", lambda field: str(draw(_FIELDS[field[1]])), template)


@settings(max_examples=1500, deadline=None)
@given(instructions())
def test_what_an_assembler_makes_of_plain_a64_is_allowed(source):
    word = int.from_bytes(assemble.__wrapped__(source), "little")
    assert not isinstance(decode(word), Rule), (source, hex(word), decode(word))
