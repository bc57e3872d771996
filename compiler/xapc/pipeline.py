"""The compiler: text -> syntax -> typed tree -> LLVM IR -> object -> ELF -> verified ELF."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from xaprt.manifest import Manifest

from xapc.check import check
from xapc.diagnostics import CompileError, Diagnostics
from xapc.load import load
from xapc.manifest import of as manifest_of
from xapc.modules import Siblings, library
from xapc.tree import Program


@dataclass(frozen=True)
class Checked:
    """Stages 1 and 2: a program without errors, and what it will ask of the hypervisor."""

    program: Program
    manifest: Manifest
    sources: Mapping[Path, str]
    """Files that it was read from, the app's first, and the SHA-256 of each."""


@dataclass(frozen=True)
class Build:
    """Stages 3 to 6, each computed when it is asked for."""

    checked: Checked
    debug: bool
    optimize: bool

    @property
    def _level(self) -> int:
        return 2 if self.optimize else 0

    @cached_property
    def tree(self) -> str:
        from xapc.printer import show

        return show(self.checked.program)

    @cached_property
    def llvm(self) -> str:
        """The module before LLVM's pipeline."""
        from xapc.lower import lower

        return lower(self.checked.program, debug=self.debug)

    @cached_property
    def asm(self) -> str:
        from xapc.llvm import emit_assembly

        return emit_assembly(self.llvm, level=self._level)

    @cached_property
    def object(self) -> bytes:
        from xapc.llvm import emit_object

        return emit_object(self.llvm, level=self._level)

    @cached_property
    def elf(self) -> bytes:
        """Raises CompileError for an app that is larger than apps may be."""
        from xaprt.link import LimitError, link
        from xaprt.verify import verify

        try:
            image = link(self.object, self.checked.manifest, debug=self.debug)
        except LimitError as problem:
            from xapc.limits import too_large

            raise CompileError([too_large(self.checked.program, problem)]) from problem
        verify(image)
        return image


def check_file(path: Path) -> Checked:
    """Raises CompileError for what is wrong with the app, OSError for a file not there."""
    diagnostics = Diagnostics()
    main = load(path, diagnostics)
    siblings = Siblings(path, diagnostics)
    program = None if main is None else check(main, siblings, library(), diagnostics)
    if main is None or program is None or diagnostics:
        raise CompileError(diagnostics.sorted())
    read = (main.source, *(module.source for module in siblings.read))
    sources = {Path(source.path): source.digest for source in read}
    return Checked(program, manifest_of(program), sources)


def build(path: Path, *, debug: bool = True, optimize: bool = True) -> Build:
    """As `check_file`; of the later stages only `elf` can fail, but for faults of the compiler."""
    return Build(check_file(path), debug, optimize)
