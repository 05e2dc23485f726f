"""Stream of a folder: batches of uint8 tensors, decoded on threads, stretched to one frame, kept if there is room."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bgfg.data_manifests.machine.cpu_count import default_threads
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.augment.geometry import resize
from bgfg.train.augment.single import CATEGORICAL_MAPS
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.ops.tensor_resize import nearest
from bgfg.train.stream.to_device import RawBatch

# Decoded pairs are kept as long as all of them take no more.
_KEPT_BYTES = 2 * 2**30
_AHEAD = 3  # batches that are read while one is in use


class FolderStream:
    """Batches of the pairs of a folder.

    A batch has "sample" (n,) int64, "image" (n, 3, S, S) uint8, and label maps (n, 1, S, S) uint8 by name, on `device`.
    Pictures and label maps, whatever their sizes, are stretched to the same square frame: light and levels are
    averaged, codes are those of the nearest pixels.

    Attributes:
        folder: The folder.
        samples: (n,) int64, ascending, indices of `folder.pairs`.
        device: Where the batches are.
        epoch: Number of the epoch that is iterated, or is next.
    """

    def __init__(
        self,
        folder: ImageMaskFolder,
        samples: NDArray[np.int64],
        label_maps: Sequence[str],
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
        """Open a stream; nothing is read before it is iterated.

        Args:
            folder: The folder.
            samples: (n,) ascending, indices of `folder.pairs`.
            label_maps: Names of the label maps that are read, of "mask", "known" and "classes".
            side_px: Side S of the frame.
            batch: Samples of a rank's batch.
            seed: Seed of the order.
            rank: Number of this rank.
            world_size: Number of ranks.
            shuffle: Whether each epoch has a new order, a function of (seed, epoch), which leaves out what fills no
                batch; otherwise every sample comes once, in the order of `samples`.
            threads: How many threads read and decode; by default one a core, at most 8.
            device: Where the batches are put, by default the CPU.

        Raises:
            Problem: There are too few samples for a batch.
        """
        self.folder, self.samples, self._label_maps, self._side_px = folder, samples, tuple(label_maps), side_px
        self._batch, self._seed, self._rank, self._world_size = batch, seed, rank, world_size
        self._shuffle, self._threads = shuffle, threads or default_threads()
        self.device = device or torch.device("cpu")
        self.epoch = self._consumed = self._start = 0
        sample_bytes = (3 + len(self._label_maps)) * side_px**2
        self._kept: dict[int, RawBatch] | None = {} if len(samples) * sample_bytes <= _KEPT_BYTES else None
        if shuffle and not len(self):
            together = f" on {world_size} ranks" if world_size > 1 else ""
            line = f"{folder.path}: {len(samples)} pairs to train on: too few for a batch of {batch}{together}"
            raise Problem(f"{line}: give a smaller --batch", exit_code=2)

    def __len__(self) -> int:
        """Return how many batches an epoch has."""
        whole, rest = divmod(len(self.samples), self._batch * self._world_size)
        return whole if self._shuffle else whole + (rest > 0)

    def __iter__(self) -> Iterator[RawBatch]:
        """Yield the batches of the epoch: all, or after `load_state_dict` those that are left."""
        self._consumed, self._start = self._start, 0
        pool = ThreadPoolExecutor(self._threads)
        coming: deque[list[Future[RawBatch]]] = deque()
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
        """Make `epoch` the next one to iterate: from its start, or from a loaded state that is within it."""
        if epoch != self.epoch:
            self.epoch, self._consumed, self._start = epoch, 0, 0

    def state_dict(self) -> dict[str, Any]:
        """Return the stream's position after the batches that were yielded, as JSON has it."""
        return self._identity | {"epoch": self.epoch, "consumed": self._consumed}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a position; raise Problem where it is of another stream."""
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

    def _sample(self, i: int) -> RawBatch:
        if self._kept is not None and i in self._kept:
            return self._kept[i]
        sample = stretch_to_frame(self.folder.image(i), self.folder.label_maps(i, self._label_maps), self._side_px)
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


def stretch_to_frame(image: NDArray[np.uint8], label_maps: Mapping[str, NDArray[np.uint8]], side_px: int) -> RawBatch:
    """Stretch a picture (H, W, 3) and label maps (h, w) to one square frame: (1, 3 or 1, S, S) uint8."""
    size = (side_px, side_px)
    sample = {"image": resize(torch.from_numpy(image.copy()).permute(2, 0, 1)[None], size).contiguous()}
    for name, label_map in label_maps.items():
        maps = torch.from_numpy(label_map.copy())[None, None]
        sample[name] = nearest(maps, size) if name in CATEGORICAL_MAPS else resize(maps, size)
    return sample


def _stacked(samples: Sequence[RawBatch], device: torch.device) -> RawBatch:
    return {name: torch.cat([sample[name] for sample in samples]).to(device) for name in samples[0]}
