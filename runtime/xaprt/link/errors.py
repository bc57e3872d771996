"""What the linker raises."""


class LinkError(Exception):
    """The object cannot become an image: a fault of the compiler, not of the app's author."""


class LimitError(LinkError, ValueError):
    """The image or its stack is beyond the limits of ABI.md section 1, clause 4."""


class StackLimitError(LimitError):
    """It is the stack."""
