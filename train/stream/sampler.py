"""The order of an epoch: a pure function of (seed, epoch), whatever the number of ranks, of threads or of restarts.

The blocks of an epoch are shuffled and dealt to 8 lanes. A block spreads its samples over the time in which its lane
goes through a window of blocks, so that at any time a lane mixes the samples of about `window` blocks; and it spreads
them evenly, one in each of as many parts of that time, so that a block has hardly ever two samples in one batch. A
global batch is the next few samples of every lane, the same number from each; a rank takes the part of its own lanes.
The dice are the raw words of Philox 4x64, which no version of numpy draws otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

LANES = 8
WINDOW_BLOCKS = 16


def shuffled(samples: NDArray[np.int64], placements: int, seed: int, epoch: int, window: int) -> NDArray[np.int64]:
    """Deal samples to 8 lanes with disjoint blocks, each mixing a window of blocks.

    samples: (n,) ascending indices, no two equal; placements: K; window: in blocks of a lane.
    Returns (8, L) indices in the order of their lane. L is that of the shortest lane: what the others have beyond it
    is left out of this epoch.
    """
    first, counts = _blocks(samples, placements)
    dice = np.random.Philox(key=np.array([seed, epoch], np.uint64))
    place = _ranks(dice.random_raw(len(first)))
    lane, turn = place % LANES, place // LANES
    turns = np.bincount(lane, minlength=LANES)[lane]

    block = np.repeat(np.arange(len(first)), counts)
    stratum = _ranks(dice.random_raw(len(samples)), block) - first[block]
    within = (dice.random_raw(len(samples)) >> np.uint64(11)) * 2.0**-53
    width = np.minimum(window, turns)[block]
    unfolded = turn[block] + 0.5 + width * ((stratum + within) / counts[block] - 0.5)
    # What would come before the start or after the end is folded back, so that the pace is even from end to end.
    time = turns[block] - np.abs(turns[block] - np.abs(unfolded))

    in_order = np.lexsort((time, lane[block]))
    lengths = np.bincount(lane[block], minlength=LANES)
    starts = np.cumsum(lengths) - lengths
    lanes: NDArray[np.int64] = samples[in_order[starts[:, None] + np.arange(lengths.min())]]
    return lanes


@dataclass(frozen=True)
class Schedule:
    """What a rank decodes, and when it needs it.

    blocks: (m,) their numbers, in the order of first need. Block j delivers the samples of
    `positions[bounds[j]:bounds[j + 1]]`, ascending; position p is that in all batches of `size`, one after the other.
    placements: (n,) which placement of its block stands at each of `positions`. first, last: (m,) the first and the
    last batch that has a sample of the block. span: how many batches a block reaches over at most.
    """

    size: int
    blocks: NDArray[np.int64]
    bounds: NDArray[np.int64]
    positions: NDArray[np.int64]
    placements: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]

    @classmethod
    def of(cls, delivered: NDArray[np.int64], size: int, placements: int) -> Schedule:
        """Group the samples (n,) of all batches of `size`, in their order, by block."""
        by_block = np.argsort(delivered // placements, kind="stable")
        first, counts = _blocks(delivered[by_block], placements)
        earliest = np.argsort(by_block[first], kind="stable")
        bounds = np.concatenate([[0], np.cumsum(counts[earliest])])
        within = np.arange(len(delivered)) - np.repeat(bounds[:-1], counts[earliest])
        positions = by_block[np.repeat(first[earliest], counts[earliest]) + within]
        return cls(
            size,
            delivered[positions[bounds[:-1]]] // placements,
            bounds,
            positions,
            delivered[positions] % placements,
            positions[bounds[:-1]] // size,
            positions[bounds[1:] - 1] // size,
        )

    @property
    def span(self) -> int:
        """How many batches the samples of one block reach over at most."""
        return int((self.last - self.first).max(initial=0)) + 1


class Order:
    """Which samples are in which batch of a rank, epoch by epoch.

    samples: (n,) ascending indices, no two equal; placements: K; window: blocks that a lane mixes, None for the order
    of the store. batch: a rank's; `batch * world_size` is a multiple of 8 unless in the order of the store.
    """

    def __init__(
        self,
        samples: NDArray[np.int64],
        placements: int,
        seed: int,
        window: int | None,
        batch: int,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.samples, self.placements, self.seed, self.window = samples, placements, seed, window
        self.batch, self.rank, self.world_size = batch, rank, world_size
        self._shuffled = lru_cache(maxsize=2)(partial(shuffled, samples, placements, seed))  # this epoch and the next

    def lanes(self, epoch: int) -> NDArray[np.int64]:
        """Return the samples of an epoch, (8, L) as `shuffled` deals them, or (1, n) in the order of the store."""
        return self.samples[None] if self.window is None else self._shuffled(epoch, self.window)

    def count(self, epoch: int) -> int:
        """Return how many batches the epoch has; in the order of the store the last one may be short."""
        whole, rest = divmod(self.lanes(epoch).size, self.batch * self.world_size)
        return whole + (self.window is None and rest > self.rank * self.batch)

    def batches(self, epoch: int, consumed: int = 0) -> tuple[NDArray[np.int64], ...]:
        """Return the samples of each batch, from where `consumed` samples of global batches are behind.

        consumed: a multiple of the number of lanes.
        """
        lanes = self.lanes(epoch)
        each, start = self.batch * self.world_size // len(lanes), consumed // len(lanes)
        edges = list(range(start, lanes.shape[1] + 1, each))
        if self.window is None and edges[-1] < lanes.shape[1]:
            edges.append(lanes.shape[1])
        mine = slice(self.rank * self.batch, (self.rank + 1) * self.batch)
        parts = (lanes[:, a:b].ravel()[mine] for a, b in pairwise(edges))
        return tuple(part for part in parts if len(part))

    def schedule(self, epoch: int, consumed: int = 0) -> Schedule:
        """Return what the rank decodes for the batches from there on."""
        delivered = np.concatenate([np.empty(0, np.int64), *self.batches(epoch, consumed)])
        return Schedule.of(delivered, self.batch, self.placements)


def distinct(values: NDArray[np.int64]) -> float:
    """Return how many different values a row of (n, m) has, on average over the rows."""
    ordered = np.sort(values, axis=1)
    return float(1 + (np.diff(ordered, axis=1) != 0).sum(axis=1).mean())


def _blocks(samples: NDArray[np.int64], placements: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each block of samples that are grouped by block begins, and how many it has."""
    edges = np.flatnonzero(np.diff(samples // placements, prepend=-1))
    return edges, np.diff(edges, append=len(samples))


def _ranks(dice: NDArray[np.uint64], group: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Return the place of each word among all of them, in ascending order; with groups, the places of the first group
    come first."""
    ranks = np.empty(len(dice), np.int64)
    ranks[np.argsort(dice, kind="stable") if group is None else np.lexsort((dice, group))] = np.arange(len(dice))
    return ranks
