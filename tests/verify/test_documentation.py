"""docs/verify.md says what the code does."""

import re
from pathlib import Path

from xaprt.verify import Rule

PAGE = (Path(__file__).parents[2] / "docs" / "verify.md").read_text()


def test_the_table_of_rules_is_that_of_the_code():
    told = re.findall(r"^\| `([a-z-]+)` \| ([\d.]+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert told == [(rule.identifier, rule.clause, rule.meaning) for rule in Rule]


def test_identifiers_are_unique():
    assert len({rule.identifier for rule in Rule}) == len(Rule)


def test_every_rule_is_met_by_some_test():
    """A rule that no image of the tests breaks would not be known to hold."""
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    for rule in Rule:
        assert f"Rule.{rule.name}" in tests, rule
