"""Log lines and their quotas, and what a fault report says (ABI.md 3.2, 5.3)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xap_harness.hypervisor.clock import NS_PER_SECOND
from xap_harness.hypervisor.console import printable_lines
from xap_harness.hypervisor.outcome import Done
from xaprt import abi
from xaprt.manifest import Route

LOG_TIMES_X2 = """
    mov x19, x2; mov x20, x3
again:
    cbz x19, done; li x0, DATA; mov x1, x20; mov x2, #2; mov x8, #1; svc #0
    sub x19, x19, #1; b again
done:
    mov x8, #0; mov x0, #0; svc #0
"""
"""Logs x3 bytes of DATA x2 times."""


@given(message=st.binary(max_size=600))
def test_lines_are_cut_cleaned_and_split(message):
    """ABI.md 3.2, against the sentence itself."""
    lines = printable_lines(message)
    for line in lines:
        assert all(0x20 <= ord(char) <= 0x7E for char in line)
    text = message[:256].decode("latin-1")
    cleaned = re.sub(r"[^\x20-\x7e\n]", "?", text)
    assert "\n".join(lines) in (cleaned, cleaned.removesuffix("\n"))
    assert len(lines) == max(cleaned.removesuffix("\n").count("\n") + 1, 1)


@pytest.mark.parametrize(
    ("message", "lines"),
    [
        (b"plain", ["plain"]),
        (b"", [""]),
        (b"one\n", ["one"]),
        (b"one\ntwo", ["one", "two"]),
        (b"\n\n", ["", ""]),
        (b"tab\tesc\x1b[31m\x7f\x80\xff\x00", ["tab?esc?[31m????"]),
        (b"x" * 300, ["x" * 256]),
        (b"x" * 255 + b"\nlost", ["x" * 255]),
    ],
)
def test_lines_by_example(message, lines):
    assert printable_lines(message) == lines


def test_each_line_carries_the_apps_name(asm_app):
    """ABI.md 3.2."""
    app = asm_app(LOG_TIMES_X2, data=b"first\nsecond", name="teller")
    answer = app.smc(1, 12)
    assert [line.text for line in answer.log] == ["first", "second"]
    assert app.console == ["teller: first", "teller: second"]


@pytest.mark.parametrize(
    ("level", "known"), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 2), (1 << 32, 2), ((1 << 64) - 1, 2)]
)
def test_a_level_that_is_none_is_info(asm_app, level, known):
    """ABI.md 3."""
    app = asm_app("li x0, DATA; mov x1, #2; mov x8, #1; svc #0;"
                  "mov x8, #0; mov x0, #0; svc #0", data=b"hi")  # fmt: skip
    assert app.smc(level).log[0].level == known


def test_16_lines_a_call(asm_app):
    """ABI.md 3.2: the rest is counted, the count printed once."""
    app = asm_app(LOG_TIMES_X2, data=b"a\nb\nc")
    answer = app.smc(7, 5)  # 21 lines
    assert isinstance(answer.outcome, Done)
    assert [line.text for line in answer.log] == (["a", "b", "c"] * 7)[:16]
    assert app.console == [*(f"attack: {t}" for t in "abcabcabcabcabca"), "attack: 5 lines dropped"]
    assert len(app.smc(1, 5).log) == 3  # the next call has its own quota
    assert "dropped" not in app.console[-1]


def test_100_lines_a_second(asm_app):
    """ABI.md 3.2."""
    app = asm_app(LOG_TIMES_X2, data=b"x")
    for _ in range(20):
        app.smc(10, 1)
    assert app.console == ["attack: x"] * 100
    app.hypervisor.advance(NS_PER_SECOND)
    app.smc(1, 1)
    assert app.console[100:] == ["attack: 100 lines dropped", "attack: x"]


def test_the_flood_of_one_app_does_not_silence_another(asm_app):
    loud = asm_app(LOG_TIMES_X2, data=b"x", name="loud")
    other = (Route(abi.RouteKind.SMC, 0xC600_0002, 0xC600_0002, abi.RouteFlag.NONE),)
    quiet = asm_app(LOG_TIMES_X2, data=b"y", name="quiet", uuid=2, routes=other,
                    hypervisor=loud.hypervisor)  # fmt: skip
    for _ in range(20):
        loud.smc(10, 1)
    quiet.smc(1, 1, fid=0xC600_0002)
    assert quiet.console[-1] == "quiet: y"


# --- fault reports --------------------------------------------------------------------------


def report(app) -> dict[str, str]:
    lines = [line for line in app.console if line.startswith("xap-fault: ")]
    return {
        key: quoted or plain
        for line in lines
        for key, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|(\S+))', line)
    }


def test_a_fault_report_says_who_what_and_where(asm_app):
    """ABI.md 5.3."""
    app = asm_app("mov x8, #99; svc #0; mov x1, #16; ldr x1, [x1]", name="victim")
    app.fault()
    told = report(app)
    assert told["name"] == "victim"
    assert (told["domid"], told["vcpu"]) == ("1", "0")
    assert (told["kind"], told["reason"]) == ("exception", "data abort: read, not mapped")
    assert int(told["esr"], 0) >> 26 == 0x24
    assert int(told["far"], 0) == 16
    assert int(told["pc"], 0) == 8 * 4  # relative to the image
    assert int(told["sp"], 0) == app.stack_top
    assert (told["syscall"], told["spent"]) == ("99", "5")


def test_a_report_names_no_general_registers(asm_app):
    """ABI.md 5.3: they may hold guest data; x30 only if it points into the text."""
    secret = 0x5EC2_E75E
    app = asm_app("mov x29, x2; mov x30, x2; mov x0, x2; brk #0x5501")
    app.fault(secret)
    told = "\n".join(app.console).lower()
    assert f"{secret:x}" not in told
    assert str(secret) not in told
    assert f"{secret - app.text:x}" not in told


def frames(app) -> list[int]:
    return [int(each, 0) for each in report(app).get("frames", "").split(",") if each]


def test_return_addresses_come_from_frame_records(asm_app):
    """ABI.md 5.3; AAPCS64: x29 points at {x29, x30} of the caller."""
    app = asm_app(
        "bl outer; nop;"
        "outer: stp x29, x30, [sp, #-32]!; mov x29, sp; bl inner; nop;"
        "inner: stp x29, x30, [sp, #-16]!; mov x29, sp; bl leaf; nop;"
        "leaf: brk #0x5505"
    )
    app.fault()
    handle = 5 * 4
    assert frames(app) == [handle + 4 * behind_bl for behind_bl in (9, 5, 1)]


def test_a_record_chain_that_loops_or_leaves_the_stack_ends(asm_app):
    """ABI.md 5.3: at most 16 addresses, read by checked copies inside the stack."""
    text = "adr x1, #0; sub sp, sp, #512; mov x29, sp"
    loop = asm_app(f"{text}; stp x29, x1, [sp]; mov x30, #0; brk #0x5501")
    loop.fault()
    assert len(frames(loop)) == 1  # a record that points at itself
    away = asm_app("li x29, DATA; adr x30, #0; brk #0x5501")
    away.fault()
    assert len(frames(away)) == 1  # x30 alone
    top = asm_app("li x29, STACK_TOP - 8; adr x30, #0; brk #0x5501")
    top.fault()
    assert len(frames(top)) == 1
    build = "; ".join(
        f"add x2, sp, #{16 * (n + 1)}; add x3, x1, #{4 * n}; stp x2, x3, [sp, #{16 * n}]"
        for n in range(30)
    )
    deep = asm_app(f"{text}; {build}; mov x30, #0; brk #0x5501")
    deep.fault()
    assert len(frames(deep)) == 16
