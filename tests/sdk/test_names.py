"""What `xap` exports, and the constants of the architecture."""

import pytest
import xap
from xap import psci, smccc
from xaprt import abi

LANGUAGE = [
    "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "Array", "N", "View", "struct",
    "Enum", "Flag", "App", "Instances", "Restart", "Needs", "Event", "SmcCall", "SmcResult",
    "SmcResult8", "MmioAccess", "Caller", "log", "call_smc", "map_guest_page", "map_io",
    "inject_irq", "set_timer", "now_ns", "caller", "not_handled", "panic", "wrapping",
    "static_assert", "sizeof", "offsetof", "smccc", "psci",
]  # fmt: skip
HOSTS = [
    "Panic", "NotHandled", "panic_site", "panic_chain", "panic_reason", "host_globals",
    "runtime",
]  # fmt: skip


@pytest.mark.parametrize("name", [*LANGUAGE, *HOSTS])
def test_the_name_is_there(name):
    assert hasattr(xap, name)
    assert name in xap.__all__


def test_nothing_else_is_exported():
    assert set(xap.__all__) == {*LANGUAGE, *HOSTS}


def constants(module):
    return {name: value for name, value in vars(module).items() if name.isupper()}


@pytest.mark.parametrize("module", [smccc, psci])
def test_constants_are_plain_integers(module):
    assert {type(value) for value in constants(module).values()} == {int}


def test_smccc_return_codes():
    """DEN0028 section 7.1."""
    names = ("SUCCESS", "NOT_SUPPORTED", "NOT_REQUIRED", "INVALID_PARAMETER")
    assert [getattr(smccc, name) for name in names] == [0, -1, -2, -3]


def test_owners_are_those_of_the_contract():
    assert smccc.OWNER_ARCH == abi.OWNER_ARCH
    assert smccc.OWNER_STANDARD_SECURE == abi.OWNER_STANDARD_SECURE
    assert smccc.OWNER_STANDARD_HYPERVISOR == abi.OWNER_STANDARD_HYPERVISOR
    assert (smccc.FAST_CALL, smccc.CALL_64) == (abi.ID_FAST, abi.ID_64)
    queries = (smccc.CALL_COUNT, smccc.CALL_UID, smccc.CALL_REVISION)
    assert queries == (abi.CALL_COUNT, abi.CALL_UID, abi.CALL_REVISION)


def test_psci_functions_are_fast_calls_of_the_standard_service():
    ids = {name: value for name, value in constants(psci).items() if value > 0}
    assert len(ids) >= 30
    for name, value in ids.items():
        assert value & smccc.FAST_CALL
        assert abi.owner(value) == abi.OWNER_STANDARD_SECURE
        assert value & smccc.FUNCTION_MASK in abi.PSCI_FUNCTIONS
        if name.endswith("_64"):
            assert value == ids[name.removesuffix("_64")] | smccc.CALL_64
        else:
            assert not value & smccc.CALL_64


def test_psci_return_codes_are_all_of_zero_to_minus_nine():
    codes = [value for value in constants(psci).values() if value <= 0]
    assert sorted(codes) == list(range(-9, 1))


def test_an_app_may_handle_trng_but_not_psci():
    trng = (smccc.TRNG_VERSION, smccc.TRNG_FEATURES, smccc.TRNG_GET_UUID, smccc.TRNG_RND32)
    assert [each & 0xFFFF for each in trng] == [0x50, 0x51, 0x52, 0x53]
    for each in (*trng, smccc.TRNG_RND64):
        assert abi.route_refusal(each, each) is None
    assert abi.route_refusal(psci.VERSION, psci.VERSION) is not None
    assert smccc.TRNG_RND32 | smccc.CALL_64 == smccc.TRNG_RND64
