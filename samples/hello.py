"""The smallest app: one call of a guest, one line of log.

A guest that executes `smc #0` with 0xC600_0001 in x0 gets zeros in x0..x3, and the
hypervisor's console shows the line with the app's name in front of it.
"""

from typing import Final

from xap import App, log

# Who the app is. The UUID is what the hypervisor tells two apps apart by: make your own with
# `python -c "import uuid; print(uuid.uuid4())"`.
app = App("hello", version="1.0.0", uuid="6b1f5f0e-8d0c-4c2c-9a53-51d7a3a0c1f4")

# A fast 64-bit call of owner 6 ("vendor specific hypervisor service"), the range that SMCCC
# (DEN0028, section 6) leaves to those who build the system.
HELLO: Final = 0xC600_0001


@app.smc(HELLO)
def hello() -> None:
    log.info("hello from xap")
