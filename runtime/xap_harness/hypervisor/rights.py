"""What an app asks for and what the integrator lets it have (ABI.md 4.1).

The rule is in `xaprt.rights`: tools hold manifests to grants before a hypervisor does.
"""

from xaprt.rights import IoRegion, Rights

__all__ = ["IoRegion", "Rights"]
