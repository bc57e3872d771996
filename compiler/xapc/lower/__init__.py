"""Lower: the typed tree becomes LLVM IR, as text.

Left to right and check by check, with nothing optimised: variables are slots in the entry
block, which LLVM turns into registers. Reading order: `functions`, `statements`, `loops`,
`expressions`, `integers`, `memory`, `views`, `services`, `messages`, `entry`; `body` is what
they all write into, `module` is what bodies share.
"""

from xapc.lower import entry, functions
from xapc.lower.metadata import Metadata
from xapc.lower.module import Module
from xapc.tree import Program


def lower(program: Program, *, debug: bool) -> str:
    """The module of a whole app: `xap_entry` and what it reaches."""
    metadata = Metadata(program.app.span.source, enabled=debug)
    module = Module(program, metadata)
    for function in program.functions:
        functions.lower(module, function)
    entry.lower(module)
    for function in module.pending_library():
        functions.lower(module, function)
    return module.write()
