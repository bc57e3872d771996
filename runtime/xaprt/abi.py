"""Every number of the contract between a hypervisor and a native app, once (ABI.md 1.0).

The linker, the verifier, the emulated hypervisor, the SDK and the generated C header all
read this module. Section numbers in the comments are those of the contract.
"""

from enum import IntEnum, IntFlag

VERSION_MAJOR = 1
VERSION_MINOR = 0
VERSION = VERSION_MAJOR << 16 | VERSION_MINOR

PAGE_SIZE = 4096

# Section 1, clause 4: an image beyond one of these is refused.
MAX_IMAGE_BYTES = 1 << 20
MAX_STACK_BYTES = 64 << 10
MAX_MANIFEST_BYTES = 4 << 10
MAX_CALL_ROUTES = 32
MAX_MMIO_ROUTES = 8
MAX_NEEDS_OF_A_KIND = 8
MAX_LOAD_SEGMENTS = 4
MAX_NAME_BYTES = 31

STACK_ALIGN = 16  # AAPCS64: sp is 16-byte aligned at a public interface


class Errno(IntEnum):
    """Error numbers of Xen's public/errno.h; a system call returns them negated."""

    EPERM = 1
    ENOENT = 2
    ENOMEM = 12
    EFAULT = 14
    EBUSY = 16
    EINVAL = 22
    ENOSYS = 38


MAX_ERRNO = 4095


class Function(IntEnum):
    """Section 2: the function code in x0 at the entry point."""

    INIT = 0
    HANDLE_SMC = 1
    HANDLE_HVC = 2
    HANDLE_MMIO = 3
    TIMER = 4
    EVENT = 5
    HANDLE_POSTED = 6


class Status(IntEnum):
    """Section 2, clause 2: how a call ended (x0 of system call 0); else -errno."""

    DONE = 0
    DONE_8 = 1
    NOT_HANDLED = -Errno.ENOSYS


MMIO_WRITE = 1 << 8  # in x3 of HANDLE_MMIO, beside the width


class Event(IntEnum):
    DOMAIN_CREATED = 1
    DOMAIN_DESTROYED = 2


DOMID_NONE = 0x7FF4
"""The domid that a SHARED instance sees where there is no requester."""
VCPU_NONE = 0xFFFF

POSTED_RECORD_BYTES = 32


class Syscall(IntEnum):
    """Section 3: the number in x8."""

    RETURN = 0
    LOG = 1
    PANIC = 2
    CALL_SMC = 3
    MAP_GUEST_PAGE = 4
    UNMAP = 5
    MAP_IO = 6
    INJECT_IRQ = 7
    SET_TIMER = 8
    TIME = 9


class LogLevel(IntEnum):
    ERROR = 0
    WARN = 1
    INFO = 2
    DEBUG = 3


LOG_BYTES = 256
LOG_LINES_PER_CALL = 16
LOG_LINES_PER_SECOND = 100

MAP_WRITABLE = 1
MAX_GUEST_PAGES = 8

CALL_SMC_FIRST_ID = 0x0200_0000
CALL_SMC_ARGUMENTS = 6
REFUSED = 0xFFFF_FFFF_FFFF_FFFF
"""x0 of an SMC or HVC that nobody handled, or whose app faulted."""

SPI_FIRST = 32
SPI_LAST = 1019

TIMER_MIN_NS = 1_000_000


class Reason(IntEnum):
    """Why a run-time check ended a call: `brk #(BRK_CHECK | reason)` (section 5, clause 1)."""

    OVERFLOW = 1
    DIVISION_BY_ZERO = 2
    SHIFT = 3
    CONVERSION = 4
    INDEX = 5
    MAPPING = 6
    ASSERT = 7
    PANIC = 8


BRK_CHECK = 0x5500

BUDGET_DEFAULT_US = 1000
BUDGET_MAX_US = 10_000
INSTRUCTIONS_PER_US = 1000
"""The emulated hypervisor's clock (section 5, clause 4)."""

RESTART_FIRST_NS = 10_000_000
RESTART_MAX_NS = 10_000_000_000
RESTART_FORGET_CALLS = 1000

DEFERRED_SHARE = 9
"""After deferred work that took t the next of that app comes at least 9t later (6.5)."""


class RouteKind(IntEnum):
    SMC = 1
    HVC = 2
    MMIO_READ = 3
    MMIO_WRITE = 4


class RouteFlag(IntFlag):
    NONE = 0
    POSTED = 1


class NeedKind(IntEnum):
    CALL_SMC = 1
    GUEST_MEMORY = 2
    IO = 3
    IRQ = 4
    TIMER = 5


class GuestMemory(IntEnum):
    READ = 1
    READ_WRITE = 3


class Instances(IntEnum):
    SHARED = 0
    PER_DOMAIN = 1


RESTART_NEVER = 0
"""Restart limit of Restart.NEVER."""


class Record(IntEnum):
    """Types of the manifest's records (section 1, clause 3)."""

    ABI_VERSION = 1
    ENTRY = 2
    UUID = 3
    NAME = 4
    APP_VERSION = 5
    STACK = 6
    ROUTE = 7
    NEED = 8
    INSTANCES = 9
    RESTART = 10
    BUDGET = 11
    BUILD_ID = 12


RECORD_REQUIRED = 1 << 31
"""Set in the type of an unknown record that a loader must not skip."""

NOTE_OWNER = "XAP"
NOTE_TYPE_MANIFEST = 1
NOTE_OWNER_XEN = "Xen"


class XenNote(IntEnum):
    """The notes of the 2017 proof of concept: XEN_ELFNOTE_* of Xen's public/elfnote.h."""

    ENTRY = 1
    HYPERCALL_PAGE = 2
    VIRT_BASE = 3
    PADDR_OFFSET = 4
    XEN_VERSION = 5
    GUEST_OS = 6
    GUEST_VERSION = 7
    LOADER = 8


# SMCCC (DEN0028) section 2.5: the parts of a function identifier.
ID_FAST = 1 << 31
ID_64 = 1 << 30
FIRST_FAST_OR_TRUSTED_OS_ID = 0x0200_0000
"""Below it lie the yielding calls that SMCCC leaves to software older than itself."""


def owner(fid: int) -> int:
    """The owning entity number of a function identifier (SMCCC table 6-2)."""
    return fid >> 24 & 0x3F


OWNER_ARCH = 0
OWNER_STANDARD_SECURE = 4
OWNER_STANDARD_HYPERVISOR = 5

PSCI_FUNCTIONS = range(0x20)
"""Function numbers that PSCI (DEN0022) has of owner 4."""
CALL_COUNT, CALL_UID, CALL_REVISION = 0xFF00, 0xFF01, 0xFF03
"""General service queries (SMCCC section 6.2)."""


def route_refusal(first: int, last: int) -> str | None:
    """Why no app may have the call route `first..last` (section 4, clause 2), or None."""
    if first < FIRST_FAST_OR_TRUSTED_OS_ID:
        return f"identifiers below {FIRST_FAST_OR_TRUSTED_OS_ID:#010x} are not routed"
    # A range may span many owners; each block of one owner and one width is looked at.
    for block in range(first >> 24, (last >> 24) + 1):
        begin = max(first, block << 24) & 0xFFFFFF
        end = min(last, (block << 24) + 0xFFFFFF) & 0xFFFFFF
        if block & 0x3F in (OWNER_ARCH, OWNER_STANDARD_HYPERVISOR):
            return f"owner {block & 0x3F} is the hypervisor's own"
        if block & 0x3F == OWNER_STANDARD_SECURE:
            if begin < PSCI_FUNCTIONS.stop:
                return "PSCI is the hypervisor's own"
            if any(begin <= query <= end for query in (CALL_COUNT, CALL_UID, CALL_REVISION)):
                return "the standard service queries are the hypervisor's own"
    return None
