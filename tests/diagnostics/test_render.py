"""How a diagnostic is drawn (LANGUAGE.md section 7: "the offending text with a caret under it")."""

import unicodedata
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from xapc.diagnostics import Edit, Error, Related
from xapc.render import render
from xapc.render.columns import LONGEST
from xapc.source import Source, Span


@dataclass(frozen=True, kw_only=True)
class Sample(Error):
    code = "E9999"
    title = "a title with {word}"
    label = "{label_word}"
    notes = ("a note on {word}", "")
    help = "{help_word}"

    word: str = "a word"
    label_word: str = ""
    help_word: str = ""


def span(source: Source, line: int, begin: int, end: int, end_line: int | None = None) -> Span:
    return Span(source, line, begin, end_line or line, end)


def drawn(error: Error) -> list[str]:
    return render([error], color=False).splitlines()


def width(text: str) -> int:
    """Columns on a terminal, computed in another way than the renderer does."""
    wide = sum(unicodedata.east_asian_width(c) in ("W", "F") for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) != 0 for c in text)


SOURCE = Source("dir/app.py", "first = 1\nsecond = 2\n\tthird = 3\n\n\n\n\n\n\ntenth = 10\n")


def test_the_first_line_says_where_which_and_what() -> None:
    lines = drawn(Sample(span=span(SOURCE, 2, 10, 11)))
    assert lines[0] == "dir/app.py:2:10: error[E9999]: a title with a word"


def test_caret_label_note_and_help() -> None:
    error = Sample(span=span(SOURCE, 2, 1, 7), label_word="here", help_word="do this")
    assert drawn(error)[1:] == [
        "  |",
        "2 | second = 2",
        "  | ^^^^^^ here",
        "  = note: a note on a word",
        "  = help: do this",
    ]


def test_related_places_share_the_picture_in_the_order_of_lines() -> None:
    related = (
        Related(span(SOURCE, 10, 1, 6), "much later"),
        Related(span(SOURCE, 1, 1, 6), "before"),
    )
    assert drawn(Sample(span=span(SOURCE, 2, 1, 7), related=related))[1:-1] == [
        "   |",
        " 1 | first = 1",
        "   | ----- before",
        " 2 | second = 2",
        "   | ^^^^^^",
        "...",
        "10 | tenth = 10",
        "   | ----- much later",
    ]


def test_related_places_in_another_file_are_named() -> None:
    other = Source("other.py", "x = 1\n")
    related = (Related(span(other, 1, 1, 2), "declared here"),)
    lines = drawn(Sample(span=span(SOURCE, 2, 1, 7), related=related))
    assert lines[4:8] == [" --> other.py:1:1: declared here", "  |", "1 | x = 1", "  | -"]


def test_edits_are_shown_as_the_mended_line() -> None:
    edits = (
        Edit(span(SOURCE, 2, 10, 10), "u64("),
        Edit(span(SOURCE, 2, 11, 11), ")"),
        Edit(span(SOURCE, 1, 1, 6), "zeroth"),
    )
    lines = drawn(Sample(span=span(SOURCE, 2, 10, 11), edits=edits))
    assert lines[5:] == [
        "  = help: write",
        "  |",
        "1 | zeroth = 1",
        "  | ~~~~~~",
        "2 | second = u64(2)",
        "  |          ++++ +",
    ]


def test_an_edit_may_make_new_lines() -> None:
    edits = (Edit(span(SOURCE, 2, 1, 1), "@struct\n"),)
    lines = drawn(Sample(span=span(SOURCE, 2, 1, 7), edits=edits))
    assert lines[6:] == ["  |", "2 | @struct", "  | +++++++", "3 | second = 2"]


def test_a_span_over_lines_is_underlined_on_its_first() -> None:
    lines = drawn(Sample(span=span(SOURCE, 1, 9, 7, end_line=2)))
    assert lines[2:4] == ["1 | first = 1", "  |         ^"]


def test_places_without_text_have_no_picture() -> None:
    lines = drawn(Sample(span=span(Source("app.bin", ""), 3, 4, 4)))
    assert lines == ["app.bin:3:4: error[E9999]: a title with a word", "  = note: a note on a word"]


def test_tabs_are_columns() -> None:
    lines = drawn(Sample(span=span(SOURCE, 3, 2, 7)))
    assert lines[2:4] == ["3 |     third = 3", "  |     ^^^^^"]


def test_colour_is_only_what_is_asked_for() -> None:
    error = Sample(span=span(SOURCE, 2, 1, 7), label_word="here")
    colored = render([error], color=True)
    assert "\x1b[1;31merror[E9999]\x1b[0m" in colored
    assert "\x1b" not in render([error], color=False)


def test_a_file_cannot_speak_to_the_terminal() -> None:
    hostile = Source("a\x1b[2Jb.py", "x = '\x1b]0;title\x07\u202e'  # \x9b\n")
    text = render([Sample(span=span(hostile, 1, 1, 2), word="\x1b[0m")], color=False)
    assert not any(unicodedata.category(c) in ("Cc", "Cf") for c in text.replace("\n", ""))


@given(
    st.text(alphabet="ab \t漢é\u0301😀\x07", max_size=30),
    st.text(alphabet="xyカñ", min_size=1, max_size=8),
    st.text(alphabet="ab \t漢", max_size=30),
)
def test_the_caret_stands_under_the_text(before: str, marked: str, after: str) -> None:
    source = Source("a.py", f"{before}{marked}{after}\n")
    begin = len(before) + 1
    lines = drawn(Sample(span=span(source, 1, begin, begin + len(marked))))
    picture, carets = lines[2], lines[3]
    at = carets.index("^")
    assert width(picture[: picture.index(marked)]) == at
    assert carets.count("^") == max(width(marked), 1)


@given(st.integers(1, 900), st.integers(1, 40))
def test_long_lines_are_cut_around_the_place(begin: int, length: int) -> None:
    text = "".join(chr(ord("a") + n % 26) for n in range(1000))
    source = Source("a.py", text)
    lines = drawn(Sample(span=span(source, 1, begin, begin + length)))
    assert all(len(line) < LONGEST + 20 for line in lines)
    at = lines[3].index("^")
    assert lines[2][at : at + length] == text[begin - 1 : begin - 1 + length]
