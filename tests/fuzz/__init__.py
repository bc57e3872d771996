"""Fuzzing of everything that reads a file nobody vouches for (issue 5, part 8).

    targets/  one module a reader: bytes -> None, or one of its named refusals
    mutate/   changes that know the format: bytes, random numbers -> bytes
    seeds     good files to begin with
    meter     one execution, and what is wrong with it
    worker    a process of atheris for one target
    campaign  workers until enough was executed; `python -m tests.fuzz`

The tests here need no atheris: they execute a few thousand mutations of fixed seeds.
"""
