"""Calls of the hypervisor that are plain functions (LANGUAGE.md section 6)."""

from collections.abc import Callable

from xaprt import abi

from xapc.lower import expressions
from xapc.lower.body import Body
from xapc.lower.module import ENDS
from xapc.tree import CALLER, SMC_RESULT, Service, ServiceCall
from xapc.types import U16, U64

_FIVE = "{ i64, i64, i64, i64, i64 }"


def call(body: Body, node: ServiceCall) -> str:
    given = [expressions.lower(body, each) for each in node.args]
    return _SERVICES[node.service](body, given)


def _call_smc(body: Body, given: list[str]) -> str:
    """An `SmcResult`; where the hypervisor refuses, x0 is all ones and the rest zero."""
    name = body.module.shim("xap_sys_call_smc", _FIVE, *["i64"] * 7)
    fid = body.op(f"zext i32 {given[0]} to i64")
    args = ", ".join(f"i64 {each}" for each in (fid, *given[1:]))
    answer = body.call(_FIVE, name, args)
    status = body.op(f"extractvalue {_FIVE} {answer}, 0")
    granted = body.op(f"icmp eq i64 {status}, 0")
    slot = body.aggregate_slot(SMC_RESULT)
    for number, field in enumerate(SMC_RESULT.fields.values()):
        value = body.op(f"extractvalue {_FIVE} {answer}, {number + 1}")
        otherwise = -1 if number == 0 else 0
        value = body.op(f"select i1 {granted}, i64 {value}, i64 {otherwise}")
        body.store(U64, value, body.offset(slot, field.offset))
    return slot


def _errno(name: str, source: str) -> Callable[[Body, list[str]], str]:
    """A system call of one argument that answers 0 or -errno, as an i32."""

    def make(body: Body, given: list[str]) -> str:
        value = body.cast("zext", given[0], source, "i64")
        shim = body.module.shim(name, "i64", "i64")
        return body.op(f"trunc i64 {body.call('i64', shim, f'i64 {value}')} to i32")

    return make


def _now(body: Body, given: list[str]) -> str:
    return body.call("i64", body.module.shim("xap_sys_time", "i64"), "")


def caller(body: Body, given: list[str]) -> str:
    """`domid << 32 | vcpu`, from TPIDRRO_EL0 (ABI.md 2.1): no system call."""
    slot = body.aggregate_slot(CALLER)
    write_caller(body, slot)
    return slot


def write_caller(body: Body, slot: str) -> None:
    body.module.declare("declare i64 @llvm.read_register.i64(metadata)")
    name = body.module.metadata.register("tpidrro_el0")
    found = body.call("i64", "@llvm.read_register.i64", f"metadata {name}")
    domid, vcpu = CALLER.fields["domid"], CALLER.fields["vcpu"]
    high = body.op(f"lshr i64 {found}, 32")
    for field, value in ((domid, high), (vcpu, found)):
        low = body.op(f"trunc i64 {value} to i16")
        body.store(U16, low, body.offset(slot, field.offset))


def _not_handled(body: Body, given: list[str]) -> str:
    name = body.module.shim("xap_sys_return", "void", *["i64"] * 5, ends=True)
    status = abi.Status.NOT_HANDLED.value
    body.call("void", name, f"i64 {status}, i64 0, i64 0, i64 0, i64 0", f" {ENDS}")
    body.end("unreachable")
    return ""


_SERVICES: dict[Service, Callable[[Body, list[str]], str]] = {
    Service.CALL_SMC: _call_smc,
    Service.INJECT_IRQ: _errno("xap_sys_inject_irq", "i32"),
    Service.SET_TIMER: _errno("xap_sys_set_timer", "i64"),
    Service.NOW_NS: _now,
    Service.CALLER: caller,
    Service.NOT_HANDLED: _not_handled,
}
