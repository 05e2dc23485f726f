"""The samples of a part read from the store, block by block, with their names and rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.instances import INSTANCES, Instances
from bgfg.data_manifests.corpus.naming import Name
from bgfg.data_manifests.corpus.selection import COLUMNS
from bgfg.synth.store.shard import DamagedShard, ShardReader
from bgfg.synth.store.store import Corpus
from numpy.typing import NDArray

Pictures = list[NDArray[np.uint8]]


@dataclass(frozen=True)
class Block:
    """What is selected of the placements of one cut-out on one background.

    samples: their numbers, n of them. images: n times (H, W, 3) RGB, rows of pixels that may lie apart; masks: n times
    (H, W); depth: n times (H, W) codes, none where depth isn't read; instances: n times (H, W), none where samples have
    one cut-out. All uint8.
    """

    samples: list[int]
    images: Pictures
    masks: Pictures
    depth: Pictures
    instances: Pictures


class Source:
    """Reads samples of a corpus. depth: whether theirs is read too. suffixes: of the files of each kind."""

    def __init__(self, corpus: Corpus, depth: bool, suffixes: dict[str, str]) -> None:
        self.corpus = corpus
        g = corpus.geometry
        self._arrays = (*corpus.composed, *(["depth"] if depth else []))
        self._suffixes = suffixes
        self.names = g.names
        self._per_background = 2 * g.cutouts * g.placements
        self._names_of_background = lru_cache(maxsize=6)(self._list_names)
        self._table_of_background = lru_cache(maxsize=1)(self._read_table)
        self._pastes_of_background = lru_cache(maxsize=1)(self._read_pastes)

    def blocks(self, samples: NDArray[np.int64]) -> Iterator[Block]:
        """Yield the blocks of ascending samples; raise Problem where one is damaged."""
        K = self.corpus.geometry.placements
        numbers, firsts = np.unique(samples // K, return_index=True)
        for number, chosen in zip(numbers.tolist(), np.split(samples, firsts[1:]), strict=True):
            ks = (chosen % K).tolist()
            pixels = {array: self._read(array, number) for array in self._arrays}
            taken = {array: [block[k] for k in ks] for array, block in pixels.items()}
            rest = taken.get("depth", []), taken.get("instance", [])
            yield Block(chosen.tolist(), taken["image"], taken["mask"], *rest)

    def name(self, kind: str, sample: int) -> str:
        """Return the file name of the "image", "mask", "depth" or "instance" of a sample."""
        if kind == "instance":  # none of the six kinds: the name of the mask, said of instances
            return self.name("mask", sample).replace("_mask.", "_instance.")
        b, within = divmod(sample, self._per_background)
        return self._names_of_background(kind, b)[within]

    def background_name(self, b: int) -> str:
        """Return the file name of a background."""
        return self.names.write(Name("bg", background=b, suffix=self._suffixes["bg"]))

    def rows(self, samples: list[int]) -> list[dict[str, Any]]:
        """Return the rows of samples of one background: what samples.parquet says, but for the names."""
        b, first = divmod(samples[0], self._per_background)
        last = samples[-1] - b * self._per_background
        window: list[dict[str, Any]] = self._table_of_background(b).slice(first, last - first + 1).to_pylist()
        return [window[sample - samples[0]] for sample in samples]

    def pastes(self, samples: list[int]) -> list[list[dict[str, Any]]]:
        """Return the rows of instances.parquet of samples of one background, without their numbers of the sample."""
        b, first = divmod(samples[0], self._per_background)
        by_sample = self._pastes_of_background(b)
        found = (Instances(by_sample[first + sample - samples[0]]).table() for sample in samples)
        return [table.drop_columns(["sample"]).to_pylist() for table in found]

    def _read_pastes(self, b: int) -> list[NDArray[np.int64]]:
        return Instances.read(self.corpus.path / "manifest" / INSTANCES, b, self.corpus.geometry).by_sample()

    def _list_names(self, kind: str, b: int) -> list[str]:
        return self.names.of_background(kind, b, self._suffixes[kind])

    def _read_table(self, b: int) -> Any:
        return tables.read_background(self.corpus.path / "manifest" / tables.SAMPLES, b, list(COLUMNS))

    def _read(self, array: str, number: int) -> NDArray[np.uint8]:
        """Read one block of an array: (K, H, W) or (K, H, W, 3), the latter with its rows apart."""
        layout = self.corpus.layouts[array]
        shard, chunk = divmod(number, self.corpus.samples_per_shard // self.corpus.geometry.placements)
        try:
            reader: ShardReader = self.corpus.open_shard(array, shard)
            stored = reader.read(chunk, layout.stored_shape, np.dtype(layout.dtype))
        except DamagedShard as error:
            raise self.corpus.damaged(array, shard, error) from error
        return stored.transpose(np.argsort(layout.order)) if layout.order else stored
