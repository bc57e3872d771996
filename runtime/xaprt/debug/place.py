"""A place in the source, and how its names are shown."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the app's source, and the function that it is in."""

    function: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line} in {self.function}"


def printable(text: str) -> str:
    """What cannot be printed is escaped: a name in a file is anybody's word."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
