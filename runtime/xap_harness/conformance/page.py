"""`python -m xap_harness.conformance.page > docs/conformance.md`: what the suite asks."""

from collections.abc import Iterator
from itertools import groupby

from xap_harness.conformance.clauses import CLAUSES
from xap_harness.conformance.suite import Case, all_cases

_HEAD = """\
# Conformance

One suite judges every hypervisor that keeps ABI.md, clause by clause:

```console
$ python -m xap_harness.conformance --on emulator
```

prints a line a case and `N passed, N failed, N not run`; the exit status is 1 if a case failed.
`--list` lists the cases, `--only 3.4` takes those of a clause or a section. How it is built, and
what a target must be able to do: [decision 0010](decisions/0010-conformance.md). This page is made
by `python -m xap_harness.conformance.page`.

`2/n` and `3/n` are rows of the tables of sections 2 and 3; `3` is the text before the table. Words
are the contract's as far as possible; `...` stands for what each case of several varies.
"""


def page() -> str:
    """In Markdown."""
    cases = all_cases()
    written = [case for case in cases if case.body is not None]
    numbers = (
        f"{len(written)} cases, and {len(cases) - len(written)} that no target can show yet, in "
        f"{len(CLAUSES)} clauses.\n"
    )
    return "\n".join([_HEAD, numbers, *_tables(cases)])


def _tables(cases: list[Case]) -> Iterator[str]:
    for section, found in groupby(cases, key=lambda case: case.clause[0]):
        yield f"## Section {section}\n"
        yield "| clause | what is asked | cases |\n|---|---|---|"
        for (clause, words), group in groupby(found, key=lambda case: (case.clause, case.group)):
            yield _row(clause, words, list(group))
        yield ""


def _row(clause: str, words: str, group: list[Case]) -> str:
    said = words.replace("{}", "...").replace("|", "\\|")
    first = group[0]
    count = str(len(group)) if first.body is not None else f"not run: {first.reason}"
    needs = f" (where a target can {first.needs.value})" if first.needs is not None else ""
    return f"| {clause} | {said}{needs} | {count} |"


if __name__ == "__main__":
    print(page(), end="")
