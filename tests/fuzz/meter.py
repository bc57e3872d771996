"""One execution: how it ended, how long it took, how much memory, and what is wrong with that."""

import os
import time
import traceback
from contextlib import suppress
from typing import NamedTuple

from tests.fuzz.targets import Target

MOST_SECONDS = 1.0
"""Of processor time."""
MOST_KIB = 256 << 10
"""By which an execution may raise the memory that the process has resident."""


class Outcome(NamedTuple):
    end: str
    """`accepted`, or the refusal: its class, and of one of the verifier's the rule."""
    seconds: float
    kib: int
    problem: str | None = None
    """One line that is the same for the same mistake."""
    details: str = ""


class Meter:
    def __init__(self, target: Target) -> None:
        self._target = target
        self._peak = _Peak()

    def execute(self, data: bytes) -> Outcome:
        before = self._peak.reset()
        begin = time.process_time()
        end, problem, details = self._ended(data)
        seconds, kib = time.process_time() - begin, self._peak.kib() - before
        if problem is None and seconds > MOST_SECONDS:
            problem = f"time: {end}"
        elif problem is None and kib > MOST_KIB:
            problem = f"memory: {end}"
        return Outcome(end, seconds, kib, problem, details)

    def _ended(self, data: bytes) -> tuple[str, str | None, str]:
        try:
            self._target.judge(data)
        except self._target.refusals as refusal:
            return _checked(refusal)
        except KeyboardInterrupt:
            raise
        except BaseException as mistake:  # noqa: BLE001  # whatever it is, it is the finding
            frames = traceback.extract_tb(mistake.__traceback__)
            place = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].name}"
            lines = traceback.format_exception(mistake)
            return "traceback", f"{type(mistake).__name__} in {place}", "".join(lines)
        return "accepted", None, ""


def _checked(refusal: Exception) -> tuple[str, str | None, str]:
    rule = getattr(refusal, "rule", None)
    end = type(refusal).__name__ + (f" {rule.identifier}" if rule is not None else "")
    said = str(refusal)
    if not said or not said.isprintable():
        return end, f"message: {end}", repr(said)
    return end, None, ""


class _Peak:
    """How much of the process was resident at most, by Linux's /proc; elsewhere it is not known.

    Not by getrusage(2), whose peak begins with that of the process that started this one.
    """

    def __init__(self) -> None:
        self._files: tuple[int, int] | None = None
        with suppress(OSError):
            clear = os.open("/proc/self/clear_refs", os.O_WRONLY)
            self._files = clear, os.open("/proc/self/status", os.O_RDONLY)

    def reset(self) -> int:
        """The peak becomes what is resident now (proc(5)), in KiB."""
        if self._files is not None:
            os.write(self._files[0], b"5")
        return self.kib()

    def kib(self) -> int:
        if self._files is None:
            return 0
        status = os.pread(self._files[1], 4096, 0)
        return int(status.partition(b"VmHWM:")[2].split(maxsplit=1)[0])
