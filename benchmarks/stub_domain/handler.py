"""The handler that is measured: CRC-32 of eight bytes, as often as the guest says.

Its answer depends on the request alone, so that both roads must give the same ones in whatever
order several guests are served.
"""

from typing import Final

from xap import App, Array, N, u8, u32, u64

app = App("checksum", version="1.0.0", uuid="6c2f0b52-1a0d-4c0a-9f53-0a5c1b7de912")

CHECKSUM: Final = 0xC600_0001
POLYNOMIAL: Final[u32] = u32(0xEDB8_8320)


def crc_entry(index: u32) -> u32:
    for _ in range(8):
        index = (index >> 1) ^ POLYNOMIAL if index & 1 != 0 else index >> 1
    return index


TABLE: Final = Array[u32, N[256]](crc_entry(u32(i)) for i in range(256))


def checksum_of(data: u64, crc: u32) -> u32:
    for i in range(8):
        crc = TABLE[(crc ^ u32(u8.wrap(data >> (8 * i)))) & 0xFF] ^ (crc >> 8)
    return crc


@app.smc(CHECKSUM)
def checksum(data: u64, rounds: u64) -> u32:
    crc = u32(0xFFFF_FFFF)
    for _ in range(rounds):
        crc = checksum_of(data, crc)
    return ~crc
