"""What the verifier claims of an instruction, against a processor that executes it."""

import struct
from dataclasses import dataclass
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from unicorn import UC_ARCH_ARM64, UC_MODE_ARM, Uc, UcError
from unicorn import arm64_const as reg
from xaprt.verify.context import Context
from xaprt.verify.decode import decode
from xaprt.verify.effects import Step, Transfer
from xaprt.verify.rules import Refusal, Rule
from xaprt.verify.state import ADDRESS, ALL, ENTRY, NUMBER, PAGE, PARKED, STACK, State, Value

from tests.verify.encoded import allowed_words
from tests.verify.images import CONSTANTS, STATE

_X = [*range(reg.UC_ARM64_REG_X0, reg.UC_ARM64_REG_X28 + 1),
      reg.UC_ARM64_REG_X29, reg.UC_ARM64_REG_X30]  # fmt: skip
_64 = (1 << 64) - 1
BASE = 0x4000_0000
STACK_TOP = 0x8000_0000
SCRATCH = 0x6000_0000
ROOM = 0x2_0000
INDEX = 64
"""Where in the text the instruction stands."""


@dataclass(frozen=True)
class Mapped:
    address: int
    size: int
    bytes_: bytes
    writable: bool
    executable: bool


SEGMENTS = (
    Mapped(0, 0x1000, bytes(0x1000), False, True),
    Mapped(CONSTANTS, 0x1000, bytes(0x1000), False, False),
    Mapped(STATE, 0x1000, bytes(0x1000), True, False),
)


@dataclass(frozen=True)
class Situation:
    """A state, registers of which it is true, and the ones at entry that it speaks of."""

    state: State
    entry: tuple[int, ...]
    registers: tuple[int, ...]

    def concrete(self, value: Value) -> int:
        kind, number = value
        if kind == ENTRY:
            return self.entry[number]
        return {NUMBER: 0, PARKED: 0, ADDRESS: BASE, PAGE: BASE, STACK: STACK_TOP}[
            kind
        ] + number & _64


def _value(random: Random) -> Value | None:
    return random.choice([
        None,
        (NUMBER, random.randrange(300)),
        (NUMBER, random.getrandbits(64)),
        (PARKED, random.randrange(300)),
        (STACK, -8 * random.randrange(128)),
        (ADDRESS, STATE + 8 * random.randrange(512)),
        (PAGE, random.choice((CONSTANTS, STATE))),
        (ENTRY, random.randrange(31)),
    ])  # fmt: skip


def _pointer(random: Random) -> int:
    return SCRATCH + 8 * random.randrange(ROOM // 16)


def situation_of(seed: int) -> Situation:
    random = Random(seed)
    entry = tuple(random.choice((random.getrandbits(64), _pointer(random))) for _ in range(31))
    state = State.at_entry()
    for register in range(31):
        if random.getrandbits(1):
            state.put(register, _value(random))
    state.sp = -16 * random.randrange(64)
    state.slots = {
        -8 * random.randrange(1, 128): _value(random) or (ENTRY, random.randrange(31))
        for _ in range(random.randrange(100))
    }
    made = Situation(state, entry, entry)
    registers = tuple(
        _pointer(random) if (value := state.get(register)) is None else made.concrete(value)
        for register in range(31)
    )
    return Situation(state, entry, registers)


class Processor:
    """At EL1: none of the instructions tried can tell."""

    def __init__(self) -> None:
        self.uc = Uc(UC_ARCH_ARM64, UC_MODE_ARM)
        for segment in SEGMENTS:
            self.uc.mem_map(BASE + segment.address, segment.size)
        self.uc.mem_map(STACK_TOP - ROOM, 2 * ROOM)
        self.uc.mem_map(SCRATCH, 2 * ROOM)

    def run(self, situation: Situation, word: int) -> bool:
        """Whether it went on to the next word."""
        uc, at = self.uc, BASE + 4 * INDEX
        for number, value in zip(_X, situation.registers, strict=True):
            uc.reg_write(number, value)
        assert situation.state.sp is not None
        uc.reg_write(reg.UC_ARM64_REG_SP, STACK_TOP + situation.state.sp)
        for slot, value in situation.state.slots.items():
            uc.mem_write(STACK_TOP + slot, struct.pack("<Q", situation.concrete(value)))
        uc.mem_write(at, struct.pack("<I", word))
        uc.ctl_remove_cache(at, at + 4)
        try:
            uc.emu_start(at, at + 4, count=1)
        except UcError:
            return False
        return bool(uc.reg_read(reg.UC_ARM64_REG_PC) == at + 4)

    def holds(self, value: Value, situation: Situation, register: int) -> bool:
        return bool(self.uc.reg_read(_X[register]) == situation.concrete(value))


PROCESSOR = Processor()
APART = {"udf", "svc", "brk", "ret", "pacia1716", "pacib1716", "autia1716", "autib1716"}
"""Control, and signed pointers, of which nothing is claimed but that they are signed."""


def _adds_a_register(word: int) -> bool:
    return word & 0x3B20_0C00 == 0x3820_0800 and word >> 16 & 31 != 31


@settings(max_examples=1200, deadline=None)
@given(st.integers(0, _64).map(situation_of), allowed_words())
def test_what_is_claimed_of_an_instruction_is_true_after_it(situation, instruction):
    """By induction over a path this makes every claim of the proof true (docs/verify.md)."""
    mnemonic, word = instruction
    effect = decode(word)
    if isinstance(effect, Rule | Transfer) or mnemonic in APART or mnemonic[:4] in ("paci", "auti"):
        return
    if not PROCESSOR.run(situation, word):
        return
    state = situation.state.copy()
    if isinstance(effect, Step):
        try:
            effect.step(Context(0, SEGMENTS), state, INDEX)
        except Refusal:
            return
    else:
        assert effect & ~ALL == 0
        state.known &= effect
    for register in range(31):
        value = state.get(register)
        if value is not None:
            assert PROCESSOR.holds(value, situation, register), (mnemonic, hex(word), register)
    assert state.sp is not None
    assert PROCESSOR.uc.reg_read(reg.UC_ARM64_REG_SP) == STACK_TOP + state.sp
    if mnemonic.startswith("st") and _adds_a_register(word):
        return  # may go anywhere on the stack: docs/verify.md, "What is not proved"
    for slot, value in state.slots.items():
        held = struct.unpack("<Q", PROCESSOR.uc.mem_read(STACK_TOP + slot, 8))[0]
        assert held == situation.concrete(value), (mnemonic, hex(word), slot)
