"""`xap_entry`: from the registers of a call to its handler, and back (ABI.md section 2).

It gets x0..x7 as arguments and returns status and r0..r3, which the entry stub hands over. An
app that sees the guest's x7 (which arrives in x8) defines `xap_entry9` instead.
"""

from collections.abc import Callable, Iterator, Sequence

from xaprt import abi

from xapc.lower import memory, services
from xapc.lower.body import Body
from xapc.lower.calls import call, result_type
from xapc.lower.ir import is_signed
from xapc.lower.module import ENDS, Module
from xapc.tree import (
    MMIO_ACCESS,
    SMC_CALL,
    SMC_RESULT_8,
    CallHandler,
    Function,
    MmioHandler,
    Program,
)
from xapc.types import NEVER, NONE, U8, U32, U64, IntType, StructType, TupleType

_RESULT = "{ i64, i64, i64, i64, i64 }"
_RECORD_FIELDS = 4


def lower(module: Module) -> None:
    program = module.program
    count = 9 if any(_sees_x7(handler.function) for handler in program.calls) else 8
    body = module.body("xap_entry", program.app.span, artificial=True)
    cases = [(function, body.label(), write) for function, write in _functions(program) if write]
    other = body.label()
    targets = " ".join(f"i64 {function.value}, label %{label}" for function, label, _ in cases)
    body.end(f"switch i64 %x0, label %{other} [ {targets} ]")
    for _, label, write in cases:
        body.place(label)
        write(body)
    body.place(other)
    _answer(body, abi.Status.NOT_HANDLED, [])
    params = ", ".join(f"i64 %x{n}" for n in range(count))
    name = "xap_entry" if count == 8 else "xap_entry9"
    module.define(f"{_RESULT} @{name}({params})", name, body, internal=False)


def _sees_x7(function: Function) -> bool:
    return len(function.params) == 7 or _whole(function)


def _whole(function: Function) -> bool:
    return [p.type for p in function.params] == [SMC_CALL]


_Writer = Callable[[Body], None]


def _functions(program: Program) -> list[tuple[abi.Function, _Writer | None]]:
    """What the app answers, each with the code that does; None: it does not know it."""
    smc = [h for h in program.calls if h.kind is abi.RouteKind.SMC]
    hvc = [h for h in program.calls if h.kind is abi.RouteKind.HVC]
    posted = [h for h in program.mmio if h.posted]
    init, timer, events = program.init, program.timer, program.events
    return [
        (abi.Function.INIT, (lambda b: _init(b, init, bool(posted))) if init or posted else None),
        (abi.Function.HANDLE_SMC, (lambda b: _calls(b, smc)) if smc else None),
        (abi.Function.HANDLE_HVC, (lambda b: _calls(b, hvc)) if hvc else None),
        (abi.Function.HANDLE_MMIO, (lambda b: _mmio(b, program.mmio)) if program.mmio else None),
        (abi.Function.TIMER, (lambda b: _timer(b, timer)) if timer else None),
        (abi.Function.EVENT, (lambda b: _events(b, events)) if events else None),
        (abi.Function.HANDLE_POSTED, (lambda b: _posted(b, posted)) if posted else None),
    ]


def _answer(body: Body, status: int, results: Sequence[str]) -> None:
    """End the call: what is not named of r0..r3 is zero."""
    made = "poison"
    for number, value in enumerate([str(int(status)), *results, "0", "0", "0", "0"][:5]):
        made = body.op(f"insertvalue {_RESULT} {made}, i64 {value}, {number}")
    body.end(f"ret {_RESULT} {made}")


# --- INIT, TIMER, EVENT ----------------------------------------------------------------------


def _request_page(body: Body) -> str:
    return body.module.reserve(".request_page", U64)


def _init(body: Body, init: Function | None, posted: bool) -> None:
    if posted:
        body.store(U64, "%x2", _request_page(body))
    if init is not None:
        call(body, init, [])
    _answer(body, abi.Status.DONE, [])


def _timer(body: Body, timer: Function | None) -> None:
    assert timer is not None
    call(body, timer, ["%x1"])
    _answer(body, abi.Status.DONE, [])


def _events(body: Body, events: dict[abi.Event, Function]) -> None:
    domid = body.op("trunc i64 %x2 to i16")
    labels = {event: body.label() for event in events}
    other = body.label()
    targets = " ".join(f"i64 {event.value}, label %{labels[event]}" for event in events)
    body.end(f"switch i64 %x1, label %{other} [ {targets} ]")
    for event, function in events.items():
        body.place(labels[event])
        call(body, function, [domid])
        _answer(body, abi.Status.DONE, [])
    body.place(other)
    _answer(body, abi.Status.NOT_HANDLED, [])


# --- SMC, HVC --------------------------------------------------------------------------------


def _calls(body: Body, handlers: Sequence[CallHandler]) -> None:
    fid = body.op("trunc i64 %x1 to i32")
    labels = [body.label() for _ in handlers]
    ranges = body.label()
    single = " ".join(
        f"i32 {ids.first}, label %{label}"
        for handler, label in zip(handlers, labels, strict=True)
        for ids in handler.ids
        if ids.first == ids.last
    )
    body.end(f"switch i32 {fid}, label %{ranges} [ {single} ]")
    body.place(ranges)
    for handler, label in zip(handlers, labels, strict=True):
        for ids in handler.ids:
            if ids.first != ids.last:
                distance = body.op(f"sub i32 {fid}, {ids.first}")
                inside = body.op(f"icmp ule i32 {distance}, {ids.last - ids.first}")
                following = body.label()
                body.branch(inside, label, following)
                body.place(following)
    _answer(body, abi.Status.NOT_HANDLED, [])
    for handler, label in zip(handlers, labels, strict=True):
        body.place(label)
        _handle(body, handler.function)


def _handle(body: Body, function: Function) -> None:
    if _whole(function):
        given = [_smc_call(body)]
    else:
        # The guest's x1 is in x2. A narrow parameter takes the low bits (SMCCC 2.5).
        given = [
            body.cast("trunc", f"%x{n + 2}", "i64", f"i{p.type.size * 8}")
            for n, p in enumerate(function.params)
        ]
    made = call(body, function, given)
    if not body.is_open:
        return
    if function.result is SMC_RESULT_8:
        name = body.module.shim("xap_return8", "void", *["i64"] * 8, ends=True)
        values = ", ".join(f"i64 {value}" for value in _fields(body, made, SMC_RESULT_8))
        body.call("void", name, values, f" {ENDS}")
        body.end("unreachable")
        return
    _answer(body, abi.Status.DONE, _results(body, function, made))


def _smc_call(body: Body) -> str:
    slot = body.aggregate_slot(SMC_CALL)
    memory.zero(body, SMC_CALL, slot)
    fields = SMC_CALL.fields
    body.store(U32, body.op("trunc i64 %x1 to i32"), body.offset(slot, fields["fid"].offset))
    for number in range(1, 8):
        body.store(U64, f"%x{number + 1}", body.offset(slot, fields[f"x{number}"].offset))
    services.write_caller(body, body.offset(slot, fields["caller"].offset))
    return slot


def _results(body: Body, function: Function, made: str) -> list[str]:
    """r0..r3, zero- or sign-extended by their types."""
    result = function.result
    if result is NONE:
        return []
    if isinstance(result, StructType):
        return _fields(body, made, result)
    if isinstance(result, TupleType):
        whole = result_type(function)
        items = [body.op(f"extractvalue {whole} {made}, {n}") for n in range(len(result.items))]
        return [_extended(body, *pair) for pair in zip(items, result.items, strict=True)]
    return [_extended(body, made, result)]


def _extended(body: Body, value: str, type: object) -> str:
    assert isinstance(type, IntType)
    return body.cast("sext" if is_signed(type) else "zext", value, f"i{type.bits}", "i64")


def _fields(body: Body, pointer: str, type: StructType) -> list[str]:
    return [body.load(f.type, body.offset(pointer, f.offset)) for f in type.fields.values()]


# --- MMIO ------------------------------------------------------------------------------------


def _mmio(body: Body, handlers: Sequence[MmioHandler]) -> None:
    width = body.op("trunc i64 %x3 to i8")
    is_write = body.op(f"icmp uge i64 %x3, {abi.MMIO_WRITE}")
    reads, writes = body.label(), body.label()
    body.branch(is_write, writes, reads)
    for label, kind in ((reads, abi.RouteKind.MMIO_READ), (writes, abi.RouteKind.MMIO_WRITE)):
        body.place(label)
        mine = [h for h in handlers if h.kind is kind]
        for handler in _by_region(body, "%x1", mine):
            access = _access(body, "%x2", width)
            if kind is abi.RouteKind.MMIO_READ:
                made = call(body, handler.function, [access])
                results = [made] if handler.function.result is not NEVER else []
            else:
                call(body, handler.function, [access, "%x4"])
                results = []
            _answer(body, abi.Status.DONE, results)
        _answer(body, abi.Status.NOT_HANDLED, [])


def _by_region(body: Body, region: str, handlers: Sequence[MmioHandler]) -> Iterator[MmioHandler]:
    """Each handler; the code written meanwhile is run for its region only."""
    for handler in handlers:
        mine, following = body.label(), body.label()
        body.branch(body.op(f"icmp eq i64 {region}, {handler.base}"), mine, following)
        body.place(mine)
        yield handler
        body.go_on(following)
        body.place(following)


def _access(body: Body, offset: str, width: str) -> str:
    slot = body.aggregate_slot(MMIO_ACCESS)
    memory.zero(body, MMIO_ACCESS, slot)
    fields = MMIO_ACCESS.fields
    body.store(U64, offset, body.offset(slot, fields["offset"].offset))
    body.store(U8, width, body.offset(slot, fields["width"].offset))
    services.write_caller(body, body.offset(slot, fields["caller"].offset))
    return slot


def _posted(body: Body, handlers: Sequence[MmioHandler]) -> None:
    """One record after the other: region, offset, width, value (ABI.md 2.5)."""
    page = body.op(f"inttoptr i64 {body.load(U64, _request_page(body))} to ptr")
    with memory.counted(body, "%x1") as (index, _):
        at = body.op(f"mul i64 {index}, {abi.POSTED_RECORD_BYTES}")
        record = body.offset(page, at)
        region, offset, width, value = (
            body.op(f"load volatile i64, ptr {body.offset(record, 8 * n)}, align 8")
            for n in range(_RECORD_FIELDS)
        )
        narrow = body.op(f"trunc i64 {width} to i8")
        for handler in _by_region(body, region, handlers):
            call(body, handler.function, [_access(body, offset, narrow), value])
    _answer(body, abi.Status.DONE, [])
