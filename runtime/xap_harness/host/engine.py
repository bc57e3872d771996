"""`xap_harness.hypervisor.instance.Engine`: the calls of one instance under CPython."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import xap
from xaprt import abi
from xaprt.debug.place import Place

from xap_harness.host.handlers import Handlers
from xap_harness.host.program import Program
from xap_harness.host.services import AppAbort, HostServices, ModelFailure
from xap_harness.hypervisor.console import printable_lines
from xap_harness.hypervisor.double_fetch import DoubleFetch, ReadLog
from xap_harness.hypervisor.fault import Fault, FaultKind
from xap_harness.hypervisor.outcome import Done, NotHandled, Outcome
from xap_harness.hypervisor.posted import Record
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.services import Services

REQUEST_PAGE = 0x1000
"""Some address that is not 0: on the host nobody reads there."""


class HostError(Exception):
    """The app raised what is no panic of the language: a bug of the app that the compiler did
    not see, or of the SDK. The message begins with file and line."""

    def __init__(self, error: Exception) -> None:
        what = f"{type(error).__name__}: {error}"
        try:
            file, line = xap.panic_site(error)
        except ValueError:  # raised by nothing of the app's
            super().__init__(what)
        else:
            super().__init__(f"{file}:{line}: {what}")


@contextmanager
def no_bugs() -> Iterator[None]:
    """What the language does not raise becomes a HostError."""
    try:
        yield
    except (xap.Panic, xap.NotHandled, AssertionError, ModelFailure, AppAbort):
        raise
    except Exception as error:
        raise HostError(error) from error


class HostEngine:
    """Instructions are not counted, so a budget does not end a call here."""

    spent = 0

    def __init__(
        self, program: Program, name: str, services: Services, *, has_posted: bool
    ) -> None:
        self._program = program
        self._name = name
        self._services = HostServices(services)
        self._posted: Sequence[Record] = ()
        self.request_page = REQUEST_PAGE if has_posted else 0
        self.reset()

    def reset(self) -> None:
        with no_bugs():
            self._handlers = Handlers(self._program.run())

    def watch_reads(self, found: list[DoubleFetch]) -> None:
        self._services.reads = ReadLog(self._name, found)

    def post(self, records: Sequence[Record]) -> None:
        self._posted = tuple(records)

    def call(
        self, function: abi.Function, arguments: Sequence[int], requester: Requester, budget: int
    ) -> Outcome:
        if self._services.reads is not None:
            self._services.reads.begin_call(requester)
        try:
            with xap.runtime.use(self._services), no_bugs():
                return Done(self._handlers.call(function, arguments, requester, self._posted))
        except ModelFailure as failure:
            raise failure.error from None
        except xap.NotHandled:
            return NotHandled()
        except (xap.Panic, AssertionError) as error:
            return self._fault(error, requester)
        except AppAbort as error:
            chain = tuple(Place(*place) for place in xap.panic_chain(error))
            return Fault(self._name, requester, FaultKind.EXCEPTION, str(error), chain=chain)

    def _fault(self, error: xap.Panic | AssertionError, requester: Requester) -> Fault:
        reason, message = xap.panic_reason(error)
        told = message.encode("utf-8", "replace")
        said = reason is abi.Reason.PANIC or bool(message)
        return Fault(
            app=self._name,
            requester=requester,
            kind=FaultKind.PANIC if said else FaultKind.CHECK,
            reason=reason.name,
            message=" ".join(printable_lines(told)) if told else "",
            detail=error.detail if isinstance(error, xap.Panic) else "",
            chain=tuple(Place(*place) for place in xap.panic_chain(error)),
        )
