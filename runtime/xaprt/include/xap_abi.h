/* SPDX-License-Identifier: MIT */
/*
 * The contract between a hypervisor and a native app, ABI version 1.0.
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

/* Limits, sizes and single numbers. */
#define XAP_VERSION_MAJOR               1
#define XAP_VERSION_MINOR               0
#define XAP_VERSION                     0x10000
#define XAP_PAGE_SIZE                   0x1000
#define XAP_MAX_IMAGE_BYTES             0x100000
#define XAP_MAX_STACK_BYTES             0x10000
#define XAP_MAX_MANIFEST_BYTES          0x1000
#define XAP_MAX_CALL_ROUTES             32
#define XAP_MAX_MMIO_ROUTES             8
#define XAP_MAX_NEEDS_OF_A_KIND         8
#define XAP_MAX_LOAD_SEGMENTS           4
#define XAP_MAX_NAME_BYTES              31
#define XAP_STACK_ALIGN                 16
#define XAP_MAX_ERRNO                   4095
#define XAP_MMIO_WRITE                  0x100
#define XAP_DOMID_NONE                  0x7ff4
#define XAP_VCPU_NONE                   0xffff
#define XAP_POSTED_RECORD_BYTES         32
#define XAP_LOG_BYTES                   0x100
#define XAP_LOG_LINES_PER_CALL          16
#define XAP_LOG_LINES_PER_SECOND        100
#define XAP_MAP_WRITABLE                1
#define XAP_MAX_GUEST_PAGES             8
#define XAP_CALL_SMC_FIRST_ID           0x2000000
#define XAP_CALL_SMC_ARGUMENTS          6
#define XAP_REFUSED                     XAP_U64(0xffffffffffffffff)
#define XAP_SPI_FIRST                   32
#define XAP_SPI_LAST                    1019
#define XAP_TIMER_MIN_NS                1000000
#define XAP_BRK_CHECK                   0x5500
#define XAP_BUDGET_DEFAULT_US           1000
#define XAP_BUDGET_MAX_US               10000
#define XAP_INSTRUCTIONS_PER_US         1000
#define XAP_RESTART_FIRST_NS            10000000
#define XAP_RESTART_MAX_NS              XAP_U64(0x2540be400)
#define XAP_RESTART_FORGET_CALLS        1000
#define XAP_DEFERRED_SHARE              9
#define XAP_RESTART_NEVER               0
#define XAP_RECORD_REQUIRED             XAP_U(0x80000000)
#define XAP_NOTE_TYPE_MANIFEST          1
#define XAP_ID_FAST                     XAP_U(0x80000000)
#define XAP_ID_64                       0x40000000
#define XAP_FIRST_FAST_OR_TRUSTED_OS_ID 0x2000000
#define XAP_OWNER_ARCH                  0
#define XAP_OWNER_STANDARD_SECURE       4
#define XAP_OWNER_STANDARD_HYPERVISOR   5
#define XAP_CALL_COUNT                  0xff00
#define XAP_CALL_UID                    0xff01
#define XAP_CALL_REVISION               0xff03

/* How many, from 0 on. */
#define XAP_PSCI_FUNCTIONS 32

/* Error numbers of Xen's public/errno.h; a system call returns them negated. */
#define XAP_EPERM  1
#define XAP_ENOENT 2
#define XAP_ENOMEM 12
#define XAP_EFAULT 14
#define XAP_EBUSY  16
#define XAP_EINVAL 22
#define XAP_ENOSYS 38

/* Section 2: the function code in x0 at the entry point. */
#define XAP_FUNCTION_INIT          0
#define XAP_FUNCTION_HANDLE_SMC    1
#define XAP_FUNCTION_HANDLE_HVC    2
#define XAP_FUNCTION_HANDLE_MMIO   3
#define XAP_FUNCTION_TIMER         4
#define XAP_FUNCTION_EVENT         5
#define XAP_FUNCTION_HANDLE_POSTED 6

/* Section 2, clause 2: how a call ended (x0 of system call 0); else -errno. */
#define XAP_STATUS_DONE        0
#define XAP_STATUS_DONE_8      1
#define XAP_STATUS_NOT_HANDLED (-38)

/* Event */
#define XAP_EVENT_DOMAIN_CREATED   1
#define XAP_EVENT_DOMAIN_DESTROYED 2

/* Section 3: the number in x8. */
#define XAP_SYS_RETURN         0
#define XAP_SYS_LOG            1
#define XAP_SYS_PANIC          2
#define XAP_SYS_CALL_SMC       3
#define XAP_SYS_MAP_GUEST_PAGE 4
#define XAP_SYS_UNMAP          5
#define XAP_SYS_MAP_IO         6
#define XAP_SYS_INJECT_IRQ     7
#define XAP_SYS_SET_TIMER      8
#define XAP_SYS_TIME           9

/* LogLevel */
#define XAP_LOG_ERROR 0
#define XAP_LOG_WARN  1
#define XAP_LOG_INFO  2
#define XAP_LOG_DEBUG 3

/* Why a run-time check ended a call: brk #(BRK_CHECK | reason) (section 5, clause 1). */
#define XAP_REASON_OVERFLOW         1
#define XAP_REASON_DIVISION_BY_ZERO 2
#define XAP_REASON_SHIFT            3
#define XAP_REASON_CONVERSION       4
#define XAP_REASON_INDEX            5
#define XAP_REASON_MAPPING          6
#define XAP_REASON_ASSERT           7
#define XAP_REASON_PANIC            8

/* RouteKind */
#define XAP_ROUTE_SMC        1
#define XAP_ROUTE_HVC        2
#define XAP_ROUTE_MMIO_READ  3
#define XAP_ROUTE_MMIO_WRITE 4

/* RouteFlag */
#define XAP_ROUTE_FLAG_POSTED 1

/* NeedKind */
#define XAP_NEED_CALL_SMC     1
#define XAP_NEED_GUEST_MEMORY 2
#define XAP_NEED_IO           3
#define XAP_NEED_IRQ          4
#define XAP_NEED_TIMER        5

/* GuestMemory */
#define XAP_GUEST_MEMORY_READ       1
#define XAP_GUEST_MEMORY_READ_WRITE 3

/* Instances */
#define XAP_INSTANCES_SHARED     0
#define XAP_INSTANCES_PER_DOMAIN 1

/* Types of the manifest's records (section 1, clause 3). */
#define XAP_RECORD_ABI_VERSION 1
#define XAP_RECORD_ENTRY       2
#define XAP_RECORD_UUID        3
#define XAP_RECORD_NAME        4
#define XAP_RECORD_APP_VERSION 5
#define XAP_RECORD_STACK       6
#define XAP_RECORD_ROUTE       7
#define XAP_RECORD_NEED        8
#define XAP_RECORD_INSTANCES   9
#define XAP_RECORD_RESTART     10
#define XAP_RECORD_BUDGET      11
#define XAP_RECORD_BUILD_ID    12

/* The notes of the 2017 proof of concept: XEN_ELFNOTE_* of Xen's public/elfnote.h. */
#define XAP_XEN_NOTE_ENTRY          1
#define XAP_XEN_NOTE_HYPERCALL_PAGE 2
#define XAP_XEN_NOTE_VIRT_BASE      3
#define XAP_XEN_NOTE_PADDR_OFFSET   4
#define XAP_XEN_NOTE_XEN_VERSION    5
#define XAP_XEN_NOTE_GUEST_OS       6
#define XAP_XEN_NOTE_GUEST_VERSION  7
#define XAP_XEN_NOTE_LOADER         8

/* Owners of notes. */
#define XAP_NOTE_OWNER "XAP"
#define XAP_NOTE_OWNER_XEN "Xen"

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
