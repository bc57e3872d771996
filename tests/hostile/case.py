"""A hostile case, and how it is run: beside a run of the same steps with a harmless app."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import xap_harness
from xap_harness import Domain, LoadError
from xap_harness.hypervisor.core import Hypervisor
from xap_harness.hypervisor.memory import GuestRam
from xapc.diagnostics import CompileError
from xaprt import image as reader
from xaprt.image import ImageError
from xaprt.manifest import encode

from tests.hostile.asm import assemble, source_of
from tests.hostile.files import built, stored
from tests.hostile.images import Change, Manifest, image
from tests.hostile.verdict import Check, Load, Verdict, of_answer
from tests.hostile.world import RAM, RAM_BYTES, Steps, World


def attack_once(world: World) -> None:
    world.attack()


@dataclass(frozen=True)
class Case:
    """`code` is what an SMC of a guest reaches, `handlers` are the others by function, `whole` is
    an app without a prologue, `python` one in the language. Without any the app is harmless, and
    the attack is in the image (`change`) or in the guest (`steps`)."""

    name: str
    clause: str
    """Of ABI.md."""
    what: str
    verdict: Verdict
    code: str = ""
    handlers: Mapping[str, str] = field(default_factory=dict)
    whole: str = ""
    python: str = ""
    manifest: Manifest = field(default_factory=Manifest)
    records: bytes | None = None
    """The manifest's bytes, where they are not those of `manifest`."""
    data: bytes = b""
    change: Change | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of `xap_harness.load`."""
    before: Steps | None = None
    """What happens before the app is loaded."""
    steps: Steps = attack_once
    writes: Sequence[tuple[int, int]] = ()
    """Pages (domid, number) that the app may write as it was granted."""
    near: "Case | None" = None
    """The nearest thing that is allowed: an app that has to load and to answer."""

    def elf(self) -> bytes:
        """The attacker's image, if it is one."""
        code = self.whole or source_of(
            {**({"smc": self.code} if self.code else {}), **self.handlers}
        )
        made = image(
            assemble(code),
            self.manifest.encoded() if self.records is None else self.records,
            data=self.data,
            entry=self.manifest.entry,
        )
        if self.change is not None:
            self.change(made)
        return made.bytes()


HARMLESS = "mov x1, #0; mov x2, #0; mov x3, #0; mov x4, #0; answer"


def run(case: Case) -> list[str]:
    """What is wrong; nothing, if the verdict is the declared one and nobody else noticed."""
    if isinstance(case.verdict, Check):
        return _check(case, case.verdict)
    world = World()
    world.prime()
    problems = _attack(world, case) + ([] if case.near is None else _allowed(case, case.near))
    return problems or [*world.wrong, *_differences(world.observe(), beside_harmless(case))]


def is_refused(case: Case) -> bool:
    """At load, by a hypervisor to which nothing else was done: one world does for many such."""
    return isinstance(case.verdict, Load) and case.before is None


class Refusing:
    """One hypervisor that refuses one app after the other, all of which `is_refused`."""

    def __init__(self) -> None:
        self._world = World()
        self._world.prime()
        self._last: Case | None = None

    def run(self, case: Case) -> list[str]:
        """What is wrong with its verdict."""
        self._last = case
        near = [] if case.near is None else _allowed(case, case.near)
        return _attack(self._world, case) + near

    def end(self) -> list[str]:
        """What others noticed of any of them."""
        if self._last is None:
            return []
        after = _differences(self._world.observe(), beside_harmless(self._last))
        said = [line for line in self._world.lines if line.startswith("attack:")]
        return [*self._world.wrong, *after, *said]


def run_refused(cases: Sequence[Case]) -> dict[str, list[str]]:
    """What is wrong, by name."""
    refusing = Refusing()
    found = {case.name: refusing.run(case) for case in cases}
    found["all of them"] = refusing.end()
    return {name: problems for name, problems in found.items() if problems}


def _check(case: Case, verdict: Check) -> list[str]:
    from xapc.pipeline import check_file

    try:
        check_file(stored(case.python.encode(), ".py"))
    except CompileError as error:
        codes = sorted({each.code for each in error.errors})
        return [] if codes == [verdict.code] else [f"refused with {codes}"]
    return ["the compiler accepts it"]


def _allowed(case: Case, near: Case) -> list[str]:
    world = World() if case.before is not None else None
    if world is not None and case.before is not None:
        case.before(world)
    try:
        if world is None:
            hypervisor = Hypervisor()
            hypervisor.create_domain(Domain(1, GuestRam(RAM, RAM_BYTES)))
            xap_harness.load(stored(near.elf(), ".elf"), hypervisor=hypervisor, **case.options)
        else:
            world.load(stored(near.elf(), ".elf"), **case.options)
    except (ImageError, LoadError) as error:
        return [f"what is allowed is refused: {error}"]
    return []


def _attack(world: World, case: Case) -> list[str]:
    world.writable.update(case.writes)
    if case.before is not None:
        case.before(world)
    path = built(case.python) if case.python else stored(case.elf(), ".elf")
    try:
        world.load(path, **case.options)
    except (ImageError, LoadError, ValueError) as error:
        if isinstance(case.verdict, Load) and case.verdict.text in str(error):
            return []
        return [f"refused: {error}"]
    case.steps(world)
    if not world.answers:
        return ["nobody was answered"]
    seen = of_answer(world.answers[-1], case.verdict)
    return [] if seen == case.verdict else [f"it ended as {seen!r}"]


RECORDED: dict[str, dict[str, object]] = {}
"""By case: what the harmless run gave, where it is known already."""
_seen: dict[object, dict[str, object]] = {}


def beside_harmless(case: Case) -> dict[str, object]:
    """What others see beside an app of the same manifest that only answers; beside none, if the
    attacker is refused. Cases that differ in the attack alone share it."""
    if case.name in RECORDED:
        return RECORDED[case.name]
    refused = isinstance(case.verdict, Load)
    manifest = b"" if refused else _manifest(case)
    options = repr(sorted(case.options.items()))
    key = (manifest, case.before, None if refused else case.steps, options, tuple(case.writes))
    if key not in _seen:
        world = World(hostile=False)
        world.prime()
        world.writable.update(case.writes)
        if case.before is not None:
            case.before(world)
        if not refused:
            made = image(assemble(HARMLESS), manifest).bytes()
            world.load(stored(made, ".elf"), **case.options)
            case.steps(world)
        _seen[key] = world.observe()
    return _seen[key]


def _manifest(case: Case) -> bytes:
    if not case.python:
        return case.manifest.encoded() if case.records is None else case.records
    manifest = reader.read(built(case.python).read_bytes()).manifest
    return encode(replace(manifest, entry=0))


def _differences(one: dict[str, object], other: dict[str, object]) -> list[str]:
    return [
        f"{name}: {one.get(name)} beside the attacker, else {other.get(name)}"
        for name in {**one, **other}
        if one.get(name) != other.get(name)
    ]
