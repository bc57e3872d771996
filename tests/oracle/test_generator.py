"""What keeps the generator honest: it makes every construct, and programs that do something."""

from collections import Counter
from importlib import import_module
from pathlib import Path
from random import Random

from tests.oracle.compare import calls, checked_in, on_host
from tests.oracle.facts import Facts
from tests.oracle.program import generate
from tests.oracle.table import TABLE, markdown

README = Path(__file__).with_name("README.md")


def test_a_few_hundred_programs_have_every_construct() -> None:
    """Those of LANGUAGE.md sections 1 to 6 that the table lists."""
    missing = {(row.section, row.what): list(row.parts) for row in TABLE}
    for seed in range(300):
        facts = Facts([text for _, text in generate(Random(seed)).files])
        for row, parts in missing.items():
            missing[row] = [part for part in parts if not part(facts)]
        missing = {row: parts for row, parts in missing.items() if parts}
    assert not missing, list(missing)


def test_the_table_in_the_readme_is_this_one() -> None:
    """`python -m tests.oracle.table` prints it."""
    assert markdown() in README.read_text(encoding="utf-8")


def test_the_table_names_functions_that_exist() -> None:
    for row in TABLE:
        module, *names = row.where.split(".")
        found: object = import_module(f"tests.oracle.{module}")
        for name in names:
            found = getattr(found, name)
        assert callable(found), row.where


def test_most_calls_end_well(tmp_path: Path) -> None:
    """A program that panics at once tests nothing: six calls of ten give an answer at least."""
    ended: Counter[str] = Counter()
    for seed in range(40):
        program = generate(Random(seed))
        seen = on_host(program, tmp_path, checked_in(program, tmp_path))
        # An app without a handler of TIMER or EVENT answers that, too.
        ended.update(c.ended for c in calls(seen) if c.function not in ("TIMER", "EVENT"))
    assert ended["Done"] >= 0.6 * ended.total(), ended
    assert ended["Fault"] >= 0.02 * ended.total(), ended
