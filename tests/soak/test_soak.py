"""The same in short; `python -m tests.soak` is the long one (docs/testing.md)."""

from tests.soak.soak import Soak


def test_every_answer_is_right() -> None:
    soak = Soak(seed=1)
    soak.run(50_000, lambda soak: None)
    soak.finish()
    assert soak.model.wrong == []
    assert {"answered", "faulted", "restarted", "posted", "loaded"} <= soak.model.seen.keys()


def test_two_runs_are_the_same() -> None:
    seen = []
    for _ in range(2):
        soak = Soak(seed=2)
        soak.run(3000, lambda soak: None)
        seen.append((soak.calls, soak.model.seen, soak.hypervisor.clock.now_ns))
    assert seen[0] == seen[1]
