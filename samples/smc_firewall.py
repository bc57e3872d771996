"""Guests and the firmware of a SoC: calls on a list go through, each guest's only so often.

| call | id | arguments | answer |
|---|---|---|---|
| those of RULES | | | the firmware's, or NOT_SUPPORTED if the guest asks too often |
| other SiP calls | 0x8200_0000.., 0xC200_0000.. | | NOT_SUPPORTED |
| COUNTERS | 0xC600_0030 | x1: a domid | x0 = 0, x1..x3 = calls passed, refused and limited |

A call that is not let through looks like one that the firmware does not have (SMCCC, DEN0028).
A guest may read its own counters, the MANAGER those of all. Each guest has a bucket of tokens: a
call takes what it costs, RATE flow in a second, and it holds BURST.
"""

from enum import Enum
from typing import Final

from xap import (
    App,
    Array,
    Event,
    N,
    Needs,
    Restart,
    SmcCall,
    SmcResult,
    call_smc,
    caller,
    i64,
    log,
    now_ns,
    smccc,
    static_assert,
    struct,
    u8,
    u16,
    u32,
    u64,
)

# In place of these, the services of your SoC. The last word is not this app's: the integrator
# grants of `needs` what he likes, and the hypervisor nothing that would reach behind it.
TEMPERATURE: Final = 0x8200_0010
READ_FUSE: Final = 0xC200_0011
SET_CLOCK: Final = 0xC200_0012
COUNTERS: Final = 0xC600_0030
MANAGER: Final = 0

app = App(
    "smc_firewall",
    version="1.0.0",
    uuid="2f6b8a44-90d3-4d3b-b7de-6f1a5c7e9f12",
    restart=Restart.ON_FAULT(limit=3),
    needs=[Needs.call_smc(TEMPERATURE, READ_FUSE, SET_CLOCK)],
)


@struct
class Rule:
    fid: u32 = u32(0)
    cost: u32 = u32(1)


RULES: Final = Array[Rule, N[3]](
    (
        Rule(u32(TEMPERATURE), u32(1)),
        Rule(u32(READ_FUSE), u32(1)),
        Rule(u32(SET_CLOCK), u32(10)),
    )
)
RATE: Final = 100
BURST: Final = 20
TOKEN_NS: Final = 1_000_000_000 // RATE

static_assert(RULES[2].cost <= BURST, "who waits long enough may set the clock")


class Verdict(u8, Enum):
    PASSED = 0
    REFUSED = 1
    LIMITED = 2


@struct
class Guest:
    lives: bool = False
    domid: u16 = u16(0)
    credit: u64 = u64(BURST * TOKEN_NS)  # ns: what the bucket holds, as the time that fills it
    since: u64 = u64(0)
    counts: Array[u64, N[3]] = Array[u64, N[3]]()  # by Verdict

    def pays(self, cost: u32) -> bool:
        now = now_ns()
        self.credit = min(self.credit + (now - self.since), u64(BURST * TOKEN_NS))
        self.since = now
        price = u64(cost) * TOKEN_NS
        if self.credit < price:
            return False
        self.credit -= price
        return True

    def judge(self, fid: u32) -> Verdict:
        for rule in RULES:
            if rule.fid == fid:
                return Verdict.PASSED if self.pays(rule.cost) else Verdict.LIMITED
        return Verdict.REFUSED


guests = Array[Guest, N[16]]()


def find(domid: u16) -> i64:
    """The index of a guest that lives, or -1."""
    for i, guest in enumerate(guests):
        if guest.lives and guest.domid == domid:
            return i64(i)
    return i64(-1)


@app.event(Event.DOMAIN_CREATED)
def came(domid: u16) -> None:
    for i, guest in enumerate(guests):
        if not guest.lives:
            guests[i] = Guest(lives=True, domid=domid)
            return
    log.error(f"no place for domain {domid}: all its calls are refused")


@app.event(Event.DOMAIN_DESTROYED)
def went(domid: u16) -> None:
    at = find(domid)  # another guest may get the number, and must not get the counters
    if at >= 0:
        guests[at].lives = False


def refusal() -> SmcResult:
    return SmcResult(u64.wrap(i64(smccc.NOT_SUPPORTED)))


@app.smc(range(0x8200_0000, 0x8200_FF00), range(0xC200_0000, 0xC200_FF00))
def filter_call(call: SmcCall) -> SmcResult:
    at = find(call.caller.domid)
    if at < 0:
        return refusal()
    verdict = guests[at].judge(call.fid)
    guests[at].counts[u8(verdict)] += 1
    if verdict is not Verdict.PASSED:
        return refusal()
    # The upper halves mean nothing in a 32-bit call (section 2.5): what was left there stays here.
    mask = u64.MAX if call.fid & smccc.CALL_64 != 0 else u64(0xFFFF_FFFF)
    return call_smc(
        call.fid,
        call.x1 & mask,
        call.x2 & mask,
        call.x3 & mask,
        call.x4 & mask,
        call.x5 & mask,
        call.x6 & mask,
    )


@app.smc(COUNTERS)
def counters(domid: u16) -> tuple[i64, u64, u64, u64]:
    me = caller().domid
    at = find(domid)
    if at < 0 or (me != domid and me != MANAGER):
        return i64(smccc.NOT_SUPPORTED), u64(0), u64(0), u64(0)
    counts = guests[at].counts
    return i64(0), counts[0], counts[1], counts[2]
