"""The C header of the contract, made from `xaprt.abi`: for apps and hypervisors in C, C++ and
assembly.

    python -m xaprt.header > runtime/xaprt/include/xap_abi.h

Every number of `xaprt.abi` is in it, under the name that it has there with `XAP_` before it;
members of an enumeration have the prefix of `PREFIXES`. Structures are those that lie in memory.
"""

import re
from collections.abc import Iterator
from enum import IntEnum, IntFlag
from pathlib import Path

from xaprt import abi

PATH = Path(__file__).parent / "include" / "xap_abi.h"
"""Where it is kept."""

PREFIXES: dict[type[IntEnum] | type[IntFlag], str] = {
    abi.Errno: "",
    abi.Function: "FUNCTION_",
    abi.Status: "STATUS_",
    abi.Event: "EVENT_",
    abi.Syscall: "SYS_",
    abi.LogLevel: "LOG_",
    abi.Reason: "REASON_",
    abi.RouteKind: "ROUTE_",
    abi.RouteFlag: "ROUTE_FLAG_",
    abi.NeedKind: "NEED_",
    abi.GuestMemory: "GUEST_MEMORY_",
    abi.Instances: "INSTANCES_",
    abi.Record: "RECORD_",
    abi.XenNote: "XEN_NOTE_",
}

_HEAD = """\
/* SPDX-License-Identifier: MIT */
/*
 * The contract between a hypervisor and a native app, ABI version {major}.{minor}.
 *
 * Made from xaprt/abi.py by `python -m xaprt.header`; change that file, not this one.
 *
 * Copyright The xap authors
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy of this
 * software and associated documentation files (the "Software"), to deal in the Software
 * without restriction, including without limitation the rights to use, copy, modify, merge,
 * publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons
 * to whom the Software is furnished to do so, subject to the following conditions:
 *
 * The above copyright notice and this permission notice shall be included in all copies or
 * substantial portions of the Software.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED,
 * INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR
 * PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE
 * FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
 * OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER
 * DEALINGS IN THE SOFTWARE.
 */
#ifndef XAP_ABI_H
#define XAP_ABI_H

/* Numbers of 64 bits; those of 32 have a U in C, so that they are unsigned there. */
#ifdef __ASSEMBLER__
#define XAP_U(number) number
#define XAP_U64(number) number
#else
#include <stdint.h>
#define XAP_U(number) number##U
#define XAP_U64(number) UINT64_C(number)
#endif
"""

_TAIL = """
/* Why a check failed: the immediate of BRK. */
#define XAP_BRK(reason) (XAP_BRK_CHECK | (reason))
#define XAP_IS_BRK(immediate) (((immediate) & 0xff00) == XAP_BRK_CHECK)

/* TPIDRRO_EL0 while a call runs: domain and vCPU of the requester. */
#define XAP_REQUESTER_DOMID(tpidrro) ((tpidrro) >> 32)
#define XAP_REQUESTER_VCPU(tpidrro) ((tpidrro) & XAP_U64(0xffffffff))

/* The owner of an SMCCC function identifier. */
#define XAP_OWNER(fid) (((fid) >> 24) & 0x3f)

#ifndef __ASSEMBLER__

/* A posted write in the request page; the page is full of them, or ends in zeros. */
struct xap_posted {
    uint64_t region; /* guest-physical address of the route's first byte */
    uint64_t offset; /* in the region */
    uint64_t width;  /* 1, 2, 4 or 8 bytes */
    uint64_t value;  /* zero-extended */
};

/* The manifest is a row of these; `length` bytes follow, then zeros up to a multiple of 8. */
struct xap_record {
    uint32_t type; /* XAP_RECORD_* */
    uint32_t length;
};

/* What follows a record's header. The other records are one uint32_t (ABI_VERSION, STACK,
 * INSTANCES, RESTART, BUDGET), one uint64_t (ENTRY), 16 bytes (UUID), a name (NAME), or
 * `length` bytes (BUILD_ID). */
struct xap_app_version {
    uint32_t part[3]; /* major, minor, patch */
};

struct xap_name {
    char text[XAP_MAX_NAME_BYTES + 1]; /* ends with zeros */
};

struct xap_route {
    uint32_t kind;  /* XAP_ROUTE_* */
    uint32_t flags; /* XAP_ROUTE_FLAG_* */
    uint64_t first;
    uint64_t last; /* included */
};

/* A need is its kind, and operands: CALL_SMC one or more uint32_t identifiers, GUEST_MEMORY one
 * XAP_GUEST_MEMORY_*, IRQ one SPI, TIMER none, IO those of xap_need_io. */
struct xap_need {
    uint32_t kind; /* XAP_NEED_* */
};

struct xap_need_io {
    uint32_t kind;
    uint32_t zero;
    uint64_t base;
    uint64_t size;
    struct xap_name name;
};

#endif /* !__ASSEMBLER__ */

#endif /* XAP_ABI_H */
"""


def text() -> str:
    """The whole file."""
    head = _HEAD.format(major=abi.VERSION_MAJOR, minor=abi.VERSION_MINOR)
    return head + "".join(_parts()) + _TAIL


def _parts() -> Iterator[str]:
    numbers = [
        (name, value)
        for name, value in vars(abi).items()
        if name.isupper() and isinstance(value, int)
    ]
    yield _part("Limits, sizes and single numbers.", numbers)
    ranges = [(name, each.stop) for name, each in vars(abi).items() if isinstance(each, range)]
    yield _part("How many, from 0 on.", ranges)
    for kind, prefix in PREFIXES.items():
        members = [(prefix + member.name, member.value) for member in kind if member.name]
        yield _part(_sentence(kind), members)
    texts = [
        f'#define XAP_{name} "{value}"\n'
        for name, value in vars(abi).items()
        if name.isupper() and isinstance(value, str)
    ]
    yield "\n/* Owners of notes. */\n" + "".join(texts)


def _sentence(kind: type) -> str:
    """What the enumeration says of itself, without the markup."""
    inherited = kind.__doc__ == IntEnum.__doc__ or kind.__doc__ == IntFlag.__doc__
    told = kind.__name__ if inherited or not kind.__doc__ else kind.__doc__.partition("\n\n")[0]
    return re.sub(r"\s+", " ", told.replace("`", ""))


def _part(title: str, numbers: list[tuple[str, int]]) -> str:
    width = max(len(name) for name, _ in numbers)
    lines = [f"#define XAP_{name:<{width}} {_literal(value)}\n" for name, value in numbers]
    return f"\n/* {title} */\n" + "".join(lines)


def _literal(value: int) -> str:
    if value < 0:
        return f"({value})"
    if value >> 32:
        return f"XAP_U64({value:#x})"
    if value >> 31:
        return f"XAP_U({value:#x})"
    is_decimal = value % 1000 == 0 or (value % 256 and value < 1 << 14)
    return str(value) if is_decimal else hex(value)


if __name__ == "__main__":
    print(text(), end="")
