"""Build-time values (E09xx)."""

import ast
from dataclasses import dataclass

from xapc.diagnostics import Error, Related
from xapc.errors.edits import expression, insert, wrap_in
from xapc.source import Span


@dataclass(frozen=True, kw_only=True)
class DefinedBelow(Error):
    """What is evaluated where it stands (values, classes, decorators, defaults, annotations) uses
    what stands above it, as when Python runs the file from top to bottom. The body of a function
    may use what stands below.

    Wrong:
        A: Final[u32] = g()
        def g() -> u32:
            return u32(1)

    Right:
        def g() -> u32:
            return u32(1)
        A: Final[u32] = g()
    """

    code = "E0901"
    title = "'{name}' is defined below"
    help = "{hint}"

    name: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class StateOfFinal(Error):
    """A name bound to an array or struct refers to it. State that is another name of something
    `Final` could not be written; a copy of it can.

    Wrong:
        EMPTY: Final = Array[u8, N[4]]([1, 2, 3, 4])
        table = EMPTY

    Right:
        EMPTY: Final = Array[u8, N[4]]([1, 2, 3, 4])
        table = EMPTY.copy()
    """

    code = "E0909"
    title = "state '{name}' is another name of '{final}', which is Final"
    help = "begin with a copy"

    name: str
    final: str


@dataclass(frozen=True, kw_only=True)
class StateAtBuildTime(Error):
    """State begins when the instance starts; at build time there is none.

    Wrong:
        count = u32(1)
        A: Final[u32] = count

    Right:
        A: Final[u32] = u32(1)
        count = A
    """

    code = "E0902"
    title = "state '{name}' has no value at build time"

    name: str


@dataclass(frozen=True, kw_only=True)
class ServiceAtBuildTime(Error):
    """Build-time values are computed where the app is built, on whatever machine: there is no
    hypervisor, no guest and no log.

    Wrong:
        def g() -> u32:
            log.info("x")
            return u32(1)
        A: Final[u32] = g()

    Right:
        def g() -> u32:
            return u32(1)
        A: Final[u32] = g()
    """

    code = "E0903"
    title = "'{name}' calls the hypervisor (line {place}), which is not there at build time"

    name: str
    place: str


@dataclass(frozen=True, kw_only=True)
class StepsExceeded(Error):
    """Building must end. A value that takes longer than the limit is computed elsewhere and
    written into the source, or in @app.init.

    Wrong:
        def g() -> u32:
            while True:
                pass
        A: Final[u32] = g()

    Right:
        def g() -> u32:
            return u32(1)
        A: Final[u32] = g()
    """

    code = "E0904"
    title = "more than {limit} steps at build time"

    limit: int


@dataclass(frozen=True, kw_only=True)
class BuildTimePanic(Error):
    """Build-time values are computed with the checks of run time: what would end a call there is
    an error here.

    Wrong:
        def g(x: u32) -> u32:
            return x - 1
        A: Final[u32] = g(u32(0))

    Right:
        def g(x: u32) -> u32:
            return x - 1
        A: Final[u32] = g(u32(1))
    """

    code = "E0905"
    title = "this panics at build time: {reason}{where}"

    reason: str
    where: str


@dataclass(frozen=True, kw_only=True)
class BuildTimeFailed(Error):
    """The computation ended without a value of the declared type.

    Wrong:
        A: Final = Array[u8, N[4]](u8(i) for i in range(3))

    Right:
        A: Final = Array[u8, N[4]](u8(i) for i in range(4))
    """

    code = "E0906"
    title = "this has no value at build time: {why}"

    why: str


@dataclass(frozen=True, kw_only=True)
class StaticAssertFailed(Error):
    """The condition is a fact that the app relies on, computed when it is built; it does not hold.

    Wrong:
        static_assert(1 == 2, "one is two")

    Right:
        static_assert(1 == 1, "one is one")
    """

    code = "E0907"
    title = "static_assert failed: {text}"

    text: str


@dataclass(frozen=True, kw_only=True)
class StaticAssertForm(Error):
    """The condition is computed when the app is built; the text says what is wrong where it does
    not hold.

    Wrong:
        static_assert(1 == 1)

    Right:
        static_assert(1 == 1, "one is one")
    """

    code = "E0908"
    title = "static_assert takes a condition and a text"


def state_of_final(span: Span, name: str, final: str) -> Error:
    is_choice = isinstance(expression(span), ast.IfExp)
    edits = wrap_in(span, "(", ").copy()") if is_choice else (insert(span.after(), ".copy()"),)
    return StateOfFinal(span=span, name=name, final=final, edits=edits)


def state_at_build_time(span: Span, name: str, place: Span) -> Error:
    related = (Related(place, "without Final, it is state"),)
    return StateAtBuildTime(span=span, name=name, related=related)


def defined_below(span: Span, name: str, place: Span) -> Error:
    return DefinedBelow(span=span, name=name, related=(Related(place, "defined here"),))


def annotated_too_early(span: Span, name: str, place: Span, annotation: Span) -> Error:
    """Python looks an annotation up when it comes to the `def`, unless it is a string."""
    return DefinedBelow(
        span=span,
        name=name,
        hint="as a string it is looked up later",
        related=(Related(place, "defined here"),),
        edits=wrap_in(annotation, '"', '"'),
    )
