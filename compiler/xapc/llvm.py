"""Emit: LLVM IR, as text, becomes a relocatable object or assembly. The only user of llvmlite."""

from collections.abc import Sequence
from functools import cache

import llvmlite
import llvmlite.binding as llvm

TRIPLE = "aarch64-none-elf"
_FEATURES = "-neon,-fp-armv8,+strict-align"
"""General registers only and aligned accesses only (ABI.md section 1, clause 2)."""

_engines: list[llvm.ExecutionEngine] = []
"""They own the code that `compiled_here` made."""


class IRError(Exception):
    """LLVM refused the module: a fault of the compiler."""


def version() -> str:
    """Of the wrapper and of LLVM."""
    return f"llvmlite {llvmlite.__version__}, LLVM {'.'.join(map(str, llvm.llvm_version_info))}"


@cache
def _target() -> llvm.Target:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    return llvm.Target.from_triple(TRIPLE)


def _machine(level: int) -> llvm.TargetMachine:
    # Not 0: LLVM's selector of that level copies blocks with unaligned stores, strict-align or not.
    return _target().create_target_machine(
        cpu="generic", features=_FEATURES, opt=max(level, 1), reloc="pic", codemodel="small"
    )


def optimized(text: str, *, level: int) -> llvm.ModuleRef:
    """The module after LLVM's pipeline of that level.

    0 leaves out only what never runs: behind a check that always fails is an access to a constant
    address outside the image, which no verifier can tell from one that is made.
    """
    try:
        module = llvm.parse_assembly(text)
        module.verify()
    except RuntimeError as problem:
        raise IRError(str(problem)) from problem
    options = llvm.create_pipeline_tuning_options(speed_level=level)
    options.loop_unrolling = False
    builder = llvm.create_pass_builder(_machine(level), options)
    if level:
        passes = builder.getModulePassManager()
    else:
        passes = llvm.create_new_module_pass_manager()
        passes.add_sccp_pass()
    passes.run(module, builder)
    return module


def emit_object(text: str, *, level: int = 2) -> bytes:
    return bytes(_machine(level).emit_object(optimized(text, level=level)))


def emit_assembly(text: str, *, level: int = 2) -> str:
    return str(_machine(level).emit_assembly(optimized(text, level=level)))


def compiled_here(text: str, names: Sequence[str]) -> list[int]:
    """Addresses of functions compiled for the machine that this runs on; they stay as long as
    the process."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly(text)
    module.verify()
    machine = llvm.Target.from_default_triple().create_target_machine(opt=2)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    _engines.append(engine)
    return [engine.get_function_address(name) for name in names]
