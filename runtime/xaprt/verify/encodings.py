"""The instructions that an image may contain, as the encoding tables of the Arm ARM (C4.1).

A pattern has one character a bit, from bit 31 down: `0` and `1` must match, `{a|b}` is either,
letters are fields that take any value: d, n, m, a, t the registers, i immediates, c conditions.
What no row matches is refused. The list is that of Armv8.0-A with CRC32, less what ABI.md 1.2
excludes; `docs/verify.md` gives the reasons for what stands at its edge.
"""

from typing import Final, NamedTuple

from xaprt.verify import makers as m
from xaprt.verify.makers import Maker


class Row(NamedTuple):
    mnemonic: str
    pattern: str
    make: Maker


_IMMEDIATE: Final = (
    Row("adr", "0 ii 10000 iiiiiiiiiiiiiiiiiii ddddd", m.relative),
    Row("adrp", "1 ii 10000 iiiiiiiiiiiiiiiiiii ddddd", m.relative),
    Row("add", "i 00 100010 i iiiiiiiiiiii nnnnn ddddd", m.add_immediate),
    Row("adds", "i 01 100010 i iiiiiiiiiiii nnnnn ddddd", m.to_d),
    Row("sub", "i 10 100010 i iiiiiiiiiiii nnnnn ddddd", m.add_immediate),
    Row("subs", "i 11 100010 i iiiiiiiiiiii nnnnn ddddd", m.to_d),
    Row("and", "i 00 100100 i iiiiii iiiiii nnnnn ddddd", m.logical_immediate),
    Row("orr", "i 01 100100 i iiiiii iiiiii nnnnn ddddd", m.or_immediate),
    Row("eor", "i 10 100100 i iiiiii iiiiii nnnnn ddddd", m.logical_immediate),
    Row("ands", "i 11 100100 i iiiiii iiiiii nnnnn ddddd", m.and_immediate_flags),
    Row("movn", "{0 00 100101 0i|1 00 100101 ii} iiiiiiiiiiiiiiii ddddd", m.move_inverted),
    Row("movz", "{0 10 100101 0i|1 10 100101 ii} iiiiiiiiiiiiiiii ddddd", m.move_zeroed),
    Row("movk", "{0 11 100101 0i|1 11 100101 ii} iiiiiiiiiiiiiiii ddddd", m.move_kept),
    Row("sbfm", "{0 00 100110 0 0iiiii 0iiiii|1 00 100110 1 iiiiii iiiiii} nnnnn ddddd", m.to_d),
    Row("bfm", "{0 01 100110 0 0iiiii 0iiiii|1 01 100110 1 iiiiii iiiiii} nnnnn ddddd", m.to_d),
    Row("ubfm", "{0 10 100110 0 0iiiii 0iiiii|1 10 100110 1 iiiiii iiiiii} nnnnn ddddd", m.to_d),
    Row("extr", "{0 00 100111 00 mmmmm 0iiiii|1 00 100111 10 mmmmm iiiiii} nnnnn ddddd", m.to_d),
)

_REGISTER: Final = (
    *(
        Row(name, f"{{0 {op} mmmmm 0iiiii|1 {op} mmmmm iiiiii}} nnnnn ddddd", make)
        for name, op, make in (
            ("and", "00 01010 ii 0", m.to_d),
            ("bic", "00 01010 ii 1", m.to_d),
            ("orr", "01 01010 ii 0", m.or_register),
            ("orn", "01 01010 ii 1", m.to_d),
            ("eor", "10 01010 ii 0", m.to_d),
            ("eon", "10 01010 ii 1", m.to_d),
            ("ands", "11 01010 ii 0", m.to_d),
            ("bics", "11 01010 ii 1", m.to_d),
            ("add", "00 01011 {0i|10} 0", m.to_d),
            ("adds", "01 01011 {0i|10} 0", m.to_d),
            ("sub", "10 01011 {0i|10} 0", m.to_d),
            ("subs", "11 01011 {0i|10} 0", m.to_d),
        )
    ),
    Row("add", "i 00 01011 001 mmmmm iii {0ii|100} nnnnn ddddd", m.add_extended),
    Row("adds", "i 01 01011 001 mmmmm iii {0ii|100} nnnnn ddddd", m.to_d),
    Row("sub", "i 10 01011 001 mmmmm iii {0ii|100} nnnnn ddddd", m.add_extended),
    Row("subs", "i 11 01011 001 mmmmm iii {0ii|100} nnnnn ddddd", m.to_d),
    Row("adc", "i 00 11010000 mmmmm 000000 nnnnn ddddd", m.to_d),
    Row("adcs", "i 01 11010000 mmmmm 000000 nnnnn ddddd", m.to_d),
    Row("sbc", "i 10 11010000 mmmmm 000000 nnnnn ddddd", m.to_d),
    Row("sbcs", "i 11 11010000 mmmmm 000000 nnnnn ddddd", m.to_d),
    Row("ccmn", "i 01 11010010 mmmmm cccc i0 nnnnn 0 iiii", m.nothing),
    Row("ccmp", "i 11 11010010 mmmmm cccc i0 nnnnn 0 iiii", m.nothing),
    Row("csel", "i 00 11010100 mmmmm cccc 00 nnnnn ddddd", m.to_d),
    Row("csinc", "i 00 11010100 mmmmm cccc 01 nnnnn ddddd", m.to_d),
    Row("csinv", "i 10 11010100 mmmmm cccc 00 nnnnn ddddd", m.to_d),
    Row("csneg", "i 10 11010100 mmmmm cccc 01 nnnnn ddddd", m.to_d),
    Row("udiv", "i 00 11010110 mmmmm 000010 nnnnn ddddd", m.to_d),
    Row("sdiv", "i 00 11010110 mmmmm 000011 nnnnn ddddd", m.to_d),
    Row("lslv", "i 00 11010110 mmmmm 001000 nnnnn ddddd", m.to_d),
    Row("lsrv", "i 00 11010110 mmmmm 001001 nnnnn ddddd", m.to_d),
    Row("asrv", "i 00 11010110 mmmmm 001010 nnnnn ddddd", m.to_d),
    Row("rorv", "i 00 11010110 mmmmm 001011 nnnnn ddddd", m.to_d),
    Row("crc32b", "0 00 11010110 mmmmm 010000 nnnnn ddddd", m.to_d),
    Row("crc32h", "0 00 11010110 mmmmm 010001 nnnnn ddddd", m.to_d),
    Row("crc32w", "0 00 11010110 mmmmm 010010 nnnnn ddddd", m.to_d),
    Row("crc32x", "1 00 11010110 mmmmm 010011 nnnnn ddddd", m.to_d),
    Row("crc32cb", "0 00 11010110 mmmmm 010100 nnnnn ddddd", m.to_d),
    Row("crc32ch", "0 00 11010110 mmmmm 010101 nnnnn ddddd", m.to_d),
    Row("crc32cw", "0 00 11010110 mmmmm 010110 nnnnn ddddd", m.to_d),
    Row("crc32cx", "1 00 11010110 mmmmm 010111 nnnnn ddddd", m.to_d),
    Row("rbit", "i 10 11010110 00000 000000 nnnnn ddddd", m.to_d),
    Row("rev16", "i 10 11010110 00000 000001 nnnnn ddddd", m.to_d),
    Row("rev", "0 10 11010110 00000 000010 nnnnn ddddd", m.to_d),
    Row("rev32", "1 10 11010110 00000 000010 nnnnn ddddd", m.to_d),
    Row("rev", "1 10 11010110 00000 000011 nnnnn ddddd", m.to_d),
    Row("clz", "i 10 11010110 00000 000100 nnnnn ddddd", m.to_d),
    Row("cls", "i 10 11010110 00000 000101 nnnnn ddddd", m.to_d),
    Row("madd", "i 00 11011 000 mmmmm 0 aaaaa nnnnn ddddd", m.to_d),
    Row("msub", "i 00 11011 000 mmmmm 1 aaaaa nnnnn ddddd", m.to_d),
    Row("smaddl", "1 00 11011 001 mmmmm 0 aaaaa nnnnn ddddd", m.to_d),
    Row("smsubl", "1 00 11011 001 mmmmm 1 aaaaa nnnnn ddddd", m.to_d),
    Row("smulh", "1 00 11011 010 mmmmm 0 11111 nnnnn ddddd", m.to_d),
    Row("umaddl", "1 00 11011 101 mmmmm 0 aaaaa nnnnn ddddd", m.to_d),
    Row("umsubl", "1 00 11011 101 mmmmm 1 aaaaa nnnnn ddddd", m.to_d),
    Row("umulh", "1 00 11011 110 mmmmm 0 11111 nnnnn ddddd", m.to_d),
)

_HINT: Final = "1101010100 0 00 011 0010"
_BARRIER: Final = "1101010100 0 00 011 0011"

_BRANCH: Final = (
    Row("b.cond", "01010100 iiiiiiiiiiiiiiiiiii 0 cccc", m.jump_if),
    Row("cbz", "i 0110100 iiiiiiiiiiiiiiiiiii ttttt", m.jump_if),
    Row("cbnz", "i 0110101 iiiiiiiiiiiiiiiiiii ttttt", m.jump_if),
    Row("tbz", "i 0110110 iiiii iiiiiiiiiiiiii ttttt", m.jump_if_bit),
    Row("tbnz", "i 0110111 iiiii iiiiiiiiiiiiii ttttt", m.jump_if_bit),
    Row("b", "000101 iiiiiiiiiiiiiiiiiiiiiiiiii", m.jump),
    Row("bl", "100101 iiiiiiiiiiiiiiiiiiiiiiiiii", m.call),
    Row("ret", "1101011 0010 11111 000000 11110 00000", m.back),
    Row("svc", "11010100 000 iiiiiiiiiiiiiiii 00001", m.system_call),
    Row("brk", "11010100 001 iiiiiiiiiiiiiiii 00000", m.trap),
    Row("nop", f"{_HINT} 0000 000 11111", m.nothing),
    Row("yield", f"{_HINT} 0000 001 11111", m.nothing),
    Row("csdb", f"{_HINT} 0010 100 11111", m.nothing),
    Row("bti", f"{_HINT} 0100 ii0 11111", m.nothing),
    Row("xpaclri", f"{_HINT} 0000 111 11111", m.to_link),
    Row("pacia1716", f"{_HINT} 0001 000 11111", m.to_17),
    Row("pacib1716", f"{_HINT} 0001 010 11111", m.to_17),
    Row("autia1716", f"{_HINT} 0001 100 11111", m.to_17),
    Row("autib1716", f"{_HINT} 0001 110 11111", m.to_17),
    *(
        Row(
            f"{'aut' if undo else 'pac'}i{'ab'[key]}{'zsp'[sp : 1 + 2 * sp]}",
            f"{_HINT} 0011 {undo}{key}{sp} 11111",
            m.sign(key=key, sp=sp == 1, authenticate=undo == 1),
        )
        for undo in (0, 1)
        for key in (0, 1)
        for sp in (0, 1)
    ),
    Row("dsb", f"{_BARRIER} ii{{01|1i}} 100 11111", m.nothing),
    Row("dmb", f"{_BARRIER} ii{{01|1i}} 101 11111", m.nothing),
    Row("isb", f"{_BARRIER} 1111 110 11111", m.nothing),
    Row("mrs", "1101010100 1 11 011 1101 0000 01i ttttt", m.to_d),  # TPIDR_EL0, TPIDRRO_EL0
    Row("msr", "1101010100 0 11 011 1101 0000 010 ttttt", m.nothing),  # TPIDR_EL0
    Row("mrs", "1101010100 1 11 011 0100 0010 000 ttttt", m.to_d),  # NZCV
    Row("msr", "1101010100 0 11 011 0100 0010 000 ttttt", m.nothing),
    Row("udf", "0" * 32, m.padding),
)

_SINGLE: Final = (  # size, opc, bytes, store
    ("strb", "00", "00", 1, True),
    ("ldrb", "00", "01", 1, False),
    ("ldrsb", "00", "1i", 1, False),
    ("strh", "01", "00", 2, True),
    ("ldrh", "01", "01", 2, False),
    ("ldrsh", "01", "1i", 2, False),
    ("str", "10", "00", 4, True),
    ("ldr", "10", "01", 4, False),
    ("ldrsw", "10", "10", 4, False),
    ("str", "11", "00", 8, True),
    ("ldr", "11", "01", 8, False),
)

_MEMORY: Final = (
    *(
        row
        for name, size, opc, width, store in _SINGLE
        for row in (
            Row(name, f"{size} 111 0 01 {opc} iiiiiiiiiiii nnnnn ttttt", m.scaled(width, store)),
            Row(
                name[:2] + "u" + name[2:],
                f"{size} 111 0 00 {opc} 0 iiiiiiiii 00 nnnnn ttttt",
                m.unscaled(width, store),
            ),
            Row(
                name[:2] + "t" + name[2:],
                f"{size} 111 0 00 {opc} 0 iiiiiiiii 10 nnnnn ttttt",
                m.unscaled(width, store),
            ),
            Row(name, f"{size} 111 0 00 {opc} 0 iiiiiiiii i1 nnnnn ttttt", m.indexed(width, store)),
            Row(
                name,
                f"{size} 111 0 00 {opc} 1 mmmmm i1i i 10 nnnnn ttttt",
                m.by_register(width, store),
            ),
        )
    ),
    Row("ldr", "00 011 0 00 iiiiiiiiiiiiiiiiiii ttttt", m.literal(4)),
    Row("ldr", "01 011 0 00 iiiiiiiiiiiiiiiiiii ttttt", m.literal(8)),
    Row("ldrsw", "10 011 0 00 iiiiiiiiiiiiiiiiiii ttttt", m.literal(4)),
    *(
        row
        for size, width in (("00", 4), ("10", 8))
        for row in (
            Row("stnp", f"{size} 101 0 000 0 iiiiiii ttttt nnnnn ttttt", m.pair(width, True)),
            Row("ldnp", f"{size} 101 0 000 1 iiiiiii ttttt nnnnn ttttt", m.pair(width, False)),
            Row("stp", f"{size} 101 0 0{{01|1i}} 0 iiiiiii ttttt nnnnn ttttt", m.pair(width, True)),
            Row(
                "ldp", f"{size} 101 0 0{{01|1i}} 1 iiiiiii ttttt nnnnn ttttt", m.pair(width, False)
            ),
        )
    ),
    Row("ldpsw", "01 101 0 0{01|1i} 1 iiiiiii ttttt nnnnn ttttt", m.pair(4, False)),
    *(
        row
        for suffix, size, width in (("b", "00", 1), ("h", "01", 2), ("", "10", 4), ("", "11", 8))
        for row in (
            Row(
                f"stlr{suffix}",
                f"{size} 001000 100 11111 1 11111 nnnnn ttttt",
                m.ordered(width, True),
            ),
            Row(
                f"ldar{suffix}",
                f"{size} 001000 110 11111 1 11111 nnnnn ttttt",
                m.ordered(width, False),
            ),
        )
    ),
)

ROWS: Final = (*_IMMEDIATE, *_REGISTER, *_BRANCH, *_MEMORY)
