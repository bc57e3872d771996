"""A long search for inputs on which the front end falls over.

    python -m tests.frontend.campaign DIRECTORY...          check every .py below
    python -m tests.frontend.campaign /usr/lib/python3.13 --without site-packages
    python -m tests.frontend.campaign --mutants 10000       check mutants, seeds 0 to 9999
    python -m tests.frontend.campaign --mutants 10 --first 4711 --build
    python -m tests.frontend.campaign --generated 10000     check what hypothesmith makes

Whatever a file holds, `xapc check` has to end with diagnostics or without: an exception, and a
check that takes longer than 20 seconds, is a finding. So is an exception of `--fix`, to which
mutants and generated files are put. Each kind is shown once, with the file or seed that shows it
again. Exits 1 if there are any.
"""

import argparse
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import FrameType

from xapc.diagnostics import CompileError
from xapc.fix import fix
from xapc.pipeline import build, check_file
from xapc.render import FORMATS, render

from tests.diagnostics.programs import errors_of
from tests.frontend.mutants import mutant

SECONDS = 20


class TooLongError(Exception):
    pass


def check(path: Path, *, further: bool = False, mends: bool = False) -> str | None:
    """None, or the finding: where it fell over. `further`: what is right becomes an image; `mends`:
    what is not is edited."""

    def late(_: int, frame: FrameType | None) -> None:
        raise TooLongError(f"after {SECONDS} s")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        if further:
            assert build(path).elf
        else:
            check_file(path)
    except CompileError as problem:
        # What is reported must be printable, too.
        render(problem.errors, color=True)
        FORMATS["json"](problem.errors)
        return check_fix(path) if mends else None
    except Exception as fault:  # noqa: BLE001  # finding them is what this is for
        return where(fault)
    finally:
        signal.alarm(0)
    return None


def check_fix(path: Path) -> str | None:
    """As `check`, of `--fix`, which changes the file."""
    try:
        fix(path, errors_of)
    except Exception as fault:  # noqa: BLE001  # as above
        return where(fault)
    return None


def where(fault: Exception) -> str:
    cause = fault.__cause__ or fault
    frame = traceback.extract_tb(cause.__traceback__)[-1]
    text = " ".join(str(cause).split())[:120]
    return f"{type(cause).__name__} in {Path(frame.filename).name}:{frame.lineno}: {text}"


def inputs(options: argparse.Namespace, scratch: Path) -> Iterator[tuple[str, Path]]:
    for directory in options.directories:
        for path in sorted(directory.rglob("*.py")):
            if not options.without & set(path.parts):
                yield str(path), path
    for seed in range(options.first, options.first + options.mutants):
        path = scratch / "mutant.py"
        path.write_text(mutant(seed), encoding="utf-8", errors="surrogatepass")
        yield f"seed {seed}", path
    if options.generated:
        # Imported here: what it needs is installed for tests only.
        from tests.frontend.generated import generated

        for number, source in enumerate(islice(generated(options.first), options.generated)):
            path = scratch / "generated.py"
            path.write_text(source, encoding="utf-8", errors="surrogatepass")
            yield f"generated {number} from {options.first}", path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("directories", nargs="*", type=Path)
    parser.add_argument(
        "--without", action="append", default=[], metavar="NAME", help="leave out directories"
    )
    parser.add_argument("--build", action="store_true", help="build what has no errors")
    parser.add_argument("--mutants", type=int, default=0)
    parser.add_argument("--generated", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    options.without = set(options.without)
    found: dict[str, int] = {}
    started, done, slowest = time.monotonic(), 0, (0.0, "")
    with tempfile.TemporaryDirectory() as scratch:
        for name, path in inputs(options, Path(scratch)):
            before = time.monotonic()
            finding = check(path, further=options.build, mends=path.parent == Path(scratch))
            done += 1
            slowest = max(slowest, (time.monotonic() - before, name))
            if finding is not None:
                found[finding] = found.get(finding, 0) + 1
                if found[finding] == 1:
                    print(f"{name}: {finding}", flush=True)
            if done % 1000 == 0:
                print(f"{done} checked, {len(found)} findings", file=sys.stderr, flush=True)
    seconds = time.monotonic() - started
    print(f"{done} checked in {seconds:.0f} s, slowest {slowest[0]:.1f} s ({slowest[1]})")
    for finding, count in sorted(found.items(), key=lambda each: -each[1]):
        print(f"{count:>6}  {finding}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
