"""Reading of any samples of a corpus, block by block, on threads: for pages and statistics."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.machine.cpu_count import default_threads
from bgfg.synth.store.block_decoder import BlockDecoder, ShardFrames
from bgfg.synth.store.corpus import Corpus


class SampleReader:
    """Reads samples of a corpus; its shards stay open, and several threads may use it.

    Attributes:
        corpus: The corpus, in a folder or under a URL.
    """

    def __init__(self, corpus: Corpus, threads: int | None = None) -> None:
        """Open no shard yet.

        Args:
            corpus: The corpus.
            threads: How many blocks are read at a time; None for one a core, at most 8. Of a corpus under a URL it
                should be more, for each waits for an answer most of its time.
        """
        self.corpus = corpus
        self._shards, self._threads = ShardFrames(corpus), threads or default_threads()

    def is_made(self, array: str, samples: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say of each of (n,) samples whether an array of it is made."""
        if array not in self.corpus.layouts:
            return np.zeros(len(samples), bool)
        shards = np.array([self.corpus.shard_of(int(sample)) for sample in samples], np.int64)
        done = [shard for shard in np.unique(shards).tolist() if self.corpus.is_done(array, shard)]
        return np.isin(shards, done)

    def read(self, arrays: Sequence[str], samples: NDArray[np.int64]) -> dict[str, NDArray]:
        """Read arrays of samples that are made.

        Args:
            arrays: Names of arrays: "image", "mask", "instance" or "depth".
            samples: (n,) their numbers, in any order.

        Returns:
            Name -> (n, ...) in the array's own type; depth is in codes.

        Raises:
            Problem: A block is damaged or gone, or the corpus was planned or labelled anew meanwhile.
        """
        layouts = self.corpus.layouts
        pool = {name: np.empty((len(samples), *layouts[name].shape[1:]), layouts[name].dtype) for name in arrays}
        blocks, placements = np.divmod(samples, self.corpus.geometry.placements)
        order = np.argsort(blocks, kind="stable")
        firsts = np.flatnonzero(np.diff(blocks[order], prepend=-1)).tolist()
        runs = [order[first:stop] for first, stop in pairwise([*firsts, len(order)])]

        def decode(mine: Sequence[NDArray[np.int64]]) -> None:
            decoder = BlockDecoder(self._shards, pool)
            for slots in mine:
                decoder.decode(int(blocks[slots[0]]), placements[slots], slots)

        threads = min(self._threads, len(runs))
        with ThreadPoolExecutor(max(1, threads)) as executor:
            list(executor.map(decode, (runs[first::threads] for first in range(threads))))
        return pool
