"""From the registers of a call to an app's Python functions and back (LANGUAGE.md section 5).

What `xapc.lower.entry` writes into an image, said in Python.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import xap
from xap.app import Route
from xaprt import abi
from xaprt.abi import Function, RouteKind

from xap_harness.hypervisor.posted import Record
from xap_harness.hypervisor.requester import Requester

Results = tuple[int, ...]

_ZERO: Results = (0, 0, 0, 0)
_U64 = (1 << 64) - 1

_CALLS = {Function.HANDLE_SMC: RouteKind.SMC, Function.HANDLE_HVC: RouteKind.HVC}


class Handlers:
    """Each call gives r0..r3, or r0..r7; `xap.NotHandled` where the app has no handler."""

    def __init__(self, app: xap.App) -> None:
        self._app = app
        self._parameters: dict[Callable[..., object], list[Any]] = {}

    def call(
        self,
        function: Function,
        arguments: Sequence[int],
        requester: Requester,
        posted: Sequence[Record],
    ) -> Results:
        match function:
            case Function.INIT:
                return self._plain(self._app.init_handler)
            case Function.TIMER:
                return self._plain(self._app.timer_handler, xap.u64(arguments[0]))
            case Function.EVENT:
                event, domid = arguments
                handler = self._app.event_handlers.get(abi.Event(event))
                return self._plain(handler, xap.u16(domid))
            case Function.HANDLE_SMC | Function.HANDLE_HVC:
                return self._request(_CALLS[function], arguments, requester)
            case Function.HANDLE_MMIO:
                return self._access(arguments, requester)
            case Function.HANDLE_POSTED:
                for record in posted:
                    self._store(record, requester)
                return _ZERO

    def _plain(self, handler: Callable[..., None] | None, *arguments: object) -> Results:
        if handler is None:
            raise xap.NotHandled
        handler(*arguments)
        return _ZERO

    # --- SMC, HVC ----------------------------------------------------------------------------

    def _request(self, kind: RouteKind, registers: Sequence[int], requester: Requester) -> Results:
        """`registers`: the guest's x0..x7, x0 cut to the function identifier."""
        fid = registers[0]
        for route in self._app.routes:
            if route.kind is kind and route.first <= fid <= route.last:
                types = self._types(route.function)
                return _results(route.function(*_parameters(types, registers, requester)))
        raise xap.NotHandled

    def _types(self, function: Callable[..., object]) -> list[Any]:
        """Of its parameters."""
        known = self._parameters.get(function)
        if known is None:
            declared = inspect.signature(function, eval_str=True).parameters.values()
            known = self._parameters[function] = [each.annotation for each in declared]
        return known

    # --- MMIO --------------------------------------------------------------------------------

    def _access(self, arguments: Sequence[int], requester: Requester) -> Results:
        region, offset, form, value = arguments
        width = form & 0xFF
        if form & abi.MMIO_WRITE:
            self._store(Record(region, offset, width, value), requester)
            return _ZERO
        route = self._region(RouteKind.MMIO_READ, region)
        return _results(route.function(_mmio_access(offset, width, requester)))

    def _store(self, record: Record, requester: Requester) -> None:
        route = self._region(RouteKind.MMIO_WRITE, record.region)
        access = _mmio_access(record.offset, record.width, requester)
        route.function(access, xap.u64(record.value))

    def _region(self, kind: RouteKind, base: int) -> Route:
        for route in self._app.routes:
            if route.kind is kind and route.first == base:
                return route
        raise xap.NotHandled


def _caller(requester: Requester) -> xap.Caller:
    return xap.Caller(xap.u16(requester.domid), xap.u16(requester.vcpu))


def _mmio_access(offset: int, width: int, requester: Requester) -> xap.MmioAccess:
    return xap.MmioAccess(xap.u64(offset), xap.u8(width), _caller(requester))


def _parameters(types: Sequence[Any], registers: Sequence[int], requester: Requester) -> list[Any]:
    """One SmcCall, or the low bits of x1.. by the width of each parameter."""
    if types == [xap.SmcCall]:
        x1, x2, x3, x4, x5, x6, x7 = map(xap.u64, registers[1:8])
        fid = xap.u32(registers[0])
        return [xap.SmcCall(fid, x1, x2, x3, x4, x5, x6, x7, _caller(requester))]
    return [type_.wrap(value) for type_, value in zip(types, registers[1:], strict=False)]


def _results(made: object) -> Results:
    """Zero- or sign-extended; what is not named is zero."""
    match made:
        case None:
            return _ZERO
        case int():
            return int(made) & _U64, 0, 0, 0
        case tuple():
            return tuple([int(each) & _U64 for each in made] + [0] * (4 - len(made)))
        case xap.SmcResult():
            return tuple(int(getattr(made, f"x{n}")) for n in range(4))
        case xap.SmcResult8():
            return tuple(int(getattr(made, f"x{n}")) for n in range(8))
        case _:
            raise TypeError(f"a handler answers with integers, not {type(made).__name__}")
