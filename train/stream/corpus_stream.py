"""Streams of a corpus as such: which samples come when, and their pixels as arrays in memory; needs no PyTorch."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.instances import UNKNOWN
from bgfg.data_manifests.machine.cpu_count import default_threads
from bgfg.data_manifests.objects.chunk_cache import ChunkCache
from bgfg.data_manifests.objects.object_store import REQUESTS_AT_A_TIME
from bgfg.data_manifests.terminal.errors import Problem, counted
from bgfg.synth.open_corpus import open_corpus
from bgfg.synth.store.block_decoder import DecodeTimes, ShardFrames
from bgfg.synth.store.corpus import Corpus
from bgfg.train.stream.batch_size import describe_too_few, require_batch_of_lanes
from bgfg.train.stream.buffer_pool import BufferPool, SampleSpec, make_pool
from bgfg.train.stream.prefetch import EpochPrefetcher
from bgfg.train.stream.sampler import WINDOW_BLOCKS, BatchSampler, usual_span
from bgfg.train.stream.split_index import require_done, split_samples

STREAM_ARRAYS = ("image", "mask", "depth", "instance")

ArrayBatch = dict[str, NDArray]  # a batch as the store has it: uint8 pictures, codes, indices, by name
B = TypeVar("B")

# Batches decoded ahead: of a folder what keeps the threads busy; of a URL what keeps 32 requests under way.
_SPARE, _SPARE_OF_URL = 4, 16


class CorpusStream(ABC, Generic[B]):
    """Batches of a split of a corpus, decoded by threads of this process while its consumer works.

    What a batch is, its subclasses say.

    Attributes:
        corpus: The corpus.
        epoch: Number of the epoch that is iterated, or is next.
        samples: (n,) int64, ascending, the samples that are streamed.
        split: The split they are of, or "samples".
        window: How many blocks each lane mixes.
        batch, seed, rank, world_size, arrays, shuffle, spare, near, threads: As given.
    """

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
        threads: int | None = None,
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
            cache: Where what is read is kept on this disk, where `corpus` is a URL.

        Raises:
            Problem: An option makes no sense, or the corpus isn't made as far as is needed; then it names the command
                to run.
        """
        self.corpus = corpus if isinstance(corpus, Corpus) else open_corpus(corpus, cache)
        self.batch, self.seed, self.rank, self.world_size = batch, seed, rank, world_size
        self.arrays, self.shuffle, self.near = tuple(arrays), shuffle, near
        self.window = WINDOW_BLOCKS if window is None else window
        self._window_is_given = window is not None
        usual_spare = _SPARE if self.corpus.mirror is None else _SPARE_OF_URL
        self.spare = spare if spare is not None else usual_spare
        usual = REQUESTS_AT_A_TIME if self.corpus.mirror is not None else default_threads()
        self.threads = threads if threads is not None else usual
        self._check_options()
        self.split = split if samples is None else "samples"
        self.samples = split_samples(self.corpus, split) if samples is None else self._chosen(samples)
        require_done(self.corpus, self.arrays, self.samples)
        K = self.corpus.geometry.placements
        self._sampler = BatchSampler(self.samples, K, seed, self.window if shuffle else None, batch, rank, world_size)
        layouts = {name: self.corpus.layouts[name] for name in self.arrays}
        items = {name: (layout.shape[1:], np.dtype(layout.dtype)) for name, layout in layouts.items()}
        shards = ShardFrames(self.corpus)
        self._batches = EpochPrefetcher(self._sampler, shards, self.threads, self._pool_maker(items))
        self.epoch = self._consumed = self._start = 0
        if not len(self):
            has = f"{self.corpus.location}: the split {self.split} has {counted(len(self.samples), 'sample')}"
            why = describe_too_few(self._sampler) if shuffle else f"too few for rank {rank} of {world_size}"
            raise Problem(f"{has}: {why}")

    def __len__(self) -> int:
        """Return how many batches this epoch has, from its start."""
        return self._sampler.batch_count(self.epoch)

    def __iter__(self) -> Iterator[B]:
        """Yield the batches of the epoch: all, or after `load_state_dict` those that are left.

        If they are shuffled, the next epoch's first batches are decoded while the last ones of this are consumed.
        """
        self._consumed, self._start = self._start, 0
        end = self._sampler.lanes(self.epoch).size
        with closing(self._host_batches()) as host:
            for batch in self._delivered(host):
                self._consumed = min(self._consumed + self.batch * self.world_size, end)
                yield batch
        self.epoch, self._consumed = self.epoch + 1, 0

    def set_epoch(self, epoch: int) -> None:
        """Make `epoch` the next one to iterate: from its start, or from a loaded state that is within it."""
        if epoch != self.epoch:
            self.epoch, self._consumed, self._start = epoch, 0, 0

    def state_dict(self) -> dict[str, Any]:
        """Return the stream's position after the batches that were yielded, as JSON has it."""
        return self._identity | {"window": self.window, "epoch": self.epoch, "consumed": self._consumed}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a position, also on another number of ranks or with another batch.

        Its window is this stream's from now on, unless one was given.

        Raises:
            Problem: The state is of another stream.
        """
        identity = self._identity | {"window": self._window_for(state)}
        for name, mine in identity.items():
            if state.get(name) != mine:
                raise Problem(
                    f"the stream's state is of {name} {state.get(name)!r}, and this stream's {name} is {mine!r}: "
                    "open it as it was, or begin the epoch anew"
                )
        epoch, consumed = state["epoch"], state["consumed"]
        if consumed % len(self._sampler.lanes(epoch)) or not 0 <= consumed <= self._sampler.lanes(epoch).size:
            raise Problem(f"the stream's state has {consumed} samples consumed, where no batch ends: begin it anew")
        self.close()
        self.window = identity["window"]
        self._sampler.window = self.window if self.shuffle else None
        self.epoch, self._consumed, self._start = epoch, consumed, consumed

    def close(self) -> None:
        """End all threads, of an iteration that was left and of the next epoch; yielded batches stay valid."""
        self._batches.close()

    @cached_property
    def without_background(self) -> str:
        """Of how many samples, which were imported, nobody knows the background, in words; empty where of none."""
        unknown, samples = int((self.corpus.pictures_of(self.samples)[0] == UNKNOWN).sum()), len(self.samples)
        those = f"all {samples:,}" if unknown == samples else f"{unknown:,} of {samples:,}"
        return f"of {those} samples the background isn't known" if unknown else ""

    @property
    def left_out(self) -> int:
        """How many samples are in no batch of this epoch, since they are too few to fill one."""
        return 0 if not self.shuffle else len(self.samples) - len(self) * self.batch * self.world_size

    @property
    def pool_bytes(self) -> int:
        """The memory that batches are decoded into."""
        return self._sized_pool.size_bytes

    @property
    def pool_batches(self) -> int:
        """How many batches the memory of `pool_bytes` holds."""
        return self._sized_pool.rows

    @property
    def decode_times(self) -> DecodeTimes:
        """Where the seconds of the decoding threads went so far."""
        return self._batches.times

    @property
    def wait_s(self) -> float:
        """How many seconds the consumer waited for batches so far."""
        return self._batches.wait_s

    @property
    def summary(self) -> str:
        """The samples and batches of an epoch, and the memory they take, in a sentence."""
        left_out = f", {self.left_out:,} samples left out that fill no batch" if self.left_out else ""
        return (
            f"{self.split}: {len(self.samples):,} samples, {len(self):,} batches of {self.batch} an epoch{left_out}; "
            f"{self.threads} threads, {self.pool_bytes / 1e6:,.0f} MB of memory for batches"
        )

    @abstractmethod
    def _delivered(self, host: Iterator[ArrayBatch]) -> Iterator[B]:
        """Yield batches as the stream's consumer gets them, each before the next one is asked for."""

    def _pool_maker(self, items: Mapping[str, SampleSpec]) -> Callable[[int], BufferPool]:
        """Return what makes a pool for blocks that reach over so many batches.

        It doesn't hold the stream, whose threads are to end with it.
        """
        near = self.near if self.near is not None else usual_span(self.batch * self.world_size)
        return partial(make_pool, items, self.batch, self.spare, near)

    def _host_batches(self) -> Generator[ArrayBatch, None, None]:
        with closing(self._batches.batches(self.epoch, self._consumed)) as batches:
            for samples, views in batches:
                yield {"sample": samples.copy(), "background": self.corpus.pictures_of(samples)[0], **views}

    def _prepared_backgrounds(self) -> NDArray[np.uint8]:
        """Return the backgrounds, (B, H, W, 3) uint8 RGB; raise Problem where they aren't known of all samples."""
        if unknown := self.without_background:
            raise Problem(
                f"{self.corpus.location}: {unknown}, and it is asked for: import them with their backgrounds; networks "
                "of one picture do without"
            )
        # Copied, since memory that numpy itself takes is in large pages, from which looking up is a tenth faster.
        pixels: NDArray[np.uint8] = self.corpus.read_prepared("background").copy()
        return pixels

    @property
    def _sized_pool(self) -> BufferPool:
        return self._batches.pool or self._batches.pool_for(self._sampler.schedule(self.epoch))

    @cached_property
    def _identity(self) -> dict[str, Any]:
        """What must be the same, beside the window, for a position of one stream to mean something to another."""
        return {
            "digest": self.corpus.manifest.digest,
            "samples": hashlib.sha256(self.samples.data).hexdigest(),
            "seed": self.seed,
            "shuffle": self.shuffle,
        }

    def _window_for(self, state: Mapping[str, Any]) -> int:
        """Return the window in which a position is continued: its own, unless one was given."""
        window = state.get("window")
        if self._window_is_given or type(window) is not int or window < 1:
            return self.window
        return window

    def _check_options(self) -> None:
        for name in ("batch", "world_size", "window", "spare", "near", "threads"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise Problem(f"{name}={getattr(self, name)}: give at least 1", exit_code=2)
        if not 0 <= self.rank < self.world_size:
            raise Problem(f"rank={self.rank}: give 0 to {self.world_size - 1}, of {self.world_size} ranks", exit_code=2)
        if not self.arrays or not set(self.arrays) <= set(STREAM_ARRAYS):
            raise Problem(f"arrays={self.arrays}: give some of {', '.join(STREAM_ARRAYS)}", exit_code=2)
        if self.shuffle:
            ranks = counted(self.world_size, "rank")
            require_batch_of_lanes(f"batch={self.batch} on {ranks}", self.batch, self.world_size)

    def _chosen(self, samples: NDArray[np.integer] | Sequence[int]) -> NDArray[np.int64]:
        chosen = np.unique(np.asarray(samples, np.int64))
        if len(chosen) and not 0 <= chosen[0] <= chosen[-1] < len(self.corpus):
            raise Problem(f"samples: give numbers from 0 to {len(self.corpus) - 1}", exit_code=2)
        return chosen
