"""Views and mappings (LANGUAGE.md section 6)."""

import pytest
from xap import (
    Array,
    N,
    Panic,
    View,
    host_globals,
    i32,
    i64,
    map_guest_page,
    map_io,
    struct,
    u8,
    u16,
    u32,
    u64,
)
from xaprt.abi import Reason

from tests.sdk.hypervisor import Device, Page


@struct
class Header:
    kind: u8
    length: u32


@pytest.fixture
def page(hypervisor):
    hypervisor.pages[0x4000_0000] = Page()
    return hypervisor.pages[0x4000_0000]


@pytest.fixture
def device(hypervisor):
    hypervisor.regions["uart1"] = Device()
    return hypervisor.regions["uart1"]


def reason_of(function):
    with pytest.raises(Panic) as caught:
        function()
    return caught.value.reason


def test_a_page_is_mapped_for_the_block(hypervisor, page):
    with map_guest_page(u64(0x4000_0000), writable=True) as view:
        assert view
        assert type(view.error) is i32
        assert view.error == 0
        assert hypervisor.unmapped == []
    assert hypervisor.calls == [("map_guest_page", 0x4000_0000, True)]
    assert hypervisor.unmapped == [page]
    assert not view
    assert reason_of(lambda: view[0]) == Reason.MAPPING


def test_it_is_unmapped_on_every_way_out(hypervisor, page):
    def leaves():
        with map_guest_page(0x4000_0000) as view:
            return view[0]

    def panics():
        with map_guest_page(0x4000_0000) as view:
            return view[u32(4096)]

    assert leaves() == 0
    assert reason_of(panics) == Reason.INDEX
    assert hypervisor.unmapped == [page, page]


def test_a_failed_mapping_is_falsy_and_says_why(hypervisor):
    with map_guest_page(0x5000_0000) as view:
        assert not view
        assert view.error == -2
        uses = (
            lambda: view[0],
            lambda: view.__setitem__(0, 1),
            lambda: view.load(u32, 0),
            lambda: view.store(0, u32(1)),
            lambda: view.load.be(u32, 9999),
            lambda: view.fill(0),
            lambda: view.equals(view),
            lambda: view.copy_from(Array[u8, N[1]]()),
            lambda: Array[u8, N[1]]().copy_from(view),
            lambda: view[9999],
            lambda: len(view),
            lambda: iter(view),
            lambda: host_globals()["len"](view),
            lambda: host_globals()["enumerate"](view),
        )
        assert [reason_of(use) for use in uses] == [Reason.MAPPING] * len(uses)
    assert hypervisor.unmapped == []
    with map_io("nothing") as regs:
        assert not regs
        assert regs.error == -1
        assert reason_of(lambda: regs[0]) == Reason.MAPPING


def test_each_item_is_one_access(page):
    page.content[5] = 77
    with map_guest_page(0x4000_0000, writable=True) as view:
        assert type(view[5]) is u8
        assert view[u16(5)] == 77
        view[u8(6)] = 3
        view[7] = u8(4)
    assert page.accesses == [("read", 5, 1), ("read", 5, 1), ("write", 6, 1), ("write", 7, 1)]
    assert page.content[5:8] == bytes([77, 3, 4])


def test_index_and_element_types(page):
    with map_guest_page(0x4000_0000, writable=True) as view:
        assert [reason_of(lambda i=i: view[i]) for i in (4096, u64(1 << 63), i64(-1), -1)] == [
            Reason.INDEX
        ] * 4
        with pytest.raises(TypeError):
            view[0] = u16(1)
        with pytest.raises(ValueError):
            view[0] = 256
        with pytest.raises(TypeError):
            view[True]
    assert page.accesses == []


def test_a_load_is_one_read_and_a_store_one_write(page):
    page.content[1:9] = bytes([1, 9, 9, 9, 2, 0, 0, 0])
    with map_guest_page(0x4000_0000, writable=True) as view:
        header = view.load(Header, 1)
        page.content[1] = 50
        assert (header.kind, header.length) == (1, 2)
        assert view.load.be(u32, 5) == 0x0200_0000
        view.store(100, header)
        view.store.be(u64(200), u16(0x1234))
    assert page.accesses == [
        ("read", 1, 8),
        ("read", 5, 4),
        ("write", 100, 8),
        ("write", 200, 2),
    ]
    assert page.content[100:108] == bytes([1, 0, 0, 0, 2, 0, 0, 0])
    assert page.content[200:202] == bytes([0x12, 0x34])


def test_loads_stay_inside(page):
    with map_guest_page(0x4000_0000, writable=True) as view:
        for use in (
            lambda: view.load(u32, 4093),
            lambda: view.load(Header, u64(2**64 - 1)),
            lambda: view.store(4089, Header(u8(1), u32(1))),
            lambda: view.store(i64(-1), u8(0)),
        ):
            assert reason_of(use) == Reason.INDEX
    assert page.accesses == []


def test_whole_pages(page):
    page.content[:] = bytes(range(256)) * 16
    with map_guest_page(0x4000_0000, writable=True) as view:
        assert len(view) == 4096
        length = host_globals()["len"](view)
        assert (type(length), length) == (i64, 4096)
        assert bytes(view) == bytes(page.content)
        array = Array[u8, N[8]]()
        array.copy_from(view, 0, 16, 8)
        assert bytes(array) == bytes(range(16, 24))
        view.copy_from(array, 0)
        view.copy_from(view, 1, 0, 3)
        assert bytes(page.content[:5]) == bytes([16, 16, 17, 18, 20])
        assert reason_of(lambda: view.copy_from(array, 4089)) == Reason.INDEX
        assert not view.equals(array)
        assert view.equals(view)
        whole = Array[u8, N[4096]](bytes(page.content))
        assert view.equals(whole)
        assert whole.equals(view)
        view.fill(1)
        assert set(page.content) == {1}


def test_a_read_only_page_is_not_written(page):
    with map_guest_page(0x4000_0000) as view:
        for use in (
            lambda: view.__setitem__(0, 1),
            lambda: view.store(0, u8(1)),
            lambda: view.fill(0),
            lambda: view.copy_from(Array[u8, N[1]]()),
        ):
            assert reason_of(use) == Reason.MAPPING
    assert page.accesses == []


def test_registers_are_accessed_one_by_one_in_order(device, hypervisor):
    with map_io("uart1") as regs:
        assert len(regs) == 1024
        regs[2] = 7
        value = regs[u32(2)]
        assert (type(value), value) == (u32, 7)
        regs[2] |= 8
        assert reason_of(lambda: regs[1024]) == Reason.INDEX
        with pytest.raises(TypeError):
            regs[0] = u8(1)
        with pytest.raises(TypeError):
            regs.load(u32, 0)
    assert device.accesses == [
        ("write", 8, 7),
        ("read", 8, 7),
        ("read", 8, 7),
        ("write", 8, 15),
    ]
    assert hypervisor.unmapped == [], "registers stay mapped"
    assert not regs


def test_blocks_of_registers(device):
    device.size = 8
    with map_io("uart1") as regs:
        regs.fill(3)
        assert [int(each) for each in regs] == [3, 3]
        regs.copy_from(Array[u32, N[2]]([5, 6]))
        assert regs.equals(Array[u32, N[2]]([5, 6]))
        assert not regs.equals(Array[u32, N[2]]([9, 6]))
    assert device.accesses == [
        ("write", 0, 3),
        ("write", 4, 3),
        ("read", 0, 3),
        ("read", 4, 3),
        ("write", 0, 5),
        ("write", 4, 6),
        ("read", 0, 5),
        ("read", 4, 6),
        ("read", 0, 5),
    ]


def test_arguments(hypervisor):
    for wrong in (u32(0), True, "0", None, -1, 1 << 64):
        with pytest.raises((TypeError, ValueError)):
            map_guest_page(wrong)
    with pytest.raises(TypeError):
        map_guest_page(0, 1)
    with pytest.raises(TypeError):
        map_io(5)
    for element in (u16, u64, bool):
        with pytest.raises(TypeError):
            View[element]
