"""The ELF reader: headers, segments and notes."""

from xaprt import abi
from xaprt.image import ImageError, read

from tests.fuzz.mutate.elf import mutate

__all__ = ["REFUSALS", "judge", "mutate"]

REFUSALS = (ImageError,)


def judge(data: bytes) -> None:
    """What is accepted is whole pages, ascending, disjoint, none writable and executable."""
    image = read(data)
    end = 0
    for segment in image.segments:
        assert segment.address >= end
        assert segment.address % abi.PAGE_SIZE == segment.size % abi.PAGE_SIZE == 0
        assert len(segment.bytes_) <= segment.size
        assert not (segment.writable and segment.executable)
        end = segment.address + segment.size
    assert 0 < end <= abi.MAX_IMAGE_BYTES
    assert any(
        segment.executable and 0 <= image.entry - segment.address < segment.size
        for segment in image.segments
    )
