"""Prints the tables and brings docs/stub-domain.md and its plot up to date."""

import re
import sys
from pathlib import Path

from benchmarks.stub_domain import plot, tables
from benchmarks.stub_domain.tables import Table

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "stub-domain.md"
PLOT = DOCS / "native-app-vs-stub-domain.svg"


def shown(page: str, name: str) -> str:
    """The table of that name as the page has it."""
    found = re.search(_place(name), page, re.DOTALL)
    if found is None:
        raise ValueError(f"{PAGE.name} has no place for the table '{name}'")
    return found[2]


def with_table(page: str, table: Table) -> str:
    shown(page, table.name)
    return re.sub(
        _place(table.name), lambda place: f"{place[1]}{table}\n{place[3]}", page, flags=re.DOTALL
    )


def _place(name: str) -> str:
    return rf"(<!-- table: {name} -->\n)(.*?)(<!-- end -->)"


def main() -> int:
    loads = list(tables.loads())
    made = []
    for make in (tables.one_request, tables.work, tables.sensitivity, tables.requesters):
        made.append(make())
        print(f"{made[-1]}\n", flush=True)
    made.append(tables.load_table(loads))
    print(made[-1])
    page = PAGE.read_text(encoding="utf-8")
    for table in made:
        page = with_table(page, table)
    PAGE.write_text(page, encoding="utf-8")
    PLOT.write_text(plot.svg(loads), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
