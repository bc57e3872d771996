"""The corpus proved: every check of the hypervisor's rules is broken once, and a case turns red, of
the corpus or of the conformance suite.

    python -m tests.hostile.mutants

`places` says which modules hold rules, `operators` how a check is broken, `running` how a mutant
is run, `__main__` is the command.
"""
