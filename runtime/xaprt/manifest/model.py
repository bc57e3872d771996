"""What a manifest holds, as values."""

import re
from dataclasses import dataclass

from xaprt import abi
from xaprt.abi import NeedKind, RouteFlag, RouteKind

NAME = re.compile(r"[a-z0-9_-]{1,31}")
NAME_RULE = "1 to 31 of [a-z0-9_-]"
NAME_FIELD = abi.MAX_NAME_BYTES + 1
MAX_BUILD_ID = 32


class ManifestError(ValueError):
    """One line: the record and the rule that it breaks."""


@dataclass(frozen=True, slots=True)
class Route:
    """Function identifiers or guest-physical addresses `first` to `last`, both included."""

    kind: RouteKind
    first: int
    last: int
    flags: RouteFlag

    @property
    def is_call(self) -> bool:
        return self.kind in (RouteKind.SMC, RouteKind.HVC)


@dataclass(frozen=True, slots=True)
class Need:
    """CALL_SMC: identifiers. GUEST_MEMORY: an `abi.GuestMemory`. IO: name, base, size.
    IRQ: the SPI. TIMER: nothing."""

    kind: NeedKind
    operands: tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an app is and asks for. Nothing is checked before it is encoded."""

    abi_version: int
    entry: int
    uuid: bytes
    name: str
    app_version: tuple[int, int, int]
    stack_bytes: int
    routes: tuple[Route, ...]
    needs: tuple[Need, ...]
    instances: abi.Instances
    restart_limit: int
    budget_us: int
    build_id: bytes
