"""A whole app: functions, handlers, what it needs."""

from dataclasses import dataclass, field

from xaprt import abi

from xapc.source import Span
from xapc.tree.statements import Block
from xapc.tree.values import Global, Var
from xapc.types import Type


@dataclass(eq=False)
class Function:
    """A checked function. `result` is NONE for procedures, NEVER where it cannot return."""

    name: str
    params: tuple[Var, ...]
    result: Type
    span: Span
    body: Block = ()
    calls: "set[Function]" = field(default_factory=set)


@dataclass(slots=True, eq=False, repr=False)
class IdRange:
    """Function identifiers first..last, both included."""

    first: int
    last: int
    span: Span


@dataclass(slots=True, eq=False, repr=False)
class CallHandler:
    """`@app.smc` or `@app.hvc`. The function takes one SmcCall, or up to seven integers (the
    low bits of the guest's x1..x7). Results as in LANGUAGE.md section 5."""

    kind: abi.RouteKind  # SMC or HVC
    ids: tuple[IdRange, ...]
    function: Function


@dataclass(slots=True, eq=False, repr=False)
class MmioHandler:
    """`@app.mmio_read` or `@app.mmio_write`."""

    kind: abi.RouteKind  # MMIO_READ or MMIO_WRITE
    base: int
    size: int
    posted: bool
    function: Function
    span: Span


@dataclass(slots=True, eq=False, repr=False)
class CallSmcNeed:
    ids: tuple[int, ...]


@dataclass(slots=True, eq=False, repr=False)
class GuestMemoryNeed:
    mode: abi.GuestMemory


@dataclass(slots=True, eq=False, repr=False)
class IoNeed:
    name: str
    base: int
    size: int


@dataclass(slots=True, eq=False, repr=False)
class IrqNeed:
    virq: int


@dataclass(slots=True, eq=False, repr=False)
class TimerNeed:
    pass


Need = CallSmcNeed | GuestMemoryNeed | IoNeed | IrqNeed | TimerNeed


@dataclass(eq=False)
class App:
    """What `App(...)` declared."""

    name: str
    version: tuple[int, int, int]
    uuid: bytes  # 16, in the order of RFC 9562
    instances: abi.Instances
    restart_limit: int
    budget_us: int  # 0: the default
    needs: tuple[Need, ...]
    span: Span


@dataclass(eq=False)
class Program:
    """A whole app: only what its handlers reach, callees before callers."""

    app: App
    functions: tuple[Function, ...]
    globals: tuple[Global, ...]
    calls: tuple[CallHandler, ...]
    mmio: tuple[MmioHandler, ...]
    init: Function | None
    timer: Function | None
    events: dict[abi.Event, Function]
    library: "dict[str, Function]"
    """The in-app library's functions (xaprt.lib), checked like the user's, by name."""
