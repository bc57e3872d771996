"""What the hypervisor's own work costs, in instructions: it takes no virtual time by itself.

All counted on Xen 4.17 for arm64, release builds, in QEMU with `-icount shift=0`; the last two by
`benchmarks.stub_domain.on_xen`.
"""

from dataclasses import dataclass

PLAIN_CALL = 515
"""An SMC that Xen answers itself (PSCI_VERSION), from the guest's instruction to its next one."""

APP_CALL = 1391
"""The same through an empty native app."""

YIELD_AND_BACK = 5176
"""Two domains on one CPU: from one's yield through the other's to the one's next instruction, so
two traps and two switches. Credit scheduler; with credit2, the default, it is 7573."""

YIELD_TRAP = 504
"""The plain SMC again, in the build with which that was counted."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Instructions, one nanosecond each. MODEL is what is used; FREE is the emulation alone."""

    trap: int = PLAIN_CALL
    """A guest's trap to the hypervisor and back."""
    app: int = APP_CALL - PLAIN_CALL
    """Into the app and back out, within a trap."""
    switch: int = YIELD_AND_BACK // 2 - YIELD_TRAP
    """From one vCPU to another, the choice of it included: half of it for leaving the one, half
    for taking up the other, also where the CPU idles in between (Xen on Arm does not switch
    lazily)."""

    @property
    def trap_in(self) -> int:
        return self.trap // 2

    @property
    def trap_out(self) -> int:
        return self.trap - self.trap_in

    @property
    def save(self) -> int:
        return self.switch // 2

    @property
    def restore(self) -> int:
        return self.switch - self.save


MODEL = Costs()
FREE = Costs(0, 0, 0)
