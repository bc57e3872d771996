"""Everything that an image tells of itself, and what the verifier proves of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from xaprt import abi
from xaprt.debug.place import Place
from xaprt.image import Image, read
from xaprt.signature.trailer import Trailer, split
from xaprt.verify import Refusal, Report, verify

from xapc.inspection.tables import Note, Section, Tables

MAX_DEBUG_FILE = 8 << 20
"""In a larger file no line is looked up: an image of the largest size has less."""
_CALLS_FOR_A_LINE = 1_500_000
"""That looking up a line for a message may take (`xaprt.debug.bounded`): less than a second. An app
of 64 KiB, as `benchmarks/verify.py` makes one, needs 1.25 million. Beyond it no line is known."""
_CALLS_FOR_A_BYTE = 16
"""That all lines of an inspection may take for each byte of the file, and some more; that app needs
8."""


@dataclass(frozen=True)
class Function:
    """`size` as its symbol says, or else what the proof found. `frame` and `stack` (the frame and
    the deepest of what it calls) are known where the entry point reaches it."""

    name: str
    address: int
    size: int
    frame: int | None
    stack: int | None


@dataclass(frozen=True)
class SystemCalls:
    """Where a system call is made: the lines of Python, or where none is known, functions."""

    number: int | None
    """None: not a constant."""
    addresses: tuple[int, ...]
    """Of the SVCs."""
    places: tuple[Place, ...]
    functions: tuple[str, ...]
    """Those with such an SVC."""

    @property
    def name(self) -> str:
        return system_call_name(self.number)


class Inspection:
    """Facts of one file; those that take time are found when they are asked for."""

    def __init__(self, data: bytes) -> None:
        """Raises `xaprt.image.ImageError` for what is no image."""
        self.image: Image = read(data)
        self._data = data
        self._tables = Tables(data)

    @property
    def file_bytes(self) -> int:
        return len(self._data)

    @property
    def signature(self) -> Trailer | None:
        """What the file says; nothing of it is checked."""
        return split(self._data)[1]

    @property
    def loaded_bytes(self) -> int:
        """What is copied into memory; zeroed state is not counted."""
        return sum(len(each.bytes_) for each in self.image.segments)

    @cached_property
    def zeroed(self) -> dict[int, int]:
        """Address of a segment -> bytes of zeroed state that follow its content."""
        return self._tables.zeroed()

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """Those that are loaded, by address; none where the file has no section headers."""
        return tuple(sorted(self._tables.sections(), key=lambda each: each.address))

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        return tuple(self._tables.notes())

    @cached_property
    def proof(self) -> Report | Refusal:
        try:
            return verify(self._data)
        except Refusal as refusal:
            return refusal

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """By address: those with a symbol, and those that the entry point reaches."""
        proven = {}
        if isinstance(self.proof, Report):
            proven = {each.address: each for each in self.proof.functions}
        named = [
            Function(
                each.name,
                each.address,
                each.size,
                getattr(proven.get(each.address), "frame", None),
                getattr(proven.get(each.address), "stack", None),
            )
            for each in self._tables.symbols()
        ]
        known = {each.address for each in named}
        others = [
            Function(each.name or f"{address:#x}", address, each.size, each.frame, each.stack)
            for address, each in proven.items()
            if address not in known
        ]
        return tuple(sorted([*named, *others], key=lambda each: (each.address, each.name)))

    @cached_property
    def system_calls(self) -> tuple[SystemCalls, ...]:
        """By number; none where nothing is proven."""
        if isinstance(self.proof, Refusal):
            return ()
        lines = _Lines(self.proof, self._data)
        made = self.proof.system_calls
        numbers = sorted(self.proof.used, key=lambda number: (number is None, number))
        return tuple(
            SystemCalls(
                number,
                addresses=tuple(each.address for each in made if each.number == number),
                places=lines.of([each.address for each in made if each.number == number]),
                functions=tuple(
                    dict.fromkeys(
                        lines.name(each.function) for each in made if each.number == number
                    )
                ),
            )
            for number in numbers
        )


def inspect(data: bytes) -> Inspection:
    """Raises `xaprt.image.ImageError` for what is no image."""
    return Inspection(data)


def line_of(data: bytes, address: int) -> str | None:
    """`app.py:12` for an instruction, where the debug information knows it."""
    place = _place(data, address)
    return None if place is None else f"{place.file}:{place.line}"


def system_call_name(number: int | None) -> str:
    if number is None:
        return "(computed)"
    return abi.Syscall(number).name.lower() if number in set(abi.Syscall) else f"unknown {number}"


def _place(data: bytes, address: int) -> Place | None:
    if len(data) > MAX_DEBUG_FILE:
        return None
    from xaprt.debug.dwarf import DwarfSymbols

    return DwarfSymbols(data, most_calls=_CALLS_FOR_A_LINE).place(address)


class _Lines:
    """The Python lines that lead to an instruction. One in the runtime or the library, which is of
    no line of the app's, stands for the calls of the function that it is in."""

    def __init__(self, proof: Report, data: bytes) -> None:
        from xaprt.debug.dwarf import DwarfSymbols

        calls = _CALLS_FOR_A_LINE // 10 + _CALLS_FOR_A_BYTE * len(data)
        known = len(data) <= MAX_DEBUG_FILE
        self._symbols = DwarfSymbols(data, most_calls=calls) if known else None
        self._names = {each.address: each.name for each in proof.functions}
        self._callers: dict[int, list[tuple[int, int]]] = {}
        """Function -> the calls of it, each with the function that it is in."""
        for function in proof.functions:
            for call in function.calls:
                self._callers.setdefault(call.function, []).append((call.address, function.address))
        self._inside = {each.address: each.function for each in proof.system_calls}

    def name(self, function: int) -> str:
        return self._names.get(function) or f"{function:#x}"

    def of(self, addresses: Sequence[int]) -> tuple[Place, ...]:
        found = dict.fromkeys(self._leading([(each, self._inside[each]) for each in addresses]))
        return tuple(sorted(found, key=lambda place: (place.file, place.line)))

    def _leading(self, waiting: list[tuple[int, int]]) -> Iterator[Place]:
        if self._symbols is None:
            return
        seen = set(waiting)
        while waiting:
            address, function = waiting.pop()
            place = self._symbols.place(address)
            if place is not None:
                yield place
                continue
            more = [each for each in self._callers.get(function, ()) if each not in seen]
            seen.update(more)
            waiting += more
