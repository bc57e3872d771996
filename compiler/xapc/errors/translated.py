"""The edit that says here what stands there in other languages or in the rest of Python."""

import ast
import re

from xapc.diagnostics import Edit
from xapc.errors.edits import insert, known, replace, slice_of, whole
from xapc.errors.foreign import LENGTH, METHODS
from xapc.source import Span
from xapc.types import INTS

_ACCESS = re.compile(
    r"(?:(?P<load>load|read|get|peek)|store|write)"
    r"_?(?P<type>[ui](?:8|16|32|64))?_?(?P<order>le|be)?"
)
"""`read_u32`, `load_be`, `write_u16_le`."""


# --- calls -----------------------------------------------------------------------------------


def called_edits(func: Span, whole: Span, node: ast.Call, places: list[Span]) -> tuple[Edit, ...]:
    """What a call of a builtin is here, where one edit says it. `places` are the arguments'."""
    if node.keywords or not places or whole.line != whole.end_line:
        return ()
    name, first = func.text(), node.args[0]
    match name:
        case "print":
            return _printed(func, node.args, places)
        case "ord" if isinstance(first, ast.Constant) and len(places) == 1:
            held = first.value
            if isinstance(held, (str, bytes)) and len(held) == 1:
                return replace(whole, f"{ord(held):#x}")
            return ()
        case "divmod" if len(places) == 2 and all(map(_is_simple, node.args)):
            one, other = (each.text() for each in places)
            return replace(whole, f"({one} // {other}, {one} % {other})")
        case _:
            return ()


def _is_simple(node: ast.expr) -> bool:
    return isinstance(node, (ast.Name, ast.Constant))


def _printed(func: Span, args: list[ast.expr], places: list[Span]) -> tuple[Edit, ...]:
    """`print(...)`: its arguments become one message of log."""
    values = list(zip(args, places, strict=True))
    word, more = known(func.source, "log")
    edits = (*more, *replace(func, f"{word}.info"))
    if len(args) == 1 and _is_text(args[0]):
        return edits
    message = one_message(values)
    return (*edits, *message) if message else ()


def one_message(values: list[tuple[ast.expr, Span]]) -> tuple[Edit, ...]:
    """Arguments that become one message: `"x is %d", x`, or `"x is", x` as print shows them."""
    (template, begin), (_, end) = values[0], values[-1]
    text = formatted(begin, template, values[1:])
    if text is None or not values[1:]:
        parts = [in_message(node, place) for node, place in values]
        known_parts = [part for part in parts if part is not None]
        if len(known_parts) < len(parts) or "%" in begin.text():
            return ()
        plain = all(isinstance(node, ast.Constant) and _is_text(node) for node, _ in values)
        text = f'{"" if plain else "f"}"{" ".join(known_parts)}"'
    inside = Span(begin.source, begin.line, begin.column, end.end_line, end.end_column)
    return replace(inside, text)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def in_message(node: ast.expr, place: Span) -> str | None:
    """What stands for a value, or a text, between the quotes of an f-string."""
    text = place.text()
    if place.line != place.end_line or "\\" in text:
        return None
    if _is_text(node):
        found = re.fullmatch(r'(f?)"([^"]*)"', text)
        if found is None or (not found[1] and set("{}") & set(found[2])):
            return None
        return found[2]
    return None if set("\"'{}") & set(text) else f"{{{text}}}"


_PLACEHOLDER = re.compile(r"%(#?0?\d*)([diuxXs])|\{(?::(#?0?\d*[dxXob]?))?\}|%%|[%{}]")
_KEPT = {"x": "x", "X": "X"}


def formatted(place: Span, template: ast.expr, values: list[tuple[ast.expr, Span]]) -> str | None:
    """The f-string that `"... %d ..." % x` or `"... {} ...".format(x)` means; `place` is that of
    the template."""
    text = place.text()
    plain = isinstance(template, ast.Constant) and isinstance(template.value, str)
    if not plain or "\\" in text or not re.fullmatch(r'"[^"]*"', text):
        return None
    held = [in_message(node, each) for node, each in values]
    parts, at = [], 0
    for found in _PLACEHOLDER.finditer(text):
        parts.append(text[at : found.start()])
        at = found.end()
        if found[0] == "%%":
            parts.append("%")
            continue
        value = held.pop(0) if held and len(found[0]) > 1 else None
        if value is None or not value.startswith("{"):
            return None
        spec = (found[1] or "") + _KEPT.get(found[2] or "", "") if found[2] else found[3] or ""
        parts.append(f"{value[:-1]}:{spec}}}" if spec else value)
    return None if held else f"f{''.join(parts)}{text[at:]}"


_FORMS = {"str": "", "repr": "", "int": "", "hex": ":#x", "bin": ":#b", "oct": ":#o"}


def form_of(node: ast.expr) -> str | None:
    """How a message prints what `hex(x)` makes a text of; None: it is no such call."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[_], keywords=[]):
            return _FORMS.get(name)
        case _:
            return None


# --- members ---------------------------------------------------------------------------------


def member_edits(span: Span, owner: str, name: str, members: list[str]) -> tuple[Edit, ...]:
    """For a member that is missed; `span` ends with its name."""
    end = span.after()
    at = Span(end.source, end.line, end.column - len(name), end.line, end.column)
    if METHODS.get(name) is LENGTH and "copy_from" in members:
        return _measured(span, name)
    if name == "bit_length" and owner in INTS and owner[0] == "u":
        call = whole(span)
        base = _owner_text(call, name)
        return replace(call, f"({INTS[owner].bits} - {base}.leading_zeros())") if base else ()
    found = _ACCESS.fullmatch(name)
    if found is None or "load" not in members or "u8" not in owner:
        return ()
    if not found["load"] and found["type"]:
        return ()  # of what type the value is, is not known here
    order = ".be" if found["order"] == "be" else ""
    edits = replace(at, f"{'load' if found['load'] else 'store'}{order}")
    if found["load"] and found["type"]:
        text, more = known(end.source, found["type"])
        rest = end.source.line(end.line)[end.column - 1 :]
        if not rest.startswith("(") or rest.startswith("()"):
            return ()
        edits = (*more, *edits, insert(slice_of(end, 1, 1), f"{text}, "))
    return edits


def _measured(span: Span, name: str) -> tuple[Edit, ...]:
    place = whole(span)
    base = _owner_text(place, name)
    return replace(place, f"len({base})") if base else ()


def _owner_text(place: Span, name: str) -> str:
    """`x.y` of `x.y.name` and of `x.y.name()`, on one line."""
    if place.line != place.end_line:
        return ""
    found = re.fullmatch(rf"(.+)\.{name}(\(\))?", place.text())
    return found[1] if found else ""
