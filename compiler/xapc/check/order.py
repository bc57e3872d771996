"""What the top level names before it is there: Python runs a file from top to bottom, and stops.

Functions may use what stands below them. Decorators, defaults, annotations, classes and values are
evaluated where they stand.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from xapc import errors
from xapc.check.entities import ModuleNames
from xapc.source import Span

Report = Callable[[errors.Error], None]


def too_early(tree: ast.Module, names: ModuleNames, report: Report) -> set[ast.stmt]:
    """Reports each name that is used before its definition; gives the statements of which there
    is no value therefore."""
    early: set[ast.stmt] = set()
    lazy = _has_lazy_annotations(tree)
    for number, node in enumerate(tree.body):
        for use in _uses(node, lazy=lazy):
            place = use.name.id.partition(".")[0]
            if use.shadowed:
                report(errors.ShadowedInClass(span=Span.of(names.source, use.name), name=place))
                early.add(node)
                break
            order = names.order.get(place, -1)
            if order < number or (order == number and not isinstance(node, ast.ClassDef)):
                continue  # that one value needs itself is told when it is computed
            span = Span.of(names.source, use.name)
            whole = None if use.annotation is None else Span.of(names.source, use.annotation)
            if whole is not None:
                report(errors.annotated_too_early(span, place, names.places[place], whole))
            elif order == number:
                report(errors.DependsOnItself(span=span, name=place))
            else:
                report(errors.defined_below(span, place, names.places[place]))
            if whole is None:
                early.add(node)
                break  # the rest of it is not looked at
    return early


def _has_lazy_annotations(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in tree.body
    )


@dataclass(frozen=True)
class _Use:
    """A name that is looked up when its statement runs. `annotation`: the one of a parameter or
    result that it stands in, which may be written as a string."""

    name: ast.Name
    annotation: ast.expr | None = None
    shadowed: bool = False
    """In a class: Python finds what the class has defined above by that name."""


def _uses(node: ast.stmt, *, lazy: bool) -> Iterator[_Use]:
    match node:
        case ast.FunctionDef():
            yield from _signature(node, lazy=lazy)
        case ast.ClassDef():
            yield from _Class(lazy).uses(node)
        case ast.Assign(value=value) | ast.Expr(value=value):
            yield from _names(value)
        case ast.AnnAssign(annotation=annotation, value=value):
            # A module's own annotations are stored nowhere that matters, but they are evaluated.
            yield from () if lazy else _names(annotation)
            yield from () if value is None else _names(value)


def _signature(node: ast.FunctionDef, *, lazy: bool) -> Iterator[_Use]:
    arguments = node.args
    defaults = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
    for value in (*node.decorator_list, *defaults):
        yield from _names(value)
    if lazy:
        return
    parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    for annotation in (*(each.annotation for each in parameters), node.returns):
        if annotation is not None:
            for use in _names(annotation):
                yield _Use(use.name, annotation)


@dataclass
class _Class:
    lazy: bool
    bound: set[str] = field(default_factory=set)
    """Names of the class so far, which are found before the module's."""

    def uses(self, node: ast.ClassDef) -> Iterator[_Use]:
        for value in (*node.decorator_list, *node.bases, *(each.value for each in node.keywords)):
            yield from _names(value)
        names = {each.id for each in node.bases if isinstance(each, ast.Name)}
        enum = any(each.rpartition(".")[2] in ("Enum", "Flag") for each in names)
        for statement in node.body:
            bound = {*self.bound, *_itself(statement)}
            yield from self._looked_up_later(statement, {*_all_of(node)} - bound)
            for use in _uses(statement, lazy=False):
                if use.name.id.partition(".")[0] not in bound:
                    yield from () if self.lazy and use.annotation else [use]
                elif not enum:  # there the members above are meant
                    yield _Use(use.name, shadowed=True)
            self.bound.update(_bound_by(statement))

    def _looked_up_later(self, node: ast.stmt, below: set[str]) -> Iterator[_Use]:
        """The type of a field, as a string: by then the class has all of its names."""
        if not isinstance(node, ast.AnnAssign):
            return
        annotation = node.annotation
        names = [use.name for use in _names(annotation)] if self.lazy else []
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            words = re.findall(r"\w+", annotation.value)
            names = [ast.copy_location(ast.Name(word, ast.Load()), annotation) for word in words]
        for name in names:
            shadowed = name.id.partition(".")[0] in below
            if shadowed or isinstance(annotation, ast.Constant):
                yield _Use(name, shadowed=shadowed)


def _all_of(node: ast.ClassDef) -> Iterator[str]:
    """What the class has under Python: fields without a default it has not."""
    for statement in node.body:
        yield from _bound_by(statement)


def _bound_by(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            yield name
        case ast.FunctionDef(name=name) | ast.Assign(targets=[ast.Name(id=name)]):
            yield name


def _itself(node: ast.stmt) -> set[str]:
    """`T: T = T()`: the annotation is evaluated when the field is there."""
    match node:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=ast.expr()):
            return {name} & {each.name.id for each in _names(annotation)}
    return set()


def _names(node: ast.expr) -> Iterator[_Use]:
    """Those of the module: what a comprehension binds is its own."""
    found = [each for each in ast.walk(node) if isinstance(each, ast.Name)]
    bound = {each.id for each in found if isinstance(each.ctx, ast.Store)}
    yield from (_Use(each) for each in found if each.id not in bound)
