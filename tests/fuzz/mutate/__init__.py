"""Changes that know the format. Each takes bytes, which may have been changed before, and random
numbers, and gives bytes; the same arguments give the same."""
