"""Calls of the hypervisor (E08xx)."""

import ast
from dataclasses import dataclass

from xapc.diagnostics import Edit, Error, Related
from xapc.errors.edits import insert, known, part, replace
from xapc.source import Span
from xapc.tree import App


@dataclass(frozen=True, kw_only=True)
class NotDeclared(Error):
    """What an app may ask of the hypervisor is in its manifest, so that the integrator can see and
    grant it before the app runs (ABI.md section 4).

    Wrong:
        def f() -> None:
            set_timer(1000000)

    Right:
        app = App(
            "a",
            version="1.0.0",
            uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
            needs=[Needs.timer()],
        )
        def f() -> None:
            set_timer(1000000)
    """

    code = "E0801"
    title = "{call} is not among the app's needs"
    help = "add {need} to needs= of the app"

    call: str
    need: str


@dataclass(frozen=True, kw_only=True)
class OnlyInWith(Error):
    """The mapping ends with the block, on every way out of it.

    Wrong:
        app = App(
            "a",
            version="1.0.0",
            uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
            needs=[Needs.guest_memory("r")],
        )
        def f(ipa: u64) -> None:
            page = map_guest_page(ipa)

    Right:
        app = App(
            "a",
            version="1.0.0",
            uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
            needs=[Needs.guest_memory("r")],
        )
        def f(ipa: u64) -> None:
            with map_guest_page(ipa) as page:
                pass
    """

    code = "E0802"
    title = "{name}(...) stands in a with statement"
    help = "write with {name}(...) as view:"

    name: str


@dataclass(frozen=True, kw_only=True)
class MappingUnnamed(Error):
    """Without a name nothing could be read or written through the mapping, nor could it be tested
    whether it succeeded.

    Wrong:
        app = App(
            "a",
            version="1.0.0",
            uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
            needs=[Needs.guest_memory("r")],
        )
        def f(ipa: u64) -> None:
            with map_guest_page(ipa):
                pass

    Right:
        app = App(
            "a",
            version="1.0.0",
            uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
            needs=[Needs.guest_memory("r")],
        )
        def f(ipa: u64) -> None:
            with map_guest_page(ipa) as page:
                pass
    """

    code = "E0803"
    title = "the view of {name}(...) gets a name: with ... as page"

    name: str


def not_declared(span: Span, call: str, need: str, app: App) -> Error:
    """`need` with an ellipsis stands for what only the author knows."""
    related = (Related(app.span, "the app's declaration"),)
    edits = () if "..." in need or "base" in need else _declared(app.span, need)
    return NotDeclared(span=span, call=call, need=need, related=related, edits=edits)


def no_such_region(span: Span, name: str, close: str) -> Error:
    """`span` is that of the literal."""
    need = f'Needs.io("{name}", base, size)'
    edits = replace(span, f'"{close}"')
    return NotDeclared(span=span, call=f'map_io("{name}")', need=need, edits=edits)


def _declared(app: Span, need: str) -> tuple[Edit, ...]:
    """What adds a need to `App(...)`, of which `app` is the place."""
    word, imports = known(app.source, "Needs")
    need = need.replace("Needs", word)
    try:
        call = ast.parse(app.text(), mode="eval").body
    except SyntaxError:
        return ()
    if not isinstance(call, ast.Call):
        return ()
    given = next((each.value for each in call.keywords if each.arg == "needs"), None)
    if given is None:
        last = call.keywords[-1] if call.keywords else None
        return (
            () if last is None else (*imports, insert(part(app, last).after(), f", needs=[{need}]"))
        )
    if isinstance(given, ast.List) and given.elts:
        kind = need.partition("(")[0]
        for each in given.elts if kind.endswith("guest_memory") else ():
            if ast.unparse(each).startswith(f"{kind}("):
                return replace(part(app, each), need)  # reading is declared, and writing is meant
        return (*imports, insert(part(app, given.elts[-1]).after(), f", {need}"))
    return (*imports, Edit(part(app, given), f"[{need}]"))
