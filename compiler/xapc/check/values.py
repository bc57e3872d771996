"""What a value of the top level may do: the rules of `flow`, outside of functions.

Build-time values are computed by CPython, which would let them write what is `Final`.
"""

from xapc import errors
from xapc.check.flow import Origins, ReadOnly, State, Walker
from xapc.check.unit import Unit
from xapc.source import Span
from xapc.tree import Expr, Function, VarRef
from xapc.types import NONE


def check_value(unit: Unit, value: Expr) -> None:
    """It writes nothing that is `Final`, nor passes that to what writes it."""
    _Value(unit, value.span).read(value, {})


def require_own(unit: Unit, name: str, value: Expr) -> bool:
    """State is no other name of something `Final`; False where it is (which is reported)."""
    origins = _Value(unit, value.span).origins(value, {})
    found = next((each for each in origins if isinstance(each, ReadOnly)), None)
    if found is not None:
        unit.diagnostics.add(errors.state_of_final(value.span, name, found.name))
    return found is None


class _Value(Walker):
    def __init__(self, unit: Unit, span: Span) -> None:
        super().__init__(unit, Function("", (), NONE, span))

    def unbound(self, node: VarRef) -> None:
        """What a generator binds."""

    def origins(self, node: Expr, state: State) -> Origins:
        if isinstance(node, VarRef):
            return frozenset({ReadOnly(node.var.name)})  # an element of what a generator runs over
        return super().origins(node, state)
