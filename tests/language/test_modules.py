"""LANGUAGE.md section 1: what a module holds, and how names come into it."""

from pathlib import Path

import pytest
from xapc.diagnostics import CompileError
from xapc.pipeline import check_file

FID = 0xC600_0001

QUALIFIED = """\
import xap
from enum import Enum
from typing import Final

app = xap.App(
    "language", version="1.0.0", uuid="6f0c4d25-9d3f-4f0a-8b9f-1c118a2f6d0e",
    instances=xap.Instances.SHARED, restart=xap.Restart.ON_FAULT(limit=3),
    needs=[xap.Needs.guest_memory("r")],
)
xap.static_assert(xap.sizeof(xap.u32) == 4, "width")
TABLE: Final = xap.Array[xap.u8, xap.N[4]](xap.u8(i * 2) for i in range(4))

class Op(xap.u8, Enum):
    NONE = 0
    ONE = 1

@xap.struct
class Pair:
    a: xap.u32 = xap.u32(1)
    b: xap.Array[xap.u8, xap.N[2]] = xap.Array[xap.u8, xap.N[2]]()

def first(page: xap.View[xap.u8]) -> xap.u64:
    return xap.u64(page[0]) if page else xap.u64(7)

@app.smc(0xC600_0001)
def handler(x: xap.u64) -> xap.u64:
    pair = Pair()
    with xap.wrapping():
        pair.a -= 2
    xap.log.info(f"{pair.a:x} {Op.ONE}")
    with xap.map_guest_page(x) as page:
        return first(page) + xap.u64(TABLE[3]) + xap.u64(xap.smccc.OWNER_ARCH)
"""


def test_the_language_can_be_named_by_its_module(xap, tmp_path: Path) -> None:
    """`import xap` is as legal as `from xap import ...`, for every name."""
    path = tmp_path / "language.py"
    for alias in ("xap", "sdk"):
        text = QUALIFIED if alias == "xap" else QUALIFIED.replace("xap.", "sdk.")
        path.write_text(text.replace("import xap\n", f"import xap as {alias}\n"))
        answer = xap.load(path).smc(FID, 0)
        assert answer.x0 == 7 + 6
        assert answer.log == ["ffffffff Op.ONE"]


STANDARD_MODULES = """\
import enum
import typing
import xap.psci
import xap.smccc

app = xap.App("modules", version="1.0.0", uuid="6f0c4d25-9d3f-4f0a-8b9f-1c118a2f6d0e")
LIMIT: typing.Final = 5
WIDE: typing.Final[xap.u64] = xap.u64(xap.smccc.FAST_CALL)

class Op(xap.u8, enum.Enum):
    NONE = 0
    ONE = 1

TABLE: typing.Final = xap.Array[Op, xap.N[2]]([Op.ONE, Op.NONE])

@app.smc(0xC600_0001)
def handler(x: xap.u64) -> xap.u64:
    return WIDE + LIMIT + xap.u64(TABLE[0]) + xap.u64(xap.smccc.OWNER_ARCH)
"""


def test_modules_are_imported_whole(xap, tmp_path: Path) -> None:
    """`import typing`, `import enum` and `import xap.smccc` are as legal as `import xap`."""
    path = tmp_path / "language.py"
    path.write_text(STANDARD_MODULES)
    assert xap.load(path).smc(FID, 0).x0 == 0x8000_0000 + 5 + 1


@pytest.mark.parametrize("annotation", ["App", "Final"])
def test_the_app_may_be_annotated(xap, tmp_path: Path, annotation: str) -> None:
    path = tmp_path / "language.py"
    path.write_text(
        "from typing import Final\nfrom xap import App, u64\n"
        f'app: {annotation} = App("a", version="1.0.0", '
        'uuid="6f0c4d25-9d3f-4f0a-8b9f-1c118a2f6d0e")\n'
        "@app.smc(0xC600_0001)\ndef f(x: u64) -> u64:\n    return x + 1\n"
    )
    assert xap.load(path).smc(FID, 4).x0 == 5


@pytest.mark.parametrize(
    "body",
    [
        "    for i in range(100000):\n        t.fill(1)\n",
        "    for i in range(100000):\n        t.copy_from(u)\n",
        "    for i in range(100000):\n        u = t.copy()\n",
        "    for i in range(100000):\n        v = Array[u8, N[100000]]()\n",
        "    while True:\n        pass\n",
    ],
)
def test_build_time_values_have_a_step_limit(tmp_path: Path, body: str) -> None:
    """What goes over a whole array is charged by its elements."""
    path = tmp_path / "language.py"
    path.write_text(
        "from typing import Final\nfrom xap import App, Array, N, u8, u64\n"
        'app = App("a", version="1.0.0", uuid="6f0c4d25-9d3f-4f0a-8b9f-1c118a2f6d0e")\n'
        "def g(n: u64) -> u64:\n    t = Array[u8, N[100000]]()\n    u = Array[u8, N[100000]]()\n"
        f"{body}    return n\n"
        "K: Final = g(u64(1))\n"
    )
    with pytest.raises(CompileError) as caught:
        check_file(path)
    assert [error.code for error in caught.value.errors] == ["E0904"]


def test_a_filter_that_drops_everything_has_a_step_limit(tmp_path: Path) -> None:
    path = tmp_path / "language.py"
    path.write_text(
        "from typing import Final\nfrom xap import App, Array, N, u8\n"
        'app = App("a", version="1.0.0", uuid="6f0c4d25-9d3f-4f0a-8b9f-1c118a2f6d0e")\n'
        "T: Final = Array[u8, N[4]](u8(0) for i in range(1000000000000) if i < 0)\n"
    )
    with pytest.raises(CompileError) as caught:
        check_file(path)
    assert [error.code for error in caught.value.errors] == ["E0904"]
