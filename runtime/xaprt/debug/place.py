"""A place in the source."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the app's source, and the function that it is in."""

    function: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line} in {self.function}"
