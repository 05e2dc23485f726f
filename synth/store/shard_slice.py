"""Slices of the shards of a corpus: each is made by a command of its own, several at a time and on any machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ShardSlice:
    """One of `count` slices: every `count`-th shard, so that what is left of a corpus is spread over all slices.

    Attributes:
        number: Which one, from 1.
        count: How many there are.
    """

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def of(self, shards: Sequence[int]) -> Sequence[int]:
        """Return those of the shards that are in this slice."""
        return shards[self.number - 1 :: self.count]
