"""A flattened device tree as values, and its layout (Devicetree Specification 0.4, chapter 5)."""

import re
import struct
from dataclasses import dataclass, field

MAGIC = 0xD00DFEED
VERSION = 17
COMPATIBLE_VERSION = 16

# magic, totalsize, off_dt_struct, off_dt_strings, off_mem_rsvmap, version, last_comp_version,
# boot_cpuid_phys, size_dt_strings, size_dt_struct
HEADER = struct.Struct(">10I")
RESERVATION = struct.Struct(">QQ")
CELL = struct.Struct(">I")
PROPERTY = struct.Struct(">II")  # length, offset of the name

BEGIN_NODE, END_NODE, PROP, NOP, END = 1, 2, 3, 4, 9

MAX_NAME = 31
NODE_NAME = re.compile(rf"[A-Za-z0-9,._+@-]{{1,{MAX_NAME}}}")
PROPERTY_NAME = re.compile(rf"[A-Za-z0-9,._+?#-]{{1,{MAX_NAME}}}")


class FitError(ValueError):
    """One line: what is wrong with the tree, and where."""


@dataclass(slots=True)
class Node:
    """`name` of the root is empty. Properties and children are in the order of the file."""

    name: str
    properties: dict[str, bytes] = field(default_factory=dict)
    children: dict[str, "Node"] = field(default_factory=dict)

    def add(self, name: str) -> "Node":
        """A new child."""
        made = self.children[name] = Node(name)
        return made


def aligned(size: int) -> int:
    """Up to a whole cell."""
    return -(-size // CELL.size) * CELL.size


def cells(*values: int) -> bytes:
    """Of 32 bits."""
    return b"".join(map(CELL.pack, values))


def strings(*values: str) -> bytes:
    return b"".join(value.encode("ascii") + b"\0" for value in values)
