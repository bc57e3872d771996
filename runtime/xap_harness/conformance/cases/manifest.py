"""Notes and manifest (ABI.md 1.3)."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace

from xaprt import abi
from xaprt.link.place import Output

from xap_harness.conformance.images import (
    DONE,
    FID,
    App,
    Record,
    edit_file_header,
    note,
)
from xap_harness.conformance.judge import accepted, answered, equal, log_of, refused, unclaimed
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.suite import case, each

_APP = App("mov x1, #1; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE)
Edit = Callable[[list[Record]], list[Record]]


def _u32(value: int) -> bytes:
    return struct.pack("<I", value)


def _with(number: int, value: bytes) -> Edit:
    """That record has another value."""
    return lambda old: [(n, value if n == number else v) for n, v in old]


def _more(number: int, value: bytes) -> Edit:
    return lambda old: [*old, (number, value)]


def _first(number: int, value: bytes) -> Edit:
    return lambda old: [(number, value), *old]


def _without(number: int) -> Edit:
    return lambda old: [(n, v) for n, v in old if n != number]


def _twice(number: int) -> Edit:
    return lambda old: [*old, *[(n, v) for n, v in old if n == number]]


def _name(text: bytes) -> Edit:
    return _with(abi.Record.NAME, text.ljust(32, b"\0"))


# --- the notes ---------------------------------------------------------------------------------


def _xen(*descriptors: bytes) -> Callable[[list[Output]], list[Output]]:
    notes = [note("Xen", n, each) for n, each in enumerate(descriptors, 1)]
    return lambda old: [*notes, *old]


_XEN_NOTES = {
    "none": _xen(),
    "another entry": _xen(struct.pack("<Q", 0x1234_5678)),
    "nothing in them": _xen(*[b""] * 8),
    "nonsense": _xen(*[b"\xff" * 64] * 20),
    "behind the manifest": lambda old: [*old, note("Xen", 1, bytes(8))],
}


@each("1.3", "owner Xen: never read: {}", _XEN_NOTES)
def xen_notes(plan: Plan, edit: Callable[[list[Output]], list[Output]]) -> Iterator[None]:
    app = plan.app(replace(_APP, edit_notes=edit).image())
    reply = plan.smc(FID)
    yield
    accepted(app.verdict)
    answered(reply, 1)


_XAP_NOTES = {
    "none": lambda old: [],
    "two": lambda old: [*old, *old],
    "one whose name is another's": lambda old: [
        replace(old[0], data=old[0].data.replace(b"XAP\0", b"XAQ\0"))
    ],
    "one that says it is longer than the file": lambda old: [
        replace(old[0], data=old[0].data[:4] + _u32(1 << 20) + old[0].data[8:])
    ],
    "one whose size wraps": lambda old: [
        replace(old[0], data=old[0].data[:4] + _u32(0xFFFF_FFFF) + old[0].data[8:])
    ],
}


@each("1.3", "owner XAP, exactly one; refused: {}", _XAP_NOTES)
def xap_notes(plan: Plan, edit: Callable[[list[Output]], list[Output]]) -> Iterator[None]:
    app = plan.app(replace(_APP, edit_notes=edit).image())
    reply = plan.smc(FID)
    yield
    refused(app.verdict)
    unclaimed(reply)


# --- records -------------------------------------------------------------------------------------

_MANY = (abi.Record.ROUTE, abi.Record.NEED)
_MAJOR, _MINOR = abi.VERSION_MAJOR, abi.VERSION_MINOR


def _version(major: int, minor: int) -> Edit:
    return _with(abi.Record.ABI_VERSION, _u32(major << 16 | minor))


def _route(kind: int, flags: int, first: int, last: int) -> Edit:
    return _more(abi.Record.ROUTE, struct.pack("<IIQQ", kind, flags, first, last))


_REFUSED: dict[str, Edit] = {
    "a newer minor version": _version(_MAJOR, _MINOR + 1),
    "a newer major version": _version(_MAJOR + 1, 0),
    "an older major version": _version(_MAJOR - 1, _MINOR),
    "an entry that is not e_entry": _with(abi.Record.ENTRY, struct.pack("<Q", 4)),
    "no name": _name(b""),
    "a name of 32 letters": _name(b"a" * 32),
    "a name with a capital": _name(b"Probe"),
    "a name with a space": _name(b"pro be"),
    "a name with a newline": _name(b"probe\n"),
    "a name with a zero in it": _name(b"pro\0be"),
    "an unknown record that is required": _more(1 << 31 | 0x55, b"12345678"),
    "an unknown record that is required, first": _first(1 << 31 | 0x56, b""),
    "a known record's number with the top bit": _more(1 << 31 | abi.Record.BUDGET, _u32(5)),
    "a budget of another size": _with(abi.Record.BUDGET, bytes(8)),
    "an instance policy that there is not": _with(abi.Record.INSTANCES, _u32(2)),
    "a route of a kind that there is not": _route(9, 0, FID, FID),
    "a route that ends before it begins": _route(abi.RouteKind.SMC, 0, FID + 9, FID + 8),
    "a route with flags that there are not": _route(4, 2, 0xA00_0000, 0xA00_0FFF),
    "a need of a kind that there is not": _more(abi.Record.NEED, _u32(77)),
    **{f"no record {record.name}": _without(record) for record in abi.Record
       if record not in _MANY},
    **{f"two records {record.name}": _twice(record) for record in abi.Record
       if record not in _MANY},
}  # fmt: skip


@each("1.3", "refused: {}", _REFUSED)
def refused_manifest(plan: Plan, edit: Edit) -> Iterator[None]:
    app = plan.app(replace(_APP, edit_manifest=edit).image())
    reply = plan.smc(FID)
    yield
    refused(app.verdict)
    unclaimed(reply)


@each("1.3", "refused: a manifest that is cut {}",
      {"in a header": 3, "in a value": 12, "before its last byte": -1})  # fmt: skip
def cut(plan: Plan, size: int) -> Iterator[None]:
    def edit(notes: list[Output]) -> list[Output]:
        (whole,) = notes
        return [note(abi.NOTE_OWNER, abi.NOTE_TYPE_MANIFEST, whole.data[16:][:size])]

    app = plan.app(replace(_APP, edit_notes=edit).image())
    yield
    refused(app.verdict)


@case("1.3", "refused: a record whose length reaches beyond the manifest")
def long_record(plan: Plan) -> Iterator[None]:
    def edit(notes: list[Output]) -> list[Output]:
        (whole,) = notes
        descriptor = whole.data[16:] + struct.pack("<II", 0x77, 0xFFFF_FFF8)
        return [note(abi.NOTE_OWNER, abi.NOTE_TYPE_MANIFEST, descriptor)]

    app = plan.app(replace(_APP, edit_notes=edit).image())
    yield
    refused(app.verdict)


_ACCEPTED: dict[str, Edit] = {
    "an unknown record": _more(0x55, b"12345678"),
    "an unknown record of an odd length, first": _first(0x7FFF_FFFF, b"123"),
    "a name of one letter": _name(b"a"),
    "a name of 31 letters": _name(b"abcdefghijklmnopqrstuvwxyz_-019"),
    "the hypervisor's own version": _version(_MAJOR, _MINOR),
    "records in another order": lambda old: old[::-1],
}


@each("1.3", "accepted: {}", _ACCEPTED)
def accepted_manifest(plan: Plan, edit: Edit) -> Iterator[None]:
    app = plan.app(replace(_APP, edit_manifest=edit).image())
    reply = plan.smc(FID)
    yield
    accepted(app.verdict)
    answered(reply, 1)


@case("1.3", "the entry is where e_entry says; refused where that is no text")
def entry(plan: Plan) -> Iterator[None]:
    source = "brk #1; nop; mov x1, #3; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE
    app = App(source, whole=True, entry=8)
    there = plan.app(app.image())
    image = replace(app, name="other", entry=0x1000, routes=()).image()
    outside = plan.app(image)
    odd = plan.app(edit_file_header(replace(app, name="odd", entry=6, routes=()).image(), entry=6))
    reply = plan.smc(FID)
    yield
    accepted(there.verdict)
    answered(reply, 3)
    refused(outside.verdict)
    refused(odd.verdict)


@case("1.3", "the name of the manifest is the one on the console")
def name(plan: Plan) -> Iterator[None]:
    source = "adr x0, text; mov x1, #2; mov x2, #2; mov x8, #1; svc #0;" + DONE
    plan.app(App(source + 'text: .ascii "hi";', name="a-b_9").image())
    reply = plan.smc(FID)
    yield
    equal(log_of(reply.console, "a-b_9"), ["hi"], "log")
