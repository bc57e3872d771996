"""Arm's True Random Number Generator firmware interface (DEN0098 1.0), served to guests.

A guest asks for random bits by SMC. This app draws them from the real firmware, which guests
cannot reach, tests what it gets (SP 800-90B section 4.4.1), and gives every bit out once.

| call | id | arguments | answer |
|---|---|---|---|
| TRNG_VERSION | 0x8400_0050 | | w0 = 0x1_0000 (1.0) |
| TRNG_FEATURES | 0x8400_0051 | w1: a function id | w0 = 0, or NOT_SUPPORTED |
| TRNG_GET_UUID | 0x8400_0052 | | w0..w3 |
| TRNG_RND32 | 0x8400_0053 | w1: 1..96 bits | w0 = 0, bits in w3 (lowest), w2, w1 |
| TRNG_RND64 | 0xC400_0053 | x1: 1..192 bits | x0 = 0, bits in x3 (lowest), x2, x1 |

Linux's driver is drivers/char/hw_random/arm_smccc_trng.c.
"""

from typing import Final

from xap import (
    App,
    Array,
    N,
    Needs,
    Restart,
    call_smc,
    caller,
    i32,
    i64,
    log,
    static_assert,
    struct,
    u32,
    u64,
)

# `needs` is what the app asks of whoever integrates it, and all that it will ever get:
# a call of the firmware that is not declared here is an error when the app is compiled.
app = App(
    "trng",
    version="1.0.0",
    uuid="c5f5d1a3-7c3e-4f0b-8f5e-2b9f0d6a4e71",
    restart=Restart.ON_FAULT(limit=3),
    needs=[Needs.call_smc(0xC400_0053)],
)

VERSION: Final = 0x8400_0050
FEATURES: Final = 0x8400_0051
GET_UUID: Final = 0x8400_0052
RND32: Final = 0x8400_0053
RND64: Final = 0xC400_0053
SERVED: Final = Array[u32, N[5]]((VERSION, FEATURES, GET_UUID, RND32, RND64))

SUCCESS: Final = 0
NOT_SUPPORTED: Final = -1
INVALID_PARAMETERS: Final = -2
NO_ENTROPY: Final = -3

# --- the health test --------------------------------------------------------------------------
# A source that got stuck repeats itself. The repetition count test of SP 800-90B, 4.4.1 fails
# it after CUTOFF equal samples in a row: 1 + ceil(-log2(alpha) / H), where alpha is how often
# a good source may be blamed and H the entropy claimed for a sample. A sample is one word of
# 64 bits; the firmware owes 64 bits of entropy in it, and we claim a quarter of that.

ALARM_BITS: Final = 30  # alpha is 2**-30
CLAIMED_BITS: Final = 16
CUTOFF: Final = 1 + (ALARM_BITS + CLAIMED_BITS - 1) // CLAIMED_BITS

static_assert(CUTOFF <= 3, "one draw of three words must be enough to see a stuck source")


@struct
class Health:
    last: u64 = u64(0)
    run: u32 = u32(0)  # how often `last` came in a row
    alarms: u32 = u32(0)  # since the instance started


health = Health()


def repeats(word: u64) -> bool:
    """Whether the source, having given `word`, must be taken for stuck."""
    if word == health.last:
        health.run = health.run.saturating_add(1)
    else:
        health.last = word
        health.run = u32(1)
    return health.run >= CUTOFF


# --- the pool ---------------------------------------------------------------------------------
# Words that were drawn and not given out yet. One instance serves all guests, so this is also
# what keeps them apart: a word leaves the pool when it is handed to one of them.


@struct
class Pool:
    # Two left over from the last draw, and three of the next.
    words: Array[u64, N[5]] = Array[u64, N[5]]()
    count: u32 = u32(0)


pool = Pool()


def forget() -> None:
    pool.words.fill(u64(0))
    pool.count = u32(0)


def put(word: u64) -> bool:
    """False, and an empty pool, if the source fails its test at this word."""
    if repeats(word):
        health.alarms = health.alarms.saturating_add(1)
        log.error(f"source repeats itself, alarm {health.alarms}")
        forget()
        return False
    pool.words[pool.count] = word
    pool.count += 1
    return True


def take(bits: u64) -> u64:
    """The low `bits` of the word drawn last, all of it from 64 on. What is left of it is lost."""
    pool.count -= 1
    word = pool.words[pool.count]
    pool.words[pool.count] = u64(0)
    return word if bits >= 64 else word & ((u64(1) << bits) - 1)


def fill(bits: u64) -> bool:
    """Whether the pool holds enough for a request of `bits` (at most 192)."""
    if u64(pool.count) * 64 >= bits:
        return True
    drawn = call_smc(RND64, 192)
    if drawn.x0 != SUCCESS:
        log.warn(f"firmware has no entropy: {i64.wrap(drawn.x0)}")
        return False
    return put(drawn.x1) and put(drawn.x2) and put(drawn.x3)


def part(bits: u64, position: u64) -> u64:
    """What a request of `bits` gets as its 64 bits from `position` on: zero beyond its end."""
    return take(bits - position) if bits > position else u64(0)


# --- the calls --------------------------------------------------------------------------------
# The types say what the calling convention says: a u32 parameter is a w register, whatever the
# guest left in its upper half; an i32 result is sign-extended, so that -2 is -2 to a guest
# that looks at 32 bits and to one that looks at 64.


@app.smc(VERSION)
def version() -> u32:
    log.info(f"TRNG 1.0 found by domain {caller().domid}")
    return u32(0x1_0000)


@app.smc(FEATURES)
def features(fid: u32) -> i32:
    for each in SERVED:
        if each == fid:
            return i32(SUCCESS)
    return i32(NOT_SUPPORTED)


@app.smc(GET_UUID)
def get_uuid() -> tuple[u32, u32, u32, u32]:
    # The app's own, as SMCCC passes a UUID: byte 0 is the lowest of w0.
    return u32(0xA3D1_F5C5), u32(0x0B4F_3E7C), u32(0x9F2B_5E8F), u32(0x714E_6A0D)


@app.smc(RND32)
def rnd32(bits: u32) -> tuple[i32, u32, u32, u32]:
    if not 1 <= bits <= 96:
        return i32(INVALID_PARAMETERS), u32(0), u32(0), u32(0)
    wanted = u64(bits)
    if not fill(wanted):
        return i32(NO_ENTROPY), u32(0), u32(0), u32(0)
    low = part(wanted, u64(0))
    high = part(wanted, u64(64))
    return i32(SUCCESS), u32(high), u32(low >> 32), u32.wrap(low)


@app.smc(RND64)
def rnd64(bits: u64) -> tuple[i64, u64, u64, u64]:
    if not 1 <= bits <= 192:
        return i64(INVALID_PARAMETERS), u64(0), u64(0), u64(0)
    if not fill(bits):
        return i64(NO_ENTROPY), u64(0), u64(0), u64(0)
    low = part(bits, u64(0))
    middle = part(bits, u64(64))
    high = part(bits, u64(128))
    return i64(SUCCESS), high, middle, low
