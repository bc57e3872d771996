"""An app that is larger than apps may be: which part of its source is to blame.

How large an image and its stack are shows only when it is linked; what takes the most of them is
found in the tree.
"""

from collections.abc import Iterator
from dataclasses import fields

from xaprt.link import LimitError, StackLimitError

from xapc import errors
from xapc.diagnostics import Error
from xapc.tree import Case, Copy, Expr, Fresh, Function, Program, Stmt


def too_large(program: Program, problem: LimitError) -> Error:
    """The linker's refusal as an error at the largest frame, or the largest object."""
    if isinstance(problem, StackLimitError):
        return _stack(program, str(problem))
    return _image(program, str(problem))


def _stack(program: Program, text: str) -> Error:
    made = {function: list(_made(function)) for function in program.functions}
    sizes = {function: sum(each.type.size for each in held) for function, held in made.items()}
    largest = max(sizes, key=lambda function: sizes[function])
    if not sizes[largest]:
        return errors.StackTooLarge(span=program.app.span, text=text)
    most = max(made[largest], key=lambda each: each.type.size)
    return errors.stack_too_large(
        largest.span, text, largest.name, sizes[largest], most.span, str(most.type)
    )


def _made(function: Function) -> Iterator[Expr]:
    """The arrays and structs that have a slot in its frame."""
    pending: list[object] = [function.body]
    while pending:
        held = pending.pop()
        if isinstance(held, tuple):
            pending += held
        elif isinstance(held, (Expr, Stmt, Case)):
            if isinstance(held, (Fresh, Copy)):
                yield held
            # The base of a new aggregate is a value, not a part of the tree.
            parts = ("items",) if isinstance(held, Fresh) else (f.name for f in fields(held))
            pending += [getattr(held, name) for name in parts]


def _image(program: Program, text: str) -> Error:
    largest = max(program.globals, key=lambda each: each.type.size, default=None)
    if largest is None:
        return errors.ImageTooLarge(span=program.app.span, text=text)
    return errors.image_too_large(largest.span, text, largest.name, largest.type.size)
