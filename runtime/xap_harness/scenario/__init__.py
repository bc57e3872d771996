"""Record what a hypervisor was asked and what came of it; replay it, byte for byte.

`RecordedHypervisor` writes a scenario, `replay` runs one again. A scenario needs nothing beside
itself: it holds the images, every request with its time, and all that came from outside (guest
pages, registers of devices, answers of the firmware).
"""

from xap_harness.scenario.record import RecordedHypervisor
from xap_harness.scenario.replay import Difference, ScenarioError, replay

__all__ = ["Difference", "RecordedHypervisor", "ScenarioError", "replay"]
