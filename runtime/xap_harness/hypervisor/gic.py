"""The interrupt controller as a guest sees it: enough to take what was injected.

Trapped accesses to the GICv3 CPU interface (Arm IHI 0069, 12.2). Every interrupt is enabled
and of one priority; the distributor is not modelled.
"""

from xap_harness.hypervisor.domain import Domain

SPURIOUS = 1023

Register = tuple[int, int, int, int, int]
"""op0, op1, CRn, CRm, op2."""

_PMR: Register = (3, 0, 4, 6, 0)
_IAR1: Register = (3, 0, 12, 12, 0)
_OTHERS: frozenset[Register] = frozenset(
    {
        (3, 0, 12, 11, 1),  # DIR
        (3, 0, 12, 11, 3),  # RPR
        (3, 0, 12, 12, 1),  # EOIR1
        (3, 0, 12, 12, 2),  # HPPIR1
        (3, 0, 12, 12, 3),  # BPR1
        (3, 0, 12, 12, 4),  # CTLR
        (3, 0, 12, 12, 5),  # SRE
        (3, 0, 12, 12, 7),  # IGRPEN1
    }
)


def is_cpu_interface(register: Register) -> bool:
    return register in (_PMR, _IAR1) or register in _OTHERS


def read(domain: Domain, register: Register) -> int:
    """Reading IAR1 acknowledges the first interrupt pending; the others read as zero."""
    if register == _IAR1:
        virq = domain.take_interrupt()
        return SPURIOUS if virq is None else virq
    return 0
