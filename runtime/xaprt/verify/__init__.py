"""The verifier: an image proven safe from its bytes alone, whatever made it.

    verify(data) -> Report, or Refusal
    examine(data) -> Report, or Refusal: the same for the linker, before the manifest says how much
                     stack it takes

What is proved and what is not is told in docs/verify.md. In the order of the work:

* `xaprt.image` reads the file; `declared` looks at the routes.
* `text` decodes every word by `encodings`, the list of what an app may contain; `refused` only
  knows names for the rest. `makers` turns the fields of a word into one of the `effects` or
  `accesses`.
* `function` follows every path of one function with what is known there (`state`), `context`
  checks stack and addresses, `program` takes the functions from the entry on.
* `report` is the result; `rules` is what is said otherwise.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from xaprt.image import ImageError, Segment, read
from xaprt.verify.declared import check_manifest
from xaprt.verify.decode import describe
from xaprt.verify.program import prove
from xaprt.verify.report import Call, Function, Report, SystemCall, make_report
from xaprt.verify.rules import Refusal, Rule
from xaprt.verify.symbols import Symbols
from xaprt.verify.text import Text

__all__ = [
    "Call",
    "Function",
    "Line",
    "Refusal",
    "Report",
    "Rule",
    "SystemCall",
    "examine",
    "verify",
]

Line = Callable[[int], str | None]
"""Address in the image -> "file:line", None where it is not known."""


def verify(data: bytes, *, line: Line | None = None) -> Report:
    """Raises Refusal unless the file keeps section 1 of ABI.md.

    `line` is asked only for the message of a refusal.
    """
    report = examine(data, line=line)
    if report.stack_bytes > report.stack_limit:
        detail = (
            f"{report.stack_bytes} bytes of stack, the manifest says {report.stack_limit}; "
            f"{report.deepest}"
        )
        refusal = Refusal(Rule.STACK_BOUND, detail, report.stack_path[-1].address)
        raise _located(refusal, read(data).segments, Symbols(data), line)
    return report


def examine(data: bytes, *, line: Line | None = None) -> Report:
    """As `verify`, but that the stack bound, which the report tells, may be beyond the manifest's
    and the limit of the ABI."""
    try:
        image = read(data)
    except ImageError as problem:
        raise Refusal(Rule.IMAGE, str(problem)) from None
    check_manifest(image.manifest)
    symbols = Symbols(data)
    try:
        with _uncollected():
            text = Text(image.segments, image.entry)
            summaries = prove(text, image.segments, symbols.at)
            return make_report(text, summaries, symbols.at, image.manifest.stack_bytes)
    except Refusal as refusal:
        raise _located(refusal, image.segments, symbols, line) from None


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without searches for cycles: a proof makes none, and so many objects that the searches take
    as long as it does."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _located(
    refusal: Refusal, segments: Sequence[Segment], symbols: Symbols, line: Line | None
) -> Refusal:
    """With the instruction, and whatever is known of where it comes from."""
    address = refusal.address
    if address is None:
        return refusal
    word = next(
        int.from_bytes(segment.bytes_[at : at + 4].ljust(4, b"\0"), "little")
        for segment in segments
        if segment.executable and 0 <= (at := address - segment.address) < segment.size
    )
    return Refusal(
        refusal.rule,
        refusal.detail,
        address,
        word=word,
        mnemonic=describe(word)[0],
        function=symbols.covering(address),
        line=None if line is None else line(address),
    )
