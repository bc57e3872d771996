"""The table of LANGUAGE.md's constructs: `python -m tests.oracle.table` prints it."""

from tests.oracle.tables import handlers, integers, modules, services, statements, types

TABLE = [
    row for part in (modules, types, integers, statements, handlers, services) for row in part.ROWS
]


def markdown() -> str:
    """The table of README.md."""
    rows = [f"| {r.section} | {r.what.replace('|', chr(92) + '|')} | `{r.where}` |" for r in TABLE]
    return "\n".join(["| § | construct | made by |", "|---|---|---|", *rows])


if __name__ == "__main__":
    print(markdown())
