"""A guest's UART in front of a real one: Arm's PL011 r1p5, and so the SBSA's generic UART.

| where | what |
|---|---|
| 0x0900_0000, interrupt 33 | the registers and UARTINTR of DDI 0183G, chapters 3 and 2.8 |
| uart1 | a PL011 of the machine, set up by firmware, that sends and receives for the guest |

Modelled: FIFOs, 32 deep or one, and their levels; errors, flags, interrupts, enables. Kept without
effect: baud rate, word format, IrDA, DMA. Left out: loopback, modem lines, breaks to send. As the
SBSA asks of firmware (DEN0029, appendix B), the guest finds it switched on and with FIFOs.

Stores are posted: the guest goes on at once, and many characters cost one switch. It cannot tell,
as its loads come after all that it stored: only the line and the interrupt lag, by 1 ms at most.
"""

from typing import Final

from xap import (
    App,
    Array,
    Instances,
    MmioAccess,
    N,
    Needs,
    Restart,
    inject_irq,
    map_io,
    set_timer,
    struct,
    u32,
    u64,
)

VIRQ: Final = 33
# An app gets no interrupt of the real UART, whose FIFO is full after 2.8 ms at 115,200 baud.
POLL_NS: Final = 2_000_000

app = App(
    "pl011",
    version="1.0.0",
    uuid="5e0c7d1f-4a53-4f0e-9c1b-2f7a86d3b011",
    instances=Instances.PER_DOMAIN,  # each for one guest, and one real UART
    restart=Restart.ON_FAULT(limit=3),
    needs=[Needs.io("uart1", 0x0904_0000, 0x1000), Needs.irq(VIRQ), Needs.timer()],
)

# Registers by number, which is how a View[u32] of the real one counts them too.
DR: Final = 0x00 // 4
RSR: Final = 0x04 // 4  # UARTECR when it is written
RESERVED: Final = 0x08 // 4
FR: Final = 0x18 // 4
LCR_H: Final = 0x2C // 4
CR: Final = 0x30 // 4
IFLS: Final = 0x34 // 4
IMSC: Final = 0x38 // 4
RIS: Final = 0x3C // 4
MIS: Final = 0x40 // 4
ICR: Final = 0x44 // 4
ID: Final = 0xFE0 // 4

# From UARTDR to UARTDMACR, the bits that a store changes: of status there are none.
KEPT: Final = Array[u32, N[19]](
    (0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFFFF, 0x3F, 0xFF, 0xFF87, 0x3F, 0x7FF, 0, 0, 0, 7)
)
IDENTITY: Final = Array[u32, N[8]]((0x11, 0x10, 0x34, 0x00, 0x0D, 0xF0, 0x05, 0xB1))
LEVELS: Final = Array[u32, N[8]]((4, 8, 16, 24, 28, 28, 28, 28))  # by UARTIFLS; 5 to 7 are reserved

RXFE: Final = 1 << 4  # UARTFR
TXFF: Final = 1 << 5
FEN: Final = 1 << 4  # UARTLCR_H
TX_ON: Final = 1 << 8 | 1  # UARTCR: TXE, UARTEN
RX_ON: Final = 1 << 9 | 1  # RXE, UARTEN
RX: Final = 1 << 4  # UARTIMSC, RIS, MIS, ICR; the four errors are from bit 7 on
TX: Final = 1 << 5
RT: Final = 1 << 6


@struct
class Fifo:
    items: Array[u32, N[32]] = Array[u32, N[32]]()
    first: u32 = u32(0)
    count: u32 = u32(0)

    def push(self, item: u32) -> None:
        self.items[(self.first + self.count) % 32] = item
        self.count += 1

    def pop(self) -> u32:
        item = self.items[self.first]
        self.first = (self.first + 1) % 32
        self.count -= 1
        return item


@struct
class Uart:
    tx: Fifo = Fifo()
    rx: Fifo = Fifo()  # as UARTDR shows it: FE, PE, BE and OE from bit 8 on
    regs: Array[u32, N[19]] = Array[u32, N[19]](
        (0, 0, 0, 0, 0, 0, 0x90, 0, 0, 0, 0, 0x70, 0x301, 0x12, 0, 0, 0, 0, 0)
    )

    def depth(self) -> u32:
        return u32(32) if self.regs[LCR_H] & FEN != 0 else u32(1)

    def level(self, select: u32, alone: u32) -> u32:
        return LEVELS[select] if self.regs[LCR_H] & FEN != 0 else alone

    def put(self, character: u32) -> None:
        if self.tx.count < self.depth():
            self.tx.push(character)
        if self.tx.count > self.level(self.regs[IFLS].bits(2, 0), u32(0)):
            self.regs[RIS] &= ~u32(TX)
            self.regs[MIS] &= ~u32(TX)

    def get(self) -> u32:
        character = self.rx.pop() if self.rx.count > 0 else u32(0)
        self.regs[RSR] = self.regs[RSR] & 8 | character >> 8
        if self.rx.count < self.level(self.regs[IFLS].bits(5, 3), u32(1)):
            self.regs[RIS] &= ~u32(RX)
        if self.rx.count == 0:
            self.regs[RIS] &= ~u32(RT)
        self.update()
        return character

    def move(self) -> None:
        """As many characters as the line takes and has."""
        sends, receives = self.regs[CR] & TX_ON == TX_ON, self.regs[CR] & RX_ON == RX_ON
        with map_io("uart1") as line:
            while sends and self.tx.count > 0 and line[FR] & TXFF == 0:
                line[DR] = self.tx.pop()
                if self.tx.count <= self.level(self.regs[IFLS].bits(2, 0), u32(0)):
                    self.regs[RIS] |= TX
            while receives and self.rx.count < self.depth() and line[FR] & RXFE == 0:
                character = line[DR] & 0xFFF
                self.rx.push(character)
                self.regs[RIS] |= character >> 8 << 7
                if self.rx.count == self.level(self.regs[IFLS].bits(5, 3), u32(1)):
                    self.regs[RIS] |= RX

    def update(self) -> None:
        """Flags and UARTMIS. An app's interrupts are edges: one for what has risen."""
        full = u32(self.tx.count == self.depth()) << 5 | u32(self.rx.count == self.depth()) << 6
        empty = u32(self.rx.count == 0) << 4 | u32(self.tx.count == 0) << 7
        self.regs[FR] = full | empty | u32(self.tx.count > 0) << 3
        masked = self.regs[RIS] & self.regs[IMSC]
        if masked & ~self.regs[MIS] != 0:
            inject_irq(VIRQ)
        self.regs[MIS] = masked


uart = Uart()


def register(offset: u64) -> u64:
    """The number of the register there, or of a reserved one."""
    return offset // 4 if offset % 4 == 0 and not 0x48 < offset < 0xFE0 else u64(RESERVED)


@app.mmio_read(base=0x0900_0000, size=0x1000)
def read(access: MmioAccess) -> u64:
    number = register(access.offset)
    if number == DR:
        return u64(uart.get())
    return u64(uart.regs[number] if number < ID else IDENTITY[number - ID])


@app.mmio_write(base=0x0900_0000, size=0x1000, posted=True)
def write(access: MmioAccess, value: u64) -> None:
    number, word = register(access.offset), u32.wrap(value)
    if number == DR:
        uart.put(word & 0xFF)
    elif number == RSR:
        uart.regs[RSR] = u32(0)
    elif number == ICR:
        uart.regs[RIS] &= ~word
    elif number < ID and KEPT[number] != 0:
        uart.regs[number] = word & KEPT[number]
        if number == LCR_H and word & FEN == 0:
            uart.tx.count, uart.rx.count = u32(0), u32(0)
    uart.move()
    uart.update()


@app.init
def start() -> None:
    set_timer(POLL_NS)


@app.timer
def tick(now: u64) -> None:
    held = uart.rx.count
    uart.move()
    if held > 0 and uart.rx.count == held:  # nothing came for longer than 32 bits take
        uart.regs[RIS] |= RT
    uart.regs[MIS] = u32(0)  # UARTINTR is a level: the guest is reminded as long as it is high
    uart.update()
    set_timer(POLL_NS)
