"""The finished program: what the handlers reach, callees before callers, without recursion."""

from collections.abc import Iterator

from xaprt import abi

from xapc import errors
from xapc.check.unit import Unit
from xapc.tree import App, Function, Program


def assemble(unit: Unit, app: App, order: list[Function], library: dict[str, Function]) -> Program:
    """The program of a checked unit, of whose functions `order` has callees first."""
    handlers = unit.handlers
    roots = [handler.function for handler in handlers.calls]
    roots += [handler.function for handler in handlers.mmio]
    roots += [f for f in (handlers.init, handlers.timer, *handlers.events.values()) if f]
    reached = _reached(roots)
    return Program(
        app=app,
        functions=tuple(f for f in order if f in reached),
        globals=tuple(unit.globals),
        calls=tuple(handlers.calls),
        mmio=tuple(handlers.mmio),
        init=handlers.init,
        timer=handlers.timer,
        events=dict(handlers.events),
        library=library,
    )


def require_limits(unit: Unit) -> None:
    """What an image and its instances may have (ABI.md section 1, clause 4; 6, clause 6)."""
    handlers, report = unit.handlers, unit.diagnostics.add
    claims = [ids for handler in handlers.calls for ids in handler.ids]
    if len(claims) > abi.MAX_CALL_ROUTES:
        place = claims[abi.MAX_CALL_ROUTES].span
        report(errors.TooManyRoutes(span=place, kind="call", most=abi.MAX_CALL_ROUTES))
    if len(handlers.mmio) > abi.MAX_MMIO_ROUTES:
        place = handlers.mmio[abi.MAX_MMIO_ROUTES].span
        report(errors.TooManyRoutes(span=place, kind="MMIO", most=abi.MAX_MMIO_ROUTES))
    if unit.app is not None and unit.app.instances is abi.Instances.PER_DOMAIN:
        for function in handlers.events.values():
            report(errors.EventOfPerDomain(span=function.span))


def _reached(roots: list[Function]) -> set[Function]:
    found: set[Function] = set()
    waiting = list(roots)
    while waiting:
        function = waiting.pop()
        if function not in found:
            found.add(function)
            waiting.extend(function.calls)
    return found


def callees_first(unit: Unit) -> list[Function]:
    """All functions in an order in which each follows what it calls; recursion is reported."""
    functions = [routine.function for routine in unit.routines]
    order: list[Function] = []
    done: set[Function] = set()
    for root in functions:
        path: list[tuple[Function, Iterator[Function]]] = []
        if root not in done:
            path.append((root, iter(_sorted(root.calls))))
        active = {root}
        while path:
            function, calls = path[-1]
            callee = next(calls, None)
            if callee is None:
                path.pop()
                active.discard(function)
                if function not in done:
                    done.add(function)
                    order.append(function)
            elif callee in active:
                called = [f for f, _ in path]
                _recursion(unit, called[called.index(callee) :])
            elif callee not in done:
                active.add(callee)
                path.append((callee, iter(_sorted(callee.calls))))
    return order


def _recursion(unit: Unit, cycle: list[Function]) -> None:
    """Report functions of which each calls the next, and the last the first."""
    pairs = zip(cycle, [*cycle[1:], cycle[0]], strict=True)
    *others, place = (unit.call_places[pair] for pair in pairs)
    names = " -> ".join(f.name for f in [*cycle, cycle[0]])
    unit.diagnostics.add(errors.recursion(place, names, others))


def is_recursive(function: Function) -> bool:
    """Whether calls can come back to where they were, from that function on."""
    done: set[Function] = set()
    path: list[tuple[Function, Iterator[Function]]] = [(function, iter(function.calls))]
    active = {function}
    while path:
        at, calls = path[-1]
        callee = next(calls, None)
        if callee is None:
            path.pop()
            active.discard(at)
            done.add(at)
        elif callee in active:
            return True
        elif callee not in done:
            active.add(callee)
            path.append((callee, iter(callee.calls)))
    return False


def _sorted(functions: set[Function]) -> list[Function]:
    return sorted(functions, key=lambda f: (f.span.source.path, f.span.start))
