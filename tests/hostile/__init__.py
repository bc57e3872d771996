"""Apps, images and guests that attack the hypervisor; what becomes of each (docs/hostile.md)."""
