"""Posted writes: what a vCPU has written and the app has not been told yet (ABI.md 2.5)."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from xaprt.abi import PAGE_SIZE, POSTED_RECORD_BYTES

from xap_harness.hypervisor.requester import Requester

MAX_RECORDS = PAGE_SIZE // POSTED_RECORD_BYTES
DELAY_NS = 1_000_000


class Record(NamedTuple):
    """One write: IPA of the region, offset in it, width in bytes, zero-extended value."""

    region: int
    offset: int
    width: int
    value: int


@dataclass
class Batch:
    """Writes of one vCPU, in order. `due_ns`: when they are handed over at the latest."""

    requester: Requester
    due_ns: int
    records: list[Record] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return len(self.records) == MAX_RECORDS


def request_page(records: Iterable[Record]) -> bytes:
    """The page as the app sees it: what no record fills is zero."""
    content = b"".join(struct.pack("<4Q", *record) for record in records)
    return content.ljust(PAGE_SIZE, b"\0")
