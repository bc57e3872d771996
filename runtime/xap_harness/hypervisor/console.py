"""The console: log lines of apps within their quotas, and fault reports (ABI.md 3.2, 5.3)."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from xaprt import abi

from xap_harness.hypervisor.clock import NS_PER_SECOND, Clock

KEPT_LINES = 10_000
"""How far back a console remembers; an app that floods it for hours costs no more."""


@dataclass(frozen=True, slots=True)
class LogLine:
    app: str
    level: abi.LogLevel
    text: str

    def __str__(self) -> str:
        return f"{self.app}: {self.text}"


class Console:
    """Lines in the order in which they were printed. `echo` sees each one as it comes."""

    def __init__(self, echo: Callable[[str], None] | None = None) -> None:
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._echo = echo

    def print(self, line: str) -> None:
        self.lines.append(line)
        if self._echo is not None:
            self._echo(line)


def printable_lines(message: bytes) -> list[str]:
    """A message as the console shows it: cut, what is not printable replaced, newlines end
    lines (ABI.md 3.2)."""
    text = "".join(
        chr(byte) if 0x20 <= byte <= 0x7E or byte == 0x0A else "?"
        for byte in message[: abi.LOG_BYTES]
    )
    lines = text.split("\n")
    if len(lines) > 1 and not lines[-1]:
        lines.pop()
    return lines


class AppLog:
    """One app's way to the console, 16 lines a call and 100 a second.

    `call_lines` holds what the current call logged, within the quota of a call; that of a
    second governs only the console.
    """

    def __init__(self, app: str, console: Console, clock: Clock) -> None:
        self._app = app
        self._console = console
        self._clock = clock
        self._second_ends = 0
        self._this_second = 0
        self._dropped = 0
        self.call_lines: list[LogLine] = []

    def begin_call(self) -> None:
        self.call_lines = []

    def write(self, level: abi.LogLevel, message: bytes) -> list[LogLine]:
        """Those lines of the message that the quota of a call admits."""
        lines = [LogLine(self._app, level, text) for text in printable_lines(message)]
        room = abi.LOG_LINES_PER_CALL - len(self.call_lines)
        admitted = lines[:room]
        for line in admitted:
            self.call_lines.append(line)
            if self._has_room():
                self._tell_dropped()
                self._this_second += 1
                self._console.print(str(line))
            else:
                self._dropped += 1
        self._dropped += len(lines) - len(admitted)
        return admitted

    def end_call(self) -> None:
        if self._dropped and self._has_room():
            self._tell_dropped()

    def _has_room(self) -> bool:
        if self._clock.now_ns >= self._second_ends:
            self._second_ends = self._clock.now_ns + NS_PER_SECOND
            self._this_second = 0
        return self._this_second < abi.LOG_LINES_PER_SECOND

    def _tell_dropped(self) -> None:
        if self._dropped:
            self._console.print(f"{self._app}: {self._dropped} lines dropped")
            self._dropped = 0
