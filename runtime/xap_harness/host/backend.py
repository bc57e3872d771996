"""The host backend: an app's Python file under CPython, behind the hypervisor's rules."""

from pathlib import Path

from xapc.pipeline import check_file
from xaprt.abi import RouteFlag
from xaprt.manifest import Manifest

from xap_harness.host.engine import HostEngine
from xap_harness.host.program import Program
from xap_harness.hypervisor.core import Hypervisor
from xap_harness.hypervisor.instance import MakeEngine
from xap_harness.hypervisor.services import Services


def prepare(path: Path, hypervisor: Hypervisor) -> tuple[Manifest, MakeEngine]:
    """The compiler checks the file first: it gives the manifest, and refuses here what it refuses
    there. Raises OSError, CompileError, ValueError for what is no Python file."""
    if path.suffix != ".py" and path.is_file():
        raise ValueError("the host backend runs Python files")
    manifest = check_file(path).manifest
    return manifest, executes(path, manifest)


def executes(path: Path, manifest: Manifest) -> MakeEngine:
    """Engines that execute the file; the compiler has checked it and given the manifest."""
    program = Program(path)
    has_posted = any(route.flags & RouteFlag.POSTED for route in manifest.routes)

    def make_engine(services: Services) -> HostEngine:
        return HostEngine(program, manifest.name, services, has_posted=has_posted)

    return make_engine
