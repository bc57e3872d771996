"""Bundles as FIT images: written, read back, and read by U-Boot's tools (ABI.md 6.1)."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xaprt.fit import MAX_APPS, FitError, Packed, pack, unpack
from xaprt.fit.flatten import flatten
from xaprt.fit.tree import Node
from xaprt.fit.unflatten import unflatten

from tests.shipping.apps import ONE, TWO, output_of, tool

NAMES = st.from_regex(r"[a-z0-9_-]{1,31}", fullmatch=True)
APPS = [Packed("one", "one 1.0.0", ONE), Packed("two", "two 1.0.0", TWO, 0x1_4800_0000)]


def names_and_data(apps: tuple[Packed, ...]) -> list[tuple[str, str, bytes]]:
    return [(app.name, app.description, app.data) for app in apps]


@given(
    st.lists(
        st.builds(
            Packed,
            NAMES,
            st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)),
            st.binary(),
            st.none() | st.integers(0, (1 << 64) - 1),
        ),
        min_size=1,
        unique_by=lambda app: app.name,
    )
)
def test_what_is_packed_is_unpacked(apps: list[Packed]) -> None:
    packed = pack(apps)
    assert names_and_data(unpack(packed)) == names_and_data(tuple(apps))
    assert pack(apps) == packed


@given(
    st.recursive(
        st.builds(dict),
        lambda inner: st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=6,
    ),
    st.dictionaries(NAMES, st.binary(max_size=9), max_size=4),
)
def test_any_tree_comes_back(shape: dict[str, object], properties: dict[str, bytes]) -> None:
    def grow(node: Node, shape: object, depth: int) -> Node:
        node.properties.update(properties)
        if isinstance(shape, dict) and depth < 7:
            for name, inner in shape.items():
                grow(node.add(name), inner, depth + 1)
        return node

    root = grow(Node(""), shape, 0)
    assert unflatten(flatten(root)) == root


def test_as_many_as_there_may_be() -> None:
    apps = [Packed(f"app{n}", "", b"x") for n in range(MAX_APPS + 1)]
    assert len(unpack(pack(apps[1:]))) == MAX_APPS
    with pytest.raises(FitError, match=f"more than {MAX_APPS} loadables"):
        unpack(pack(apps))


# --- U-Boot's own tools -----------------------------------------------------------------------


def test_dumpimage_lists_it(tmp_path: Path) -> None:
    file = tmp_path / "apps.fit"
    file.write_bytes(pack(APPS))
    listed = output_of(tool("dumpimage", "u-boot-tools"), "-l", file)
    for expected in (
        " Image 0 (one)",
        "  Description:  two 1.0.0",
        f"  Data Size:    {len(TWO)} Bytes",
        "  Architecture: AArch64",
        "  Load Address: 0x148000000",
        f"  Hash value:   {hashlib.sha256(ONE).hexdigest()}",
        " Default Configuration: 'apps'",
        "  Loadables:    one",
    ):
        assert expected in listed


def test_dumpimage_extracts_the_images(tmp_path: Path) -> None:
    file, image = tmp_path / "apps.fit", tmp_path / "two.elf"
    file.write_bytes(pack(APPS))
    output_of(tool("dumpimage", "u-boot-tools"), "-T", "flat_dt", "-p", "1", "-o", image, file)
    assert image.read_bytes() == TWO


def test_one_that_mkimage_made_is_read(tmp_path: Path) -> None:
    mkimage = tool("mkimage", "u-boot-tools")
    tool("dtc", "device-tree-compiler")
    (tmp_path / "one.elf").write_bytes(ONE)
    source = tmp_path / "apps.its"
    source.write_text(
        """/dts-v1/;
        / {
            description = "somebody's";
            #address-cells = <1>;
            images {
                one {
                    description = "the one";
                    data = /incbin/("one.elf");
                    type = "firmware"; os = "elf"; arch = "arm64"; compression = "none";
                    load = <0x48000000>;
                    hash { algo = "crc32"; };
                    hash-2 { algo = "sha256"; };
                };
                other { description = "not ours"; data = "?"; type = "script"; compression = "none"; };
            };
            configurations {
                default = "board";
                board { description = "all"; loadables = "one"; };
                spare { description = "none"; loadables = "other"; };
            };
        };"""  # noqa: E501  a line of its language
    )
    file = tmp_path / "apps.fit"
    output_of(mkimage, "-f", source, file)
    assert names_and_data(unpack(file.read_bytes())) == [("one", "the one", ONE)]
    output_of(mkimage, "-E", "-f", source, file)
    with pytest.raises(FitError, match="follow the tree"):
        unpack(file.read_bytes())
