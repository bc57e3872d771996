"""The app and its limits (E07xx)."""

import ast
import re
from dataclasses import dataclass

from xapc.diagnostics import Edit, Error, Related
from xapc.errors.edits import replace
from xapc.source import Span


@dataclass(frozen=True, kw_only=True)
class NoApp(Error):
    """A native app declares itself: who it is (name, version, UUID) and what it needs.

    Wrong:
        def f() -> None:
            pass

    Right:
        app = App("a", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")
    """

    code = "E0701"
    title = "no App(...) here"
    help = 'write app = App("name", version="1.0.0", uuid="...")'


@dataclass(frozen=True, kw_only=True)
class SecondApp(Error):
    """A file is one app, with one name, one UUID and one manifest.

    Wrong:
        app = App("a", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")
        other = App("b", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c12")

    Right:
        app = App("a", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")
    """

    code = "E0702"
    title = "a second App"


@dataclass(frozen=True, kw_only=True)
class AppInSibling(Error):
    """One file declares the app; the modules beside it hold functions, constants and types.

    Wrong:
        # app.py
        from helpers import half
        app = App("a", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")
        # helpers.py
        other = App("b", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c12")
        def half(x: u32) -> u32:
            return x // 2

    Right:
        # app.py
        from helpers import half
        app = App("a", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")
        # helpers.py
        def half(x: u32) -> u32:
            return x // 2
    """

    code = "E0703"
    title = "an App in an imported module"


@dataclass(frozen=True, kw_only=True)
class AppText(Error):
    """What an app declares lands in its manifest (ABI.md section 1), in the form that loaders and
    integrators read.

    Wrong:
        app = App("A b", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

    Right:
        app = App("ab", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")
    """

    code = "E0704"
    title = "wanted here: {shape}"
    help = "{hint}"

    shape: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class NotConstant(Error):
    """It is part of the app's manifest, which is read before the app runs.

    Wrong:
        count = u32(1)
        @app.smc(count)
        def f() -> None:
            pass

    Right:
        READ: Final = 0xC6000001
        @app.smc(READ)
        def f() -> None:
            pass
    """

    code = "E0711"
    title = "a constant is wanted here"


@dataclass(frozen=True, kw_only=True)
class TooManyNeeds(Error):
    """An integrator grants each need, and the hypervisor keeps a table of fixed size for each kind
    (ABI.md section 1, clause 4).

    Wrong:
        app = App(
            "a",
            version="1.0.0",
            uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
            needs=[
                Needs.call_smc(
                    0x84000050, 0x84000051, 0x84000052, 0x84000053,
                    0x84000054, 0x84000055, 0x84000056, 0x84000057,
                    0x84000058,
                )
            ],
        )

    Right:
        app = App(
            "a",
            version="1.0.0",
            uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
            needs=[Needs.call_smc(0x84000050)],
        )
    """

    code = "E0718"
    title = "an app has at most {most} needs of a kind"

    most: int


@dataclass(frozen=True, kw_only=True)
class TooManyRoutes(Error):
    """The hypervisor looks a request up in a table of fixed size (ABI.md section 1, clause 4).
    Neighbouring identifiers can share one route: `range(a, b)`.

    Wrong:
        @app.smc(
            0xC600_0001, 0xC600_0003, 0xC600_0005, 0xC600_0007, 0xC600_0009, 0xC600_000B,
            0xC600_000D, 0xC600_000F, 0xC600_0011, 0xC600_0013, 0xC600_0015, 0xC600_0017,
            0xC600_0019, 0xC600_001B, 0xC600_001D, 0xC600_001F, 0xC600_0021, 0xC600_0023,
            0xC600_0025, 0xC600_0027, 0xC600_0029, 0xC600_002B, 0xC600_002D, 0xC600_002F,
            0xC600_0031, 0xC600_0033, 0xC600_0035, 0xC600_0037, 0xC600_0039, 0xC600_003B,
            0xC600_003D, 0xC600_003F, 0xC600_0041,
        )
        def f() -> None:
            pass

    Right:
        @app.smc(range(0xC6000001, 0xC6000043))
        def f() -> None:
            pass
    """

    code = "E0719"
    title = "an app has at most {most} {kind} routes"

    kind: str
    most: int


@dataclass(frozen=True, kw_only=True)
class StackTooLarge(Error):
    """Each call of an app has at most 64 KiB of stack (ABI.md section 1, clause 4), and the deepest
    way through its functions is known when it is linked. Arrays and structs that a function makes
    lie in its frame; state does not.

    Wrong:
        a function that makes an array of 70,000 bytes

    Right:
        buffer = Array[u8, N[70000]]()
        @app.smc(0xC6000001)
        def f() -> u8:
            buffer.fill(0)
            return buffer[0]
    """

    code = "E0722"
    title = "{text}"
    notes = ("{note}",)
    help = "keep large arrays and structs in state variables, or make them smaller"

    text: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ImageTooLarge(Error):
    """The whole image, state included, has at most 1 MiB (ABI.md section 1, clause 4).

    Wrong:
        three arrays of 400,000 bytes each

    Right:
        buffer = Array[u8, N[400000]]()
    """

    code = "E0723"
    title = "{text}"
    notes = ("{note}",)
    help = "make it smaller, or keep less"

    text: str
    note: str = ""


def stack_too_large(span: Span, text: str, name: str, size: int, most: Span, type: str) -> Error:
    """`span` is that of the function with the largest frame, `most` of the largest object in it."""
    note = f"'{name}' makes arrays and structs of {size} bytes, more than any other function"
    related = (Related(most, f"{type} is made here"),)
    return StackTooLarge(span=span, text=text, note=note, related=related)


def image_too_large(span: Span, text: str, name: str, size: int) -> Error:
    note = f"'{name}' has {size} bytes, more than any other state variable or constant"
    return ImageTooLarge(span=span, text=text, note=note)


def app_text(span: Span, shape: str, node: ast.expr, form: re.Pattern[str]) -> Error:
    """What is plainly meant is offered: `my-app` for "My App", `1.0.0` for "1.0"."""
    held = node.value if isinstance(node, ast.Constant) else None
    hint = ""
    if "UUID" in shape:
        hint = 'make one by: python3 -c "import uuid; print(uuid.uuid4())"'
    edits: tuple[Edit, ...] = ()
    if isinstance(held, str):
        small = re.sub(r"[^a-z0-9_-]+", "-", held.lower()).strip("-")
        padded = [f"{held}{more}" for more in (".0", ".0.0")] if "version" in shape else []
        tried = [small, *padded]
        found = next((each for each in tried if form.fullmatch(each)), None)
        edits = () if found is None or "UUID" in shape else replace(span, f'"{found}"')
    return AppText(span=span, shape=shape, hint=hint, edits=edits)


def second_app(span: Span, first: Span) -> Error:
    return SecondApp(span=span, related=(Related(first, "the first one"),))
