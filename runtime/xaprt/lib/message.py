"""The in-app library: messages put together without a heap, in the language itself.

It is checked and compiled with each app that logs a value; what is not used is left out.
"""

from xap import Array, N, View, i64, struct, u8, u64


@struct
class Line:
    """A message that grows; what does not fit is dropped, as the console would (ABI.md 3.2)."""

    length: i64 = i64(0)
    text: Array[u8, N[256]] = Array[u8, N[256]]()


def put_text(line: Line, text: View[u8]) -> None:
    count = min(i64(len(text)), i64(256) - line.length)
    line.text.copy_from(text, line.length, 0, count)
    line.length += count


def put_byte(line: Line, byte: u8) -> None:
    if line.length < 256:
        line.text[line.length] = byte
        line.length += 1


def put_decimal(line: Line, value: u64) -> None:
    put_number(line, value, False, u64(10), u8(0), u8(0), False, i64(0))


def put_number(
    line: Line,
    magnitude: u64,
    negative: bool,
    base: u64,
    letter: u8,
    prefix: u8,
    zero: bool,
    width: i64,
) -> None:
    """Python's format of an integer: `[sign][0x][zeros]digits`, or spaces in front.

    `letter`: what is added to a digit above 9 ('a' or 'A', less ten); `prefix`: the second
    character of `0x`, or 0.
    """
    digits = Array[u8, N[64]]()
    count = i64(0)
    rest = magnitude
    while True:
        digit = u8.wrap(rest % base)
        digits[count] = digit + (u8(48) if digit < 10 else letter)
        count += 1
        rest //= base
        if rest == 0:
            break
    padding = width - count
    if negative:
        padding -= 1
    if prefix != 0:
        padding -= 2
    if not zero:
        put_many(line, u8(32), padding)
    if negative:
        put_byte(line, u8(45))
    if prefix != 0:
        put_byte(line, u8(48))
        put_byte(line, prefix)
    if zero:
        put_many(line, u8(48), padding)
    while count > 0:
        count -= 1
        put_byte(line, digits[count])


def put_many(line: Line, byte: u8, count: i64) -> None:
    for _ in range(count):
        put_byte(line, byte)


def put_bytes(line: Line, data: View[u8], start: i64) -> None:
    """A line of a hexdump: `0010: 00 01 ff`, of up to 16 bytes."""
    end = min(start + 16, i64(len(data)))
    put_number(line, u64(start), False, u64(16), u8(87), u8(0), True, i64(4))
    put_byte(line, u8(58))
    for index in range(start, end):
        put_byte(line, u8(32))
        put_number(line, u64(data[index]), False, u64(16), u8(87), u8(0), True, i64(2))
