"""Strip: syntax that the language leaves out is reported and taken out of the tree.

One mistake makes one error, so what is left must not make others: an expression becomes `Broken`,
which has any type; names that a removed statement would have bound are bound to `Broken`; what
would have left the function still leaves it.
"""

import ast

from xapc.diagnostics import Diagnostics
from xapc.source import Source
from xapc.strip.statements import Statements
from xapc.survey import binds, is_declaration


def strip(source: Source, tree: ast.Module, diagnostics: Diagnostics) -> None:
    """Report what the language leaves out, and take it out of the tree."""
    stripper = Statements(source, diagnostics)
    declared = {name for each in tree.body if is_declaration(each) for name in binds(each)}
    made: list[ast.stmt] = []
    for each in tree.body:
        names = list(binds(each))
        before = diagnostics.count
        kept = stripper.statement(each)
        if is_declaration(each):
            made += kept
            continue
        # Nothing but a declaration stands here: `check` says so of what is left.
        if diagnostics.count == before:
            made += kept
        for name in dict.fromkeys(names):
            if name not in declared:
                declared.add(name)
                made.append(stripper.poisoned(name, each))
    tree.body = made
