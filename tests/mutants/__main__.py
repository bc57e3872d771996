"""`python -m tests.mutants`: each check that the compiler inserts, left out once.

For every place in `xapc.lower` that asks for a run-time check, the tests of the language are run
with a compiler that does not insert it; some test has to fail. Prints a table in Markdown.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_LINE = re.compile(r":\d+")
_TESTS = ("tests/language",)


def pytest_with(mutant: str, *options: str) -> int:
    """The exit status of the language's tests under that plugin setting."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.mutants.plugin"]
    command += ["-p", "no:cacheprovider", "--xap-on", "emulator", *options, *_TESTS]
    found = subprocess.run(
        command, env={**os.environ, "XAP_MUTANT": mutant}, capture_output=True, check=False
    )
    return found.returncode


def places() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder, "places")
        if pytest_with(f"record:{record}") != 0:
            sys.exit("the tests fail without any mutant")
        return record.read_text(encoding="utf-8").splitlines()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    options = parser.parse_args()
    found = places()
    with ThreadPoolExecutor(options.jobs) as pool:
        statuses = list(pool.map(lambda place: pytest_with(f"skip:{place}", "-x"), found))
    print("| check left out | tests |\n|---|---|")
    for place, status in zip(found, statuses, strict=True):
        said = "fail" if status == 1 else "PASS" if status == 0 else str(status)
        print(f"| `{_LINE.sub('', place)}` | {said} |")
    alive = sum(status != 1 for status in statuses)
    print(f"\n{len(found) - alive} passed, {alive} failed")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
