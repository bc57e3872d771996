"""The devices of QEMU's `virt` machine, by its qtest protocol: no guest runs, and time stands.

Debian's QEMU has no accelerator of that name, which could step the time.
"""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

QEMU = shutil.which("qemu-system-aarch64")
SECONDS = 60
"""For anything to happen on a loaded machine."""


@dataclass
class Qtest:
    """Addresses are physical ones."""

    line: socket.socket
    """The other end of the UART."""
    _answers: TextIO

    def _ask(self, command: str) -> str:
        self._answers.write(f"{command}\n")
        self._answers.flush()
        answer = self._answers.readline().split()
        assert answer[:1] == ["OK"], (command, answer)
        return answer[-1]

    def read(self, address: int) -> int:
        """32 bits."""
        return int(self._ask(f"readl {address:#x}"), 16)

    def write(self, address: int, value: int) -> None:
        self._ask(f"writel {address:#x} {value:#x}")

    def sent(self, count: int) -> bytes:
        """That many characters that came out of the UART."""
        arrived = b""
        while len(arrived) < count:
            more = self.line.recv(count - len(arrived))
            assert more, "QEMU has ended"
            arrived += more
        return arrived


@contextmanager
def running(folder: Path) -> Iterator[Qtest]:
    """A machine; `folder` is an empty one for its sockets."""
    assert QEMU is not None
    with _listening(folder / "qtest") as qtest, _listening(folder / "serial") as serial:
        process = subprocess.Popen(
            [QEMU, "-machine", "virt", "-S", "-display", "none", "-nodefaults",
             "-rtc", "base=1970-01-01,clock=vm",
             "-qtest-log", "none", "-qtest", f"unix:{folder / 'qtest'}",
             "-serial", f"unix:{folder / 'serial'}"],
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            with (
                _accepted(serial) as line,
                _accepted(qtest) as connection,
                connection.makefile("rw", newline="\n") as answers,
            ):
                yield Qtest(line, answers)
        finally:
            process.kill()
            process.wait()


def _listening(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(SECONDS)
    made.bind(str(path))
    made.listen(1)
    return made


def _accepted(listening: socket.socket) -> socket.socket:
    made, _ = listening.accept()
    made.settimeout(SECONDS)
    return made
