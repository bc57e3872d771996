"""How a call ends early: panics, failed assertions, requests given back (LANGUAGE.md 6)."""

from typing import NoReturn

from xaprt.abi import Reason


class Panic(Exception):
    """A run-time check failed, or the app called `panic`.

    `message` is what a compiled app reports, too: the text of `panic`, else empty. `detail`
    only helps who reads a traceback: the values that failed the check.
    """

    def __init__(self, reason: Reason, message: str = "", *, detail: str = "") -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message
        self.detail = detail

    def __str__(self) -> str:
        text = self.message or self.detail
        return f"{self.reason.name}: {text}" if text else self.reason.name


class NotHandled(Exception):
    """`not_handled()`: the hypervisor answers as if the app had no such route."""


def panic(text: str) -> NoReturn:
    """End the call with PANIC and this message."""
    if not isinstance(text, str):
        raise TypeError(f"panic() takes a text, not {type(text).__name__}")
    raise Panic(Reason.PANIC, text)


def not_handled() -> NoReturn:
    """Give the request back to the hypervisor (LANGUAGE.md section 5)."""
    raise NotHandled


def static_assert(condition: bool, text: str) -> None:
    """A condition on constants; the compiler checks it when the app is built.

    Raises AssertionError when the module is run and the condition does not hold.
    """
    if type(condition) is not bool:
        raise TypeError(f"static_assert() takes a bool, not {type(condition).__name__}")
    if not condition:
        raise AssertionError(text)
