"""CRC-32 of what guests send, eight bytes a call: a table computed when the app is built.

| call | id | arguments | answer |
|---|---|---|---|
| START | 0xC600_0010 | | |
| UPDATE | 0xC600_0011 | x1: up to eight bytes, the first one lowest; x2: how many | |
| DIGEST | 0xC600_0012 | | w0 = the checksum, x1 = bytes seen |

The checksum is that of zlib and Ethernet (polynomial 0x04C1_1DB7, reflected). All guests
share one, as the app is SHARED: see mailbox.py for state of each guest's own.
"""

from typing import Final

from xap import App, Array, N, static_assert, struct, u8, u32, u64

app = App("crc", version="1.0.0", uuid="1d2a0cd5-2c5b-4c63-8a35-0b4f9c86c1e2")

# A constant with a width is written with its type; one without is exact and takes a width
# from its use, as the ids do.
POLYNOMIAL: Final[u32] = u32(0xEDB8_8320)
START: Final = 0xC600_0010
UPDATE: Final = 0xC600_0011
DIGEST: Final = 0xC600_0012


def crc_entry(index: u32) -> u32:
    for _ in range(8):
        index = (index >> 1) ^ POLYNOMIAL if index & 1 != 0 else index >> 1
    return index


# Run by the compiler: 1 KiB of constants in the image, and no code that makes them.
TABLE: Final = Array[u32, N[256]](crc_entry(u32(i)) for i in range(256))

static_assert(TABLE[1] == 0x7707_3096, "the table is the usual one")


@struct
class State:
    crc: u32 = u32(0xFFFF_FFFF)
    seen: u64 = u64(0)

    def add(self, byte: u8) -> None:
        self.crc = TABLE[(self.crc ^ u32(byte)) & 0xFF] ^ (self.crc >> 8)
        self.seen += 1


state = State()


@app.smc(START)
def start() -> None:
    state.crc = u32(0xFFFF_FFFF)
    state.seen = u64(0)


@app.smc(UPDATE)
def update(data: u64, count: u64) -> None:
    # A guest may put anything into its registers. This stops the call before anything has
    # changed: the guest gets -1, and the console this line.
    assert count <= 8, "UPDATE takes at most eight bytes"
    for i in range(8):
        if u64(i) < count:
            state.add(u8.wrap(data >> (8 * i)))


@app.smc(DIGEST)
def digest() -> tuple[u32, u64]:
    return ~state.crc, state.seen
