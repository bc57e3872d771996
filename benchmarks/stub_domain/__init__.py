"""The road not taken: one handler as a native app and behind a stub domain, measured.

`python -m benchmarks.stub_domain` prints the tables and writes docs/stub-domain.md and its plot.
The emulated hypervisor, its scheduler and its vCPUs are the harness's own; what a stub domain
needs beyond them is here and nowhere else.
"""
