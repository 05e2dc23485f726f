"""Pairs of a folder -> batches of uint8 tensors: decoded on threads, fitted to one frame, kept where there is room."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.augment.geometry import resize
from bgfg.train.augment.pipeline import CODES
from bgfg.train.folders.folder import Folder
from bgfg.train.ops.resize import nearest
from bgfg.train.stream.stream import default_threads
from numpy.typing import NDArray
from torch import Tensor

# Decoded pairs are kept as long as all of them take no more.
_KEPT_BYTES = 2 * 2**30
_AHEAD = 3  # batches that are read while one is worked on

Sample = dict[str, Tensor]


class FolderStream:
    """Batches of pairs, engine.loader.Samples: "sample" (n,) int64, "image" (n, 3, S, S) uint8, and the parts of the
    truth (n, 1, S, S) uint8, on `device`.

    samples: (n,) ascending, numbers of `folder.pairs`. parts: of the truth, that targets read. side_px: S. Picture and
    parts, whatever their sizes, are stretched to the same square frame: light and levels are averaged, codes are those
    of the nearest pixels. batch: a rank's. shuffle: a new order each epoch, which is a function of (seed, epoch), and
    what fills no batch left out; else every sample once. Raises Problem where there are too few for a batch.
    """

    def __init__(
        self,
        folder: Folder,
        samples: NDArray[np.int64],
        parts: Sequence[str],
        side_px: int,
        batch: int,
        *,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
        shuffle: bool = True,
        threads: int | None = None,
        device: torch.device | None = None,
    ) -> None:
        self.folder, self.samples, self._parts, self._side_px = folder, samples, tuple(parts), side_px
        self._batch, self._seed, self._rank, self._world_size = batch, seed, rank, world_size
        self._shuffle, self._threads = shuffle, threads or default_threads()
        self.device = device or torch.device("cpu")
        self.epoch = self._consumed = self._start = 0
        sample_bytes = (3 + len(self._parts)) * side_px**2
        self._kept: dict[int, Sample] | None = {} if len(samples) * sample_bytes <= _KEPT_BYTES else None
        if shuffle and not len(self):
            together = f" on {world_size} ranks" if world_size > 1 else ""
            line = f"{folder.path}: {len(samples)} pairs to train on: too few for a batch of {batch}{together}"
            raise Problem(f"{line}: give a smaller --batch", exit_code=2)

    def __len__(self) -> int:
        """Return how many batches an epoch has."""
        whole, rest = divmod(len(self.samples), self._batch * self._world_size)
        return whole if self._shuffle else whole + (rest > 0)

    def __iter__(self) -> Iterator[Sample]:
        """Yield the batches of the epoch: all, or after `load_state_dict` those that are left."""
        self._consumed, self._start = self._start, 0
        pool = ThreadPoolExecutor(self._threads)
        coming: deque[list[Future[Sample]]] = deque()
        batches = self._batches()[self._consumed :]
        try:
            for at in range(len(batches) + _AHEAD):
                if at < len(batches):
                    coming.append([pool.submit(self._sample, int(i)) for i in batches[at]])
                if at < _AHEAD:
                    continue
                batch = _stacked([future.result() for future in coming.popleft()], self.device)
                self._consumed += 1
                yield batch
        finally:
            pool.shutdown(cancel_futures=True)
        self.epoch, self._consumed = self.epoch + 1, 0

    def set_epoch(self, epoch: int) -> None:
        """Make `epoch` the next one to iterate, from its start; where a loaded state is within it, from there."""
        if epoch != self.epoch:
            self.epoch, self._consumed, self._start = epoch, 0, 0

    def state_dict(self) -> dict[str, Any]:
        """Return where the stream stands, after the batches that were handed out, as JSON has it."""
        return self._identity | {"epoch": self.epoch, "consumed": self._consumed}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` says; raise Problem where it is of another stream."""
        for name, mine in self._identity.items():
            if state.get(name) != mine:
                what = f"the stream's state is of {name} {state.get(name)!r}, and this stream's is {mine!r}"
                raise Problem(f"{what}: open it as it was, or begin the epoch anew")
        self.epoch, self._consumed = state["epoch"], state["consumed"]
        self._start = self._consumed

    def _batches(self) -> list[NDArray[np.int64]]:
        """Return the samples of this rank's batches of the epoch."""
        order = self.samples
        if self._shuffle:
            draw = np.random.Generator(np.random.Philox(key=[self._seed, self.epoch]))
            order = draw.permutation(self.samples)
        together = self._batch * self._world_size
        starts = [at * together + self._rank * self._batch for at in range(len(self))]
        return [order[start : start + self._batch] for start in starts]

    def _sample(self, i: int) -> Sample:
        if self._kept is not None and i in self._kept:
            return self._kept[i]
        sample = fitted(self.folder.image(i), self.folder.parts(i, self._parts), self._side_px)
        sample["sample"] = torch.tensor([i])
        if self._kept is not None:
            self._kept[i] = sample
        return sample

    @property
    def _identity(self) -> dict[str, Any]:
        return {
            "digest": self.folder.digest,
            "samples": hashlib.sha256(self.samples.tobytes()).hexdigest(),
            "seed": self._seed,
            "batch": self._batch * self._world_size,
        }


def fitted(image: NDArray[np.uint8], parts: Mapping[str, NDArray[np.uint8]], side_px: int) -> Sample:
    """Stretch a picture (H, W, 3) and the parts of its truth (h, w) to one frame: (1, 3 or 1, S, S) uint8."""
    size = (side_px, side_px)
    sample = {"image": resize(torch.from_numpy(image.copy()).permute(2, 0, 1)[None], size).contiguous()}
    for name, part in parts.items():
        maps = torch.from_numpy(part.copy())[None, None]
        sample[name] = nearest(maps, size) if name in CODES else resize(maps, size)
    return sample


def _stacked(samples: Sequence[Sample], device: torch.device) -> Sample:
    return {name: torch.cat([sample[name] for sample in samples]).to(device) for name in samples[0]}
