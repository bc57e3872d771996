"""What the hypervisor has to do of its own, and when it may begin (ABI.md 6.5)."""

from collections.abc import Iterable
from typing import Generic, TypeVar

Worker = TypeVar("Worker")


class Agenda(Generic[Worker]):
    """The next due time of each that has something to do. Times are virtual nanoseconds."""

    def __init__(self) -> None:
        self._due: dict[Worker, int] = {}

    def note(self, worker: Worker, due_ns: int | None) -> None:
        """None: there is nothing for it to do."""
        if due_ns is not None:
            self._due[worker] = due_ns
        elif worker in self._due:
            del self._due[worker]

    def drop(self, workers: Iterable[Worker]) -> None:
        for worker in workers:
            self._due.pop(worker, None)

    def next(self) -> tuple[int, Worker] | None:
        """The earliest; of several the one that has waited longest."""
        if not self._due:
            return None
        worker = min(self._due, key=self._due.__getitem__)
        return self._due[worker], worker
