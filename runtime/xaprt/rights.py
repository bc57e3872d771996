"""What an app asks for and what the integrator lets it have (ABI.md 4.1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from xaprt.abi import GuestMemory, NeedKind
from xaprt.manifest import Manifest


@dataclass(frozen=True, slots=True)
class IoRegion:
    """A physical region of a device; both in bytes, multiples of the page."""

    name: str
    base: int
    size: int

    def lies_in(self, other: "IoRegion") -> bool:
        return other.base <= self.base and self.base + self.size <= other.base + other.size

    def meets(self, first: int, last: int) -> bool:
        return self.base <= last and first < self.base + self.size

    def __str__(self) -> str:
        return f"io region '{self.name}' {self.base:#x}..{self.base + self.size - 1:#x}"


@dataclass(frozen=True)
class Rights:
    """Nothing, unless said."""

    call_smc: frozenset[int] = frozenset()
    """Function identifiers."""
    guest_memory: GuestMemory | None = None
    io: tuple[IoRegion, ...] = ()
    irqs: frozenset[int] = frozenset()
    timer: bool = False

    @classmethod
    def asked_by(cls, manifest: Manifest) -> Self:
        """All that the manifest's needs say, and nothing more."""
        memory = [GuestMemory(int(mode)) for (mode,) in _needs(manifest, NeedKind.GUEST_MEMORY)]
        return cls(
            frozenset(int(fid) for ids in _needs(manifest, NeedKind.CALL_SMC) for fid in ids),
            max(memory, default=None),
            tuple(
                IoRegion(str(name), int(base), int(size))
                for name, base, size in _needs(manifest, NeedKind.IO)
            ),
            frozenset(int(virq) for (virq,) in _needs(manifest, NeedKind.IRQ)),
            any(True for _ in _needs(manifest, NeedKind.TIMER)),
        )

    def beyond(self, grant: "Rights") -> list[str]:
        """What of these rights `grant` does not hold, in words."""
        missing = []
        calls = sorted(self.call_smc - grant.call_smc)
        if calls:
            missing.append("call_smc of " + ", ".join(f"{fid:#010x}" for fid in calls))
        if self.guest_memory is not None and (grant.guest_memory or 0) < self.guest_memory:
            missing.append(f"guest memory ({self.guest_memory.name.lower().replace('_', ', ')})")
        missing += [
            str(region)
            for region in self.io
            if not any(region.lies_in(granted) for granted in grant.io)
        ]
        missing += [f"interrupt {virq}" for virq in sorted(self.irqs - grant.irqs)]
        if self.timer and not grant.timer:
            missing.append("the timer")
        return missing


def _needs(manifest: Manifest, kind: NeedKind) -> Iterable[tuple[int | str, ...]]:
    return [need.operands for need in manifest.needs if need.kind is kind]
