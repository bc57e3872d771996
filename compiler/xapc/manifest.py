"""What a checked app asks of the hypervisor: its manifest (ABI.md section 1, clause 3)."""

from xaprt import abi
from xaprt import manifest as m

from xapc.tree import (
    CallSmcNeed,
    GuestMemoryNeed,
    IoNeed,
    IrqNeed,
    Need,
    Program,
    TimerNeed,
)


def of(program: Program) -> m.Manifest:
    """Complete but for what only the linker knows: entry, stack bound and build id."""
    app = program.app
    calls = [
        m.Route(handler.kind, ids.first, ids.last, abi.RouteFlag.NONE)
        for handler in program.calls
        for ids in handler.ids
    ]
    regions = [
        m.Route(
            handler.kind,
            handler.base,
            handler.base + handler.size - 1,
            abi.RouteFlag.POSTED if handler.posted else abi.RouteFlag.NONE,
        )
        for handler in program.mmio
    ]
    return m.Manifest(
        abi_version=abi.VERSION,
        entry=0,
        uuid=app.uuid,
        name=app.name,
        app_version=app.version,
        stack_bytes=0,
        routes=tuple(sorted([*calls, *regions], key=lambda r: (r.kind, r.first))),
        needs=tuple(_need(need) for need in app.needs),
        instances=app.instances,
        restart_limit=app.restart_limit,
        budget_us=app.budget_us,
        build_id=b"",
    )


def _need(need: Need) -> m.Need:
    match need:
        case CallSmcNeed(ids):
            return m.Need(abi.NeedKind.CALL_SMC, ids)
        case GuestMemoryNeed(mode):
            return m.Need(abi.NeedKind.GUEST_MEMORY, (mode,))
        case IoNeed(name, base, size):
            return m.Need(abi.NeedKind.IO, (name, base, size))
        case IrqNeed(virq):
            return m.Need(abi.NeedKind.IRQ, (virq,))
        case TimerNeed():
            return m.Need(abi.NeedKind.TIMER, ())
