"""`with wrapping():`, in which `+ - *` and unary `-` wrap (LANGUAGE.md section 3).

It is lexical: the block's frame is recorded, and only operators that this very frame executes
wrap; a function called from the block has a frame of its own. Operators ask only when a result
does not fit, so the block costs nothing elsewhere.
"""

import sys
from types import FrameType, TracebackType

_frames: list[FrameType] = []
"""One entry for each block that is being executed."""


class wrapping:
    """Arithmetic written in the block wraps instead of panicking."""

    __slots__ = ("_frame",)

    def __enter__(self) -> None:
        self._frame = sys._getframe(1)
        _frames.append(self._frame)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _frames.remove(self._frame)
        del self._frame  # it holds this object


def is_wrapping(depth: int) -> bool:
    """Whether the frame `depth` levels above the caller executes such a block."""
    return bool(_frames) and sys._getframe(depth + 1) in _frames
