"""Calls and their arguments (E03xx)."""

from dataclasses import dataclass

from xapc.diagnostics import Edit, Error
from xapc.errors.edits import (
    near,
    replace,
)
from xapc.source import Span
from xapc.tree import Function


@dataclass(frozen=True, kw_only=True)
class TooManyArguments(Error):
    """The call gives more arguments than the function, type or method has parameters.

    Wrong:
        def g(x: u32) -> u32:
            return x
        def f(x: u32) -> u32:
            return g(x, x)

    Right:
        def g(x: u32) -> u32:
            return x
        def f(x: u32) -> u32:
            return g(x)
    """

    code = "E0309"
    title = "{what} does not take so many arguments"

    what: str
    most: int

    @property
    def message(self) -> str:
        if self.most == 0:
            return f"{self.what} takes no arguments here"
        return f"{self.what} takes at most {self.most} argument{'s'[: self.most > 1]} here"


@dataclass(frozen=True, kw_only=True)
class MissingArgument(Error):
    """A parameter without a default gets an argument in every call.

    Wrong:
        def g(x: u32, y: u32) -> u32:
            return x
        def f(x: u32) -> u32:
            return g(x)

    Right:
        def g(x: u32, y: u32) -> u32:
            return x
        def f(x: u32) -> u32:
            return g(x, x)
    """

    code = "E0310"
    title = "{what} needs {names}"

    what: str
    names: str


@dataclass(frozen=True, kw_only=True)
class UnknownKeyword(Error):
    """An argument given by name needs a parameter of that name.

    Wrong:
        def g(x: u32) -> u32:
            return x
        def f(x: u32) -> u32:
            return g(x=x, y=x)

    Right:
        def g(x: u32) -> u32:
            return x
        def f(x: u32) -> u32:
            return g(x=x)
    """

    code = "E0311"
    title = "{what} has no parameter '{name}'"
    help = "{hint}"

    what: str
    name: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class KeywordOrder(Error):
    """Arguments are evaluated in the order in which they are written, and passed in the order of
    the registers. Here the two are the same.

    Wrong:
        app = App(
            "a",
            version="1.0.0",
            uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
            needs=[Needs.call_smc(0x84000050)],
        )
        def f(x: u64) -> None:
            call_smc(x1=x, fid=0x84000050)

    Right:
        app = App(
            "a",
            version="1.0.0",
            uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
            needs=[Needs.call_smc(0x84000050)],
        )
        def f(x: u64) -> None:
            call_smc(fid=0x84000050, x1=x)
    """

    code = "E0343"
    title = "arguments of {what} stand in the order of its parameters"

    what: str


@dataclass(frozen=True, kw_only=True)
class GivenTwice(Error):
    """A parameter takes one argument: by its place or by its name.

    Wrong:
        def g(x: u32) -> u32:
            return x
        def f(x: u32) -> u32:
            return g(x, x=x)

    Right:
        def g(x: u32) -> u32:
            return x
        def f(x: u32) -> u32:
            return g(x=x)
    """

    code = "E0345"
    title = "{what} is given '{name}' twice"

    what: str
    name: str


@dataclass(frozen=True, kw_only=True)
class MethodOfType(Error):
    """A method works on an object, which stands before the dot.

    Wrong:
        @struct
        class Job:
            id: u32 = u32(0)
            def next(self) -> u32:
                return self.id + 1
        def f(job: Job) -> u32:
            return Job.next(job)

    Right:
        @struct
        class Job:
            id: u32 = u32(0)
            def next(self) -> u32:
                return self.id + 1
        def f(job: Job) -> u32:
            return job.next()
    """

    code = "E0346"
    title = "'{name}' is a method: it is called on a {type}, not on the type"
    help = "write x.{name}(...)"

    type: str
    name: str


@dataclass(frozen=True, kw_only=True)
class MethodNotCalled(Error):
    """Functions and methods are not values: all that can be done with one is to call it.

    Wrong:
        @struct
        class Job:
            id: u32 = u32(0)
            def next(self) -> u32:
                return self.id + 1
        def f(job: Job) -> u32:
            return job.next

    Right:
        @struct
        class Job:
            id: u32 = u32(0)
            def next(self) -> u32:
                return self.id + 1
        def f(job: Job) -> u32:
            return job.next()
    """

    code = "E0347"
    title = "'{name}' is a method, and is not called here"
    help = "{hint}"

    name: str
    hint: str


def method_not_called(span: Span, method: Function) -> Error:
    """`span` ends with the method's name."""
    name = method.name.rpartition(".")[2]
    if len(method.params) > 1:
        return MethodNotCalled(span=span, name=name, hint=f"call it: {name}(...)")
    edits = (Edit(span.after(), "()"),)
    return MethodNotCalled(span=span, name=name, hint="", edits=edits)


def builtin_not_called(span: Span, name: str) -> Error:
    """A method of an array, a view or an integer."""
    hint = f"call it: {name}(...)"
    if name in ("load", "store"):
        hint += f", or {name}.be(...) for big-endian bytes"
    return MethodNotCalled(span=span, name=name, hint=hint)


def keyword(span: Span, what: str, name: str, known: list[str], twice: bool) -> Error:
    """`span` begins with the name."""
    if twice:
        return GivenTwice(span=span, what=what, name=name)
    close = near(name, known)
    if close is None:
        return UnknownKeyword(span=span, what=what, name=name, hint="")
    at = Span(span.source, span.line, span.column, span.line, span.column + len(name))
    hint = f"did you mean '{close}'?"
    edits = replace(at, close)
    return UnknownKeyword(span=span, what=what, name=name, hint=hint, edits=edits)
