"""One LLVM module while it is written: functions, data, declarations."""

from dataclasses import dataclass, field
from pathlib import PurePath

from xapc.lower.body import Body
from xapc.lower.ir import encode, quoted, text
from xapc.lower.metadata import Metadata
from xapc.source import Span
from xapc.tree import Function, Global, Program
from xapc.types import Type

_ATTRIBUTES = """\
attributes #0 = { nounwind uwtable "frame-pointer"="non-leaf" "no-jump-tables"="true" \
"disable-tail-calls"="true" }
attributes #1 = { nomerge noreturn nounwind cold }
attributes #2 = { nounwind }
attributes #3 = { nomerge noreturn nounwind }
attributes #4 = { nomerge }"""
"""Frame records in every function that calls, no tail calls, and no two calls made one: a fault
report names the whole call chain. No jump tables: the verifier knows every branch."""

FUNCTION, SHIM, ENDS, CALL = "#0", "#2", "#3", "#4"

INLINED_AT_MOST = 400
"""Weight of a function that LLVM may inline."""


@dataclass(eq=False)
class Module:
    program: Program
    metadata: Metadata
    _symbols: dict[Function | Global, str] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)
    _declarations: dict[str, None] = field(default_factory=dict)
    _data: list[str] = field(default_factory=list)
    _functions: list[str] = field(default_factory=list)
    _constants: dict[bytes, str] = field(default_factory=dict)
    _library: dict[str, Function] = field(default_factory=dict)
    _weights: dict[Function, int] = field(default_factory=dict)

    # --- names -------------------------------------------------------------------------------

    def symbol(self, target: Function | Global) -> str:
        """The quoted symbol `module.name`: with its dot, no name that LLVM knows."""
        known = self._symbols.get(target)
        if known is None:
            whole = f"{_module_name(target.span.source.path)}.{target.name}"
            name, number = whole, 1
            while name in self._taken:
                number += 1
                name = f"{whole}.{number}"
            self._taken.add(name)
            known = self._symbols[target] = f"@{quoted(name)}"
        return known

    def declare(self, text: str) -> None:
        self._declarations[text] = None

    def shim(self, name: str, result: str, *params: str, ends: bool = False) -> str:
        """Declare a routine of `xaprt.stub`; what is written before its arguments."""
        attributes = ENDS if ends else SHIM
        self.declare(f"declare {result} @{name}({', '.join(params)}) {attributes}")
        return f"@{name}"

    # --- data --------------------------------------------------------------------------------

    def variable(self, target: Global) -> str:
        """State or a `Final` aggregate; defined when it is first named."""
        if target not in self._symbols:
            symbol, image = self.symbol(target), encode(target.type, target.value)
            self._datum(symbol, image, target.type.align, constant=target.constant)
        return self.symbol(target)

    def constant(self, image: bytes, align: int = 1) -> str:
        """Anonymous read-only bytes."""
        known = self._constants.get(image + bytes([align]))
        if known is None:
            known = f'@".const.{len(self._constants)}"'
            self._constants[image + bytes([align])] = known
            self._datum(known, image, align, constant=True)
        return known

    def reserve(self, name: str, type: Type) -> str:
        """A zeroed scalar of the runtime's own."""
        symbol = f"@{quoted(name)}"
        if name not in self._taken:
            self._taken.add(name)
            self._datum(symbol, bytes(type.size), type.align, constant=False)
        return symbol

    def _datum(self, symbol: str, image: bytes, align: int, *, constant: bool) -> None:
        zeroed = not any(image)
        kind = ".rodata" if constant else ".bss" if zeroed else ".data"
        value = "zeroinitializer" if zeroed else text(image)
        name = symbol[2:-1]
        self._data.append(
            f"{symbol} = internal {'unnamed_addr constant' if constant else 'global'} "
            f'[{len(image)} x i8] {value}, section "{kind}.{name}", align {align}'
        )

    # --- functions ---------------------------------------------------------------------------

    def body(self, name: str, span: Span, *, artificial: bool = False) -> Body:
        return Body(self, self.metadata.function(name, span, artificial=artificial), span)

    def define(self, head: str, section: str, body: Body, *, internal: bool = True) -> int:
        """Its weight: instructions, with those of the functions that LLVM may inline in it."""
        text = body.text()
        weight = text.count("\n") + body.weight
        linkage = "internal " if internal else ""
        scope = "" if body.scope is None else f" !dbg !{body.scope}"
        # LLVM inlines whatever is called once: without a limit a large app becomes one function.
        inline = "" if weight <= INLINED_AT_MOST else " noinline"
        self._functions.append(
            f'define {linkage}{head} unnamed_addr {FUNCTION}{inline} section ".text.{section}" '
            f"align 4{scope} {{\n{text}\n}}"
        )
        return weight

    def define_function(self, head: str, function: Function, body: Body) -> None:
        weight = self.define(head, self.symbol(function)[2:-1], body)
        self._weights[function] = weight if weight <= INLINED_AT_MOST else 0

    def weight(self, function: Function) -> int:
        """What inlining a function adds; the library comes last, and is small."""
        return self._weights.get(function, 0)

    def library(self, name: str) -> Function:
        """A function of the in-app library, which from now on is part of the app."""
        return self._library.setdefault(name, self.program.library[name])

    def pending_library(self) -> list[Function]:
        """The library functions asked for so far, callees first."""
        found: dict[Function, None] = {}

        def visit(function: Function) -> None:
            for callee in sorted(function.calls, key=lambda f: f.name):
                visit(callee)
            found.setdefault(function)

        for name in sorted(self._library):
            visit(self._library[name])
        return list(found)

    def write(self) -> str:
        parts = [
            'target triple = "aarch64-none-elf"',
            *self._data,
            *self._declarations,
            *self._functions,
            _ATTRIBUTES,
            self.metadata.write(),
        ]
        return "\n".join(parts) + "\n"


def _module_name(path: str) -> str:
    """Of a file; the library's path begins with its name in angle brackets."""
    return path[1:].partition(">")[0] if path.startswith("<") else PurePath(path).stem
