"""A round: a command that is hurt in one way, and what is then found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.commands import Command


@dataclass(frozen=True)
class Round:
    """One round, which repeats by its text alone.

    Attributes:
        kind: How it hurts: crash, torn, worker, fail, stop, replay, ext4, xfs, store or hostile.
        command: Name of the command; of the reader, where input is hostile.
        how: What of the kind: an errno, a signal, a model, a way of damaging ...
        at: The number of the call at which it hurts, from 1; of the input, where that is hostile, from 0.
    """

    kind: str
    command: str
    how: str
    at: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.command}:{self.how}:{self.at}"

    @classmethod
    def parse(cls, text: str) -> Round:
        """Return the round of a text as `str` makes it."""
        kind, command, how, at = text.split(":")
        return cls(kind, command, how, int(at))


@dataclass(frozen=True)
class Asked:
    """What rounds are to be of.

    Attributes:
        commands: Those that are hurt.
        readers: Names of those that are handed hostile input.
        seed: Which hostile inputs: those of another seed are others.
    """

    commands: Sequence[Command] = ()
    readers: Sequence[str] = ()
    seed: int = 0


def with_finished(calls: int) -> int:
    """Return a number of rounds: one a call, and a tenth more at which the command has finished, each drawn anew."""
    return calls + max(2, calls // 10)
