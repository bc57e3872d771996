"""Handlers, their decorators, and the calls that they take (E07xx)."""

import ast
from dataclasses import dataclass

from xapc.diagnostics import Error, Related
from xapc.errors.edits import expression, insert, offer, part, replace
from xapc.source import Span
from xapc.types import BOOL, EnumType, Type


@dataclass(frozen=True, kw_only=True)
class Decorator(Error):
    """Functions are decorated by `@app.init`, `smc`, `hvc`, `mmio_read`, `mmio_write`, `timer` and
    `event`, `app` being the variable that `App(...)` was assigned to.

    Wrong:
        @staticmethod
        def f() -> None:
            pass

    Right:
        @app.init
        def f() -> None:
            pass
    """

    code = "E0705"
    title = "@{text} is not a decorator of the app"

    text: str


@dataclass(frozen=True, kw_only=True)
class DecoratorCall(Error):
    """`@app.init` and `@app.timer` have no arguments, and no parentheses; the others have both.

    Wrong:
        @app.init()
        def f() -> None:
            pass

    Right:
        @app.init
        def f() -> None:
            pass
    """

    code = "E0706"
    title = "how @app.{name} is written"

    name: str
    bare: bool

    def __post_init__(self) -> None:
        text = self.span.text()
        if self.bare and text.endswith("()"):
            offer(self, replace(self.span, text.removesuffix("()")))

    @property
    def message(self) -> str:
        form = "without parentheses" if self.bare else "with its arguments"
        return f"@app.{self.name} is written {form}"


@dataclass(frozen=True, kw_only=True)
class HandlerShape(Error):
    """The hypervisor calls a handler with what it has of the request, in registers: parameters and
    result are those that LANGUAGE.md section 5 lists.

    Wrong:
        @app.init
        def f(x: u32) -> None:
            pass

    Right:
        @app.init
        def f() -> None:
            pass
    """

    code = "E0707"
    title = "a handler of {kind} {shape}"

    kind: str
    shape: str


@dataclass(frozen=True, kw_only=True)
class HandlerResult(Error):
    """The guest gets its answer in registers: integers, up to four (or eight with SmcResult8).

    Wrong:
        @app.smc(0xC6000001)
        def f() -> bool:
            return True

    Right:
        @app.smc(0xC6000001)
        def f() -> u64:
            return u64(1)
    """

    code = "E0708"
    title = "a handler returns no {type}"
    notes = ("it returns None, an integer, a tuple of up to four, SmcResult or SmcResult8",)
    help = "{hint}"

    type: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class HandlerIds(Error):
    """Each argument is one function identifier or a `range(first, end)` of them.

    Wrong:
        @app.smc()
        def f() -> None:
            pass

    Right:
        @app.smc(0xC6000001)
        def f() -> None:
            pass
    """

    code = "E0709"
    title = "the function identifiers are given by position: @app.{kind}(0xC600_0001, range(a, b))"

    kind: str


@dataclass(frozen=True, kw_only=True)
class EmptyRange(Error):
    """As in Python the end is not part of the range: this one holds no identifier, and the handler
    would never be called.

    Wrong:
        @app.smc(range(0xC6000001, 0xC6000001))
        def f() -> None:
            pass

    Right:
        @app.smc(range(0xC6000001, 0xC6000003))
        def f() -> None:
            pass
    """

    code = "E0710"
    title = "this range is empty"


@dataclass(frozen=True, kw_only=True)
class RefusedId(Error):
    """Some function identifiers are the hypervisor's own (PSCI, the architecture's and the
    hypervisor's services), others belong to older software; no app gets them, whatever it is
    granted (ABI.md section 4, clause 2).

    Wrong:
        @app.smc(0x84000000)
        def f() -> None:
            pass

    Right:
        @app.smc(0xC6000001)
        def f() -> None:
            pass
    """

    code = "E0712"
    title = "no app may have this identifier: {why}"

    why: str


@dataclass(frozen=True, kw_only=True)
class Claimed(Error):
    """A request goes to one handler.

    Wrong:
        @app.smc(0xC6000001)
        def f() -> None:
            pass
        @app.smc(0xC6000001)
        def g() -> None:
            pass

    Right:
        @app.smc(0xC6000001)
        def f() -> None:
            pass
        @app.smc(0xC6000002)
        def g() -> None:
            pass
    """

    code = "E0713"
    title = "{kind} {first:#x} has a handler already"

    kind: str
    first: int


@dataclass(frozen=True, kw_only=True)
class SecondHandler(Error):
    """An app has one handler of this kind; let it call what else is to be done.

    Wrong:
        @app.init
        def f() -> None:
            pass
        @app.init
        def g() -> None:
            pass

    Right:
        @app.init
        def f() -> None:
            pass
    """

    code = "E0714"
    title = "a second handler of {kind}"

    kind: str


@dataclass(frozen=True, kw_only=True)
class MmioForm(Error):
    """A region is named by its base and its size, so that the two cannot be mistaken for each
    other.

    Wrong:
        @app.mmio_read(0x1000)
        def f(a: MmioAccess) -> u64:
            return a.offset

    Right:
        @app.mmio_read(base=0x1000, size=0x1000)
        def f(a: MmioAccess) -> u64:
            return a.offset
    """

    code = "E0715"
    title = "{name} takes base= and size="

    name: str

    def __post_init__(self) -> None:
        match expression(self.span):
            case ast.Call(args=[base, size]):
                places = part(self.span, base), part(self.span, size)
                names = zip(("base=", "size="), places, strict=True)
                offer(self, tuple(insert(place.before(), name) for name, place in names))


@dataclass(frozen=True, kw_only=True)
class RegionPages(Error):
    """The hypervisor traps accesses by pages (stage 2 translation): base and size are multiples of
    4096.

    Wrong:
        @app.mmio_read(base=0x1000, size=0x10)
        def f(a: MmioAccess) -> u64:
            return a.offset

    Right:
        @app.mmio_read(base=0x1000, size=0x1000)
        def f(a: MmioAccess) -> u64:
            return a.offset
    """

    code = "E0716"
    title = "a region is a whole number of 4 KiB pages"


@dataclass(frozen=True, kw_only=True)
class EventForm(Error):
    """The events are those that the hypervisor tells a SHARED instance of.

    Wrong:
        @app.event(1)
        def f(d: u16) -> None:
            pass

    Right:
        @app.event(Event.DOMAIN_CREATED)
        def f(d: u16) -> None:
            pass
    """

    code = "E0717"
    title = "@app.event takes Event.DOMAIN_CREATED or Event.DOMAIN_DESTROYED"


@dataclass(frozen=True, kw_only=True)
class EventOfPerDomain(Error):
    """A PER_DOMAIN instance starts and ends with its guest: it has `@app.init` (ABI.md section 6,
    clause 6).

    Wrong:
        app = App(
            "a",
            version="1.0.0",
            uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
            instances=Instances.PER_DOMAIN,
        )
        @app.event(Event.DOMAIN_CREATED)
        def f(d: u16) -> None:
            pass

    Right:
        @app.event(Event.DOMAIN_CREATED)
        def f(d: u16) -> None:
            pass
    """

    code = "E0720"
    title = "events go to SHARED instances only"


@dataclass(frozen=True, kw_only=True)
class HandlerDefault(Error):
    """The hypervisor passes every register that a handler has a parameter for, so a default would
    never be taken. Helpers may have defaults.

    Wrong:
        @app.smc(0xC6000001)
        def f(x: u64 = u64(1)) -> u64:
            return x

    Right:
        @app.smc(0xC6000001)
        def f(x: u64) -> u64:
            return x
    """

    code = "E0721"
    title = "a parameter of a handler has no default"
    help = "the hypervisor always passes a value; test for the one that means nothing was given"


def handler_result(span: Span, type: Type) -> Error:
    hint = ""
    if type is BOOL:
        hint = "annotate -> u64, and return u64(...) of it"
    elif isinstance(type, EnumType):
        hint = f"annotate -> {type.base}, and return {type.base}(...) of it"
    elif type.is_aggregate:
        hint = "return its fields: a tuple, or SmcResult(x0, x1, x2, x3)"
    return HandlerResult(span=span, type=str(type), hint=hint)


def claimed(span: Span, kind: str, first: int, by: Span) -> Error:
    return Claimed(span=span, kind=kind, first=first, related=(Related(by, "first claimed here"),))


def second_handler(span: Span, kind: str, first: Span) -> Error:
    return SecondHandler(span=span, kind=kind, related=(Related(first, "the first one"),))
