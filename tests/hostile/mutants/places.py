"""Which code holds the rules, and what of it does not."""

import ast
import re
from collections.abc import Iterator

HYPERVISOR = (
    "agenda", "app", "clock", "console", "core", "domain", "el0", "fault", "firmware", "gic",
    "guests", "instance", "loader", "memory", "outcome", "posted", "requester", "routes",
    "scheduler", "services", "syndrome", "syscalls",
)  # fmt: skip
EMULATOR = ("app_space", "backend", "counting", "loadstore", "shared", "traps", "vcpu")
MODULES = (
    *(f"xap_harness.hypervisor.{name}" for name in HYPERVISOR),
    *(f"xap_harness.emulator.{name}" for name in EMULATOR),
    "xaprt.abi",
    "xaprt.admission",
    "xaprt.image",
    "xaprt.manifest.model",
    "xaprt.manifest.reader",
    "xaprt.manifest.values",
    "xaprt.rights",
)

NO_RULES = {
    "the timeline and traces": (
        "_record_*", "_note*", "_name", "_go_on", "_told", "status_name", "_count_events",
    ),
    "what is printed for people": (
        "__repr__", "__str__", "_flags", "_called", "_MACHINES", "_TYPES",
    ),
    "models for tests": ("TrngFirmware.*", "RegisterFile.*", "NOT_SUPPORTED"),
    "double fetches": ("watch_reads*", "_place", "_reads"),
    "how long the harness lets a guest run, alone": ("Guest.run",),
    "how much of the console is remembered": ("KEPT_LINES",),
    "compiling, and caches of what was": ("prepare", "_compiled", "_KEPT"),
}  # fmt: skip
"""Functions that decide nothing, by why."""


def holds_rules(qualname: str) -> bool:
    from fnmatch import fnmatch

    return not any(
        fnmatch(qualname, pattern) or fnmatch(qualname, f"*.{pattern}")
        for patterns in NO_RULES.values()
        for pattern in patterns
    )


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Those of a module and of its classes, by qualified name; what is nested counts as theirs."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    yield f"{node.name}.{inner.name}", inner


TOLD = re.compile(r"\b(_?record|_note|_(note|record)_\w+|watcher|_watch|_reads)\b")
"""Statements and conditions that only serve the timeline."""


def told_lines(tree: ast.Module) -> set[int]:
    """Of what is done only where there is a timeline, and of its condition."""
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and TOLD.search(ast.unparse(node.test)) and not node.orelse
        for line in range(node.lineno, (node.body[-1].end_lineno or node.lineno) + 1)
    }


ENCODINGS = ("xap_harness.hypervisor.gic",)
"""Modules whose numbers are the architecture's names of registers."""


def constants(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Assignments of a module, which give its numbers."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                yield target.id, node
