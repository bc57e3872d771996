"""The rules of ABI.md: what a hypervisor does with native apps.

Plain Python over `xap_harness.machine`: readable as the reference for the port to Xen.
`docs/harness.md` gives the reading order.
"""
