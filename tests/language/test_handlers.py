"""LANGUAGE.md sections 5 and 6: handlers and calls of the hypervisor."""

import pytest

from tests.language.conftest import FID

M64 = (1 << 64) - 1


def test_narrow_parameters_take_the_low_bits(run):
    source = "def handler(a: u8, b: i16, c: u32) -> tuple[u8, i16, u32]:\n    return a, b, c\n"
    answer = run(source, (0x1FF, 0xABCD_8000, 0xFFFF_FFFF_0000_0001))
    assert (answer.x0, answer.x1, answer.x2, answer.x3) == (0xFF, M64 - 0x7FFF, 1, 0)


def test_seven_parameters(run):
    listed = ", ".join(f"x{n}: u64" for n in range(1, 8))
    text = " + ".join(f"x{n} * {10**n}" for n in range(1, 8))
    assert run(f"def handler({listed}) -> u64:\n    return {text}\n", range(1, 8)).x0 == sum(
        n * 10**n for n in range(1, 8)
    )


def test_smc_call(app):
    loaded = app(
        """
        @app.smc(0xC600_0001, range(0xC600_0010, 0xC600_0012))
        def handler(call: SmcCall) -> SmcResult:
            return SmcResult(
                u64(call.fid), call.x7, u64(call.caller.domid), u64(call.caller.vcpu)
            )
        """
    )
    answer = loaded.smc(FID, 1, 2, 3, 4, 5, 6, 7, domid=3, vcpu=2)
    assert (answer.x0, answer.x1, answer.x2, answer.x3) == (FID, 7, 3, 2)
    assert loaded.smc(0xC600_0011).x0 == 0xC600_0011
    assert not loaded.smc(0xC600_0012).handled


def test_eight_results(run):
    answer = run(
        "def handler(a: u64) -> SmcResult8:\n"
        "    return SmcResult8(a, a + 1, a + 2, a + 3, a + 4, a + 5, a + 6, a + 7)\n",
        (10,),
    )
    assert [getattr(answer, f"x{n}") for n in range(8)] == list(range(10, 18))


def test_not_handled_gives_the_request_back(run):
    answer = run(
        "def handler(a: u64) -> u64:\n    if a == 1:\n        not_handled()\n    return a\n", (1, 5)
    )
    assert not answer.handled
    assert (answer.x0, answer.x1, answer.x2) == (M64, 1, 5)


def test_hvc_is_a_route_of_its_own(app):
    loaded = app(
        """
        @app.hvc(0xC600_0001)
        def handler() -> u64:
            return u64(5)
        """
    )
    assert loaded.hvc(FID).x0 == 5
    assert not loaded.smc(FID).handled


def test_init_runs_at_load(app):
    loaded = app(
        """
        ready = u8(0)

        @app.init
        def start() -> None:
            global ready
            ready = u8(3)
            log.info("up")

        @app.smc(0xC600_0001)
        def handler() -> u8:
            return ready
        """
    )
    assert loaded.smc(FID).x0 == 3
    assert any("up" in line for line in loaded.log)


@pytest.mark.parametrize(
    ("text", "x", "expected"),
    [
        ("{x}", 5, "5"),
        ("{x:d}", M64, "-1"),
        ("{x:x}", 255, "ff"),
        ("{x:#010x}", 0xAB, "0x000000ab"),
        ("{x:#x}", M64, "-0x1"),
        ("{x:X} {x:#b} {x:o}", 10, "A 0b1010 12"),
        ("[{x:5}|{x:05}]", M64 - 41, "[  -42|-0042]"),
        ("{x}", 1 << 63, str(-(1 << 63))),
        ("{x > 3} {{}}", 5, "True {}"),
        ("[{f'{x:04}, {x:#x}'}]", 5, "[0005, 0x5]"),
    ],
)
def test_logs_are_formatted_as_python_does(run, text, x, expected):
    answer = run(f'def handler(x: i64) -> None:\n    log.info(f"{text}")\n', (x,))
    assert answer.log == [expected]


def test_hexdump(run):
    answer = run(
        "def handler() -> None:\n"
        "    data = Array[u8, N[18]]()\n"
        "    data[17] = u8(0xAB)\n"
        "    log.hexdump(data)\n"
    )
    assert answer.log == ["0000:" + " 00" * 16, "0010: 00 ab"]


def test_a_long_message_is_cut(run):
    answer = run(f'def handler(x: u64) -> None:\n    log.info(f"{"a" * 250}{{x}}bcdefgh")\n', (77,))
    assert answer.log == ["a" * 250 + "77bcde"]


def test_what_does_not_return_may_be_returned(run):
    answer = run(
        "def handler(a: u64) -> u64:\n    if a == 1:\n        return not_handled()\n    return a\n",
        (1,),
    )
    assert not answer.handled
