"""Two apps that have done nothing: whatever an attacker does, they notice nothing.

`BYSTANDER` is shared by all guests and written in assembly, so that it sees every register, its
whole stack and its whole state. `NEIGHBOUR` is one per guest and written in Python.
"""

from tests.hostile.asm import PAGE, assemble
from tests.hostile.images import (
    HVC,
    MMIO_READ,
    MMIO_WRITE,
    POSTED,
    SMC,
    TIMER,
    Manifest,
    call_smc,
    guest_memory,
    image,
    io,
    irq,
    route,
)

ADD, SET_TIMER, INJECT, TOUCH_PAGE, LOG, FIRMWARE, DEVICE, REPORT, TALK = range(
    0xC700_0001, 0xC700_000A
)
REGISTERS, POSTED_REGISTERS = 0x0A00_0000, 0x0A00_1000
FIRMWARE_ID, SPI, DEVICE_BASE = 0xC200_0002, 40, 0x2000_0000
BUMP, PEEK = 0xC700_0101, 0xC700_0102
STACK = 2 * PAGE

_UNEXPECTED = "; ".join(f"orr x9, x9, x{n}" for n in range(10, 31))
_JUMPS = "; ".join(
    f"cmp x0, #{code}; b.eq {name}"
    for code, name in enumerate(("init", "smc", "smc", "mmio", "timer", "event", "posted"))
)
_CASES = "; ".join(f"cmp x10, #{number}; b.eq do{number}" for number in range(1, 10))

_CODE = f"""
    {_UNEXPECTED}
    mrs x10, tpidr_el0
    orr x9, x9, x10
    mrs x10, nzcv
    orr x9, x9, x10
    adr x28, #-100
    add x26, x28, #5, lsl #12
    mov x27, sp
    {_JUMPS}
    fail 38
note:
    ldr x10, [x26, #0x60]
    orr x10, x10, x9
    str x10, [x26, #0x60]
    ret
checksum:
    mov x12, #0
    mov x13, #512
word:
    ldr x14, [x11], #8
    ror x12, x12, #59
    add x12, x12, x14
    subs x13, x13, #1
    b.ne word
    ret
init:
    orr x9, x9, x3
    orr x9, x9, x4
    orr x9, x9, x5
    orr x9, x9, x6
    orr x9, x9, x7
    orr x9, x9, x8
    bl note
    str x1, [x26, #0x70]
    str x2, [x26, #0x78]
    sub x10, x27, #2, lsl #12
    li x11, 0x57ac4ed6e
    str x11, [x10]
    answer
smc:
    bl note
    and x10, x1, #0xff
    {_CASES}
    fail 38
do1:
    mrs x11, tpidrro_el0
    lsr x12, x11, #32
    and x12, x12, #7
    add x13, x26, x12, lsl #3
    ldr x14, [x13]
    add x14, x14, x2
    str x14, [x13]
    add x3, x3, x4, lsl #1
    add x3, x3, x5, lsl #2
    add x3, x3, x6, lsl #3
    add x3, x3, x7, lsl #4
    add x3, x3, x8, lsl #5
    mov x1, x14
    mov x2, x11
    mov x4, sp
    sub x4, x27, x4
    answer
do2:
    mov x0, x2
    sys 8
    reply
do3:
    mov x0, #{SPI}
    sys 7
    reply
do4:
    mov x0, x2
    mov x1, #1
    sys 4
    mov x10, x0
    ldr x11, [x10]
    add x12, x11, #1
    str x12, [x10]
    sys 5
    mov x1, x11
    mov x2, x0
    mov x3, #0
    mov x4, #0
    answer
do5:
    add x0, x28, #3, lsl #12
    mov x1, #12
    mov x2, #2
    sys 1
    reply
do6:
    li x0, {FIRMWARE_ID}
    mov x1, x2
    mov x2, x3
    mov x3, x4
    mov x4, x5
    mov x5, x6
    mov x6, x7
    sys 3
    answer
do7:
    mov x0, #0
    sys 6
    mov x10, x0
    ldr w11, [x10, #4]
    add w11, w11, #1
    str w11, [x10, #4]
    mov x1, x11
    mov x2, #0
    mov x3, #0
    mov x4, #0
    answer
do8:
    mov x11, x26
    bl checksum
    mov x1, x12
    sub x11, x27, #2, lsl #12
    bl checksum
    mov x2, x12
    ldr x11, [x26, #0x78]
    bl checksum
    mov x9, x12
    ldr x3, [x26, #0x60]
    ldr x4, [x26, #0x40]
    ldr x5, [x26, #0x48]
    ldr x6, [x26, #0x50]
    ldr x7, [x26, #0x58]
    mov x0, #1
    mov x8, #0
    svc #0
do9:
    mov x20, x2
    add x21, x28, #3, lsl #12
more:
    mov x0, x21
    mov x1, #12
    mov x2, #1
    sys 1
    subs x20, x20, #1
    b.ne more
    reply
mmio:
    orr x9, x9, x5
    orr x9, x9, x6
    orr x9, x9, x7
    orr x9, x9, x8
    bl note
    and x12, x2, #0xff
    add x13, x26, #0x100
    add x13, x13, x12
    and x15, x3, #0xff
    tbnz x3, #8, store
    ldrb w1, [x13]
    cmp x15, #1
    b.eq loaded
    ldrh w1, [x13]
    cmp x15, #2
    b.eq loaded
    ldr w1, [x13]
    cmp x15, #4
    b.eq loaded
    ldr x1, [x13]
loaded:
    orn x2, xzr, xzr
    answer
store:
    strb w4, [x13]
    cmp x15, #1
    b.eq stored
    strh w4, [x13]
    cmp x15, #2
    b.eq stored
    str w4, [x13]
    cmp x15, #4
    b.eq stored
    str x4, [x13]
stored:
    answer
timer:
    orr x9, x9, x2
    orr x9, x9, x3
    orr x9, x9, x4
    orr x9, x9, x5
    orr x9, x9, x6
    orr x9, x9, x7
    orr x9, x9, x8
    bl note
    ldr x10, [x26, #0x40]
    add x10, x10, #1
    str x10, [x26, #0x40]
    answer
event:
    orr x9, x9, x3
    orr x9, x9, x4
    orr x9, x9, x5
    orr x9, x9, x6
    orr x9, x9, x7
    orr x9, x9, x8
    bl note
    ldr x10, [x26, #0x48]
    mov x11, #31
    mul x10, x10, x11
    add x10, x10, x1, lsl #4
    add x10, x10, x2
    str x10, [x26, #0x48]
    answer
posted:
    orr x9, x9, x2
    orr x9, x9, x3
    orr x9, x9, x4
    orr x9, x9, x5
    orr x9, x9, x6
    orr x9, x9, x7
    orr x9, x9, x8
    bl note
    ldr x10, [x26, #0x50]
    ldr x12, [x26, #0x58]
    add x12, x12, x1
    str x12, [x26, #0x58]
    ldr x13, [x26, #0x78]
    mov x11, #31
record:
    ldp x14, x15, [x13], #16
    ldp x16, x17, [x13], #16
    mul x10, x10, x11
    add x10, x10, x14
    add x10, x10, x15, lsl #1
    add x10, x10, x16, lsl #2
    add x10, x10, x17, lsl #3
    subs x1, x1, #1
    b.ne record
    str x10, [x26, #0x50]
    answer
"""

_MANIFEST = Manifest(
    name="bystander",
    uuid=0xB1,
    routes=(
        route(SMC, ADD, TALK),
        route(HVC, ADD),
        route(MMIO_READ, REGISTERS, REGISTERS + PAGE - 1),
        route(MMIO_WRITE, REGISTERS, REGISTERS + PAGE - 1),
        route(MMIO_READ, POSTED_REGISTERS, POSTED_REGISTERS + PAGE - 1),
        route(MMIO_WRITE, POSTED_REGISTERS, POSTED_REGISTERS + PAGE - 1, POSTED),
    ),
    needs=(
        guest_memory(3),
        irq(SPI),
        call_smc(FIRMWARE_ID),
        io("uart", DEVICE_BASE, 2 * PAGE),
        TIMER,
    ),
    stack=STACK,
    restart=3,
)

BYSTANDER = image(assemble(_CODE), _MANIFEST.encoded(), constants=b"all is well\n").bytes()

NEIGHBOUR = f'''
"""One per guest: counts, and peeks at its guest's memory."""

from xap import App, Instances, Needs, log, map_guest_page, struct, u64

app = App(
    "neighbour",
    version="1.0.0",
    uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c12",
    instances=Instances.PER_DOMAIN,
    needs=[Needs.guest_memory("r")],
)


@struct
class State:
    calls: u64 = u64(0)
    total: u64 = u64(0)


state = State()


@app.init
def start() -> None:
    log.info("neighbour ready")


@app.smc({BUMP:#x})
def bump(step: u64) -> tuple[u64, u64]:
    state.calls += 1
    state.total += step
    return state.calls, state.total


@app.smc({PEEK:#x})
def peek(ipa: u64) -> u64:
    with map_guest_page(ipa) as page:
        return page.load(u64, 0) if page else u64(0)
'''
