"""What a manifest may not ask for, whatever machine it is loaded on.

The shape of each record, limits and overlaps are `xaprt.manifest`'s; what this machine grants
is the loader's.
"""

from xaprt import abi
from xaprt.manifest import Manifest
from xaprt.verify.rules import Refusal, Rule


def check_manifest(manifest: Manifest) -> None:
    """Raises Refusal for a route that is reserved."""
    for route in manifest.routes:
        if route.is_call and (why := abi.route_refusal(route.first, route.last)):
            raise Refusal(
                Rule.ROUTE, f"{route.kind.name} {route.first:#010x} to {route.last:#010x}: {why}"
            )
