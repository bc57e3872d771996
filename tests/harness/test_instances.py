"""SHARED and PER_DOMAIN instances (ABI.md 2.4, 6.3, 6.4, 6.6)."""

import pytest
from xap_harness.hypervisor.core import UNCLAIMED, Hypervisor
from xap_harness.hypervisor.device import RegisterFile
from xap_harness.hypervisor.instance import Life
from xap_harness.hypervisor.requester import Requester
from xaprt import abi
from xaprt.abi import Instances, NeedKind
from xaprt.admission import LoadError
from xaprt.manifest import Need

MS = 1_000_000
RAM = 0x4000_0000
PER_DOMAIN = Instances.PER_DOMAIN

COUNTS = (
    "li x9, DATA; cbz x0, init; cmp x0, #1; b.ne other; ldr x1, [x9]; add x1, x1, #1;"
    "str x1, [x9]; cbz x2, fine; brk #0x5508; fine: ldr x2, [x9, #8]; mov x8, #0; mov x0, #0;"
    "svc #0; other: ldr x10, [x9, #16]; add x10, x10, #1; str x10, [x9, #16]; mov x0, #-38;"
    "mov x8, #0; svc #0; init: mrs x1, tpidrro_el0; str x1, [x9, #8]; mov x8, #0; mov x0, #0;"
    "svc #0"
)
"""SMC counts, and answers with the count and the requester that INIT saw; x1 faults. At
DATA + 16: calls of other functions."""


@pytest.fixture
def own(asm_app):
    """Domains 1 (there before) and 2 (made later)."""
    hypervisor = Hypervisor()
    hypervisor.create_domain(1)
    app = asm_app(COUNTS, whole=True, instances=PER_DOMAIN, hypervisor=hypervisor,
                  restart_limit=1)  # fmt: skip
    hypervisor.create_domain(2)
    return app


def smc(app, domid: int, x1: int = 0):
    return app.smc(x1, requester=Requester(domid, 0)).registers


def test_each_guest_has_state_of_its_own(own):
    """ABI.md 6.3."""
    assert [smc(own, d)[0] for d in (1, 1, 2, 1, 2)] == [1, 2, 1, 3, 2]


def test_init_is_for_the_guest_that_is_served(own):
    """ABI.md 2.4: its domid in the upper half, 0xffff in the lower."""
    for domid in (1, 2):
        assert smc(own, domid)[1] == domid << 32 | 0xFFFF


def test_a_guests_faults_and_restarts_stay_its_own(own):
    """ABI.md 6.3."""
    smc(own, 1)
    smc(own, 2, 1)
    assert smc(own, 2) == {0: abi.REFUSED, 1: 0, 2: 0, 3: 0}
    assert smc(own, 1)[0] == 2
    own.hypervisor.advance(10 * MS)
    assert (smc(own, 2)[0], smc(own, 1)[0]) == (1, 3)
    smc(own, 2, 1)
    assert smc(own, 2) == UNCLAIMED  # dead for that guest
    assert smc(own, 1)[0] == 4


def test_events_are_not_for_such_an_instance(own):
    """ABI.md 6.6: it has INIT instead, and ends with its guest, uncalled."""
    space = own.spaces[1]
    own.hypervisor.create_domain(3)
    own.hypervisor.destroy_domain(2)
    assert int.from_bytes(space.read(own.data + 16, 8), "little") == 0
    assert smc(own, 2) == UNCLAIMED
    own.hypervisor.create_domain(2)
    assert smc(own, 2)[0] == 1  # a new guest of that number finds nothing of the old


def test_an_init_that_fails_refuses_the_load(asm_app):
    """ABI.md 6.1: for a guest that is there."""
    hypervisor = Hypervisor()
    hypervisor.create_domain(1)
    with pytest.raises(LoadError, match="INIT ended with -5"):
        asm_app("mov x0, #-5; mov x8, #0; svc #0", whole=True, instances=PER_DOMAIN,
                hypervisor=hypervisor)  # fmt: skip
    assert hypervisor.apps == []


def test_an_init_that_fails_for_a_later_guest_is_a_fault(asm_app):
    """ABI.md 5.5: a failing INIT counts."""
    app = asm_app(
        "mrs x1, tpidrro_el0; lsr x1, x1, #32; sub x0, x1, #1; neg x0, x0; mov x8, #0; svc #0",
        whole=True,
        instances=PER_DOMAIN,
        restart_limit=1,
    )
    assert app.app.instance_for(1).life is Life.RUNNING
    app.hypervisor.create_domain(7)
    assert app.app.instance_for(7).life is Life.WAITING
    app.hypervisor.advance(10 * MS)
    assert app.app.instance_for(7).life is Life.DEAD
    assert app.app.instance_for(1).life is Life.RUNNING


def test_in_init_its_guest_is_the_requester(asm_app):
    """ABI.md 2.4: map_guest_page, inject_irq and the x7 of call_smc go to it."""
    seen = []

    class Firmware:
        def smc(self, fid, arguments, client):
            seen.append(client)
            return 0, 0, 0, 0

    app = asm_app(
        "cbnz x0, smc; mov x8, #4; li x0, 0x40000000; mov x1, #0; svc #0; ldr x1, [x0];"
        "li x9, DATA; str x1, [x9]; mov x8, #7; mov x0, #50; svc #0; mov x8, #3;"
        "li x0, 0xC4000053; svc #0; mov x8, #0; mov x0, #0; svc #0;"
        "smc: li x9, DATA; ldr x1, [x9]; mov x8, #0; mov x0, #0; svc #0",
        whole=True,
        instances=PER_DOMAIN,
        needs=(
            Need(NeedKind.GUEST_MEMORY, (abi.GuestMemory.READ,)),
            Need(NeedKind.IRQ, (50,)),
        ),
        call_smc=(0xC400_0053,),
        hypervisor=Hypervisor(firmware=Firmware()),
        serves=(1, 6),
    )
    app.hypervisor.create_domain(6)
    assert app.hypervisor.domains[6].pending == [50]
    assert smc(app, 6)[0] == 0
    assert seen == [2, 7]


def test_a_call_never_leads_to_another_call(asm_app):
    """ABI.md 6.4: a platform that tries is wrong."""

    class Calling:
        app = None

        def smc(self, fid, arguments, client):
            self.app.smc()
            return 0, 0, 0, 0

    firmware = Calling()
    app = asm_app("li x0, 0xC4000053; mov x8, #3; svc #0; mov x8, #0; mov x0, #0; svc #0",
                  call_smc=(0xC400_0053,), hypervisor=Hypervisor(firmware=firmware))  # fmt: skip
    firmware.app = app
    with pytest.raises(RuntimeError, match=r"6\.4"):
        app.smc()


# --- by the API, on each backend ------------------------------------------------------------


def test_an_app_in_python_has_an_instance_for_each_guest(xap):
    app = xap.load("apps/own.py")
    for domid in (1, 2):
        app.domain(domid)
    got = [app.smc(0xC600_0001, value, domid=domid).x0 for domid, value in
           [(1, 5), (2, 7), (1, 5), (2, 1)]]  # fmt: skip
    assert got == [5, 7, 10, 8]
    assert app.log == ["own: serves 1 0xffff", "own: serves 2 0xffff"]


def test_its_init_reads_its_guests_memory(xap):
    app = xap.load("apps/own.py")
    domain = app.hypervisor.create_domain(4)
    assert app.smc(0xC600_0001, 0, domid=4).x1 == 0
    domain.write(RAM, b"\x2a")
    app.smc(0xC600_0001, (1 << 64) - 1, domid=4)
    app.smc(0xC600_0001, 1, domid=4)  # overflow: the restart reads again
    app.advance(10 * MS)
    assert app.smc(0xC600_0001, 0, domid=4).x1 == 0x2A


def test_its_timer_injects_into_its_guest(xap):
    """ABI.md 2.4."""
    app = xap.load("apps/own.py")
    app.domain(1)
    app.smc(0xC600_0002, domid=5)
    app.advance(3 * MS)
    assert (app.domain(5).pending, app.domain(1).pending) == ([33], [])


def test_an_app_in_python_hears_of_guests(xap):
    """ABI.md 6.6."""
    app = xap.load("apps/services.py", serves=(1, 2))
    app.domain(2)
    app.hypervisor.create_domain(3)
    app.destroy_domain(2)
    app.advance(MS)
    assert app.log == ["services: started", "services: 2 came", "services: 2 went"]
    assert app.smc(0xC600_0009).status == "fault"
    app.advance(10 * MS)
    assert app.log[-2:] == ["services: started", "services: 1 came"]
    assert app.smc(0xC600_0008, domid=3).status == "not_handled"


def test_two_apps_on_one_hypervisor(xap):
    """ABI.md 4.1, 4.2: they conflict only where they share a guest; both are named."""
    faults = xap.load("apps/faults.py", serves=(1,))
    with pytest.raises(LoadError, match=r"'shapes'.*'faults'"):
        xap.load("apps/shapes.py", hypervisor=faults.hypervisor)
    shapes = xap.load("apps/shapes.py", hypervisor=faults.hypervisor, serves=(2,))
    assert faults.smc(0xC600_0002, domid=1).x0 == 250
    assert shapes.smc(0xC600_0002, 7, domid=2).x0 == 7
    assert shapes.smc(0xC600_0002, 7, domid=3).status == "not_handled"
    assert faults.smc(0xC600_0001, 1, 0, domid=1).status == "fault"
    assert shapes.smc(0xC600_0002, 7, domid=2).status == "ok"


def test_a_refused_load_takes_its_devices_along(xap):
    """ABI.md 6.1: a failure leaves the system as it was."""
    app = xap.load("apps/forwards.py", serves=(1,))
    model = RegisterFile(0x1000)
    with pytest.raises(LoadError, match="SMC"):
        xap.load("apps/services.py", hypervisor=app.hypervisor, devices={"uart0": model})
    services = xap.load(
        "apps/services.py", hypervisor=app.hypervisor, devices={"uart0": model}, serves=(2,)
    )
    assert services.smc(0xC600_0004, 8, 5, domid=2).status == "ok"
    assert model.accesses == [("write", 8, 4, 5), ("read", 0, 4, 0)]
