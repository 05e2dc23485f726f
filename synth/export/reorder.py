"""A belt between who writes parts, in any order, and who takes them in theirs, as soon as each is there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from threading import Condition

from bgfg.synth.export.part import Part


class Broken(RuntimeError):
    """The belt ended before all of its parts were there."""


class Belt:
    """Takes parts as they get ready, from one thread, and hands them out in their order to another.

    done: names of the marks that there are; parts among them are ready from the start.
    """

    def __init__(self, parts: Sequence[Part], done: Collection[str]) -> None:
        self.parts = parts
        self._ready = {part.number for part in parts if str(part.number) in done}
        self._ended = False
        self._change = Condition()

    def put(self, part: Part) -> None:
        """Say that a part is ready."""
        with self._change:
            self._ready.add(part.number)
            self._change.notify()

    def end(self) -> None:
        """Say that no more will come: who still waits for one gets Broken."""
        with self._change:
            self._ended = True
            self._change.notify()

    def __iter__(self) -> Iterator[Part]:
        for part in self.parts:
            with self._change:
                while part.number not in self._ready and not self._ended:
                    self._change.wait()
                if part.number not in self._ready:
                    raise Broken(f"part {part.number} didn't come")
            yield part
