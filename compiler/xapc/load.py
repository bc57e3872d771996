"""Load: a path becomes text, and text becomes syntax that `xapc.check` knows.

What is wrong on the way is a diagnostic: bytes that are not text, text that is not Python, nesting
beyond what later stages may recurse into, and Python that the language leaves out
(`xapc.unsupported`), which is taken out of the tree (`xapc.strip`).
"""

import ast
import codecs
import hashlib
import re
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

from xapc import errors
from xapc.depth import MAX_ARMS, MAX_DEPTH, too_deep
from xapc.diagnostics import Diagnostics
from xapc.source import Source, Span
from xapc.strip import strip
from xapc.survey import binds, survey
from xapc.unsupported import Broken

__all__ = [
    "MAX_ARMS",
    "MAX_BYTES",
    "MAX_DEPTH",
    "Broken",
    "File",
    "Module",
    "is_python",
    "load",
    "parse",
    "read",
]

MAX_BYTES = 8 << 20
"""Of a source file: eight times what an image may hold."""

_FRAMES_A_LEVEL = 20
"""Calls in each other that a stage makes for a level, at most."""

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_NO_CODE = re.compile(rb"^[ \t\f]*(?:[#\r\n]|$)")
_ENCODINGS = {"utf-8": "utf-8", "ascii": "ascii", "iso8859-1": "latin-1"}


@dataclass(frozen=True)
class Module:
    """A file's syntax, without what the language leaves out."""

    source: Source
    tree: ast.Module


@dataclass(frozen=True)
class File:
    """A file's text, and how it was encoded: `source.text.encode(encoding)` are its bytes."""

    source: Source
    encoding: str


def load(path: Path, diagnostics: Diagnostics) -> Module | None:
    """The syntax of a file; None where it has none (which is reported). Raises OSError."""
    file = read(path, diagnostics)
    return None if file is None else parse(file.source, diagnostics)


# --- text ------------------------------------------------------------------------------------


def read(path: Path, diagnostics: Diagnostics) -> File | None:
    """The text of a file; None where it is not text (which is reported). Raises OSError."""
    with path.open("rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    source = Source(str(path), "")
    if len(data) > MAX_BYTES:
        diagnostics.add(errors.TooLarge(span=Span(source, 1, 1, 1, 1), most=MAX_BYTES))
        return None
    if data.startswith(b"\x7fELF"):
        _not_text(source, b"", "it is an ELF image (see `xapc inspect`)", diagnostics)
        return None
    if b"\0" in data:
        before = data[: data.index(b"\0")]
        _not_text(source, before, "it holds a NUL character", diagnostics)
        return None
    encoding = _encoding(source, data, diagnostics)
    if encoding is None:
        return None
    try:
        text = data.decode(encoding)
        return File(Source(str(path), text, hashlib.sha256(data).hexdigest()), encoding)
    except UnicodeDecodeError as problem:
        # The decoder of utf-8-sig counts from behind the mark.
        start = problem.start + (3 if encoding == "utf-8-sig" else 0)
        why = f"byte {data[start]:#04x} is not {encoding.removesuffix('-sig')} text"
        _not_text(source, data[:start], why, diagnostics)
        return None


def _not_text(source: Source, before: bytes, why: str, diagnostics: Diagnostics) -> None:
    """Report at the place behind the bytes `before`; no text is shown of such a file."""
    lines = before.removeprefix(codecs.BOM_UTF8).decode(errors="replace").split("\n")
    line, column = len(lines), len(lines[-1]) + 1
    diagnostics.add(errors.NotText(span=Span(source, line, column, line, column), why=why))


def _encoding(source: Source, data: bytes, diagnostics: Diagnostics) -> str | None:
    """The codec of a file (PEP 263); None for one that is not supported (reported)."""
    marked = data.startswith(codecs.BOM_UTF8)
    for number, line in enumerate(data.removeprefix(codecs.BOM_UTF8).split(b"\n", 2)[:2]):
        found = _COOKIE.match(line)
        if found is None:
            if _NO_CODE.match(line):
                continue
            break
        name = found[1].decode("ascii", errors="replace")
        encoding = _codec(name)
        if encoding is None or (marked and encoding != "utf-8"):
            begin, end = found.start(1) + 1, found.end(1) + 1
            shown = Source(source.path, data.decode("latin-1"))
            span = Span(shown, number + 1, begin, number + 1, end)
            diagnostics.add(errors.SourceEncoding(span=span, name=name))
            return None
        return "utf-8-sig" if marked else encoding
    return "utf-8-sig" if marked else "utf-8"


def _codec(name: str) -> str | None:
    try:
        return _ENCODINGS.get(codecs.lookup(name).name)
    except LookupError:
        return None


# --- syntax ----------------------------------------------------------------------------------


def parse(source: Source, diagnostics: Diagnostics) -> Module | None:
    """The syntax of a text; None where it is not Python, or too deep (which is reported)."""
    try:
        with warnings.catch_warnings():
            # What Python warns of is either an error here or none of its business.
            warnings.simplefilter("ignore")
            tree = ast.parse(source.text, source.path)
            found = survey(tree, MAX_DEPTH, MAX_ARMS)
            if found.too_deep is not None:
                span = Span.of(source, found.too_deep)
                diagnostics.add(errors.TooDeep(span=span, most=MAX_DEPTH))
                return None
            if found.too_many is not None:
                diagnostics.add(errors.too_many_arms(Span.of(source, found.too_many), MAX_ARMS))
                return None
            _compile(source, tree, diagnostics)
    except SyntaxError as problem:
        diagnostics.add(_not_python(source, problem))
        return None
    except ValueError as problem:
        span = Span(source, 1, 1, 1, 1)
        diagnostics.add(errors.NotPython(span=span, text=str(problem)))
        return None
    except (RecursionError, MemoryError):
        diagnostics.add(too_deep(source))
        return None
    _make_room(found.levels)
    if found.strippable:
        strip(source, tree, diagnostics)
    return Module(source, tree)


def _compile(source: Source, tree: ast.Module, diagnostics: Diagnostics) -> None:
    """Python refuses some files only when it compiles them: `break` outside a loop.

    One such error has a better name here: `case LIMIT:` before other cases, where the constant was
    meant. It is reported, and given a guard so that Python looks further.
    """
    while True:
        try:
            compile(tree, source.path, "exec", dont_inherit=True)
        except SyntaxError as problem:
            case = _captured_constant(tree, problem)
            if case is None:
                raise
            assert isinstance(case.pattern, ast.MatchAs) and case.pattern.name is not None
            span, name = Span.of(source, case.pattern), case.pattern.name
            owner = _enum_of(tree, name)
            if owner is None:
                diagnostics.add(errors.CaptureOfConstant(span=span, name=name))
            else:
                diagnostics.add(errors.capture_of_member(span, name, owner))
            case.guard = ast.copy_location(ast.Constant(True), case.pattern)
        else:
            return


def _captured_constant(tree: ast.Module, problem: SyntaxError) -> ast.match_case | None:
    """The case that takes everything, if it names something of the module."""
    if "makes remaining patterns unreachable" not in problem.msg:
        return None
    names = {name for each in tree.body for name in binds(each)}
    for node in ast.walk(tree):
        match node:
            case ast.match_case(pattern=ast.MatchAs(pattern=None, name=str(name)), guard=None):
                named = name in names or _enum_of(tree, name) is not None
                if node.pattern.lineno == problem.lineno and named:
                    return node
    return None


def _enum_of(tree: ast.Module, name: str) -> str | None:
    """The class of the file that assigns that name in its body: an enumeration with the member."""
    classes = [each for each in tree.body if isinstance(each, ast.ClassDef)]
    members = ((owner.name, each) for owner in classes for each in owner.body)
    found = (own for own, each in members if isinstance(each, ast.Assign) and name in binds(each))
    return next(found, None)


def _make_room(levels: int) -> None:
    """Let Python recurse as deep as stages do in a tree of so many levels."""
    wanted = 500 + levels * _FRAMES_A_LEVEL
    if sys.getrecursionlimit() < wanted:
        sys.setrecursionlimit(wanted)


def is_python(text: str) -> bool:
    """Whether CPython's parser takes it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except SyntaxError:
            return False
    return True


def _not_python(source: Source, problem: SyntaxError) -> errors.Error:
    """CPython's report, at a place that exists: it counts from 1, now and then from 0 or -1."""
    line = min(max(problem.lineno or 1, 1), len(source.lines))
    width = len(source.line(line))
    column = min(max(problem.offset or 1, 1), width + 1)
    end = problem.end_offset or 0
    if problem.end_lineno != line or not column < end <= width + 1:
        end = min(column + 1, width + 1)
    text = " ".join((problem.msg or "invalid syntax").split())
    return errors.not_python(Span(source, line, column, line, end), text)
