"""The conformance suite: what a hypervisor that keeps ABI.md can be seen to do, clause by clause.

`python -m xap_harness.conformance --on emulator` runs it. A case (`cases/`) plans a scenario of
apps and guests, a target (`target.py`) boots it, and the case judges what was observed.
"""
