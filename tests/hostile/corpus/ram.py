"""Guest memory that comes and goes while it is mapped (ABI.md 3.4)."""

from dataclasses import dataclass

from xap_harness import IoRegion

from tests.hostile import bystander as by
from tests.hostile.asm import PAGE
from tests.hostile.case import Case
from tests.hostile.images import Manifest, guest_memory, io
from tests.hostile.verdict import Error
from tests.hostile.world import RAM, RAM_BYTES, VECTORS, WITH_VECTORS, Device, World

TITLE = "Memory that goes"

_DEVICE = IoRegion("dev", 0x2100_0000, PAGE)
_MAP_RO = f"li x0, {RAM}; mov x1, #0; sys 4"
_MAP = f"li x0, {RAM}; mov x1, #1; sys 4"
_MINE = ((1, 0),)
_EXTERNAL_ABORT = 0x9600_0010


@dataclass
class Balloon(Device):
    """A register whose write makes domain 1 give its first page away and ask for another: what a
    guest's other vCPU can do while the app runs."""

    world: World | None = None
    seen: str = ""

    def write(self, offset: int, width: int, value: int) -> None:
        assert self.world is not None
        ram = self.world.domain(1).ram
        if offset == 0:
            ram.remove(RAM)
            try:
                ram.populate(RAM)
                self.seen += "reused "
            except MemoryError:
                self.seen += "kept "


def _give_away(world: World) -> None:
    world.domain(1).ram.remove(RAM)
    world.attack()
    world.domain(1).ram.populate(RAM)
    world.domain(1).write(RAM, bytes(PAGE))


def _back(world: World) -> None:
    """The guest has a page of zeros there again; what it and others do with it stays its own."""
    world.domain(1).ram.populate(RAM)
    world.expect("what the guest has now", world.domain(1).read(RAM, 8), bytes(8))
    world.bystander.smc(by.TOUCH_PAGE, RAM)
    world.domain(1).write(RAM, bytes(PAGE))


def _with_balloon(world: World) -> None:
    """The frame is kept as long as it is pinned and free afterwards, once: each time."""
    balloon = Balloon(world=world)
    world.hypervisor.remove_device(_DEVICE)
    world.hypervisor.add_device(_DEVICE, balloon)
    for _ in range(3):
        answer = world.attack()
        if world.hostile:
            world.expect("what the app wrote and read", answer.registers[1], 0x77)
            _back(world)
    world.expect("the frame, while it was pinned", balloon.seen, "kept " * 3)


def _own_accesses(world: World) -> None:
    """A guest's own loads see at once what it has given away, and what it has got."""

    def load() -> tuple[int, ...]:
        _, after = world.run_guest(f"{WITH_VECTORS} ldr x1, [x0]", {0: RAM, 1: 0x77, 30: VECTORS})
        return after[1], after[20]

    ram = world.domain(1).ram
    world.expect("before", load()[0], int.from_bytes(world.domain(1).read(RAM, 8), "little"))
    ram.remove(RAM)
    world.expect("what is not there", load(), (0x77, _EXTERNAL_ABORT))
    ram.populate(RAM)
    world.expect("what is there again", load()[0], 0)
    world.attack()


def _odd_page(world: World) -> None:
    """What is no page of its RAM, no guest gets."""
    ram = world.domain(1).ram
    ram.remove(RAM)
    refused = 0
    for ipa in (RAM + 8, RAM - PAGE, RAM + RAM_BYTES, RAM + PAGE):
        try:
            ram.populate(ipa)
        except ValueError:
            refused += 1
    world.expect("refused", refused, 4)
    world.attack()
    ram.populate(RAM)


CASES = [
    Case("map-given-away", "3.4", "maps a page that the guest has given away", Error("ENOENT"),
         code=f"{_MAP_RO}; reply", manifest=Manifest(needs=(guest_memory(1),)),
         steps=_give_away),
    Case("pinned-frame", "3.4", "writes to a page that the guest gives away meanwhile",
         Error("ENOENT"),
         code=f"{_MAP}; mov x20, x0; mov x0, #0; sys 6; mov x22, x0; li x1, 0x77; str w1, [x22];"
         f"str x1, [x20]; ldr x21, [x20]; {_MAP}; mov x1, x0; mov x2, x21; answer",
         manifest=Manifest(needs=(guest_memory(3), io("dev", 0x2100_0000))),
         steps=_with_balloon, writes=_MINE),
    Case("guest-given-away", "3.4", "does nothing; the guest loads what it has given away",
         Error("EPERM"), code="fail 1", steps=_own_accesses, writes=_MINE),
    Case("guest-odd-page", "3.4", "maps a page that is gone; its guest asks for wrong pages",
         Error("ENOENT"), code=f"{_MAP_RO}; reply", manifest=Manifest(needs=(guest_memory(1),)),
         steps=_odd_page, writes=_MINE),
]  # fmt: skip
