"""Calls of the hypervisor (E08xx)."""

from dataclasses import dataclass

from xapc.diagnostics import Error, Related
from xapc.source import Span
from xapc.tree import App


@dataclass(frozen=True, kw_only=True)
class NotDeclared(Error):
    """What an app may ask for is in its manifest, so that the integrator can grant it (ABI.md section 4).

    Wrong:
        def f() -> None:
            set_timer(1000000)

    Right:
        app = App('a', version='1.0.0', uuid='8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11', needs=[Needs.timer()])
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
    """The mapping ends with the block, on every way out.

    Wrong:
        app = App('a', version='1.0.0', uuid='8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11', needs=[Needs.guest_memory('r')])
        def f(ipa: u64) -> None:
            page = map_guest_page(ipa)

    Right:
        app = App('a', version='1.0.0', uuid='8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11', needs=[Needs.guest_memory('r')])
        def f(ipa: u64) -> None:
            with map_guest_page(ipa) as page:
                pass
    """

    code = "E0802"
    title = "{name}(...) stands in a with statement"

    name: str


@dataclass(frozen=True, kw_only=True)
class MappingUnnamed(Error):
    """See the examples.

    Wrong:
        app = App('a', version='1.0.0', uuid='8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11', needs=[Needs.guest_memory('r')])
        def f(ipa: u64) -> None:
            with map_guest_page(ipa):
                pass

    Right:
        app = App('a', version='1.0.0', uuid='8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11', needs=[Needs.guest_memory('r')])
        def f(ipa: u64) -> None:
            with map_guest_page(ipa) as page:
                pass
    """

    code = "E0803"
    title = "the view of {name}(...) gets a name: with ... as page"

    name: str


def not_declared(span: Span, call: str, need: str, app: App | None) -> Error:
    related = (Related(app.span, "the app's declaration"),) if app else ()
    return NotDeclared(span=span, call=call, need=need, related=related)
