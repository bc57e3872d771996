"""Apps in assembly, below the compiler: what only hostile or hand-made code can do."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from xap_harness.emulator.app_space import UnicornAppSpace
from xap_harness.emulator.assembler import assemble, load_immediate
from xap_harness.hypervisor.core import Access, AccessAnswer, Answer, App, Hypervisor
from xap_harness.hypervisor.el0 import EL0Engine, Identity
from xap_harness.hypervisor.fault import Fault
from xap_harness.hypervisor.instance import Instance
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.services import Services
from xap_harness.machine import Layout, Memory
from xaprt import abi
from xaprt.manifest import Manifest, Need, Route
from xaprt.rights import Rights

TEXT, REQUEST_PAGE = 0x20_0000, 0x30_0000
DATA = TEXT + abi.PAGE_SIZE
STACK_TOP = 0x8000_0000
FID = 0xC600_0001
GUEST = Requester(1, 0)


@dataclass
class Bench:
    """One app on one hypervisor with domain 1, and a view behind the curtain."""

    hypervisor: Hypervisor
    app: App
    spaces: list[UnicornAppSpace]
    """One an instance, in the order in which they were made."""

    text, data, stack_top = TEXT, DATA, STACK_TOP

    def smc(self, *args: int, fid: int = FID, requester: Requester = GUEST) -> Answer:
        registers = [fid, *args]
        return self.hypervisor.call(
            abi.RouteKind.SMC, requester, registers + [0] * (8 - len(registers))
        )

    def fault(self, *args: int) -> Fault:
        outcome = self.smc(*args).outcome
        assert isinstance(outcome, Fault), outcome
        return outcome

    @property
    def space(self) -> UnicornAppSpace:
        return self.spaces[0]

    @property
    def instance(self) -> Instance:
        return self.app.instance_for(GUEST.domid)

    def load(self, ipa: int, width: int = 4, requester: Requester = GUEST) -> AccessAnswer:
        return self.hypervisor.access(requester, Access(ipa, width))

    def store(
        self, ipa: int, value: int, width: int = 4, requester: Requester = GUEST
    ) -> AccessAnswer:
        return self.hypervisor.access(requester, Access(ipa, width, value))

    @property
    def console(self) -> list[str]:
        return list(self.hypervisor.console.lines)


def with_immediates(source: str) -> str:
    """`li x0, VALUE` puts any 64-bit value into a register; names are the layout's."""
    names = {"TEXT": TEXT, "DATA": DATA, "STACK_TOP": STACK_TOP}

    def expand(match: re.Match[str]) -> str:
        return load_immediate(match[1], eval(match[2], names) & (1 << 64) - 1)

    return re.sub(r"li (x\d+), ([^;\n]+)", expand, source)


PROLOGUE = "cmp x0, #1; b.eq handle; mov x8, #0; mov x0, #-38; svc #0; handle: "
"""HANDLE_SMC goes on at `handle`; any other function is not handled."""


@pytest.fixture(scope="session")
def asm_app() -> Callable[..., Bench]:
    """Load an app written in assembly; `source` is what handles an SMC."""

    def load(
        source: str,
        *,
        data: bytes = b"",
        data_bytes: int = abi.PAGE_SIZE,
        routes: tuple[Route, ...] = (Route(abi.RouteKind.SMC, FID, FID, abi.RouteFlag.NONE),),
        call_smc: tuple[int, ...] = (),
        needs: tuple[Need, ...] = (),
        instances: abi.Instances = abi.Instances.SHARED,
        grants: Rights | None = None,
        stack_bytes: int = abi.PAGE_SIZE,
        budget_us: int = 0,
        restart_limit: int = 0,
        name: str = "attack",
        uuid: int = 1,
        hypervisor: Hypervisor | None = None,
        serves: tuple[int, ...] | None = None,
        whole: bool = False,
    ) -> Bench:
        code = assemble(with_immediates(source if whole else PROLOGUE + source))
        layout = Layout(
            TEXT,
            TEXT,
            (
                Memory(TEXT, abi.PAGE_SIZE, code, writable=False, executable=True),
                Memory(DATA, data_bytes, data, writable=True, executable=False),
            ),
            STACK_TOP,
            stack_bytes,
            REQUEST_PAGE if any(r.flags & abi.RouteFlag.POSTED for r in routes) else 0,
        )
        manifest = Manifest(
            abi_version=abi.VERSION,
            entry=0,
            uuid=uuid.to_bytes(16),
            name=name,
            app_version=(1, 0, 0),
            stack_bytes=stack_bytes,
            routes=routes,
            needs=(*needs, *([Need(abi.NeedKind.CALL_SMC, call_smc)] if call_smc else [])),
            instances=instances,
            restart_limit=restart_limit,
            budget_us=budget_us,
            build_id=b"",
        )
        target = hypervisor or Hypervisor()
        spaces = []

        def engine(services: Services) -> EL0Engine:
            spaces.append(UnicornAppSpace(layout))
            identity = Identity(name, "", None)
            return EL0Engine(spaces[-1], layout, identity, services, target.record)

        rights = grants if grants is not None else Rights.asked_by(manifest)
        app = target.load(manifest, engine, rights, serves)
        if GUEST.domid not in target.domains:
            target.create_domain(GUEST.domid)
        return Bench(target, app, spaces)

    return load
