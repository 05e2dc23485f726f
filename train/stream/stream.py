"""Stream of a corpus: shuffled batches of uint8 tensors, the same for any number of ranks, threads or restarts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from bgfg.data_manifests.objects.chunk_cache import ChunkCache
from bgfg.data_manifests.terminal.arguments import Workers, checked_arguments
from bgfg.depth_teacher.ops.device import present_device
from bgfg.synth.store.corpus import Corpus
from bgfg.train.stream.buffer_pool import BufferPool, SampleSpec
from bgfg.train.stream.corpus_stream import ArrayBatch, CorpusStream
from bgfg.train.stream.to_device import RawBatch, copy_to_device, page_lock


class Stream(CorpusStream[RawBatch]):
    """Batches of a split of a corpus, decoded by threads of this process while its consumer works.

    Iterating gives one epoch of dictionaries of tensors:

    - `sample` (n,) int64 indices;
    - `background` (n,) int64, into `stream.backgrounds`, (B, 3, H, W) uint8; -1 where an imported corpus knows none;
    - `image` (n, 3, H, W) uint8 RGB, channels-last;
    - `mask` and `instance` (n, 1, H, W) uint8;
    - `depth` (n, 1, Hd, Wd), codes as stored (`stream.corpus.depth_code()` turns them into metres).

    `arrays` chooses among the last four.

    A batch stays as it is for as long as anyone holds it or a view of it. On the host it lies in the stream's own
    memory, which has room for `spare` batches that are decoded ahead or still held; copy those that you keep longer.
    With a `device`, batches come as copies on it. A shard that is damaged raises Problem while iterating.

    Attributes:
        corpus: The corpus.
        epoch: Number of the epoch that is iterated, or is next.
        samples: (n,) int64, ascending, the samples that are streamed.
        split: The split they are of, or "samples".
        window: How many blocks each lane mixes.
        batch, seed, rank, world_size, arrays, shuffle, spare, near, threads, device: As given.
    """

    @checked_arguments
    def __init__(
        self,
        corpus: Corpus | str | Path,
        split: str = "train",
        batch: int = 64,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
        *,
        arrays: Sequence[str] = ("image", "mask"),
        samples: NDArray[np.integer] | Sequence[int] | None = None,
        shuffle: bool = True,
        window: int | None = None,
        spare: int | None = None,
        near: int | None = None,
        threads: Workers | None = None,
        device: torch.device | str | None = None,
        cache: ChunkCache | None = None,
    ) -> None:
        """Open a stream; nothing is decoded before it is iterated.

        Args:
            corpus: A corpus, or its folder or URL.
            split: Split whose samples are streamed.
            batch: Samples of a rank's batch.
            seed: Seed of the order, which is a function of (seed, epoch) alone.
            rank: Number of this rank.
            world_size: Number of ranks. The samples of all ranks' batches number t are the same ones for the same
                `batch * world_size`, which 8 must divide. Of 1, 2, 4 or 8 ranks none decodes what another does.
            arrays: Arrays that are read, of STREAM_ARRAYS.
            samples: Indices to stream instead of a split's.
            shuffle: False for the order of the store: every sample once, and the last batch may be short.
            window: How many blocks each of the 8 lanes mixes; by default 8, or as many as did in the stream whose
                position is loaded. More blocks shuffle better and take more memory (see `pool_bytes`).
            spare: Batches for which there is memory beyond the window, for being decoded ahead or held; 4 by default,
                and 16 for a corpus under a URL.
            near: Samples that are due within so many batches are laid out when they are decoded, and those that are due
                later wait packed, in a tenth of their size or so: a window takes a fraction of the memory, and a sample
                a third to seven tenths more processor time. By default as many as the default window needs with 20
                placements: with more of them, or in a larger window, samples wait. Where bgfg was installed without a
                C compiler, all are laid out at once, however much memory they take.
            threads: How many threads decode. By default one a core, at most 8; for a corpus under a URL 32, most of
                which wait for an answer.
            device: Device that batches are copied to.
            cache: Where what is read is kept on this disk, where `corpus` is a URL.

        Raises:
            Problem: An option makes no sense, or the corpus isn't made as far as is needed; then it names the command
                to run.
        """
        # Before the memory for batches is made, which is locked for a GPU.
        self.device = present_device(device) if device is not None else torch.device("cpu")
        super().__init__(
            corpus, split, batch, seed, rank, world_size, arrays=arrays, samples=samples, shuffle=shuffle,
            window=window, spare=spare, near=near, threads=threads, cache=cache,
        )  # fmt: skip

    @cached_property
    def backgrounds(self) -> torch.Tensor:
        """The backgrounds, (B, 3, H, W) uint8 RGB, channels-last, on the stream's device.

        Raises:
            Problem: Of some of the samples, which were imported, nobody knows the background.
        """
        return torch.from_numpy(self._prepared_backgrounds()).permute(0, 3, 1, 2).to(self.device)

    def _delivered(self, host: Iterator[ArrayBatch]) -> Iterator[RawBatch]:
        tensors = map(_as_tensors, host)
        return tensors if self.device.type == "cpu" else copy_to_device(tensors, self.device)

    def _pool_maker(self, items: Mapping[str, SampleSpec]) -> Callable[[int], BufferPool]:
        make = super()._pool_maker(items)
        return partial(_page_locked, make) if self.device.type == "cuda" else make


def _page_locked(make_pool: Callable[[int], BufferPool], span: int) -> BufferPool:
    pool = make_pool(span)
    page_lock(pool)
    return pool


def _as_tensors(batch: ArrayBatch) -> RawBatch:
    indices = {name: torch.from_numpy(batch.pop(name)) for name in ("sample", "background")}
    return indices | {name: channels_first(torch.from_numpy(view)) for name, view in batch.items()}


def channels_first(pixels: torch.Tensor) -> torch.Tensor:
    """View (n, H, W, 3) as (n, 3, H, W), channels-last in memory, and (n, H, W) as (n, 1, H, W)."""
    return pixels.permute(0, 3, 1, 2) if pixels.ndim == 4 else pixels.unsqueeze(1)
