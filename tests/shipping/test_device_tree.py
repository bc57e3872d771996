"""`xapc bundle --device-tree`: nodes by which a dom0less Xen loads apps (ABI.md 4.1, 6.1)."""

import struct
from pathlib import Path

import pytest
from xaprt import abi
from xaprt.fit import unpack
from xaprt.fit.tree import Node
from xaprt.fit.unflatten import unflatten
from xaprt.manifest import Need

from tests.shipping.apps import FID, ONE, Shell, app, output_of, tool

GREEDY = app(
    "greedy",
    uuid=3,
    fid=FID + 2,
    needs=[
        Need(abi.NeedKind.CALL_SMC, (0xC400_0053,)),
        Need(abi.NeedKind.GUEST_MEMORY, (abi.GuestMemory.READ_WRITE,)),
        Need(abi.NeedKind.IO, ("uart", 0x1_0904_0000, 0x1000)),
        Need(abi.NeedKind.IRQ, (40,)),
        Need(abi.NeedKind.TIMER, ()),
    ],
)
GRANTS = """
[one]
serves = [1]

[greedy]
serves = [2, 1]
call_smc = [0xC4000053, 0x84000050]
guest_memory = "read-write"
io = [{ base = 0x1_0904_0000, size = 0x1000 }, { base = 0x0a00_0000, size = 0x2000 }]
irqs = [41, 40]
timer = true
required = true
"""
ADDRESS = 0x1_4800_0000


@pytest.fixture
def source(xapc: Shell) -> Path:
    """The fragment for both apps."""
    one, greedy = xapc.file("one.elf", ONE), xapc.file("greedy.elf", GREEDY)
    grants, tree = xapc.file("apps.toml", GRANTS), xapc.folder / "apps.dts"
    status, _, err = xapc(
        "bundle", one, greedy, "-o", xapc.folder / "apps.fit", "--grants", grants,
        "--device-tree", tree, "--address", hex(ADDRESS),
    )  # fmt: skip
    assert (status, err) == (0, "")
    return tree


def compiled(source: Path) -> Node:
    """By dtc, which finds nothing to warn of."""
    blob = source.with_suffix(".dtb")
    dtc = tool("dtc", "device-tree-compiler")
    assert output_of(dtc, "-I", "dts", "-O", "dtb", "-o", blob, source) == ""
    return unflatten(blob.read_bytes())


def cells(value: bytes) -> list[int]:
    return list(struct.unpack(f">{len(value) // 4}I", value))


def wide(value: bytes) -> list[int]:
    return list(struct.unpack(f">{len(value) // 8}Q", value))


def test_each_app_is_a_domain_node_with_one_module(source: Path) -> None:
    nodes = compiled(source).children["chosen"].children
    assert list(nodes) == ["xap-one", "xap-greedy"]
    first = ADDRESS
    for node, image in zip(nodes.values(), (ONE, GREEDY), strict=True):
        assert node.properties["compatible"] == b"xen,domain\0"
        assert node.properties["xap,app"] == b""
        ((name, module),) = node.children.items()
        assert name == f"module@{first:x}"
        assert module.properties["compatible"] == b"multiboot,kernel\0multiboot,module\0"
        assert wide(module.properties["reg"]) == [first, len(image)]
        first += -(-len(image) // 4096) * 4096


def test_the_grants_are_properties(source: Path) -> None:
    node = compiled(source).children["chosen"].children["xap-greedy"]
    properties = node.properties
    assert cells(properties["xap,serves"]) == [1, 2]
    assert cells(properties["xap,call-smc"]) == [0x8400_0050, 0xC400_0053]
    assert properties["xap,guest-memory"] == b"read-write\0"
    assert wide(properties["xap,io"]) == [0x1_0904_0000, 0x1000, 0x0A00_0000, 0x2000]
    assert cells(properties["xap,irqs"]) == [40, 41]
    assert properties["xap,timer"] == properties["xap,required"] == b""


def test_what_is_not_granted_is_not_there(source: Path) -> None:
    node = compiled(source).children["chosen"].children["xap-one"]
    own = {name for name in node.properties if name.startswith("xap,")}
    assert own == {"xap,app", "xap,serves"}


def test_the_bundle_says_the_same_addresses(source: Path) -> None:
    """U-Boot then loads the images to where Xen looks for them."""
    fit = source.with_suffix(".fit").read_bytes()
    images = unflatten(fit).children["images"].children
    assert [wide(node.properties["load"]) for node in images.values()] == [
        [ADDRESS],
        [ADDRESS + -(-len(ONE) // 4096) * 4096],
    ]
    assert [each.name for each in unpack(fit)] == ["one", "greedy"]


def test_included_before_the_guests_the_apps_come_first(source: Path) -> None:
    """Xen goes through the nodes in their order: every app before any guest."""
    board = source.with_name("board.dts")
    board.write_text(
        """/dts-v1/;
        /include/ "apps.dts"
        / {
            chosen {
                bootargs = "";
                domU1 { compatible = "xen,domain"; };
            };
        };"""
    )
    tree = compiled(board)
    assert list(tree.children["chosen"].children) == ["xap-one", "xap-greedy", "domU1"]
