"""A mailbox for every guest: words sent from one domain to another, in order.

| call | id | arguments | answer |
|---|---|---|---|
| OPEN | 0xC600_0020 | | x0 = 0, or NO_SPACE |
| SEND | 0xC600_0021 | x1: to domain, x2: a word | x0 = 0, NO_MAILBOX or FULL |
| RECEIVE | 0xC600_0022 | | x0 = 0, x1 = from domain, x2 = the word; or NO_MAILBOX, EMPTY |

One instance serves all guests and knows each by `caller()`, which the hypervisor vouches for:
no guest can read another's mail or send in another's name.
"""

from typing import Final

from xap import App, Array, N, caller, i64, log, struct, u16, u32, u64

app = App("mailbox", version="1.0.0", uuid="f1c4b1f6-90b8-4f5b-a9f8-7d0f7fb9c0aa")

OPEN: Final = 0xC600_0020
SEND: Final = 0xC600_0021
RECEIVE: Final = 0xC600_0022

OK: Final = 0
NO_MAILBOX: Final = -1
FULL: Final = -2
EMPTY: Final = -3
NO_SPACE: Final = -4


@struct
class Letter:
    sender: u16 = u16(0)
    word: u64 = u64(0)


@struct
class Box:
    used: bool = False
    owner: u16 = u16(0)
    first: u32 = u32(0)
    count: u32 = u32(0)
    letters: Array[Letter, N[4]] = Array[Letter, N[4]]()

    def put(self, sender: u16, word: u64) -> bool:
        if self.count == len(self.letters):
            return False
        letter = self.letters[(self.first + self.count) % len(self.letters)]  # a reference: no copy
        letter.sender = sender
        letter.word = word
        self.count += 1
        return True

    def drop_first(self) -> None:
        self.first = (self.first + 1) % len(self.letters)
        self.count -= 1


boxes = Array[Box, N[8]]()


def find(owner: u16) -> i64:
    """The index of the domain's box, or -1."""
    for i in range(len(boxes)):
        if boxes[i].used and boxes[i].owner == owner:
            return i64(i)
    return i64(-1)


@app.smc(OPEN)
def open_box() -> i64:
    me = caller().domid
    if find(me) >= 0:
        return i64(OK)
    for i in range(len(boxes)):
        if not boxes[i].used:
            boxes[i].used = True
            boxes[i].owner = me
            log.info(f"domain {me} has box {i}")
            return i64(OK)
    return i64(NO_SPACE)


@app.smc(SEND)
def send(to: u16, word: u64) -> i64:
    at = find(to)
    if at < 0:
        return i64(NO_MAILBOX)
    return i64(OK) if boxes[at].put(caller().domid, word) else i64(FULL)


@app.smc(RECEIVE)
def receive() -> tuple[i64, u16, u64]:
    at = find(caller().domid)
    if at < 0:
        return i64(NO_MAILBOX), u16(0), u64(0)
    box = boxes[at]
    if box.count == 0:
        return i64(EMPTY), u16(0), u64(0)
    letter = box.letters[box.first]
    answer = i64(OK), letter.sender, letter.word
    box.drop_first()
    return answer
