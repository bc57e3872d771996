"""Beside the cases that import it."""

from xap import u32

count = u32(0)


def parity(x: u32) -> u32:
    return x.count_ones() & 1
