"""Small apps to ship, and what the tests of shipping share."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from xapc.cli import main
from xaprt import abi
from xaprt.manifest import Need, Route

from tests.verify.images import image

FID = 0xC600_0001

Output = tuple[int, str, str]


def route(first: int, last: int | None = None) -> Route:
    return Route(abi.RouteKind.SMC, first, last or first, abi.RouteFlag.NONE)


def app(
    name: str,
    *,
    uuid: int,
    fid: int = FID,
    answer: int = 0,
    status: int = 0,
    needs: Sequence[Need] = (),
) -> bytes:
    """An image that ends each call, INIT too, with `status` and `answer` in x0."""
    text = f"mov x0, #{status}; mov x1, #{answer}; mov x2, #0; mov x3, #0; mov x4, #0; "
    return image(
        text + "mov x8, #0; svc #0",
        name=name,
        uuid=uuid.to_bytes(16, "big"),
        routes=(route(fid),),
        needs=tuple(needs),
        stack_bytes=0,
    )


ONE = app("one", uuid=1, fid=FID, answer=11)
TWO = app("two", uuid=2, fid=FID + 1, answer=22)


@dataclass
class Shell:
    """`xapc` in a folder."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str | Path) -> Output:
        status = main(list(map(str, arguments)))
        return (status, *self.capture.readouterr())

    def refusal(self, *arguments: str | Path) -> str:
        """The one line that says why not."""
        status, out, err = self(*arguments)
        assert (status, out) == (1, ""), (status, out, err)
        (line,) = err.splitlines()
        return line

    def file(self, name: str, content: bytes | str) -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


def tool(name: str, package: str) -> str:
    """A Debian tool; the test is skipped without it."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian package {package})")
    return found


def output_of(*command: str | Path) -> str:
    done = subprocess.run(
        list(map(str, command)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
