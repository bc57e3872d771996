"""`xap_abi.h` says what `xaprt.abi` says, to compilers of C, C++ and assembly (issue 5, part 7)."""

import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from pathlib import Path

import pytest
from xaprt import abi, header
from xaprt.manifest import Need, Route, encode

from tests.image.support import COMPLETE

STRICT = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-c", "-o", "/dev/null"]
COMPILERS = ["gcc", "clang", "aarch64-linux-gnu-gcc"]
LANGUAGES = {
    "C99": ["-x", "c", "-std=c99"],
    "C11": ["-x", "c", "-std=c11"],
    "C++": ["-x", "c++", "-std=c++11"],
    "assembly": ["-x", "assembler-with-cpp"],
}
LAYOUTS = {
    "xap_posted": (32, {"region": 0, "offset": 8, "width": 16, "value": 24}),
    "xap_record": (8, {"type": 0, "length": 4}),
    "xap_app_version": (12, {"part": 0}),
    "xap_name": (32, {"text": 0}),
    "xap_route": (24, {"kind": 0, "flags": 4, "first": 8, "last": 16}),
    "xap_need": (4, {"kind": 0}),
    "xap_need_io": (56, {"kind": 0, "zero": 4, "base": 8, "size": 16, "name": 24}),
}


def numbers() -> Iterator[tuple[str, int]]:
    """Every number of the ABI, by the name that the header must give it."""
    for name, value in vars(abi).items():
        if isinstance(value, type) and issubclass(value, Enum) and value.__module__ == abi.__name__:
            for member in value:
                yield f"XAP_{header.PREFIXES[value]}{member.name}", member.value
        elif isinstance(value, range):
            yield f"XAP_{name}", value.stop
        elif name.isupper() and isinstance(value, int):
            yield f"XAP_{name}", value


def test_the_header_that_is_kept_is_the_one_that_is_made() -> None:
    """`python -m xaprt.header > runtime/xaprt/include/xap_abi.h` mends it."""
    assert header.PATH.read_text(encoding="utf-8") == header.text()


def test_no_number_is_left_out_and_no_name_means_two() -> None:
    found = dict(numbers())
    assert len(found) == len(list(numbers())) > 100
    lines = [line.split()[1] for line in header.text().splitlines() if line.startswith("#define")]
    assert set(found) <= set(lines)
    assert len([line for line in lines if line in found]) == len(found)


def assertions(form: str) -> str:
    """The test in C: values, sizes and offsets."""
    facts = [f"{name} == {_literal(value)}" for name, value in numbers()]
    facts += [f"XAP_BRK({name}) == {abi.BRK_CHECK | each}" for name, each in _reasons()]
    facts += [
        "XAP_IS_BRK(XAP_BRK(XAP_REASON_INDEX))",
        "!XAP_IS_BRK(1)",
        f"XAP_OWNER(0xC4000053U) == {abi.owner(0xC400_0053)}",
        "XAP_REQUESTER_DOMID(UINT64_C(0x700000003)) == 7",
        "XAP_REQUESTER_VCPU(UINT64_C(0x700000003)) == 3",
        "sizeof(XAP_NOTE_OWNER) == 4",
        "sizeof(XAP_NOTE_OWNER_XEN) == 4",
        "XAP_REFUSED > 0",
    ]
    for name, (size, fields) in LAYOUTS.items():
        facts.append(f"sizeof(struct {name}) == {size}")
        facts += [f"offsetof(struct {name}, {field}) == {at}" for field, at in fields.items()]
    lines = [form.format(number=n, fact=fact) for n, fact in enumerate(facts)]
    return '#include <stddef.h>\n#include "xap_abi.h"\n' + "\n".join(lines) + "\n"


def _reasons() -> list[tuple[str, int]]:
    return [(f"XAP_REASON_{each.name}", each.value) for each in abi.Reason]


def _literal(value: int) -> str:
    return f"UINT64_C({value:#x})" if value >> 31 > 0 else str(value)


def in_assembly() -> str:
    """By the assembler's own arithmetic, on numbers of 64 bits."""
    lines = ['#include "xap_abi.h"']
    for name, value in numbers():
        lines += [f".if {name} != {value:#x}", f'.error "{name}"', ".endif"]
    lines += ['.section .note.xap, "", %note', ".asciz XAP_NOTE_OWNER"]
    return "\n".join(lines) + "\n"


SOURCES = {
    # C99 has no assertions of its own.
    "C99": assertions("typedef char fact{number}[({fact}) ? 1 : -1];"),
    "C11": assertions('_Static_assert({fact}, "{fact}");'),
    "C++": assertions('static_assert({fact}, "{fact}");'),
    "assembly": in_assembly(),
}


def compiles(compiler: str, language: str, source: str, folder: Path) -> tuple[bool, str]:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    path = folder / "test.txt"
    path.write_text(source)
    options = [*LANGUAGES[language], *STRICT, f"-I{header.PATH.parent}"]
    done = subprocess.run(
        [compiler, *options, path], text=True, capture_output=True, check=False, timeout=60
    )
    if "not found" in done.stderr or "cannot execute" in done.stderr or "cc1plus" in done.stderr:
        pytest.skip(f"{compiler} does not have {language} here")
    return done.returncode == 0, done.stderr


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("compiler", COMPILERS)
def test_every_number_and_layout_is_right(compiler: str, language: str, tmp_path: Path) -> None:
    compiled, told = compiles(compiler, language, SOURCES[language], tmp_path)
    assert compiled, told


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_number_would_be_noticed(language: str, tmp_path: Path) -> None:
    wrong = SOURCES[language].replace('"xap_abi.h"\n', '"xap_abi.h"\n#undef XAP_SYS_LOG\n'
                                      "#define XAP_SYS_LOG 7\n", 1)  # fmt: skip
    compiled, told = compiles("gcc", language, wrong, tmp_path)
    assert not compiled
    assert "XAP_SYS_LOG" in told or "fact" in told


def test_the_layouts_are_those_of_the_manifest() -> None:
    """A reader in C that goes by the structures finds what the writer wrote."""
    io = Need(abi.NeedKind.IO, ("uart", 0x900_0000, 0x1000))
    route = Route(abi.RouteKind.MMIO_WRITE, 0x1000, 0x1FFF, abi.RouteFlag.POSTED)
    data = encode(replace(COMPLETE, routes=(route,), needs=(io,)))
    found, at = {}, 0
    while at < len(data):
        type_, length = struct.unpack_from("<II", data, at)
        found[type_] = data[at + 8 : at + 8 + length]
        at += LAYOUTS["xap_record"][0] + -(-length // 8) * 8
    assert struct.unpack("<IIQQ", found[abi.Record.ROUTE]) == (4, 1, 0x1000, 0x1FFF)
    assert len(found[abi.Record.ROUTE]) == LAYOUTS["xap_route"][0]
    assert len(found[abi.Record.NEED]) == LAYOUTS["xap_need_io"][0]
    assert found[abi.Record.NEED][24:28] == b"uart"
    assert len(found[abi.Record.APP_VERSION]) == LAYOUTS["xap_app_version"][0]
    assert len(found[abi.Record.NAME]) == LAYOUTS["xap_name"][0]
    assert LAYOUTS["xap_posted"][0] == abi.POSTED_RECORD_BYTES
