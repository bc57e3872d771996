"""Flow: what is bound where, and what object each aggregate name refers to.

One forward walk over a checked function's tree, with a state for each way out of a block. A
state maps every bound variable to its *origins*, the objects it may refer to (empty for
scalars). Three rules need it (LANGUAGE.md section 2):

* a name that may be unbound is an error;
* a `Final` aggregate is read-only, through every alias and parameter, and so is a guest's page
  that was not mapped `writable=True`;
* only fresh aggregates are returned, and one made inside a loop is unbound at the next turn.

The join of two states keeps what both bind and unites the origins; a loop is walked until
its entry state no longer changes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields

from xapc import errors
from xapc.check.entities import Routine
from xapc.check.gaps import gap, last_gap
from xapc.check.unit import Unit
from xapc.source import Span
from xapc.tree import (
    Assert,
    Assign,
    Block,
    BlockCall,
    BlockMethod,
    Break,
    Call,
    Const,
    ConstBytes,
    Continue,
    Copy,
    ElementOf,
    Eval,
    Expr,
    FieldOf,
    ForEach,
    Formatted,
    ForRange,
    Fresh,
    Function,
    GlobalRef,
    If,
    IfExp,
    MapPage,
    Match,
    Return,
    ServiceCall,
    Stmt,
    Unpack,
    Update,
    Var,
    VarRef,
    ViewItem,
    While,
    With,
)
from xapc.types import BOOL, NEVER, NONE, Type, ViewType


@dataclass(frozen=True)
class Made:
    """An aggregate made in this frame, by the expression at that place."""

    span: Span


@dataclass(frozen=True)
class Param:
    """What the caller passed."""

    var: Var


@dataclass(frozen=True)
class Stored:
    """A state variable, or a part of one."""


@dataclass(frozen=True)
class ReadOnly:
    """A `Final` aggregate, or a part of one."""

    name: str


@dataclass(frozen=True)
class ReadOnlyPage:
    """A guest's page that was mapped without `writable=True`."""

    name: str


Origin = Made | Param | Stored | ReadOnly | ReadOnlyPage
Origins = frozenset[Origin]
State = dict[Var, Origins]
"""None stands for a place that is never reached."""


def join(states: Iterable[State | None]) -> State | None:
    """What holds whichever of the states it was."""
    reached = [s for s in states if s is not None]
    if not reached:
        return None
    first, *rest = reached
    return {
        var: origins.union(*(s[var] for s in rest))
        for var, origins in first.items()
        if all(var in s for s in rest)
    }


@dataclass
class Loop:
    """The states at the `break`s and `continue`s of the loop being walked."""

    breaks: list[State | None] = field(default_factory=list)
    continues: list[State | None] = field(default_factory=list)


def check_flow(unit: Unit, routine: Routine) -> None:
    """Report what the flow of a function breaks; note which parameters it writes."""
    function = routine.function
    walker = Walker(unit, function)
    start: State = {}
    for param in function.params:
        start[param] = frozenset({Param(param)}) if _refers(param.type) else frozenset()
    end = walker.block(function.body, start)
    if end is not None and function.result is not NONE:
        if function.result is NEVER:
            unit.diagnostics.add(errors.NeverReturns(span=function.span, name=function.name))
        else:
            open_match = last_gap(function.body)
            missing = "" if open_match is None else gap(open_match)
            place = None if open_match is None else open_match.value.span
            name, type = function.name, str(function.result)
            unit.diagnostics.add(errors.falls_off(function.span, name, type, missing, place))


def _refers(type: Type) -> bool:
    """Whether a name of that type stands for an object that it may be used to write."""
    return type.is_aggregate or isinstance(type, ViewType)


class Walker:
    def __init__(self, unit: Unit, function: Function) -> None:
        self.unit = unit
        self.function = function
        self.loops: list[Loop] = []
        self.reported: set[Var] = set()
        """Variables that were said to be unbound."""
        self.open_matches: dict[Var, Match] = {}
        """Of variables that all cases of a match bind, one that has not all cases."""
        self.made_in_turn: set[Var] = set()
        """Variables that referred to what an earlier turn of a loop had made."""

    # --- statements --------------------------------------------------------------------------

    def block(self, block: Block, state: State | None) -> State | None:
        for statement in block:
            if state is None:
                return None  # never reached: nothing is bound wrongly there
            state = self.statement(statement, state)
        return state

    def statement(self, node: Stmt, state: State) -> State | None:
        match node:
            case Assign(place=place, value=value):
                self.read(value, state)
                return self.store(place, value, state)
            case Update(place=place, old=old, value=value):
                self.place(place, state)
                self.read(value, {**state, old: frozenset()})
                self.written(place, state)
                return state
            case Unpack(places=places, value=value):
                self.read(value, state)
                for target in places:
                    if target is not None:
                        state = self.store(target, None, state)
                return state
            case Eval(value=value):
                self.read(value, state)
                return None if value.type is NEVER else state
            case Assert():
                return self.asserted(node, state)
            case Return() | Break() | Continue():
                self.leave(node, state)
                return None
            case _:
                return self.compound(node, state)

    def asserted(self, node: Assert, state: State) -> State | None:
        self.read(node.test, state)
        for part in node.message or ():
            if isinstance(part, Formatted):
                self.read(part.value, state)
        return state if constant(node.test) is not False else None

    def leave(self, node: Return | Break | Continue, state: State) -> None:
        match node:
            case Return(value=value):
                self.returned(value, state)
            case Break():
                self.loops[-1].breaks.append(state)
            case Continue():
                self.loops[-1].continues.append(state)

    def compound(self, node: Stmt, state: State) -> State | None:
        match node:
            case If(test=test, then=then, other=other):
                self.read(test, state)
                held = constant(test)
                return join(
                    [
                        self.block(then, dict(state)) if held is not False else None,
                        self.block(other, dict(state)) if held is not True else None,
                    ]
                )
            case While(test=test):
                return self.loop(node, state, (), constant(test) is True, test)
            case ForRange(start=start, stop=stop, var=var):
                self.read(start, state)
                self.read(stop, state)
                return self.loop(node, state, ((var, frozenset()),), False, None)
            case ForEach():
                return self.for_each(node, state)
            case Match():
                return self.match(node, state)
            case With(mapping=mapping, var=var, body=body):
                if hasattr(mapping, "ipa"):
                    self.read(mapping.ipa, state)
                page = isinstance(mapping, MapPage) and not mapping.writable
                origins = frozenset({ReadOnlyPage(var.name)}) if page else frozenset()
                end = self.block(body, {**state, var: origins})
                if end is not None:
                    end.pop(var, None)
                return end
            case _:
                raise TypeError(f"flow of {type(node).__name__}")

    def for_each(self, node: ForEach, state: State) -> State | None:
        self.read(node.sequence, state)
        if node.first is not None:
            self.read(node.first, state)
        origins: Origins = frozenset()
        if node.var.type.is_aggregate:
            origins = self.origins(node.sequence, state)
        bound: tuple[tuple[Var, Origins], ...] = ((node.var, origins),)
        if node.counter is not None:
            bound = (*bound, (node.counter, frozenset()))
        return self.loop(node, state, bound, False, None)

    def loop(
        self,
        node: While | ForRange | ForEach,
        state: State,
        bound: tuple[tuple[Var, Origins], ...],
        endless: bool,
        test: Expr | None,
    ) -> State | None:
        """Walk the body until the state at its head no longer changes."""
        head: State = state
        while True:
            if test is not None:
                self.read(test, head)
            inner = Loop()
            self.loops.append(inner)
            end = self.block(node.body, {**head, **dict(bound)})
            self.loops.pop()
            again = join([end, *inner.continues])
            if again is not None:
                again = self.next_turn(node, again)
            met = join([state, again])
            assert met is not None
            if met == head:
                break
            head = met
        done = None if endless else self.block(node.other, dict(head))
        return join([done, *inner.breaks])

    def next_turn(self, node: While | ForRange | ForEach, state: State) -> State:
        """What was made in the loop's body is unbound when the body begins again."""
        first, last = node.span.line, node.span.end_line
        source = node.span.source

        def made_here(origin: Origin) -> bool:
            if not isinstance(origin, Made) or origin.span.source is not source:
                return False
            return first <= origin.span.line <= last and self.inside(node, origin.span)

        gone = {v for v, o in state.items() if any(map(made_here, o))}
        self.made_in_turn |= gone
        return {v: o for v, o in state.items() if v not in gone}

    @staticmethod
    def inside(node: Stmt, span: Span) -> bool:
        begin, end = node.span.start, (node.span.end_line, node.span.end_column)
        return begin <= span.start and (span.end_line, span.end_column) <= end

    def match(self, node: Match, state: State) -> State | None:
        self.read(node.value, state)
        state = {**state, node.subject: frozenset()}
        ends: list[State | None] = []
        open_end = True
        for case in node.cases:
            if case.test is not None:
                self.read(case.test, state)
            inside = dict(state)
            for binding in case.bindings:
                inside = self.store(binding.place, None, inside)
            if case.guard is not None:
                self.read(case.guard, inside)
            # A capture before a guard that fails stays bound, as in Python; that it may not
            # be is all that the cases after it know.
            ends.append(self.block(case.body, dict(inside)))
            if case.test is None and case.guard is None:
                open_end = False
                break
        if open_end:
            for var in join(ends) or ():
                if var not in state:
                    self.open_matches[var] = node
            ends.append(state)
        return join(ends)

    # --- storing -----------------------------------------------------------------------------

    def store(self, place: Expr, value: Expr | None, state: State) -> State:
        if isinstance(place, VarRef):
            origins: Origins = frozenset()
            if place.type.is_aggregate and value is not None:
                origins = self.origins(value, state)
            return {**state, place.var: origins}
        self.place(place, state)
        self.written(place, state)
        return state

    def place(self, place: Expr, state: State) -> None:
        """What evaluating the address of a place reads."""
        if not isinstance(place, VarRef):
            for part in children(place):
                self.read(part, state)
        elif place.var not in state:
            self.unbound(place)

    def written(self, place: Expr, state: State) -> None:
        """The object that a place is part of is written."""
        if isinstance(place, (VarRef, GlobalRef)):
            return
        if isinstance(place, (FieldOf, ElementOf)):
            self.object_written(place.base, place.span, state)
        elif isinstance(place, ViewItem):
            self.object_written(place.view, place.span, state)

    def object_written(self, base: Expr, span: Span, state: State) -> None:
        if not _refers(base.type):
            return
        for origin in self.origins(base, state):
            if isinstance(origin, ReadOnly):
                self.unit.diagnostics.add(errors.WriteToFinal(span=span, name=origin.name))
                return
            if isinstance(origin, ReadOnlyPage):
                self.unit.diagnostics.add(errors.WriteToPage(span=span, name=origin.name))
                return
            if isinstance(origin, Param):
                self.unit.writes.setdefault(self.function, {}).setdefault(origin.var, span)

    def returned(self, value: Expr | None, state: State) -> None:
        if value is None:
            return
        self.read(value, state)
        if not value.type.is_aggregate:
            return
        for origin in self.origins(value, state):
            if not isinstance(origin, Made):
                edits = (errors.insert(value.span.after(), ".copy()"),)
                self.unit.diagnostics.add(errors.ReturnsReference(span=value.span, edits=edits))
                return

    # --- reading -----------------------------------------------------------------------------

    def read(self, node: Expr, state: State) -> None:
        """Every name that an expression reads is bound; what it writes may be written."""
        if isinstance(node, VarRef):
            if node.var not in state:
                self.unbound(node)
            return
        for part in children(node):
            self.read(part, state)
        if isinstance(node, BlockCall) and node.method in _WRITERS:
            self.object_written(node.args[0], node.span, state)
        if isinstance(node, Call):
            self.called(node, state)

    def called(self, node: Call, state: State) -> None:
        """Arguments meet parameters: resolved when all functions have been walked."""
        for place, arg in zip(node.places, node.args, strict=True):
            if _refers(arg.type):
                origins = self.origins(arg, state)
                param = node.target.params[place]
                self.unit.passed.append((self.function, origins, node.target, param, arg.span))

    def unbound(self, node: VarRef) -> None:
        if node.var not in self.reported:
            turn, match = node.var in self.made_in_turn, self.open_matches.get(node.var)
            error = errors.unbound(node.span, node.var.name, turn=turn)
            if match is not None and not turn:
                place = match.value.span
                error = errors.unbound_by_match(node.span, node.var.name, gap(match), place)
            self.unit.diagnostics.add(error)
            self.reported.add(node.var)

    def origins(self, node: Expr, state: State) -> Origins:
        """The objects that an expression of aggregate type may refer to."""
        match node:
            case VarRef(var=var):
                return state.get(var, frozenset())
            case GlobalRef(target=target):
                return frozenset({ReadOnly(target.name) if target.constant else Stored()})
            case FieldOf(base=base) | ElementOf(base=base):
                return self.origins(base, state)
            case IfExp(then=then, other=other):
                return self.origins(then, state) | self.origins(other, state)
            case Fresh() | Copy() | Call() | ServiceCall() | BlockCall():
                return frozenset({Made(node.span)})
            case ConstBytes():
                return frozenset({ReadOnly("the literal")})
            case _:
                raise TypeError(f"origin of {type(node).__name__}")


_WRITERS = (
    BlockMethod.FILL,
    BlockMethod.COPY_FROM,
    BlockMethod.STORE,
    BlockMethod.STORE_BE,
)


def constant(test: Expr) -> bool | None:
    """The value of a condition that is the literal True or False."""
    if isinstance(test, Const) and test.type is BOOL:
        return bool(test.value)
    return None


def children(node: Expr) -> Iterator[Expr]:
    """The expressions directly inside one, in the order of their evaluation."""
    for each in fields(node):
        if each.name not in ("type", "span"):
            yield from _expressions(getattr(node, each.name))


def _expressions(held: object) -> Iterator[Expr]:
    if isinstance(held, Expr):
        yield held
    elif isinstance(held, Formatted):
        yield held.value
    elif isinstance(held, tuple):
        for each in held:
            yield from _expressions(each)


def check_written_parameters(unit: Unit) -> None:
    """A function that writes through a parameter is not given a `Final` aggregate.

    Writing spreads from callee to caller: `f` that passes its parameter to a function that
    writes it writes it itself.
    """
    changed = True
    while changed:
        changed = False
        for caller, origins, callee, param, span in unit.passed:
            if param not in unit.writes.get(callee, {}):
                continue
            for origin in origins:
                if isinstance(origin, Param):
                    known = unit.writes.setdefault(caller, {})
                    if origin.var not in known:
                        known[origin.var] = span
                        changed = True
    for _, origins, callee, param, span in unit.passed:
        place = unit.writes.get(callee, {}).get(param)
        for origin in origins:
            if place is not None and isinstance(origin, ReadOnlyPage):
                unit.diagnostics.add(errors.page_passed(span, origin.name, callee.name, place))
            if place is not None and isinstance(origin, ReadOnly):
                unit.diagnostics.add(
                    errors.final_passed(span, origin.name, callee.name, param.name, place)
                )
