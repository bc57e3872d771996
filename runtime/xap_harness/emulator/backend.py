"""The emulator backend: a compiled app at EL0."""

from dataclasses import dataclass
from pathlib import Path

from xapc.pipeline import build
from xaprt import abi
from xaprt.debug.dwarf import DwarfSymbols
from xaprt.image import Image, read
from xaprt.manifest import Manifest

from xap_harness.emulator.app_space import UnicornAppSpace
from xap_harness.hypervisor.core import Hypervisor
from xap_harness.hypervisor.el0 import EL0Engine, Identity
from xap_harness.hypervisor.instance import MakeEngine
from xap_harness.hypervisor.services import Services
from xap_harness.hypervisor.timeline import Recorder
from xap_harness.machine import Layout, Memory

IMAGE_BASE = 0x0020_0000
REQUEST_PAGE = 0x0040_0000
STACK_TOP = 0x8000_0000


def prepare(path: Path, hypervisor: Hypervisor) -> tuple[Manifest, MakeEngine]:
    """A `.py` is compiled first, anything else is read as an image. Raises OSError, CompileError,
    ImageError."""
    if path.suffix != ".py":
        return prepare_image(path.read_bytes(), hypervisor)
    elf = _compiled(path)
    return _prepare(elf, DwarfSymbols(elf, path.parent), hypervisor)


def prepare_image(elf: bytes, hypervisor: Hypervisor) -> tuple[Manifest, MakeEngine]:
    """Raises ImageError."""
    return _prepare(elf, DwarfSymbols(elf), hypervisor)


def _prepare(
    elf: bytes, symbols: DwarfSymbols, hypervisor: Hypervisor
) -> tuple[Manifest, MakeEngine]:
    image = read(elf)
    layout = layout_of(image)
    identity = Identity(image.manifest.name, image.build_id, symbols)

    return image.manifest, ImageEngines(elf, layout, identity, hypervisor.record)


@dataclass(frozen=True)
class ImageEngines:
    """Makes the engines of an app's instances; `elf` is the image that they run."""

    elf: bytes
    layout: Layout
    identity: Identity
    record: Recorder | None

    def __call__(self, services: Services) -> EL0Engine:
        space = UnicornAppSpace(self.layout)
        return EL0Engine(space, self.layout, self.identity, services, self.record)


_KEPT = 32
_images: dict[tuple[str, Manifest], bytes] = {}
"""The last images, by all that LLVM and the linker are given: a test that loads an app anew for
each case compiles it once."""


def _compiled(path: Path) -> bytes:
    made = build(path)
    key = made.llvm, made.checked.manifest
    elf = _images.get(key)
    if elf is None:
        if len(_images) == _KEPT:
            del _images[next(iter(_images))]
        elf = _images[key] = made.elf
    return elf


def layout_of(image: Image) -> Layout:
    """Every instance has the same addresses, in an address space of its own."""
    manifest = image.manifest
    pages = max(1, -(-manifest.stack_bytes // abi.PAGE_SIZE))
    posts = any(route.flags & abi.RouteFlag.POSTED for route in manifest.routes)
    return Layout(
        base=IMAGE_BASE,
        entry=IMAGE_BASE + image.entry,
        segments=tuple(
            Memory(IMAGE_BASE + s.address, s.size, s.bytes_, s.writable, s.executable)
            for s in image.segments
        ),
        stack_top=STACK_TOP,
        stack_bytes=pages * abi.PAGE_SIZE,
        request_page=REQUEST_PAGE if posts else 0,
    )
