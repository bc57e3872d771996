"""Log lines, hexdumps and panic texts, formatted in the app by the library in `xaprt/lib`.

A message without values is logged where it stands among the constants. Any other is put
together in a `Line` of the frame, piece by piece.
"""

from xaprt import abi

from xapc.lower import expressions, memory, views
from xapc.lower.body import Body
from xapc.lower.calls import call
from xapc.lower.ir import integer, is_signed
from xapc.lower.module import ENDS
from xapc.tree import FormatSpec, Formatted, Hexdump, Log, Message, Panic
from xapc.types import BOOL, EnumType, StructType

_BASES = {"d": 10, "x": 16, "X": 16, "o": 8, "b": 2}
_HEXDUMP_BYTES = 16


def log(body: Body, node: Log) -> str:
    text, length = _text(body, node.message)
    _log(body, text, length, node.level)
    return ""


def _log(body: Body, text: str, length: str, level: abi.LogLevel) -> None:
    name = body.module.shim("xap_sys_log", "i64", "ptr", "i64", "i64")
    body.call("i64", name, f"ptr {text}, i64 {length}, i64 {level.value}")


def panic(body: Body, node: Panic) -> str:
    text, length = _text(body, node.message)
    end_with(body, abi.Reason.PANIC, text, length)
    return ""


def failed_assert(body: Body, message: Message) -> None:
    text, length = _text(body, message)
    end_with(body, abi.Reason.ASSERT, text, length)


def end_with(body: Body, reason: abi.Reason, text: str, length: str) -> None:
    name = body.module.shim("xap_sys_panic", "void", "i64", "ptr", "i64", ends=True)
    args = f"i64 {reason.value}, ptr {text}, i64 {length}"
    body.call("void", name, args, f" {ENDS}")
    body.end("unreachable")


# --- putting a message together --------------------------------------------------------------


def _text(body: Body, message: Message) -> tuple[str, str]:
    """Address and length of the message; all values are evaluated before any is formatted."""
    if all(isinstance(part, str) for part in message):
        image = "".join(part for part in message if isinstance(part, str)).encode(
            "utf-8", "replace"
        )
        return (body.module.constant(image) if image else "null"), str(len(image))
    values = [
        expressions.lower(body, part.value) if isinstance(part, Formatted) else ""
        for part in message
    ]
    line = _begin(body)
    for part, value in zip(message, values, strict=True):
        if isinstance(part, str):
            _put_text(body, line, part)
        elif part.value.type is BOOL:
            _put_choice(body, line, value, "i1", [(1, "True"), (0, "False")])
        elif isinstance(part.value.type, EnumType):
            _put_member(body, line, value, part.value.type)
        else:
            _put_number(body, line, value, part)
    return _finish(body, line)


def _line_type(body: Body) -> StructType:
    type = body.module.library("put_text").params[0].type
    assert isinstance(type, StructType)
    return type


def _begin(body: Body) -> str:
    type = _line_type(body)
    if body.line is None:
        body.line = body.aggregate_slot(type)
    length = type.fields["length"]
    # The text behind the length is never read before it is written.
    body.store(length.type, "0", body.offset(body.line, length.offset))
    return body.line


def _finish(body: Body, line: str) -> tuple[str, str]:
    type = _line_type(body)
    length = type.fields["length"]
    count = body.load(length.type, body.offset(line, length.offset))
    return body.offset(line, type.fields["text"].offset), count


def _library(body: Body, name: str, *given: str) -> None:
    call(body, body.module.library(name), given)


def _constant_view(body: Body, text: str) -> str:
    image = text.encode("utf-8", "replace")
    return views.make(body, body.module.constant(image), str(len(image)), "0")


def _put_text(body: Body, line: str, text: str) -> None:
    _library(body, "put_text", line, _constant_view(body, text))


def _put_choice(
    body: Body, line: str, value: str, width: str, texts: list[tuple[int, str]]
) -> None:
    """The text that belongs to the value, which is one of those given."""
    pointer, length = body.slot("ptr"), body.slot("i64")
    done = body.label()
    labels = [body.label() for _ in texts]
    cases = " ".join(
        f"{width} {number}, label %{label}"
        for (number, _), label in zip(texts[1:], labels[1:], strict=True)
    )
    body.end(f"switch {width} {value}, label %{labels[0]} [ {cases} ]")
    for (_, text), label in zip(texts, labels, strict=True):
        body.place(label)
        image = text.encode("utf-8", "replace")
        body.do(f"store ptr {body.module.constant(image)}, ptr {pointer}")
        body.do(f"store i64 {len(image)}, ptr {length}")
        body.go(done)
    body.place(done)
    address, count = body.op(f"load ptr, ptr {pointer}"), body.op(f"load i64, ptr {length}")
    _library(body, "put_text", line, views.make(body, address, count, "0"))


def _put_member(body: Body, line: str, value: str, type: EnumType) -> None:
    names: dict[int, str] = {}
    for name, number in type.members.items():
        names.setdefault(number, f"{type.name}.{name}")  # aliases show the first name
    _put_choice(body, line, value, f"i{type.base.bits}", list(names.items()))


def _put_number(body: Body, line: str, value: str, part: Formatted) -> None:
    held = integer(part.value.type)
    width = f"i{held.bits}"
    negative = "false"
    if is_signed(held):
        negative = body.op(f"icmp slt {width} {value}, 0")
        # abs(MIN) wraps to MIN, which read as unsigned is its magnitude.
        value = body.intrinsic(width, f"abs.{width}", f"{width} {value}", "i1 false")
    magnitude = body.cast("zext", value, width, "i64")
    spec = part.spec
    if spec == FormatSpec() and not held.signed:
        _library(body, "put_decimal", line, magnitude)
        return
    base, letter = _BASES[spec.kind], ord("A" if spec.kind == "X" else "a") - 10
    prefix = ord(spec.kind) if spec.alternate and spec.kind != "d" else 0
    zero = "true" if spec.zero else "false"
    given = magnitude, negative, str(base), str(letter), str(prefix), zero, str(spec.width)
    _library(body, "put_number", line, *given)


# --- hexdump ---------------------------------------------------------------------------------


def hexdump(body: Body, node: Hexdump) -> str:
    """A line for each 16 bytes, the last may be shorter."""
    data = memory.window(body, node.data.type, expressions.lower(body, node.data))
    view = views.make(body, data.pointer, data.length, "0")
    rounded = body.op(f"add i64 {data.length}, {_HEXDUMP_BYTES - 1}")
    lines = body.op(f"udiv i64 {rounded}, {_HEXDUMP_BYTES}")
    with memory.counted(body, lines) as (index, _):
        line = _begin(body)
        start = body.op(f"mul i64 {index}, {_HEXDUMP_BYTES}")
        _library(body, "put_bytes", line, view, start)
        text, length = _finish(body, line)
        _log(body, text, length, node.level)
    return ""
