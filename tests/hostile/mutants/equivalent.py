"""Mutants that make no difference, and why: by module, place and what was done there."""

from fnmatch import fnmatchcase

from tests.hostile.mutants.running import Mutant

_PAGES = "MMIO routes and a domain's regions are whole pages (ABI.md 4.2)"
_32_BITS = "a need of the manifest has 32 bits"
_READ = "the reader of manifests refuses it already"
_MASKED = "the hypervisor masks the value, too"
_OWNER_5 = "what goes beyond owner 4 takes from owner 5, and is refused"
_READ_ANEW = "what is not at hand is read again"
_NONE_AHEAD = "no whole instruction lies between"
_AT_ONCE = "which of two that happen at once is first; an instruction more"
_PASSED_OVER = "who waits is passed over when the next one is chosen"
_IN_ALL = "the bit is set in every fault status of stage 2"
_TIMELINE = "timelines alone show it"
_LATER = "what is due is done before the next request, and as soon as time passes"

_REASONS: list[tuple[str, str, str, str]] = [
    ("clock", "Clock.__init__", "0x0 -> 0x1", "nobody knows at what time the clock begins"),
    ("clock", "NS_PER_INSTRUCTION", "0x3e8 -> 0x3e9", "1001 // 1000 is 1"),
    ("console", "AppLog.__init__", "*", "the first line begins a second, and sets both"),
    ("core", "Hypervisor.destroy_domain", "no self.do_deferred()", _LATER),
    ("core", "Hypervisor.destroy_domain", "0x0 -> 0x1", "that time has passed"),
    ("core", "Hypervisor._wait_for_events", "0x0 -> 0x1", "a nanosecond more passes"),
    ("core", "Hypervisor.call", "0x8 -> 0x9", "it is given eight registers"),
    ("core", "Hypervisor.access", "*: without the mask", "a route has no other flag (ABI.md 4.2)"),
    ("core", "Hypervisor.add_device", "0x1 -> 0x2", _PAGES),
    ("el0", "EL0Engine.__init__", "no self._services = services", _TIMELINE),
    ("el0", "EL0Engine._fault", "0x0 -> 0x1", "every caller of an exception gives the address"),
    ("el0", "EL0Engine._fault", "symbols is None -> False", "there is always a reader of symbols"),
    ("firmware", "may_be_granted", "*CALL_SMC_FIRST_ID*", _32_BITS),
    ("firmware", "may_be_granted", "0x1 -> 0x2", _32_BITS),
    ("firmware", "may_be_granted", "0x20 -> 0x21", _32_BITS),
    ("guests", "Guest.__init__", "0x0 -> 0x1", "a nanosecond"),
    ("guests", "Guest.ready_at", "0x0 -> 0x1", "a nanosecond"),
    ("guests", "Guest.take_interrupt", "0x0 -> 0x1", "a nanosecond"),
    ("guests", "Guest._until_deferred", "0x1 -> 0x2", "an instruction more before deferred work"),
    ("guests", "Guest.serve", "self._trap is not None -> True", "nothing is served that is not"),
    ("guests", "Guest.serve", "*waits_until is not None -> False", "its instruction traps again"),
    ("guests", "Guest._serve_call", "0x8 -> 0x9", "the call takes eight"),
    ("guests", "Guest._serve_abort", "value is not None -> False", _MASKED),
    ("guests", "Guest._serve_abort", "0x1 -> 0x2", _MASKED),
    ("guests", "Guest._serve_abort", "0x8 -> 0x9", _MASKED),
    ("guests", "Guest._serve_abort", "no loaded.pop*", "register 31 is not written anyway"),
    ("guests", "Guest._register", "0x1 -> 0x2", "the first of them counts"),
    ("guests", "Guest._serve", "*: without cause ==*", "no other syndrome names these registers"),
    ("loader", "require_devices", "*PAGE_SIZE*", _READ),
    ("loader", "require_devices", "no raise", _READ),
    ("memory", "RAM_BYTES", "*", "a guest has RAM of any size"),
    ("memory", "GuestRam.__init__", "0x0 -> 0x1", "a size of nothing is no mapping, either"),
    ("posted", "DELAY_NS", "0xf4240 -> 0xf4241", "a nanosecond"),
    ("fault", "Fault.report", "self.detail*", "what is run by CPython has details"),
    ("fault", "Fault.report", "*: without 'none'", "an image has a build id (ABI.md 1.3)"),
    ("fault", "_quoted", "*: without value", "an empty value is not reported"),
    ("instance", "Instance.__init__", "*", "it is set when the instance starts"),
    ("instance", "Instance.due_ns", "0x0 -> 0x1", "that time has passed"),
    ("instance", "Instance.due_ns", "*DEAD -> False", "what it had to do was forgotten before"),
    ("instance", "Instance.do_deferred", "*: without *", "it is called when that is due"),
    (
        "instance",
        "Instance._call",
        "*",
        "the caller has seen that it is free: these are assertions",
    ),
    ("scheduler", "Cpu.choose", "*: without at > self.now_ns", "it waits again, out of turn"),
    ("scheduler", "Scheduler._act", "due?0? <* -> *", _AT_ONCE),
    ("scheduler", "Scheduler._act", "*: without cpu is not None", "`at` is `until` then"),
    ("scheduler", "Scheduler._run", "at >= cpu.slice_ends -> at > cpu.slice_ends", _AT_ONCE),
    ("scheduler", "Scheduler._run", "0x1 -> 0x2", _AT_ONCE),
    ("scheduler", "Scheduler._run", "*without guest.ready_at > clock.now_ns", _PASSED_OVER),
    ("scheduler", "Scheduler._run", "guest.ready_at > clock.now_ns -> *", _PASSED_OVER),
    ("abi", "route_refusal", "0x18 -> 0x19", _OWNER_5),
    ("abi", "route_refusal", "0xffffff -> 0x1000000", _OWNER_5),
    ("abi", "TIMER_MIN_NS", "*", "a nanosecond"),
    ("abi", "RESTART_NEVER", "*", "the compiler alone asks for it"),
    ("abi", "ID_*", "*", "apps alone ask for it"),
    ("app_space", "UnicornAppSpace.__init__", "no self._pc*", "each call sets it"),
    ("app_space", "UnicornAppSpace.__init__", "memory.executable -> True", "it looks at more"),
    ("app_space", "UnicornAppSpace.sp", "0x1 -> 0x2", "the first of them counts"),
    ("app_space", "UnicornAppSpace.*_registers", "*_seen*", _READ_ANEW),
    ("app_space", "UnicornAppSpace.map_device", "0x0 -> 0x1", "the load ends in an abort"),
    ("app_space", "UnicornAppSpace.unmap", "no self._shared.pop*", "only memory is lost"),
    (
        "app_space",
        "UnicornAppSpace._leave_el1",
        "no self._uc.ctl_flush_tb()",
        "nothing is executed there again",
    ),
    ("app_space", "UnicornAppSpace._immediate", "0x4 -> 0x5", "the fifth byte is masked"),
    ("app_space", "_SEEN_X", "*", _READ_ANEW),
    ("backend", "layout_of", "*: without the mask", "a route has no other flag (ABI.md 4.2)"),
    ("counting", "Counter.spent", "*<= pc <= state.end", _NONE_AHEAD),
    ("counting", "Counter.spent", "0x0 -> 0x1", _NONE_AHEAD),
    ("counting", "Counter._finish", "0x1 -> 0x2", "below any count"),
    (
        "counting",
        "Counter._stops_before",
        "address & 3 -> False",
        "the call's end is looked at, too",
    ),
    ("counting", "Counter._stops_before", "0x0 -> 0x1", _NONE_AHEAD),
    ("counting", "NEVER", "0x1 -> 0x2", "an address that is misaligned, too"),
    ("counting", "Counter._stops_before", "size >> 2 > left -> *", "all of the block is counted"),
    ("image", "_headers", "*1 < phnum*", "one header is not enough, whatever it is"),
    ("image", "_headers", "0x1 -> 0x2", "one header is not enough, whatever it is"),
    ("image", "_headers", "0x8 -> 0x9", "what a refusal says"),
    ("image", "_refuse_foreign", "0x1 -> 0x2", "an entry of which a byte is missing"),
    ("image", "_segment", "0x1 -> 0x2", "a & a - 2 is 0 for the same numbers from 2 on"),
    ("image", "_segment", "header.align > 1 -> *", "nothing is odd to an alignment of one"),
    ("values", "route", "*POSTED: without the mask", "other flags are refused next"),
    ("loadstore", "iss", "0x1 -> 0x2", "no prefetch aborts"),
    ("loadstore", "iss", "0x2 -> 0x3", "no prefetch aborts"),
    ("loadstore", "iss", "0x3 -> 0x4", "no prefetch aborts"),
    ("loadstore", "_keeps_base", "word >> 21 & 1 -> False", "Armv8.0 has no atomics"),
    ("loadstore", "iss", "0x0 -> 0x1", _IN_ALL),
    ("loadstore", "iss", "size > (2 if wide else 1) -> False", "no prefetch aborts"),
    ("traps", "first_trap", "0x4 -> 0x5", "the bits above are masked, or the block has ended"),
    ("traps", "_is_fp_simd", "*: without the mask", "the low bits alone are looked at"),
    ("vcpu", "_SEEN_X", "*", _READ_ANEW),
    ("vcpu", "_FLAGS", "0xf0000000 -> 0xf0000001", "the bit is set anyway"),
    ("vcpu", "UnicornVcpu._aborted", "self._abort is not None -> True", "an assertion"),
    ("vcpu", "UnicornVcpu._decode", "0x4 -> 0x5", "the fifth byte is masked"),
    (
        "vcpu",
        "UnicornVcpu._decode",
        "self._word() >> 5*: without the mask",
        "of an SMC's syndrome the immediate alone is looked at, 16 bits of it",
    ),
    ("vcpu", "UnicornVcpu.*_registers", "*_seen*", _READ_ANEW),
    ("vcpu", "UnicornVcpu._enter", "pstate & _FLAGS: without the mask", "the rest is set anyway"),
    ("vcpu", "UnicornVcpu.__init__", "no *reg_write(SP*", "a guest makes its own stack"),
    ("services", "instance_name", "*", _TIMELINE),
    ("services", "Services.__init__", "no self.served*", _TIMELINE),
    ("services", "Services.__init__", "no self.requester*", "it is set before each call"),
    ("services", "_U64_MAX", "*", "no clock gets there"),
    ("syndrome", "make", "0x0 -> 0x1", "the argument's default is made before"),
    ("syndrome", "abort", "0x0 -> 0x1", _IN_ALL),
    ("syndrome", "access", "0x0 -> 0x1", _IN_ALL),
    ("syndrome", "access", "store -> False", "the abort itself says whether it is a store"),
    ("syndrome", "LoadStore.loaded", "0x1 -> 0x2", _MASKED),
    ("syndrome", "LoadStore.loaded", "0x40 -> 0x41", _MASKED),
    ("syndrome", "describe", "*ExceptionClass) -> False", "unicorn takes no other class"),
    ("syscalls", "SystemCalls.answer", "*_U64: without the mask", _MASKED),
    ("syscalls", "_U64", "*", _MASKED),
    ("syscalls", "PAGE_STRIDE", "*", "apps are told where their pages are"),
    ("domain", "Region.last", "0x1 -> 0x2", _PAGES),
    ("domain", "Region.meets", "* -> *", _PAGES),
]
"""Patterns of module, place and change; the reason."""


def reason(mutant: Mutant) -> str | None:
    """None: it ought to be noticed."""
    for module, place, what, why in _REASONS:
        if (
            fnmatchcase(mutant.module, f"*{module}")
            and fnmatchcase(mutant.place, place)
            and fnmatchcase(mutant.what, what)
        ):
            return why
    return None
