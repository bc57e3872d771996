"""The cases, chapter by chapter in the order of the page."""

from collections.abc import Sequence

from tests.hostile.case import Case
from tests.hostile.corpus import (
    control,
    elf,
    firmware,
    floods,
    guests,
    leaks,
    life,
    manifests,
    mappings,
    parallel,
    pointers,
    privileged,
    python,
    ram,
    reports,
    routes,
    schedule,
    syscalls,
)

CHAPTERS: dict[str, Sequence[Case]] = {
    chapter.TITLE: chapter.CASES
    for chapter in (
        syscalls,
        pointers,
        mappings,
        ram,
        privileged,
        control,
        leaks,
        life,
        reports,
        floods,
        parallel,
        schedule,
        firmware,
        routes,
        elf,
        manifests,
        guests,
        python,
    )
}
ALL: list[Case] = [case for cases in CHAPTERS.values() for case in cases]
