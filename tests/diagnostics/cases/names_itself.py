from typing import Final
from xap import App, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

A: Final[u32] = B + 1
B: Final[u32] = A
