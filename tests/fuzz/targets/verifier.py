"""The verifier: from the bytes of an image to a proof."""

from xaprt.verify import Refusal, Report, verify

from tests.fuzz.mutate.elf import mutate

__all__ = ["REFUSALS", "judge", "mutate"]

REFUSALS = (Refusal,)


def judge(data: bytes) -> None:
    check(verify(data))


def check(report: Report) -> None:
    """What a proof says has to fit together."""
    assert 0 <= report.stack_bytes <= report.stack_limit
    assert sum(taken for _, taken in report.stack_taken) == report.stack_bytes
    assert report.stack_path[0].address == report.entry
    starts = {function.address for function in report.functions}
    assert all(call.function in starts for each in report.functions for call in each.calls)
    assert all(call.function in starts for call in report.system_calls)
    assert not next(each for each in report.functions if each.address == report.entry).returns
    assert report.deepest.isprintable()
