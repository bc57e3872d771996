"""The file of grants: what the integrator lets each app have (ABI.md 4.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xaprt.abi import GuestMemory
from xaprt.grants import MAX_FILE_BYTES, Grant, GrantError, read_grants, require_apps
from xaprt.rights import IoRegion, Rights


def test_all_that_can_be_granted() -> None:
    text = b"""
    [one]
    serves = [0, 1, 0x7FEF]
    call_smc = [0xC4000053]
    guest_memory = "read"
    io = [{ base = 0x0904_0000, size = 0x1000 }]
    irqs = [32, 1019]
    timer = true
    required = true
    [two]
    """
    assert read_grants(text) == {
        "one": Grant(
            Rights(
                frozenset([0xC400_0053]),
                GuestMemory.READ,
                (IoRegion("granted", 0x0904_0000, 0x1000),),
                frozenset([32, 1019]),
                True,
            ),
            frozenset([0, 1, 0x7FEF]),
            True,
        ),
        "two": Grant(),
    }


def test_nothing_is_the_default() -> None:
    assert Grant() == Grant(Rights(), frozenset(), False)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("serve = [1]", "'serve' is unknown; there are: serves, call_smc"),
        ("serves = 1", "serves: 1 is no list"),
        ('serves = ["1"]', "serves: '1' is no integer"),
        ("serves = [true]", "serves: True is no integer"),
        ("serves = [0x7ff0]", "serves: 0x7ff0 is not in 0x0..0x7fef"),
        ("serves = [-1]", "serves: -0x1 is not in"),
        ("call_smc = [0x100000000]", "call_smc: 0x100000000 is not in"),
        ("guest_memory = true", 'guest_memory: True is neither "read" nor "read-write"'),
        ('guest_memory = "write"', "guest_memory: 'write' is neither"),
        ("io = { base = 0, size = 4096 }", "io: .* is no list"),
        ("io = [4096]", "io: 4096 is no region"),
        ("io = [{ base = 0 }]", "is no region"),
        ("io = [{ base = 0, size = 4096, end = 1 }]", "is no region"),
        ("io = [{ base = 1, size = 4096 }]", "io: 0x1000 bytes at 0x1 are not whole pages"),
        ("io = [{ base = 0, size = 1 }]", "are not whole pages"),
        ("io = [{ base = 0, size = 0 }]", "io: 0x0 is not in 0x1"),
        ("io = [{ base = 0xfffffffffffff000, size = 0x2000 }]", "io: 0x2000 is not in"),
        ("irqs = [31]", "irqs: 0x1f is not in 0x20..0x3fb"),
        ("irqs = [1020]", "irqs: 0x3fc is not in"),
        ("timer = 1", "timer: 1 is neither true nor false"),
        ('required = "yes"', "required: 'yes' is neither true nor false"),
    ],
)
def test_a_line_that_is_wrong(line: str, reason: str) -> None:
    with pytest.raises(GrantError, match=rf"^\[one\].*{reason}"):
        read_grants(f"[one]\n{line}\n".encode())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"one = 1", "'one' is no table; an app's grants begin with a line \\[one\\]"),
        (b"[one]\n[one]", "no TOML"),
        (b"\xff", "no TOML"),
        (b"a = " + b"[" * 100_000, "no TOML"),
        (b"#" * (MAX_FILE_BYTES + 1), f"more than {MAX_FILE_BYTES} bytes"),
    ],
)
def test_a_file_that_is_wrong(text: bytes, reason: str) -> None:
    with pytest.raises(GrantError, match=reason):
        read_grants(text)


VALUES = st.recursive(
    st.sampled_from(["1", "-1", "0x100000000", "4096", "true", '"read"', "1.5", "nan",
                     "1979-05-27", "{ base = 4096, size = 4096 }"]),
    lambda inner: st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]"),
)  # fmt: skip
KEYS = st.sampled_from(["serves", "call_smc", "guest_memory", "io", "irqs", "timer", "required"])


@given(st.dictionaries(KEYS, VALUES))
def test_any_values_are_grants_or_refused(lines: dict[str, str]) -> None:
    text = "[one]\n" + "\n".join(f"{key} = {value}" for key, value in lines.items())
    try:
        grants = read_grants(text.encode())
    except GrantError as problem:
        assert str(problem).startswith("[one] ")
        assert len(str(problem).splitlines()) == 1
    else:
        assert list(grants) == ["one"]


def test_grants_of_an_app_that_does_not_exist() -> None:
    with pytest.raises(GrantError, match=r"\[tow\]: no such app; there are: one, two"):
        require_apps({"tow": Grant()}, ["one", "two"])
