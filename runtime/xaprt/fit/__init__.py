"""Bundles of apps: FIT images, as U-Boot's tools read and write them.

    pack(apps) -> bytes          reproducible
    unpack(bytes) -> apps        or FitError, whatever the bytes are

`tree` is a device tree as values, `flatten` and `unflatten` are its way to bytes and back, and
`bundle` is what the nodes and properties of a FIT mean.
"""

from xaprt.fit.bundle import MAX_APPS, Packed, is_fit, pack, unpack
from xaprt.fit.tree import FitError
from xaprt.fit.unflatten import MAX_BYTES

__all__ = ["MAX_APPS", "MAX_BYTES", "FitError", "Packed", "is_fit", "pack", "unpack"]
