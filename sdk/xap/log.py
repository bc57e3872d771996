"""`log.info(f"...")` and its like: one message each (LANGUAGE.md section 6)."""

from xaprt.abi import LogLevel

from xap import runtime
from xap.blocks import Block, contents
from xap.integers import u8

HEXDUMP_BYTES = 16
"""In a line of a hexdump."""


def error(text: str) -> None:
    _write(LogLevel.ERROR, text)


def warn(text: str) -> None:
    _write(LogLevel.WARN, text)


def info(text: str) -> None:
    _write(LogLevel.INFO, text)


def debug(text: str) -> None:
    _write(LogLevel.DEBUG, text)


def hexdump(data: "Block[u8]") -> None:
    """The bytes of an array or view of u8, at level DEBUG, one message for each 16 of them.

    A line is the offset as four hexadecimal digits (more where it needs them), a colon, and
    each byte as a space and two digits; the last line may be shorter: `0010: 00 01 ff`.
    """
    held = contents(data)
    for start in range(0, len(held), HEXDUMP_BYTES):
        line = held[start : start + HEXDUMP_BYTES].hex(" ")
        _write(LogLevel.DEBUG, f"{start:04x}: {line}")


def _write(level: LogLevel, text: str) -> None:
    if not isinstance(text, str):
        raise TypeError(f'a message is a text, not {type(text).__name__}; write f"{{x}}"')
    runtime.services().log(int(level), text)
