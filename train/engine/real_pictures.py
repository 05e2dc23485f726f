"""Real pictures of a folder, decoded on threads ahead of their turn, and portions of them for batches.

The pictures of a run are one endless sequence: the folder's training pictures shuffled, once and again, each time anew.
A batch takes the next few of it, so that batch number t has the same ones whatever the ranks, threads and restarts are.
"""

from __future__ import annotations

import hashlib
import json
import math
import weakref
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bgfg.data_manifests.machine.cpu_count import default_threads
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.augment.counter_rng import CounterRng, DrawPurpose
from bgfg.train.engine.mixed_stream import EPOCH
from bgfg.train.folders.picture_reader import Decoded, PictureCache
from bgfg.train.stream.to_device import RawBatch

_AHEAD = 3  # portions that are decoded while one is in use


class RealPortions:
    """Portions of the endless sequence of a folder's pictures, those of this rank: what a MixedStream takes of it.

    A portion has "sample" (n,) int64, the places of its pictures in the sequence, which are never the same twice and so
    seed their augmentation; pictures and maps of `PictureReader`, (n, C, S, S), a square of each, at a place that is
    drawn; on `device`.
    """

    def __init__(
        self,
        cache: PictureCache,
        samples: NDArray[np.int64],
        size: int,
        *,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
        threads: int | None = None,
        device: torch.device | None = None,
    ) -> None:
        """Open the sequence; nothing is read before a portion is asked for.

        Args:
            cache: Where pictures are from.
            samples: (n,) the pictures, indices of the folder's pairs.
            size: Pictures of a portion of all ranks, a multiple of `world_size`.
            seed: Seed of the order and of the squares.
            rank: Number of this rank.
            world_size: Number of ranks.
            threads: How many threads decode; by default one a core, at most 8.
            device: Where portions are put, by default the CPU.
        """
        self._cache, self._samples, self._seed = cache, samples, seed
        self._size, self._own = size, slice(rank * size // world_size, (rank + 1) * size // world_size)
        self._device = device or torch.device("cpu")
        self._pool = ThreadPoolExecutor(threads or default_threads())
        weakref.finalize(self, self._pool.shutdown, wait=False, cancel_futures=True)
        self._order = lru_cache(maxsize=2)(partial(_shuffled, samples, seed))
        self._taken = 0
        self._coming: deque[list[Future[RawBatch]]] = deque()

    def take(self) -> RawBatch:
        """Return the next portion; raise Problem where one of its pictures can't be read."""
        while len(self._coming) <= _AHEAD:
            places = self.places(self._taken + len(self._coming))
            self._coming.append([self._pool.submit(self._square, place) for place in places.tolist()])
        squares = [future.result() for future in self._coming.popleft()]
        self._taken += 1
        # The places seed what an epoch does elsewhere.
        return _stacked(squares, self._device) | {EPOCH: torch.zeros(1, dtype=torch.int64)}

    def places(self, portion: int) -> NDArray[np.int64]:
        """Return the places in the sequence of this rank's part of a portion, by its number."""
        return np.arange(portion * self._size, (portion + 1) * self._size, dtype=np.int64)[self._own]

    def picture_at(self, place: int) -> int:
        """Return which picture stands at a place of the sequence."""
        turn, at = divmod(place, len(self._samples))
        return int(self._order(turn)[at])

    def state_dict(self) -> dict[str, Any]:
        """Return the position after the portions that were taken."""
        return {**self._identity, "taken": self._taken}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a position; raise Problem where it is of other pictures."""
        for name, mine in self._identity.items():
            if state.get(name) != mine:
                what = f"the position is of {name} {state.get(name)!r:.40}, and this folder's is {mine!r:.40}"
                raise Problem(f"{self._cache.reader.folder.path}: {what}: give the folder as it was, or begin anew")
        self._taken = state["taken"]
        self._coming.clear()

    def _square(self, place: int) -> RawBatch:
        """Return a square of a picture, at a place that is drawn, as a batch of one."""
        parts = self._cache.get(self.picture_at(place))
        height_px, width_px = parts["image"].shape[:2]
        side_px = min(height_px, width_px)
        share = CounterRng(self._seed, 0, np.array([place])).uniform(DrawPurpose.SQUARE, 0)[0]
        return {"sample": torch.tensor([place])} | cut_square(
            parts, int(share * (max(height_px, width_px) - side_px + 1))
        )

    @property
    def _identity(self) -> dict[str, Any]:
        files = [self._cache.reader.folder.pairs[i].image for i in self._samples.tolist()]
        return {
            "pictures": hashlib.sha256(json.dumps(files).encode()).hexdigest(),
            "seed": self._seed,
            "size": self._size,
        }


class RealStream:
    """Batches of a folder's pictures for validation, each once and in order, the square in the middle: a SampleStream.

    Attributes:
        samples: (n,) int64, the pictures.
        device: Where the batches are.
        epoch: Always 0.
    """

    epoch = 0

    def __init__(self, cache: PictureCache, samples: NDArray[np.int64], batch: int, device: torch.device) -> None:
        self._cache, self.samples, self._batch, self.device = cache, samples, batch, device

    def __len__(self) -> int:
        """Return how many batches there are."""
        return math.ceil(len(self.samples) / self._batch)

    def __iter__(self) -> Iterator[RawBatch]:
        """Yield the batches."""
        with ThreadPoolExecutor(default_threads()) as pool:
            for start in range(0, len(self.samples), self._batch):
                squares = list(pool.map(self._middle, self.samples[start : start + self._batch].tolist()))
                yield _stacked(squares, self.device)

    def set_epoch(self, epoch: int) -> None:
        """Do nothing: every epoch is the same."""

    def state_dict(self) -> dict[str, Any]:
        """Return nothing, for it is always read from its start."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Do nothing."""

    def _middle(self, i: int) -> RawBatch:
        parts = self._cache.get(i)
        height_px, width_px = parts["image"].shape[:2]
        return {"sample": torch.tensor([i])} | cut_square(parts, abs(height_px - width_px) // 2)


def cut_square(parts: Decoded, start_px: int) -> RawBatch:
    """Cut the largest square out of pictures (h, w, 3) and maps (h, w) of one size, which begins at `start_px`.

    Returns:
        (1, 3 or 1, S, S) each.
    """
    height_px, width_px = parts["image"].shape[:2]
    side_px = min(height_px, width_px)
    down, across = (start_px, 0) if height_px > width_px else (0, start_px)
    square = {}
    for name, values in parts.items():
        cut = values[down : down + side_px, across : across + side_px]
        planes = cut.transpose(2, 0, 1) if cut.ndim == 3 else cut[None]
        square[name] = torch.from_numpy(np.ascontiguousarray(planes))[None]
    return square


def _shuffled(samples: NDArray[np.int64], seed: int, turn: int) -> NDArray[np.int64]:
    return np.random.Generator(np.random.Philox(key=[seed, turn])).permutation(samples)


def _stacked(squares: Sequence[RawBatch], device: torch.device) -> RawBatch:
    return {name: torch.cat([square[name] for square in squares]).to(device) for name in squares[0]}
