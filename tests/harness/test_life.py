"""What follows a fault: the answer, restarts, death; and EVENT (ABI.md 5.2, 5.5, 6)."""

import pytest
from xap_harness.hypervisor.core import FAULT_ANSWER, UNCLAIMED, Hypervisor
from xap_harness.hypervisor.fault import Fault
from xap_harness.hypervisor.instance import Life
from xap_harness.hypervisor.outcome import Done
from xaprt import abi
from xaprt.manifest import Route

MS = 1_000_000

COUNTS = (
    "li x9, DATA; ldr x1, [x9]; add x1, x1, #1; str x1, [x9]; cbz x2, fine; brk #0x5508; fine:"
    "mov x8, #0; mov x0, #0; svc #0"
)
"""Counts its calls in memory; x1 not zero: faults behind that."""


def test_the_fault_answer(asm_app):
    """ABI.md 5.2: x0 = -1, x1..x3 = 0."""
    answer = asm_app(COUNTS).smc(1)
    assert answer.registers == FAULT_ANSWER == {0: (1 << 64) - 1, 1: 0, 2: 0, 3: 0}


def test_an_app_without_restarts_is_dead_after_a_fault(asm_app):
    """ABI.md 5.5: its routes are unclaimed."""
    app = asm_app(COUNTS, restart_limit=0)
    assert isinstance(app.smc(1).outcome, Fault)
    app.hypervisor.advance(3600 * 1000 * MS)
    assert app.smc(0).registers == UNCLAIMED


def test_restarts_come_later_and_later_with_fresh_memory(asm_app):
    """ABI.md 5.5: restart n of a row 10 ms * 2^(n-1) later."""
    app = asm_app(COUNTS, data=(100).to_bytes(8, "little"), restart_limit=3)
    assert app.smc(0).registers[0] == 101
    for n in (1, 2, 3):
        assert isinstance(app.smc(1).outcome, Fault)
        app.hypervisor.advance(10 * MS * 2 ** (n - 1) - 1)
        assert app.smc(0).registers == FAULT_ANSWER  # until then
        app.hypervisor.advance(1)
        assert app.smc(0).registers[0] == 101
    app.smc(1)
    assert app.smc(0).registers == UNCLAIMED  # the row is longer than the limit


def test_the_pause_between_restarts_is_at_most_ten_seconds(asm_app):
    """ABI.md 5.5."""
    app = asm_app(COUNTS, restart_limit=30)
    for _ in range(20):
        app.smc(1)
        app.hypervisor.advance(abi.RESTART_MAX_NS)
        assert isinstance(app.smc(0).outcome, Done)


@pytest.mark.parametrize(("requests", "forgotten"), [(997, False), (998, True)])
def test_a_thousand_good_calls_forget_the_row(asm_app, requests, forgotten):
    """ABI.md 5.5: INIT of the restart and the EVENT behind it are calls, too."""
    app = asm_app(COUNTS, restart_limit=1)
    app.smc(1)
    app.hypervisor.advance(10 * MS)
    for _ in range(requests):
        assert isinstance(app.smc(0).outcome, Done)
    app.smc(1)
    assert app.instance.life is (Life.WAITING if forgotten else Life.DEAD)


def test_a_failing_init_counts_as_a_fault(asm_app):
    """ABI.md 5.5. This one fails from its second INIT on, by what call_smc tells it."""

    class Counting:
        calls = 0

        def smc(self, fid, arguments, client):
            self.calls += 1
            return self.calls - 1, 0, 0, 0

    source = (
        "cbz x0, init; cmp x0, #1; b.eq die; mov x0, #-38; b out;"
        "init: li x0, 0xC4000053; mov x8, #3; svc #0; mov x0, x1; neg x0, x0;"
        "out: mov x8, #0; svc #0; die: brk #0x5508"
    )
    app = asm_app(source, whole=True, call_smc=(0xC400_0053,), restart_limit=2,
                  hypervisor=Hypervisor(firmware=Counting()))  # fmt: skip
    app.smc()
    assert app.instance.life is Life.WAITING
    app.hypervisor.advance(10 * MS)  # restart 1: INIT answers -1
    assert app.instance.life is Life.WAITING
    app.hypervisor.advance(20 * MS)  # restart 2: INIT answers -2
    assert app.instance.life is Life.DEAD


@pytest.mark.parametrize(("rounds", "runs_after_20_ms"), [(1, True), (11_000, False)])
def test_deferred_work_leaves_nine_parts_of_ten_to_others(asm_app, rounds, runs_after_20_ms):
    """ABI.md 6.5: a restart that took 2.75 ms puts the next one off by 24.75 ms, where its pause
    alone would be 20 ms."""
    nops = "; ".join(["nop"] * 248)
    app = asm_app(
        f"cbz x0, init; cmp x0, #1; b.eq die; mov x0, #-38; b out; init: li x1, {rounds};"
        f"spin: {nops}; sub x1, x1, #1; cbnz x1, spin; out: mov x8, #0; svc #0; die: brk #0x5508",
        whole=True,
        restart_limit=5,
        budget_us=10_000,
    )
    app.smc()
    app.hypervisor.advance(10 * MS)
    assert app.instance.life is Life.RUNNING
    app.smc()
    app.hypervisor.advance(20 * MS)
    assert (app.instance.life is Life.RUNNING) is runs_after_20_ms
    app.hypervisor.advance(7 * MS)
    assert app.instance.life is Life.RUNNING


def test_a_fault_of_one_app_leaves_others_alone(asm_app):
    """ABI.md 5.2."""
    bad = asm_app(COUNTS, name="bad")
    route = (Route(abi.RouteKind.SMC, 0xC600_0002, 0xC600_0002, abi.RouteFlag.NONE),)
    good = asm_app(COUNTS, name="good", uuid=2, routes=route, hypervisor=bad.hypervisor)
    good.smc(0, fid=0xC600_0002)
    before = good.space.read(good.data, 4096)
    bad.smc(1)
    assert good.space.read(good.data, 4096) == before
    assert good.smc(0, fid=0xC600_0002).registers[0] == 2


# --- EVENT ----------------------------------------------------------------------------------

REMEMBERS_EVENTS = (
    "cmp x0, #5; b.eq event; cmp x0, #1; b.eq smc; mov x8, #0; mov x0, #-38; svc #0;"
    "event: li x9, DATA; ldr x10, [x9]; add x10, x10, #16; str x10, [x9]; add x9, x9, x10;"
    "stp x1, x2, [x9]; mrs x11, tpidrro_el0; str x11, [x9, #16]; mov x8, #0; mov x0, #0; svc #0;"
    "smc: brk #0x5508"
)


def events(app) -> list[tuple[int, int]]:
    raw = app.space.read(app.data, 256)
    words = [int.from_bytes(raw[n : n + 8], "little") for n in range(0, 256, 8)]
    return [(words[n], words[n + 1]) for n in range(2, 2 + words[0] // 8, 2)]


def test_domains_come_and_go(asm_app):
    """ABI.md 6.6: 1 before a served guest first runs, 2 once after its last call."""
    app = asm_app(REMEMBERS_EVENTS, whole=True, serves=(1, 7))
    app.hypervisor.create_domain(7)
    app.hypervisor.create_domain(8)
    app.hypervisor.destroy_domain(8)
    app.hypervisor.destroy_domain(7)
    app.hypervisor.advance(MS)
    assert events(app) == [(1, 1), (1, 7), (2, 7)]


def test_events_have_no_requester(asm_app):
    """ABI.md 2.4."""
    app = asm_app(REMEMBERS_EVENTS, whole=True)
    assert int.from_bytes(app.space.read(app.data + 32, 8), "little") == 0x7FF4_0000_FFFF


def test_a_restarted_instance_hears_of_every_living_guest(asm_app):
    """ABI.md 6.6: after each INIT."""
    app = asm_app(REMEMBERS_EVENTS, whole=True, restart_limit=1)
    for domid in (2, 3):
        app.hypervisor.create_domain(domid)
    app.hypervisor.destroy_domain(2)
    app.smc()
    app.hypervisor.advance(10 * MS)
    assert events(app) == [(1, 1), (1, 3)]


def test_a_domain_exists_once(asm_app):
    app = asm_app(COUNTS)
    with pytest.raises(ValueError, match="exists"):
        app.hypervisor.create_domain(1)
