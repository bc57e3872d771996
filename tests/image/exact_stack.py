"""A hypervisor that gives an app exactly the stack that its manifest asks for, or less.

ABI.md 2.1 puts an unmapped page below the stack; memory is mapped in pages, so it is the top of
the stack that is moved until the bound ends at that page.
"""

from dataclasses import replace

import pytest
from xap_harness.emulator import backend
from xap_harness.machine import Layout
from xaprt.image import Image


def exactly(patch: pytest.MonkeyPatch, *, less: int = 0) -> None:
    """Every app that is loaded from now on has its bound of stack, `less` so many bytes."""

    def layout(image: Image) -> Layout:
        usual = layout_of(image)
        bottom = usual.stack_top - usual.stack_bytes
        size = image.manifest.stack_bytes - less
        return replace(usual, stack_top=bottom + size, stack_bytes=size)

    layout_of = backend.layout_of
    patch.setattr(backend, "layout_of", layout)
