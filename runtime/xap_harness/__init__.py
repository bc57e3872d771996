"""The emulated hypervisor, and everything that runs an app on it or under CPython.

    import xap_harness

    trng = xap_harness.load("samples/trng.py", "emulator")
    assert trng.smc(0x8400_0050).x0 == 0x1_0000
"""

from xap_harness.api import BACKENDS, App, Result, load
from xap_harness.hypervisor.fault import Fault, FaultKind, Place
from xap_harness.hypervisor.firmware import Firmware, NoFirmware, TrngFirmware
from xap_harness.hypervisor.loader import LoadError
from xap_harness.hypervisor.services import Rights

__all__ = [
    "BACKENDS",
    "App",
    "Fault",
    "FaultKind",
    "Firmware",
    "LoadError",
    "NoFirmware",
    "Place",
    "Result",
    "Rights",
    "TrngFirmware",
    "load",
]
