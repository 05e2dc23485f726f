"""Reorder buffer: parts finish in any order and are consumed in sequence, each as soon as its turn has come."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from threading import Condition

from bgfg.synth.export.part import ExportPart


class BufferClosed(RuntimeError):
    """The buffer was closed before all of its parts were there."""


class ReorderBuffer:
    """Takes parts in the order in which they finish, from one thread, and yields them in sequence to another.

    Attributes:
        parts: The parts, in the order in which they are yielded.
    """

    def __init__(self, parts: Sequence[ExportPart], done: Collection[str]) -> None:
        """Set up for the parts.

        Args:
            parts: The parts in sequence.
            done: Names of the marks that there are; parts among them are ready from the start.
        """
        self.parts = parts
        self._ready = {part.number for part in parts if str(part.number) in done}
        self._closed = False
        self._change = Condition()

    def put(self, part: ExportPart) -> None:
        """Add a part that is ready."""
        with self._change:
            self._ready.add(part.number)
            self._change.notify()

    def close(self) -> None:
        """Say that no more parts will come: a consumer that still waits for one gets BufferClosed."""
        with self._change:
            self._closed = True
            self._change.notify()

    def __iter__(self) -> Iterator[ExportPart]:
        for part in self.parts:
            with self._change:
                while part.number not in self._ready and not self._closed:
                    self._change.wait()
                if part.number not in self._ready:
                    raise BufferClosed(f"part {part.number} didn't come")
            yield part
