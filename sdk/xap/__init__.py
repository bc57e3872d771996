"""What a native app imports: the language under CPython, which is its meaning (LANGUAGE.md).

The names are the language's; each is documented where it is defined. `panic_site`,
`panic_chain`, `panic_reason`, `host_globals` and `xap.runtime` are for who runs apps.
"""

from enum import Enum, Flag

from xap import log, psci, runtime, smccc
from xap.app import App, Event, Instances, Needs, Restart
from xap.arrays import Array, N
from xap.host import host_globals
from xap.integers import i8, i16, i32, i64, u8, u16, u32, u64
from xap.layout import offsetof, sizeof
from xap.panics import NotHandled, Panic, not_handled, panic, static_assert
from xap.requests import Caller, MmioAccess, SmcCall, SmcResult, SmcResult8
from xap.services import call_smc, caller, inject_irq, now_ns, set_timer
from xap.sites import panic_chain, panic_reason, panic_site
from xap.structs import struct
from xap.views import View, map_guest_page, map_io
from xap.wrapping import wrapping

__all__ = [
    "App",
    "Array",
    "Caller",
    "Enum",
    "Event",
    "Flag",
    "Instances",
    "MmioAccess",
    "N",
    "Needs",
    "NotHandled",
    "Panic",
    "Restart",
    "SmcCall",
    "SmcResult",
    "SmcResult8",
    "View",
    "call_smc",
    "caller",
    "host_globals",
    "i8",
    "i16",
    "i32",
    "i64",
    "inject_irq",
    "log",
    "map_guest_page",
    "map_io",
    "not_handled",
    "now_ns",
    "offsetof",
    "panic",
    "panic_chain",
    "panic_reason",
    "panic_site",
    "psci",
    "runtime",
    "set_timer",
    "sizeof",
    "smccc",
    "static_assert",
    "struct",
    "u8",
    "u16",
    "u32",
    "u64",
    "wrapping",
]
