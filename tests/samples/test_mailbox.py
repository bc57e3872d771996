"""samples/mailbox.py: queues of words between domains, against a model of deques."""

from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness import App
from xap_harness.plugin import Xap

OPEN, SEND, RECEIVE = 0xC600_0020, 0xC600_0021, 0xC600_0022
OK, NO_MAILBOX, FULL, EMPTY, NO_SPACE = (n % (1 << 64) for n in (0, -1, -2, -3, -4))
U64 = st.integers(0, (1 << 64) - 1)


@pytest.fixture
def mailbox(xap: Xap) -> App:
    return xap.load("samples/mailbox.py")


def test_a_word_arrives_with_its_senders_name(mailbox: App) -> None:
    mailbox.smc(OPEN, domid=2)
    assert mailbox.smc(SEND, 2, 0xC0FFEE, domid=1).x0 == OK
    result = mailbox.smc(RECEIVE, domid=2)
    assert (result.x0, result.x1, result.x2) == (OK, 1, 0xC0FFEE)
    assert mailbox.smc(RECEIVE, domid=2).x0 == EMPTY


def test_who_has_no_box_gets_no_mail(mailbox: App) -> None:
    assert mailbox.smc(SEND, 2, 1).x0 == NO_MAILBOX
    assert mailbox.smc(RECEIVE, domid=2).x0 == NO_MAILBOX


def test_opening_again_is_no_second_box(mailbox: App) -> None:
    first = mailbox.smc(OPEN, domid=3)
    assert (first.x0, first.log) == (OK, ["domain 3 has box 0"])
    again = mailbox.smc(OPEN, domid=3)
    assert (again.x0, again.log) == (OK, [])


def test_eight_boxes(mailbox: App) -> None:
    assert [mailbox.smc(OPEN, domid=n).x0 for n in range(1, 10)] == [OK] * 8 + [NO_SPACE]


STEPS = st.one_of(
    st.tuples(st.just("send"), st.integers(1, 3), st.integers(1, 3), U64),
    st.tuples(st.just("receive"), st.integers(1, 3)),
)


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(STEPS, max_size=40))
def test_each_box_is_a_queue_of_four(xap: Xap, steps: list[tuple[str, ...]]) -> None:
    mailbox = xap.load("samples/mailbox.py")
    model: dict[int, deque[tuple[int, int]]] = {1: deque(), 2: deque()}
    for domid in model:
        mailbox.smc(OPEN, domid=domid)
    for step in steps:
        match step:
            case ("send", sender, to, word):
                expected = send(model, sender, to, word)
                assert mailbox.smc(SEND, to, word, domid=sender).x0 == expected
            case ("receive", domid):
                result = mailbox.smc(RECEIVE, domid=domid)
                assert (result.x0, result.x1, result.x2) == receive(model, domid)


def send(model: dict[int, deque[tuple[int, int]]], sender: int, to: int, word: int) -> int:
    if to not in model:
        return NO_MAILBOX
    if len(model[to]) == 4:
        return FULL
    model[to].append((sender, word))
    return OK


def receive(model: dict[int, deque[tuple[int, int]]], domid: int) -> tuple[int, int, int]:
    if domid not in model:
        return NO_MAILBOX, 0, 0
    return (OK, *model[domid].popleft()) if model[domid] else (EMPTY, 0, 0)
