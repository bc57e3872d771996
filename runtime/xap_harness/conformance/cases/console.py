"""The console: log lines (ABI.md 3.2)."""

from collections.abc import Iterator

from xap_harness.conformance.images import DONE, FID, probe, smc_route
from xap_harness.conformance.judge import MS, answered, equal, log_of, that
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.proxy import ANSWER, ZERO
from xap_harness.conformance.suite import case, each

_SECOND = 1000 * MS
_TEXT = "la x0, DATA; mov x1, x2; mov x2, x3; mov x8, #1; svc #0;" + ANSWER
"""Logs as many bytes of the state as the guest's x1 says, at level x2."""
_REPEAT = (
    "mov x19, x2; next: cbz x19, out; la x0, DATA; mov x1, #4; mov x2, #2; mov x8, #1; svc #0;"
    "sub x19, x19, #1; b next; out: mov x1, x0;" + ZERO + DONE
)
"""Logs "line" as often as the guest's x1 says; the answer is the last result."""


@each("3.2", "cut at 256 bytes: {}", {str(size): size for size in (255, 256, 257, 4096)})
def cut(plan: Plan, size: int) -> Iterator[None]:
    plan.app(probe(_TEXT, data=b"a" * 255 + b"z" * 3841))
    reply = plan.smc(FID, size)
    yield
    answered(reply, 0)
    equal(log_of(reply.console, "probe"), [("a" * 255 + "z" * 3841)[: min(size, 256)]], "log")


@case("3.2", "bytes outside 0x20..0x7e become `?`")
def unprintable(plan: Plan) -> Iterator[None]:
    data = bytes(range(256)).replace(b"\n", b"")
    plan.app(probe(_TEXT, data=data))
    reply = plan.smc(FID, len(data))
    yield
    wanted = "".join(chr(byte) if 0x20 <= byte <= 0x7E else "?" for byte in data)
    equal(log_of(reply.console, "probe"), [wanted], "log")


@each("3.2", "a newline ends a line; each line carries the app's name: {}", {
    "two lines": (b"one\ntwo", ["one", "two"]),
    "a newline at the end": (b"one\n", ["one"]),
    "an empty line": (b"one\n\ntwo", ["one", "", "two"]),
    "a report that is none": (b"x\nxap-fault: name=other", ["x", "xap-fault: name=other"]),
})  # fmt: skip
def lines(plan: Plan, text: tuple[bytes, list[str]]) -> Iterator[None]:
    plan.app(probe(_TEXT, data=text[0]))
    reply = plan.smc(FID, len(text[0]))
    yield
    equal(log_of(reply.console, "probe"), text[1], "log")
    equal(len(reply.console), len(text[1]), "lines on the console")


def _counted(lines: list[str]) -> tuple[int, list[str]]:
    """How many were `line`, and the others."""
    return lines.count("line"), [each for each in lines if each != "line"]


@case("3.2", "16 lines a call reach the console, the rest is counted and the count printed once")
def per_call(plan: Plan) -> Iterator[None]:
    plan.app(probe(_REPEAT, data=b"line"))
    sixteen, twenty = plan.smc(FID, 16), plan.smc(FID, 20)
    after = plan.smc(FID, 1)
    yield
    answered(sixteen, 0)
    answered(twenty, 0)
    equal(_counted(log_of(sixteen.console, "probe")), (16, []), "16 lines")
    count, others = _counted(log_of(twenty.console + after.console, "probe"))
    equal(count, 17, "lines of the calls that logged 20 and 1")
    equal(len(others), 1, "lines that tell of the rest")
    that("4" in others[0], f"the line tells that 4 were lost: {others[0]}")


@case("3.2", "16 lines a call: newlines count")
def newlines_count(plan: Plan) -> Iterator[None]:
    plan.app(probe(_TEXT, data=b"line\n" * 20))
    reply = plan.smc(FID, 100)
    yield
    equal(_counted(log_of(reply.console, "probe"))[0], 16, "lines")


@case("3.2", "100 lines a second, the rest is counted; in the next second there are 100 again")
def per_second(plan: Plan) -> Iterator[None]:
    plan.app(probe(_REPEAT, data=b"line"))
    first = [plan.smc(FID, 15) for _ in range(8)]
    plan.wait(_SECOND + 100 * MS)
    second = [plan.smc(FID, 15) for _ in range(8)]
    yield
    for replies in (first, second):
        console = [line for reply in replies for line in reply.console]
        count, others = _counted(log_of(console, "probe"))
        equal(count, 100, "lines in a second")
        if replies is second:
            equal(len(others), 1, "lines that tell of the second before")
            that("20" in others[0], f"the line tells that 20 were lost: {others[0]}")


@case("3.2", "the quota of a second is each app's own")
def quota_is_own(plan: Plan) -> Iterator[None]:
    plan.app(probe(_REPEAT, data=b"line"))
    plan.app(probe(_REPEAT, data=b"line", name="other", routes=(smc_route(FID + 1),)))
    for _ in range(8):
        plan.smc(FID, 16)
    reply = plan.smc(FID + 1, 16)
    yield
    equal(log_of(reply.console, "other"), ["line"] * 16, "the other app's log")


@case("3.2", "what the quota drops is a success for the app")
def dropped(plan: Plan) -> Iterator[None]:
    plan.app(probe(_REPEAT, data=b"line"))
    reply = plan.smc(FID, 500)
    yield
    answered(reply, 0)
