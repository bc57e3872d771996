"""`xapc inspect`: everything that an image tells of itself."""

import json

import xaprt.debug.dwarf  # noqa: F401  # later it would be too late for atheris
from xapc.inspection import facts, machine, text
from xaprt.image import ImageError

from tests.fuzz.mutate.elf import mutate

__all__ = ["REFUSALS", "judge", "mutate"]

REFUSALS = (ImageError,)


def judge(data: bytes) -> None:
    """Nothing that an image says disturbs the page that it is shown on."""
    found = facts.inspect(data)
    json.dumps(machine.as_object(found))
    shown = text.as_text(found)
    assert all(character.isprintable() or character == "\n" for character in shown)
