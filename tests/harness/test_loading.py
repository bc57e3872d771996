"""What is loaded, for whom, and what is refused (ABI.md 4, 6)."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xap_harness import load
from xap_harness.emulator.assembler import assemble
from xap_harness.hypervisor.core import UNCLAIMED, Hypervisor
from xap_harness.hypervisor.outcome import Done
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.routes import Routes
from xapc.pipeline import build
from xaprt import abi
from xaprt.abi import NeedKind, RouteKind
from xaprt.admission import LoadError, admit
from xaprt.manifest import Manifest, Need, Route
from xaprt.rights import Rights
from xaprt.verify import Refusal

SAMPLES = Path(__file__).resolve().parents[2] / "samples"

RETURN_0 = "mov x8, #0; mov x0, #0; svc #0"
SMC, HVC = RouteKind.SMC, RouteKind.HVC


def route(first: int, last: int | None = None, kind: RouteKind = SMC) -> Route:
    return Route(kind, first, first if last is None else last, abi.RouteFlag.NONE)


def manifest(**changes: object) -> Manifest:
    plain = Manifest(
        abi_version=abi.VERSION,
        entry=0,
        uuid=bytes(15) + b"\1",
        name="plain",
        app_version=(1, 0, 0),
        stack_bytes=abi.PAGE_SIZE,
        routes=(route(0xC600_0001),),
        needs=(),
        instances=abi.Instances.SHARED,
        restart_limit=0,
        budget_us=0,
        build_id=b"",
    )
    return dataclasses.replace(plain, **changes)


def refused(wanted: Manifest, rights: Rights | None = None, others=(), serves=None) -> str:
    with pytest.raises(LoadError) as caught:
        admit(wanted, rights or Rights(), serves, others)
    message = str(caught.value)
    assert wanted.name in message
    assert "\n" not in message
    return message


# --- the manifest ---------------------------------------------------------------------------


def test_a_need_beyond_the_grant_refuses_the_load():
    """ABI.md 4.1: nothing is granted by default."""
    needy = manifest(needs=(Need(NeedKind.CALL_SMC, (0xC400_0053, 0xC400_0054)),))
    assert "0xc4000053, 0xc4000054" in refused(needy)
    assert "0xc4000054" in refused(needy, Rights(frozenset({0xC400_0053})))
    admit(needy, Rights(frozenset({0xC400_0053, 0xC400_0054, 0x8400_0050})), None, [])


# --- reserved ids ---------------------------------------------------------------------------

RESERVED = [
    *[(0, 0x01FF_FFFF), (0x8000_0000, 0x80FF_FFFF), (0xC000_0000, 0xC0FF_FFFF)],
    *[(0x8500_0000, 0x85FF_FFFF), (0xC500_0000, 0xC5FF_FFFF)],
    *[(0x8400_0000, 0x8400_001F), (0xC400_0000, 0xC400_001F)],
    *[(0x8400_FF00, 0x8400_FF01), (0x8400_FF03, 0x8400_FF03)],
]


@pytest.mark.parametrize(("first", "last"), RESERVED)
@pytest.mark.parametrize("kind", [SMC, HVC])
def test_reserved_ids_are_refused_wherever_a_route_touches_them(first, last, kind):
    """ABI.md 4.2: ids below 0x0200_0000, owners 0 and 5, PSCI, call-uid."""
    for low, high in [(first, first), (last, last), (max(first - 1, 0), first), (last, last + 1)]:
        assert "reserved" in refused(manifest(routes=(route(low, high, kind),)))
    assert "reserved" in refused(manifest(routes=(route(0x0200_0000, 0xFFFF_FFFF, kind),)))


@pytest.mark.parametrize(
    "free", [0x0200_0000, 0x8100_0000, 0x8400_0050, 0xC400_0053, 0x8600_FF01, 0xC600_0001]
)
def test_other_ids_are_free(free):
    admit(manifest(routes=(route(free),)), Rights(), None, [])


# --- several apps ---------------------------------------------------------------------------


def other(first: int, last: int, kind: RouteKind = SMC) -> Manifest:
    return manifest(name="other", uuid=bytes(15) + b"\2", routes=(route(first, last, kind),))


@given(st.tuples(*[st.integers(0xC600_0000, 0xC600_0010)] * 4))
def test_overlapping_routes_conflict_and_both_names_are_said(bounds):
    """ABI.md 4.2."""
    a, b, c, d = bounds
    mine, theirs = sorted((a, b)), sorted((c, d))
    wanted = manifest(routes=(route(*mine),))
    taken = [(other(*theirs), None)]
    if set(range(mine[0], mine[1] + 1)) & set(range(theirs[0], theirs[1] + 1)):
        assert "'other'" in refused(wanted, others=taken)
    else:
        admit(wanted, Rights(), None, taken)


def test_smc_and_hvc_of_one_id_do_not_conflict():
    admit(manifest(), Rights(), None, [(other(0xC600_0001, 0xC600_0001, HVC), None)])


@pytest.mark.parametrize(
    ("mine", "theirs", "conflict"),
    [
        (None, None, True),
        ((1,), None, True),
        (None, (1,), True),
        ((1, 2), (2, 3), True),
        ((1,), (2,), False),
    ],
)
def test_apps_conflict_only_if_they_share_a_guest(mine, theirs, conflict):
    """ABI.md 4.1."""
    taken = [(other(0xC600_0001, 0xC600_0001), theirs)]
    if conflict:
        refused(manifest(), others=taken, serves=mine)
    else:
        admit(manifest(), Rights(), mine, taken)


def test_equal_uuids_are_refused():
    """ABI.md 4.2: also where no guest is shared."""
    twin = manifest(name="twin", routes=(route(0xC600_0009),))
    assert "'twin'" in refused(manifest(), others=[(twin, (7,))], serves=(1,))


def test_a_guest_that_is_not_served_sees_no_routes(asm_app):
    """ABI.md 4.1, 4.3: two apps, one id, two guests."""
    one = asm_app(f"mov x1, #1; {RETURN_0}", serves=(1,))
    two = asm_app(f"mov x1, #2; {RETURN_0}", serves=(2, 3), uuid=2, name="two",
                  hypervisor=one.hypervisor)  # fmt: skip
    for domid in (2, 3, 4):
        one.hypervisor.create_domain(domid)
    answers = [two.smc(requester=Requester(domid, 0)).registers for domid in (1, 2, 3, 4)]
    assert [answer[0] for answer in answers] == [1, 2, 2, abi.REFUSED]
    assert answers[3] == UNCLAIMED
    assert one.smc(requester=Requester(9, 0)).registers == UNCLAIMED  # no such domain


def test_a_failed_load_leaves_everything_as_it_was(asm_app):
    """ABI.md 6.1."""
    hypervisor = Hypervisor()
    first = asm_app(f"mov x1, #1; {RETURN_0}", hypervisor=hypervisor)
    with pytest.raises(LoadError):
        asm_app(f"mov x1, #2; {RETURN_0}", hypervisor=hypervisor, uuid=2)
    with pytest.raises(LoadError):
        asm_app("brk #0x5508", whole=True, hypervisor=hypervisor, uuid=3,
                routes=(route(0xC600_0002),))  # fmt: skip
    assert [app.manifest.name for app in hypervisor.apps] == ["attack"]
    assert first.smc().registers[0] == 1
    assert first.smc(fid=0xC600_0002).registers == UNCLAIMED


@pytest.mark.parametrize(
    ("status", "loads"), [(0, True), (-38, True), (1, False), (-1, False), (-14, False), (7, False)]
)
def test_init_must_end_in_0_or_not_handled(asm_app, status, loads):
    """ABI.md 6.1."""
    source = f"li x0, {status}; mov x8, #0; svc #0"
    if loads:
        asm_app(source, whole=True)
    else:
        with pytest.raises(LoadError, match="INIT"):
            asm_app(source, whole=True)


# --- routes ---------------------------------------------------------------------------------


@given(data=st.data())
def test_a_route_is_found_from_any_id_in_it(data):
    """Against a dictionary of every id."""
    routes: Routes[str] = Routes()
    oracle: dict[tuple[int, RouteKind, int], str] = {}
    for name in "abcdef":
        domid = data.draw(st.integers(1, 2))
        kind = data.draw(st.sampled_from([SMC, HVC]))
        first = data.draw(st.integers(0, 40))
        last = first + data.draw(st.integers(0, 6))
        keys = [(domid, kind, n) for n in range(first, last + 1)]
        if not any(key in oracle for key in keys):
            routes.add(domid, kind, first, last, name)
            oracle.update(dict.fromkeys(keys, name))
    for domid in (1, 2, 3):
        for kind in (SMC, HVC):
            for number in range(50):
                assert routes.find(domid, kind, number) == oracle.get((domid, kind, number))


def test_several_routes_of_one_app(asm_app):
    app = asm_app(f"{RETURN_0}", routes=(route(0xC600_0001, 0xC600_0004), route(0xC600_0010)))
    handled = [
        fid for fid in range(0xC600_0000, 0xC600_0012)
        if isinstance(app.smc(fid=fid).outcome, Done)
    ]  # fmt: skip
    assert handled == [*range(0xC600_0001, 0xC600_0005), 0xC600_0010]


def test_nothing_unproven_is_loaded_unless_it_is_wanted(tmp_path):
    """ABI.md 1.2, 6.2: what the compiler makes is proven, one word changed is not."""
    elf = build(SAMPLES / "hello.py").elf
    good, bad = tmp_path / "good.elf", tmp_path / "bad.elf"
    good.write_bytes(elf)
    assert load(good).smc(0xC600_0001).status == "ok"
    word = assemble("svc #0")
    assert elf.count(word) >= 1
    bad.write_bytes(elf.replace(word, assemble("hvc #0")))
    with pytest.raises(Refusal, match="hvc"):
        load(bad)
    with pytest.raises(LoadError, match="INIT: undefined instruction"):
        load(bad, prove=False)
