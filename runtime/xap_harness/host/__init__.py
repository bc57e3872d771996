"""Apps under CPython: the SDK's own semantics, behind the same hypervisor."""
