"""The emulated hypervisor, and everything that runs an app on it or under CPython.

import xap_harness

trng = xap_harness.load("samples/trng.py", "emulator")
assert trng.smc(0x8400_0050).x0 == 0x1_0000
"""

from xaprt.admission import LoadError
from xaprt.debug.place import Place
from xaprt.rights import IoRegion, Rights

from xap_harness.api import BACKENDS, App, MmioResult, Result, load
from xap_harness.bundle import Bundle, RequiredError, load_bundle
from xap_harness.hypervisor.device import Device, ExternalAbort, RegisterFile
from xap_harness.hypervisor.domain import Domain
from xap_harness.hypervisor.double_fetch import DoubleFetch
from xap_harness.hypervisor.fault import Fault, FaultKind
from xap_harness.hypervisor.firmware import Firmware, NoFirmware, TrngFirmware

__all__ = [
    "BACKENDS",
    "App",
    "Bundle",
    "Device",
    "Domain",
    "DoubleFetch",
    "ExternalAbort",
    "Fault",
    "FaultKind",
    "Firmware",
    "IoRegion",
    "LoadError",
    "MmioResult",
    "NoFirmware",
    "Place",
    "RegisterFile",
    "RequiredError",
    "Result",
    "Rights",
    "TrngFirmware",
    "load",
    "load_bundle",
]
