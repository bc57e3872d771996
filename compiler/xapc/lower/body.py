"""One LLVM function while it is written: blocks, instructions, slots, checks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xaprt.abi import Reason

from xapc.lower.ir import memory, ssa
from xapc.source import Span
from xapc.tree import Var
from xapc.types import BOOL, Type

if TYPE_CHECKING:
    from xapc.lower.module import Module

NO_MERGE = "#1"
"""The attribute group of what keeps a line of its own: LLVM would fold equal traps."""


@dataclass
class Loop:
    """Where `break` and `continue` go, and how many cleanups are pending outside."""

    on_break: str
    on_continue: str
    cleanups: int


@dataclass(eq=False)
class Body:
    """`at` is the place whose line the instructions to come belong to."""

    module: "Module"
    scope: int | None
    at: Span
    result: str | None = None
    """Where a result of aggregate type goes."""
    loops: list[Loop] = field(default_factory=list)
    cleanups: list[Callable[[], None]] = field(default_factory=list)
    """What is done on the way out of each enclosing `with`, outermost first."""
    weight: int = 0
    """Of the functions that it calls, see `Module.define`."""
    line: str | None = None
    """The frame's buffer for messages; only one is put together at a time."""
    _slots: list[str] = field(default_factory=list)
    _lines: list[str] = field(default_factory=list)
    _traps: dict[tuple[Reason, int], str] = field(default_factory=dict)
    _trap_lines: list[str] = field(default_factory=list)
    _vars: dict[Var, str] = field(default_factory=dict)
    _next: int = 0
    _open: bool = True

    # --- instructions ------------------------------------------------------------------------

    def op(self, text: str) -> str:
        """An instruction with a result; its name."""
        name = f"%v{self._number()}"
        self._write(f"{name} = {text}")
        return name

    def do(self, text: str) -> None:
        """An instruction without a result."""
        self._write(text)

    def call(self, type: str, callee: str, args: str, attributes: str = "") -> str:
        text = f"call {type} {callee}({args}){attributes}"
        if type.split()[-1] == "void":
            self.do(text)
            return ""
        return self.op(text)

    def intrinsic(self, type: str, name: str, *args: str) -> str:
        """A call of `@llvm.<name>`; args are typed (`i64 %x`)."""
        types = ", ".join(a.split(" ", 1)[0] for a in args)
        self.module.declare(f"declare {type} @llvm.{name}({types})")
        return self.call(type, f"@llvm.{name}", ", ".join(args))

    def cast(self, operation: str, value: str, source: str, target: str) -> str:
        return value if source == target else self.op(f"{operation} {source} {value} to {target}")

    def _write(self, text: str) -> None:
        if not self._open:
            # Code that is never reached still has to stand in a block.
            self.place(self.label())
        self._lines.append(f"  {text}{self._where()}")

    def _number(self) -> int:
        self._next += 1
        return self._next

    # --- blocks ------------------------------------------------------------------------------

    def label(self) -> str:
        return f"b{self._number()}"

    def place(self, label: str) -> None:
        """Begin the block `label`; the one before goes on there unless it has ended."""
        if self._open:
            self._lines.append(f"  br label %{label}{self._where()}")
        self._lines.append(f"{label}:")
        self._open = True

    def end(self, text: str) -> None:
        """A terminator."""
        self._write(text)
        self._open = False

    def go(self, label: str) -> None:
        self.end(f"br label %{label}")

    def go_on(self, label: str) -> None:
        """Go there, if this place is reached."""
        if self._open:
            self.go(label)

    @property
    def is_open(self) -> bool:
        """Whether the block being written has no end yet."""
        return self._open

    def clean_up(self, down_to: int) -> None:
        """What leaving the `with` blocks inside the first `down_to` asks for."""
        for number in range(len(self.cleanups), down_to, -1):
            self.cleanups[number - 1]()

    def branch(self, test: str, then: str, other: str) -> None:
        self.end(f"br i1 {test}, label %{then}, label %{other}")

    # --- memory ------------------------------------------------------------------------------

    def slot(self, type: str, align: int | None = None) -> str:
        """A place in the frame, made once whatever loop this is in."""
        name = f"%s{self._number()}"
        suffix = "" if align is None else f", align {align}"
        self._slots.append(f"  {name} = alloca {type}{suffix}")
        return name

    def aggregate_slot(self, type: Type) -> str:
        return self.slot(f"[{type.size} x i8]", type.align)

    def var(self, var: Var) -> str:
        """The slot of a local variable or parameter."""
        if var not in self._vars:
            self._vars[var] = self.slot(ssa(var.type))
        return self._vars[var]

    def load(self, type: Type, pointer: str) -> str:
        """A scalar from memory that has its alignment."""
        found = self.op(f"load {memory(type)}, ptr {pointer}, align {type.align}")
        return self.op(f"trunc i8 {found} to i1") if type is BOOL else found

    def store(self, type: Type, value: str, pointer: str) -> None:
        if type is BOOL:
            value = self.op(f"zext i1 {value} to i8")
        self.do(f"store {memory(type)} {value}, ptr {pointer}, align {type.align}")

    def offset(self, pointer: str, offset: str | int) -> str:
        """`offset` bytes further, inside the same object."""
        if offset in (0, "0"):
            return pointer
        return self.op(f"getelementptr inbounds i8, ptr {pointer}, i64 {offset}")

    def copy(self, type: Type, source: str, target: str) -> None:
        """The contents of an aggregate; the places are the same or apart."""
        self.intrinsic(
            "void",
            "memcpy.p0.p0.i64",
            f"ptr align {type.align} {target}",
            f"ptr align {type.align} {source}",
            f"i64 {type.size}",
            "i1 false",
        )

    # --- checks ------------------------------------------------------------------------------

    def check(self, ok: str, reason: Reason) -> None:
        """End the call with `reason` unless `ok`. The failing ones of a line share a trap."""
        key = reason, self.at.line
        trap = self._traps.get(key)
        if trap is None:
            trap = self._traps[key] = f"trap{self._number()}"
            where = self._where()
            lines = f"{self._trap(reason)}{where}", f"unreachable{where}"
            self._trap_lines += [f"{trap}:", *(f"  {line}" for line in lines)]
        going_on = self.label()
        weights = self.module.metadata.unlikely
        self.end(f"br i1 {ok}, label %{going_on}, label %{trap}, !prof {weights}")
        self.place(going_on)

    def fail(self, reason: Reason) -> None:
        """End the call here."""
        self.do(self._trap(reason))
        self.end("unreachable")

    def _trap(self, reason: Reason) -> str:
        self.module.declare("declare void @llvm.ubsantrap(i8 immarg)")
        return f"call void @llvm.ubsantrap(i8 {int(reason)}) {NO_MERGE}"

    def text(self) -> str:
        """The finished function body; every way through it has ended."""
        if self._open:
            self.end("unreachable")
        lines = ["entry:", *self._slots, f"  br label %start{self._where()}", "start:"]
        return "\n".join([*lines, *self._lines, *self._trap_lines])

    def _where(self) -> str:
        return self.module.metadata.location(self.at, self.scope)
