"""Who a call is for, as the app sees it in TPIDRRO_EL0 (ABI.md 2.1, 2.4)."""

from typing import NamedTuple

from xaprt import abi


class Requester(NamedTuple):
    domid: int
    vcpu: int

    @property
    def tpidrro(self) -> int:
        return self.domid << 32 | self.vcpu

    @classmethod
    def nobody(cls, served: int | None = None) -> "Requester":
        """INIT, TIMER and EVENT: of a PER_DOMAIN instance the guest that it serves."""
        return cls(abi.DOMID_NONE if served is None else served, abi.VCPU_NONE)
