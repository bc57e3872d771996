"""The emulated hypervisor, and everything that runs an app on it or under CPython.

import xap_harness

trng = xap_harness.load("samples/trng.py", "emulator")
assert trng.smc(0x8400_0050).x0 == 0x1_0000
"""

from xap_harness.api import BACKENDS, App, MmioResult, Result, load
from xap_harness.hypervisor.device import Device, RegisterFile
from xap_harness.hypervisor.domain import Domain
from xap_harness.hypervisor.fault import Fault, FaultKind, Place
from xap_harness.hypervisor.firmware import Firmware, NoFirmware, TrngFirmware
from xap_harness.hypervisor.loader import LoadError
from xap_harness.hypervisor.rights import IoRegion, Rights

__all__ = [
    "BACKENDS",
    "App",
    "Device",
    "Domain",
    "Fault",
    "FaultKind",
    "Firmware",
    "IoRegion",
    "LoadError",
    "MmioResult",
    "NoFirmware",
    "Place",
    "RegisterFile",
    "Result",
    "Rights",
    "TrngFirmware",
    "load",
]
