"""The devices of QEMU's `virt` machine, by its qtest protocol: no guest runs, and time stands.

Debian's QEMU has no accelerator of that name, which could step the time.
"""

import shutil
import socket
import subprocess
from pathlib import Path
from types import TracebackType

QEMU = shutil.which("qemu-system-aarch64")


class Qtest:
    """`folder` is an empty one for the sockets. Addresses are physical ones."""

    def __init__(self, folder: Path) -> None:
        assert QEMU is not None
        listening = {name: self._listen(folder / name) for name in ("qtest", "serial")}
        self._process = subprocess.Popen(
            [QEMU, "-machine", "virt", "-S", "-display", "none", "-nodefaults",
             "-rtc", "base=1970-01-01,clock=vm",
             "-qtest-log", "none", "-qtest", f"unix:{folder / 'qtest'}",
             "-serial", f"unix:{folder / 'serial'}"],
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self.line, _ = listening["serial"].accept()
        """The other end of the UART."""
        connection, _ = listening["qtest"].accept()
        self._answers = connection.makefile("rw", newline="\n")

    def __enter__(self) -> "Qtest":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._process.kill()
        self._process.wait()
        self._answers.close()
        self.line.close()

    @staticmethod
    def _listen(path: Path) -> socket.socket:
        made = socket.socket(socket.AF_UNIX)
        made.settimeout(60)
        made.bind(str(path))
        made.listen(1)
        return made

    def _ask(self, command: str) -> str:
        self._answers.write(f"{command}\n")
        self._answers.flush()
        answer = self._answers.readline().split()
        assert answer[0] == "OK", (command, answer)
        return answer[-1]

    def read(self, address: int) -> int:
        """32 bits."""
        return int(self._ask(f"readl {address:#x}"), 16)

    def write(self, address: int, value: int) -> None:
        self._ask(f"writel {address:#x} {value:#x}")
