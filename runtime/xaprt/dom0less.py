"""Apps as boot modules of a dom0less Xen: the fragment of its device tree (ABI.md 4.1, 6.1).

Each app is a node of its own under /chosen with one module, the ELF file:

    xap-NAME {
        compatible = "xen,domain";      where dom0less boot looks for modules
        xap,app;                        this is no guest; it takes no domid from the guests'
        xap,serves = <domid ...>;       guests are numbered from 1 in the order of their nodes
        xap,call-smc = <id ...>;
        xap,guest-memory = "read";      or "read-write"
        xap,io = <base size ...>;       two cells each
        xap,irqs = <spi ...>;
        xap,timer;
        xap,required;                   no boot without it
        module@ADDRESS { ... };
    };

A property that is not there grants nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xaprt import abi
from xaprt.abi import GuestMemory
from xaprt.grants import Grant

_MEMORY = {GuestMemory.READ: "read", GuestMemory.READ_WRITE: "read-write"}


@dataclass(frozen=True, slots=True)
class Module:
    """`size` bytes of ELF at a physical `address`."""

    name: str
    address: int
    size: int
    grant: Grant


def fragment(modules: Sequence[Module]) -> str:
    """The source, for dtc or to be included before the nodes of guests. Each app serves guests
    that are named: `Grant.serves` is not None."""
    lines = ["/dts-v1/;", "", "/ {", "\tchosen {"]
    for number, module in enumerate(modules):
        lines += [""] if number else []
        lines += ["\t\t" + line if line else "" for line in _node(module)]
    return "\n".join([*lines, "\t};", "};", ""])


def addresses(first: int, sizes: Sequence[int]) -> list[int]:
    """One after the other, each on a page of its own."""
    found = []
    for size in sizes:
        found.append(first)
        first += -(-size // abi.PAGE_SIZE) * abi.PAGE_SIZE
    return found


def _node(module: Module) -> Iterator[str]:
    yield f"xap-{module.name} {{"
    yield '\tcompatible = "xen,domain";'
    yield "\t#address-cells = <2>;"
    yield "\t#size-cells = <2>;"
    yield "\txap,app;"
    yield from ("\t" + line for line in _grants(module.grant))
    yield ""
    yield f"\tmodule@{module.address:x} {{"
    yield '\t\tcompatible = "multiboot,kernel", "multiboot,module";'
    yield f"\t\treg = <{_wide(module.address)} {_wide(module.size)}>;"
    yield "\t};"
    yield "};"


def _grants(grant: Grant) -> Iterator[str]:
    rights = grant.rights
    if grant.serves:
        yield f"xap,serves = <{' '.join(map(str, sorted(grant.serves)))}>;"
    if rights.call_smc:
        ids = " ".join(f"{fid:#010x}" for fid in sorted(rights.call_smc))
        yield f"xap,call-smc = <{ids}>;"
    if rights.guest_memory is not None:
        yield f'xap,guest-memory = "{_MEMORY[rights.guest_memory]}";'
    if rights.io:
        regions = " ".join(f"{_wide(each.base)} {_wide(each.size)}" for each in rights.io)
        yield f"xap,io = <{regions}>;"
    if rights.irqs:
        yield f"xap,irqs = <{' '.join(map(str, sorted(rights.irqs)))}>;"
    if rights.timer:
        yield "xap,timer;"
    if grant.required:
        yield "xap,required;"


def _wide(value: int) -> str:
    """A number of 64 bits as two cells."""
    return f"{value >> 32:#x} {value & 0xFFFF_FFFF:#x}"
