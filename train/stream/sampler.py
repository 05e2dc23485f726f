"""The order of samples in an epoch: a pure function of (seed, epoch), for any number of ranks, threads or restarts.

The blocks of an epoch are shuffled and dealt to 8 lanes. A block spreads its samples over the time in which its lane
goes through a window of blocks, so that at any time a lane mixes the samples of about `window` blocks; and it spreads
them evenly, one in each of as many parts of that time. Of a batch of 64, 20 samples share their block with another one
(5 in a window of 16 blocks, 40 where 64 random blocks at a time are shuffled). A global batch is the next few samples
of every lane, the same number from each; a rank takes the part of its own lanes, or, where the ranks aren't 1, 2, 4 or
8, its part of lanes that it shares with others, whose blocks all of them decode.
Random numbers are the raw words of Philox 4x64, which are the same in every version of numpy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

LANES = 8
WINDOW_BLOCKS = 8


def shuffle_into_lanes(
    samples: NDArray[np.int64], placements: int, seed: int, epoch: int, window: int
) -> NDArray[np.int64]:
    """Deal samples to 8 lanes with disjoint blocks, each mixing a window of blocks.

    Args:
        samples: (n,) ascending indices, no two equal.
        placements: K, the samples of a block.
        seed: Seed of the order.
        epoch: Number of the epoch.
        window: How many blocks of a lane are mixed.

    Returns:
        (8, L) indices in the order of their lane. L is the length of the shortest lane: what the others have beyond it
        is left out of this epoch.
    """
    first, counts = _blocks(samples, placements)
    words = np.random.Philox(key=np.array([seed, epoch], np.uint64))
    place = _ranks(words.random_raw(len(first)))
    lane, turn = place % LANES, place // LANES
    turns = np.bincount(lane, minlength=LANES)[lane]

    # A block's place in time is the number of its turn. Its samples are spread over `width` turns around that: the time
    # is cut into as many strata as it has samples, and each sample, in random order, falls somewhere within its own.
    block = np.repeat(np.arange(len(first)), counts)
    stratum = _ranks(words.random_raw(len(samples)), block) - first[block]
    within = (words.random_raw(len(samples)) >> np.uint64(11)) * 2.0**-53
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
class DecodeSchedule:
    """What a rank decodes, and when it needs it.

    Block j delivers the samples at `positions[bounds[j]:bounds[j + 1]]`.

    Attributes:
        batch_size: Samples of a batch.
        blocks: (m,) numbers of the blocks, in the order of first need.
        bounds: (m + 1,) where each block begins in `positions`.
        positions: (n,) positions of samples among all batches one after the other, ascending within a block.
        placements: (n,) which placement of its block the sample at each of `positions` is.
        first_batch: (m,) the first batch that has a sample of the block.
        last_batch: (m,) the last batch that has a sample of the block.
    """

    batch_size: int
    blocks: NDArray[np.int64]
    bounds: NDArray[np.int64]
    positions: NDArray[np.int64]
    placements: NDArray[np.int64]
    first_batch: NDArray[np.int64]
    last_batch: NDArray[np.int64]

    @classmethod
    def of(cls, delivered: NDArray[np.int64], batch_size: int, placements: int) -> DecodeSchedule:
        """Group samples by block.

        Args:
            delivered: (n,) samples of all batches, in their order.
            batch_size: Samples of a batch.
            placements: K, the samples of a block.
        """
        by_block = np.argsort(delivered // placements, kind="stable")
        first, counts = _blocks(delivered[by_block], placements)
        earliest = np.argsort(by_block[first], kind="stable")
        bounds = np.concatenate([[0], np.cumsum(counts[earliest])])
        within = np.arange(len(delivered)) - np.repeat(bounds[:-1], counts[earliest])
        positions = by_block[np.repeat(first[earliest], counts[earliest]) + within]
        return cls(
            batch_size,
            delivered[positions[bounds[:-1]]] // placements,
            bounds,
            positions,
            delivered[positions] % placements,
            positions[bounds[:-1]] // batch_size,
            positions[bounds[1:] - 1] // batch_size,
        )

    @property
    def span(self) -> int:
        """How many batches the samples of one block reach over at most."""
        return int((self.last_batch - self.first_batch).max(initial=0)) + 1


class BatchSampler:
    """Which samples are in which batch of a rank, epoch by epoch.

    Attributes:
        samples: (n,) ascending indices, no two equal.
        placements: K, the samples of a block.
        seed: Seed of the order.
        window: How many blocks a lane mixes, None for the order of the store; may be set before an iteration.
        batch: Samples of a rank's batch; `batch * world_size` is a multiple of 8 unless in the order of the store.
        rank: Number of this rank.
        world_size: Number of ranks.
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
        # Two epochs are kept: this one and the next, which is decoded ahead.
        self._shuffled = lru_cache(maxsize=2)(partial(shuffle_into_lanes, samples, placements, seed))

    def lanes(self, epoch: int) -> NDArray[np.int64]:
        """Return the samples of an epoch, (8, L) from `shuffle_into_lanes`, or (1, n) in the order of the store."""
        return self.samples[None] if self.window is None else self._shuffled(epoch, self.window)

    def batch_count(self, epoch: int) -> int:
        """Return how many batches the epoch has; in the order of the store the last one may be short."""
        whole, rest = divmod(self.lanes(epoch).size, self.batch * self.world_size)
        return whole + (self.window is None and rest > self.rank * self.batch)

    def batches(self, epoch: int, consumed: int = 0) -> tuple[NDArray[np.int64], ...]:
        """Return the samples of each of the rank's batches that are left of an epoch.

        Args:
            epoch: Number of the epoch.
            consumed: Samples of global batches that were consumed before, a multiple of the number of lanes.
        """
        lanes = self.lanes(epoch)
        each, start = self.batch * self.world_size // len(lanes), consumed // len(lanes)
        edges = list(range(start, lanes.shape[1] + 1, each))
        if self.window is None and edges[-1] < lanes.shape[1]:
            edges.append(lanes.shape[1])
        mine = slice(self.rank * self.batch, (self.rank + 1) * self.batch)
        parts = (lanes[:, a:b].ravel()[mine] for a, b in pairwise(edges))
        return tuple(part for part in parts if len(part))

    def schedule(self, epoch: int, consumed: int = 0) -> DecodeSchedule:
        """Return what the rank decodes for the batches that are left after `consumed` samples."""
        delivered = np.concatenate([np.empty(0, np.int64), *self.batches(epoch, consumed)])
        return DecodeSchedule.of(delivered, self.batch, self.placements)


def usual_span(batch_size: int) -> int:
    """Return how many global batches a block of 20 placements reaches over at most in the default window."""
    return math.ceil(LANES * WINDOW_BLOCKS * 21 / batch_size) + 1  # of 21, for the pace of a lane varies a little


def mean_distinct(values: NDArray[np.int64]) -> float:
    """Return how many different values a row of (n, m) has, on average over the rows."""
    ordered = np.sort(values, axis=1)
    return float(1 + (np.diff(ordered, axis=1) != 0).sum(axis=1).mean())


def _blocks(samples: NDArray[np.int64], placements: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each block of samples that are grouped by block begins, and how many it has."""
    edges = np.flatnonzero(np.diff(samples // placements, prepend=-1))
    return edges, np.diff(edges, append=len(samples))


def _ranks(words: NDArray[np.uint64], group: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Return the rank of each word among all of them, from 0 on; with groups, all of the first group come first."""
    ranks = np.empty(len(words), np.int64)
    ranks[np.argsort(words, kind="stable") if group is None else np.lexsort((words, group))] = np.arange(len(words))
    return ranks
