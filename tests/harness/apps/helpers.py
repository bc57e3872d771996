"""Functions that several apps share."""

from xap import u64


def third_of(value: u64) -> u64:
    assert value % 3 == 0  # sibling: the check
    return value // 3
