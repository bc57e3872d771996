"""LANGUAGE.md section 6: guest pages and device registers, as views."""

import pytest

from tests.language.conftest import FID

RAM = 0x4000_0000
MEMORY = 'Needs.guest_memory("rw")'
UART = 'Needs.io("uart1", 0x1C09_0000, 0x1000)'


def mapped(body: str, result: str = "u64", mode: str = "writable=True") -> str:
    lines = "\n".join(f"                {line}" for line in body.splitlines())
    return f"""
        @struct
        class Header:
            kind: u16 = u16(0)
            size: u32 = u32(0)
            tail: u8 = u8(0)

        def total(view: View[u8]) -> u64:
            found = u64(0)
            for byte in view:
                found += u64(byte)
            return found

        @app.smc(0xC600_0001)
        def handler(ipa: u64, x: i64, y: u64) -> {result}:
            with map_guest_page(ipa, {mode}) as page:
{lines}
        """


@pytest.fixture
def call(app):
    """`call(body, x, y, memory=...)`: the answer, and the guest's page after it."""

    def run(body, x=0, y=0, memory=b"", ipa=RAM, **form):
        loaded = app(mapped(body, **form), needs=MEMORY)
        domain = loaded.domain()
        domain.ram.write(RAM, memory)
        return loaded.smc(FID, ipa, x, y), domain.ram.read(RAM, 4096)

    return run


def test_items_are_read_and_written(call):
    answer, page = call(
        "page[1] = page[0] + 1\npage[x] += 2\nreturn u64(page[4095])", 7, memory=b"\x05" * 4096
    )
    assert answer.x0 == 5
    assert page[:8] == bytes([5, 6, 5, 5, 5, 5, 5, 7])


@pytest.mark.parametrize("x", [4096, -1, 1 << 62])
@pytest.mark.parametrize("body", ["return u64(page[x])", "page[x] = u8(1)\nreturn u64(0)"])
def test_outside_the_page_panics(call, body, x):
    answer, _ = call(body, x)
    assert answer.fault.reason == "INDEX"


@pytest.mark.parametrize(
    "body",
    [
        "return u64(page[0])",
        "page[0] = u8(1)\nreturn u64(0)",
        "return u64(i64(len(page)))",
        "return u64(page.load(u32, 0))",
        "page.store(0, u32(1))\nreturn u64(0)",
        "page.fill(u8(1))\nreturn u64(0)",
        "return total(page)",
        "cells = Array[u8, N[4]]()\ncells.copy_from(page)\nreturn u64(0)",
        "cells = Array[u8, N[4]]()\nreturn u64(page.equals(cells))",
        "log.hexdump(page)\nreturn u64(0)",
    ],
)
def test_using_a_mapping_that_failed_panics(call, body):
    answer, _ = call(body, ipa=0)
    assert answer.fault.reason == "MAPPING"


def test_a_mapping_that_failed_says_why(call):
    answer, _ = call("if not page:\n    return u64(i64(-page.error))\nreturn u64(0)", ipa=0)
    assert answer.x0 == 2  # ENOENT


@pytest.mark.parametrize(("offset", "place"), [(0, 16), (1, 33), (2, 4084), (4084, 0)])
def test_structs_are_loaded_and_stored_at_any_alignment(call, offset, place):
    """Padding is zero, and is stored as zero."""
    data = bytes(n % 251 for n in range(4096))
    answer, page = call(
        "header = page.load(Header, x)\npage.store(y, header)\n"
        "return u64(header.kind), u64(header.size), u64(header.tail)",
        offset,
        place,
        memory=data,
        result="tuple[u64, u64, u64]",
    )
    kind = data[offset : offset + 2]
    size, tail = data[offset + 4 : offset + 8], data[offset + 8]
    expected = (int.from_bytes(kind, "little"), int.from_bytes(size, "little"), tail)
    assert (answer.x0, answer.x1, answer.x2) == expected
    assert page[place : place + 12] == kind + b"\0\0" + size + bytes([tail, 0, 0, 0])


@pytest.mark.parametrize("x", [4085, 4096, -1])
@pytest.mark.parametrize("body", ["return u64(page.load(Header, x).size)",
                                  "page.store(x, Header())\nreturn u64(0)"])  # fmt: skip
def test_a_struct_does_not_reach_beyond_the_page(call, body, x):
    answer, _ = call(body, x)
    assert answer.fault.reason == "INDEX"


@pytest.mark.parametrize("x", [0, 3, 4092, 4093, -1])
def test_integers_are_loaded_in_both_orders(call, x):
    data = bytes(n % 253 for n in range(4096))
    answer, _ = call(
        "return u64(page.load(u32, x)), u64(page.load.be(u32, x))",
        x,
        memory=data,
        result="tuple[u64, u64]",
    )
    if not 0 <= x <= 4092:
        assert answer.fault.reason == "INDEX"
        return
    assert answer.x0 == int.from_bytes(data[x : x + 4], "little")
    assert answer.x1 == int.from_bytes(data[x : x + 4], "big")


def test_blocks(call):
    answer, page = call(
        "cells = Array[u8, N[6]]()\n"
        "cells.copy_from(page, 1, 4, 5)\n"
        "page.fill(u8(0xEE))\n"
        "page.copy_from(cells, 10)\n"
        "same = page.equals(cells)\n"
        "return total(page), u64(same), u64(cells.load(u32, 1))",
        memory=bytes(range(16)),
        result="tuple[u64, u64, u64]",
    )
    assert page[9:17] == bytes([0xEE, 0, 4, 5, 6, 7, 8, 0xEE])
    assert answer.x0 == sum(page)
    assert (answer.x1, answer.x2) == (0, 0x07060504)


def test_a_page_is_unmapped_on_every_way_out(app):
    """More turns than pages that may be mapped at once (ABI.md 3.4)."""
    loaded = app(
        """
        def peek(ipa: u64, how: i64) -> u64:
            for turn in range(3):
                with map_guest_page(ipa) as page:
                    if how == 0:
                        return u64(page[0])
                    if how == 1:
                        break
                    if how == 2:
                        continue
            return u64(7)

        @app.smc(0xC600_0001)
        def handler(ipa: u64) -> u64:
            found = u64(0)
            for turn in range(30):
                found += peek(ipa, i64(turn) % 3)
            with map_guest_page(ipa) as page:
                if not page:
                    return u64(0)
            return found
        """,
        needs='Needs.guest_memory("r")',
    )
    loaded.domain().ram.write(RAM, b"\x01")
    assert loaded.smc(FID, RAM).x0 == 10 * 1 + 20 * 7


def test_registers_are_accessed_with_their_width(app):
    loaded = app(
        """
        @app.smc(0xC600_0001)
        def handler(x: u32) -> u64:
            with map_io("uart1") as regs:
                regs[0] = x
                regs[1023] |= 5
                return u64(regs[0]) + u64(i64(len(regs)))
        """,
        needs=UART,
    )
    assert loaded.smc(FID, 9).x0 == 9 + 1024


@pytest.mark.parametrize("x", [1024, 0xFFFF_FFFF])
def test_outside_the_registers_panics(app, x):
    loaded = app(
        """
        @app.smc(0xC600_0001)
        def handler(x: u32) -> u32:
            with map_io("uart1") as regs:
                return regs[x]
        """,
        needs=UART,
    )
    assert loaded.smc(FID, x).fault.reason == "INDEX"


def test_a_struct_larger_than_a_page_is_in_none(app):
    loaded = app(
        """
        @struct
        class Large:
            data: Array[u8, N[4097]] = Array[u8, N[4097]]()

        @app.smc(0xC600_0001)
        def handler(ipa: u64, x: u64) -> u8:
            with map_guest_page(ipa) as page:
                return page.load(Large, x).data[0]
        """,
        needs=MEMORY,
    )
    loaded.domain().ram.write(RAM, b"\x05")
    assert loaded.smc(FID, RAM, 1).fault.reason == "INDEX"
