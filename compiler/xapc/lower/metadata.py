"""Debug information: which Python line each instruction is of (DWARF, by LLVM's metadata).

Only lines and functions are described, not variables: it is what a fault report needs. Paths
are relative to the folder of the app's file, so that an image does not tell where it was built.
"""

import posixpath
from pathlib import PurePath

from xapc.lower.ir import quoted
from xapc.source import Source, Span

_DWARF_VERSION = 4


class Metadata:
    """The metadata of one module. Numbers are those of LLVM's `!n` nodes."""

    def __init__(self, main: Source, *, enabled: bool) -> None:
        self._folder = PurePath(main.path).parent.as_posix()
        self._enabled = enabled
        self._nodes: list[str] = []
        self._files: dict[str, int] = {}
        self._locations: dict[tuple[int, int, int], str] = {}
        self._registers: dict[str, str] = {}
        weights = self._node('!{!"branch_weights", i32 1048575, i32 1}')
        self.unlikely = f"!{weights}"
        """Branch weights of a check: its first successor goes on."""
        if enabled:
            self._flags = [
                self._node('!{i32 2, !"Debug Info Version", i32 3}'),
                self._node(f'!{{i32 2, !"Dwarf Version", i32 {_DWARF_VERSION}}}'),
            ]
            self._unit = self._node(
                f"distinct !DICompileUnit(language: DW_LANG_Python, file: !{self._file(main)}, "
                'producer: "xapc", isOptimized: true, runtimeVersion: 0, '
                "emissionKind: FullDebug, nameTableKind: None)"
            )
            empty = self._node("!{null}")
            self._signature = self._node(f"!DISubroutineType(types: !{empty})")

    def function(self, name: str, span: Span, *, artificial: bool = False) -> int | None:
        """The scope of a function's instructions."""
        if not self._enabled:
            return None
        file = self._file(span.source)
        flags = "flags: DIFlagArtificial, " if artificial else ""
        return self._node(
            f"distinct !DISubprogram(name: {quoted(name)}, scope: !{file}, file: !{file}, "
            f"line: {span.line}, type: !{self._signature}, scopeLine: {span.line}, {flags}"
            f"spFlags: DISPFlagLocalToUnit | DISPFlagDefinition | DISPFlagOptimized, "
            f"unit: !{self._unit})"
        )

    def location(self, span: Span, scope: int | None) -> str:
        """What is written behind an instruction."""
        if scope is None:
            return ""
        key = span.line, span.column, scope
        known = self._locations.get(key)
        if known is None:
            column = min(span.column, 0xFFFF)
            node = self._node(f"!DILocation(line: {span.line}, column: {column}, scope: !{scope})")
            known = self._locations[key] = f", !dbg !{node}"
        return known

    def register(self, name: str) -> str:
        """The node that names a register, for `llvm.read_register`."""
        if name not in self._registers:
            node = self._node(f"!{{!{quoted(name)}}}")
            self._registers[name] = f"!{node}"
        return self._registers[name]

    def write(self) -> str:
        lines = [f"!{number} = {node}" for number, node in enumerate(self._nodes)]
        if self._enabled:
            flags = ", ".join(f"!{n}" for n in self._flags)
            lines.append(f"!llvm.dbg.cu = !{{!{self._unit}}}")
            lines.append(f"!llvm.module.flags = !{{{flags}}}")
        return "\n".join(lines)

    def _node(self, text: str) -> int:
        self._nodes.append(text)
        return len(self._nodes) - 1

    def _file(self, source: Source) -> int:
        known = self._files.get(source.path)
        if known is None:
            path = PurePath(source.path).as_posix()
            inside = source.path.startswith("<")
            name = path if inside else posixpath.relpath(path, self._folder or ".")
            node = f'!DIFile(filename: {quoted(name)}, directory: "")'
            known = self._files[source.path] = self._node(node)
        return known
