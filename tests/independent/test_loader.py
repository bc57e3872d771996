"""The images of the samples under a loader that was written from ABI.md alone."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import count
from pathlib import Path

import pytest
import xap_harness
from xapc.pipeline import build

from tests.independent import loader
from tests.independent.loader import Instance, Rejected, parse

ROOT = Path(__file__).resolve().parents[2]
BASES = (0x1_0000_0000, 0x7654_3210_F000)
INIT, HANDLE_SMC, HANDLE_HVC, TIMER, UNKNOWN = 0, 1, 2, 4, 7
RND64 = 0xC400_0053
Call = tuple[int, ...]

SCRIPTS: dict[str, list[tuple[int, Call]]] = {
    "hello": [(1, (0xC600_0001, 1, 2, 3)), (1, (0xC600_0001,))],
    "trng": [
        (1, (0x8400_0050,)),
        (2, (0x8400_0051, 0x8400_0053)),
        (1, (0x8400_0051, 0x8400_0054)),
        (1, (0x8400_0052,)),
        *((1 + bits % 2, (RND64, bits)) for bits in (0, 1, 63, 64, 65, 128, 191, 192, 193)),
        *((1, (0x8400_0053, bits)) for bits in (0, 31, 32, 33, 95, 96, 97)),
    ],
    "crc": [(1, (0xC600_0011, 0x1122_3344_5566_7788, n)) for n in range(9)]
    + [(1, (0xC600_0012,)), (1, (0xC600_0010,)), (1, (0xC600_0012,))],
    "mailbox": [
        (1, (0xC600_0021, 2, 5)),
        (2, (0xC600_0020,)),
        *((n, (0xC600_0021, 2, n << 40)) for n in range(1, 7)),
        *((2, (0xC600_0022,)) for _ in range(6)),
    ],
}


@cache
def image(sample: str) -> bytes:
    return build(ROOT / f"samples/{sample}.py").elf


def words() -> Callable[[int, list[int]], tuple[int, int, int, int]]:
    """Firmware that answers RND64 with multiples of an odd constant."""
    numbers = (n * 0x9E37_79B9_7F4A_7C15 % (1 << 64) for n in count(1))

    def answer(fid: int, arguments: list[int]) -> tuple[int, int, int, int]:
        assert (fid, arguments[0]) == (RND64, 192)
        return 0, next(numbers), next(numbers), next(numbers)

    return answer


class HarnessFirmware:
    def __init__(self) -> None:
        self._answer = words()

    def smc(self, fid: int, arguments: Sequence[int], client: int) -> tuple[int, int, int, int]:
        return self._answer(fid, list(arguments))


def instances(sample: str) -> Iterator[Instance]:
    for base in BASES:
        yield Instance(image(sample), base, words())


@pytest.mark.parametrize("sample", SCRIPTS)
def test_both_loaders_get_the_same_answers(sample: str, tmp_path: Path) -> None:
    elf = tmp_path / f"{sample}.elf"
    elf.write_bytes(image(sample))
    app = xap_harness.load(elf, firmware=HarnessFirmware())
    expected = []
    for domid, call in SCRIPTS[sample]:
        result = app.smc(*call, domid=domid)
        assert result.status == "ok"
        expected.append(([result.x0, result.x1, result.x2, result.x3], result.log))
    for instance in instances(sample):
        assert instance.call(INIT, 0x1_0000).status in (0, -38)
        for (domid, call), (results, log) in zip(SCRIPTS[sample], expected, strict=True):
            registers = [*call, *[0] * (8 - len(call))]
            answer = instance.call(HANDLE_SMC, *registers, requester=domid << 32)
            assert (answer.fault, answer.status) == (None, 0)
            assert (answer.results, answer.log) == (results, log)


@pytest.mark.parametrize("function", [HANDLE_HVC, TIMER, UNKNOWN, 1 << 32 | HANDLE_SMC])
def test_what_the_app_does_not_know_is_enosys(function: int) -> None:
    """ABI.md 2.2. All 64 bits of the function code count."""
    for instance in instances("hello"):
        assert instance.call(function, 0xC600_0001).status == -38


def test_an_id_without_a_handler_is_enosys() -> None:
    for instance in instances("hello"):
        assert instance.call(HANDLE_SMC, 0xC600_0002).status == -38


def test_the_id_is_the_low_half_of_x0() -> None:
    """ABI.md 2.3."""
    for instance in instances("hello"):
        assert instance.call(HANDLE_SMC, 0xDEAD_BEEF_C600_0001).status == 0


def test_a_failed_check_is_a_brk_or_a_panic_with_its_reason() -> None:
    """ABI.md 5.1: reason 7 is ASSERT."""
    for instance in instances("crc"):
        fault = instance.call(HANDLE_SMC, 0xC600_0011, 0, 9).fault
        assert fault is not None
        assert fault.startswith(("brk 0x5507", "panic 7: UPDATE takes at most eight bytes"))


# --- what is in the file ---------------------------------------------------------------------


@pytest.mark.parametrize("sample", SCRIPTS)
def test_notes(sample: str) -> None:
    """ABI.md 1.3: one manifest, and the eight of the proof of concept."""
    found = [(owner, number) for owner, number, _ in parse(image(sample)).notes]
    ours = [note for note in found if note[0] != "GNU"]
    assert sorted(ours) == [("XAP", 1), *(("Xen", number) for number in range(1, 9))]


def test_manifest_of_trng() -> None:
    made = parse(image("trng"))
    [name] = made.records[loader.NAME]
    assert name == b"trng".ljust(32, b"\0")
    routes = [record[:4] + record[8:12] for record in made.records[loader.ROUTE]]
    ids = [0x8400_0050, 0x8400_0051, 0x8400_0052, 0x8400_0053, RND64]
    assert sorted(routes) == sorted(
        (1).to_bytes(4, "little") + fid.to_bytes(4, "little") for fid in ids
    )
    assert made.records[loader.NEED] == [(1).to_bytes(4, "little") + RND64.to_bytes(4, "little")]


def test_the_loader_does_reject() -> None:
    """Text that is made writable, a stack that is made executable."""
    good = image("hello")
    at = int.from_bytes(good[32:40], "little")
    kinds = {int.from_bytes(good[p : p + 4], "little"): p for p in range(at, at + 8 * 56, 56)}
    for kind in (loader.PT_LOAD, loader.PT_GNU_STACK):
        bad = bytearray(good)
        bad[kinds[kind] + 4] = 7
        with pytest.raises(Rejected):
            parse(bytes(bad))
