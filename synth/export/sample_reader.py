"""Reads the samples of a part from the store, block by block, with their names and rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus import parquet_table, sample_table
from bgfg.data_manifests.corpus.instances import INSTANCES_FILE, InstanceTable
from bgfg.data_manifests.corpus.naming import Name
from bgfg.data_manifests.corpus.selection import sample_fields
from bgfg.data_manifests.placement.sample_index import Strip
from bgfg.synth.export.normal_maps import NormalMaps
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.shard import DamagedShard


@dataclass(frozen=True)
class SampleBlock:
    """The selected placements of one cut-out on one background.

    Attributes:
        samples: Their numbers, n of them.
        images: n times (H, W, 3) uint8 RGB, rows of pixels that may lie apart.
        masks: n times (H, W) uint8.
        depth: n times (H, W) codes, empty where depth isn't read.
        instances: n times (H, W) uint8, empty where samples have one cut-out.
        normals: n times (Hd, Wd, 3) uint8, empty where none are computed.
    """

    samples: list[int]
    images: list[NDArray[np.uint8]]
    masks: list[NDArray[np.uint8]]
    depth: list[NDArray[np.uint8]]
    instances: list[NDArray[np.uint8]]
    normals: list[NDArray[np.uint8]]


class SampleReader:
    """Reads samples of a corpus.

    Attributes:
        corpus: The corpus.
        names: Its grammar of names.
        columns: Columns of samples.parquet that an export has: all but names, and labels only where there are classes.
    """

    def __init__(
        self, corpus: Corpus, depth: bool, suffixes: dict[str, str], normals: NormalMaps | None = None
    ) -> None:
        """Set up for an export.

        Args:
            corpus: The corpus.
            depth: Whether depth is read too.
            suffixes: Kind of image -> suffix of its files.
            normals: What computes normals of depth; None for none.
        """
        self.corpus, self._normals = corpus, normals
        g = corpus.geometry
        self._arrays = (*corpus.composed_arrays, *(["depth"] if depth else []))
        self._suffixes = suffixes
        self.names = g.names
        left_out = [] if corpus.manifest.classes else ["label"]
        self.columns = [name for name in sample_fields(corpus.manifest.variety) if name not in left_out]
        self._columns_left_out = ["sample", *left_out]
        # Samples come in ascending order, so one background at a time is enough; of names a list for each kind.
        self._names_of_strip = lru_cache(maxsize=6)(self._list_names)
        self._table_of_strip = lru_cache(maxsize=1)(self._read_table)
        self._open_shard = lru_cache(maxsize=len(self._arrays))(corpus.open_shard)
        self._pastes_of_strip = lru_cache(maxsize=1)(self._read_pastes)

    def blocks(self, samples: NDArray[np.int64]) -> Iterator[SampleBlock]:
        """Yield the blocks of ascending samples.

        Raises:
            Problem: A block is damaged.
        """
        K = self.corpus.geometry.placements
        numbers, firsts = np.unique(samples // K, return_index=True)
        for number, chosen in zip(numbers.tolist(), np.split(samples, firsts[1:]), strict=True):
            ks = (chosen % K).tolist()
            pixels = {array: self._read(array, number) for array in self._arrays}
            taken = {array: [block[k] for k in ks] for array, block in pixels.items()}
            depth, normals = taken.get("depth", []), []
            if self._normals is not None:
                backgrounds = self.corpus.pictures_of(chosen)[0].tolist()
                normals = [self._normals.of(*shown) for shown in zip(depth, backgrounds, strict=True)]
            rest = depth, taken.get("instance", []), normals
            yield SampleBlock(chosen.tolist(), taken["image"], taken["mask"], *rest)

    def file_name(self, kind: str, sample: int) -> str:
        """Return the file name of the "image", "mask", "depth", "instance" or "normal" of a sample."""
        if kind in ("instance", "normal"):  # none of the six kinds: the name of the mask, said of that
            stem = PurePath(self.file_name("mask", sample)).stem
            return f"{stem.removesuffix('_mask')}_{kind}.png"
        strip = self.corpus.geometry.index.strip_of(sample)
        return self._names_of_strip(kind, strip)[sample - strip.samples.start]

    def background_file_name(self, b: int | None) -> str | None:
        """Return the file name of a background; None where it isn't known."""
        if b is None or b < 0:
            return None
        if self.corpus.geometry.listed is not None:
            return _with_suffix(self._asset_names["background", b], self._suffixes["bg"])
        return self.names.write(Name("bg", background=b, suffix=self._suffixes["bg"]))

    def cutout_file_name(self, number: int | None) -> str | None:
        """Return the file name of a cut-out, flips counted: an odd number is the flip of the one before.

        Of an imported corpus its own name, None where it isn't known.
        """
        if number is None or number < 0:
            return None
        if self.corpus.geometry.listed is not None:
            return _with_suffix(self._asset_names["cutout", number], "png")
        return self.names.write(Name("fg", cutout=number // 2, flipped=number % 2 == 1))

    def cutout_mask_name(self, number: int) -> str:
        """Return the file name of the mask of a cut-out, whose numbers are those of `cutout_file_name`."""
        if self.corpus.geometry.listed is not None:
            return f"{PurePath(self._asset_names['cutout', number]).stem}_mask.png"
        return self.names.write(Name("fg_mask", cutout=number // 2, flipped=number % 2 == 1))

    @cached_property
    def _asset_names(self) -> dict[tuple[str, int], str]:
        """Names of the pictures of an imported corpus, by kind and number."""
        return {(row["kind"], row["id"]): row["name"] for row in self.corpus.assets.to_pylist()}

    def sample_rows(self, samples: list[int]) -> list[dict[str, Any]]:
        """Return the rows of samples of one background: the columns `self.columns` of samples.parquet."""
        strip = self.corpus.geometry.index.strip_of(samples[0])
        rows = self._table_of_strip(strip).slice(samples[0] - strip.samples.start, samples[-1] - samples[0] + 1)
        window: list[dict[str, Any]] = rows.to_pylist()
        return [window[sample - samples[0]] for sample in samples]

    def instance_rows(self, samples: list[int]) -> list[list[dict[str, Any]]]:
        """Return the rows of instances.parquet of samples of one background, without the column of the sample.

        Labels are there only where the corpus has classes.
        """
        strip = self.corpus.geometry.index.strip_of(samples[0])
        by_sample, columns = self._pastes_of_strip(strip)
        tables_of_samples = (InstanceTable(by_sample[sample - strip.samples.start], columns) for sample in samples)
        found = (table.to_arrow(self.corpus.cutout_labels) for table in tables_of_samples)
        return [table.drop_columns(self._columns_left_out).to_pylist() for table in found]

    def classes_of(self, sample: int) -> list[int]:
        """Return the number of the class of each cut-out of a sample, in the order of pasting."""
        numbers = self.corpus.cutout_classes
        if self.corpus.manifest.crowd is None:
            return [int(numbers[self.corpus.pictures_of(np.array([sample]))[1][0]])]
        strip = self.corpus.geometry.index.strip_of(sample)
        rows = self._pastes_of_strip(strip)[0][sample - strip.samples.start]
        of_pastes: list[int] = numbers[rows[:, 2]].tolist()
        return of_pastes

    def _read_pastes(self, strip: Strip) -> tuple[list[NDArray[np.int64]], tuple[str, ...]]:
        table = InstanceTable.read(self.corpus.table_path(INSTANCES_FILE, strip.part), strip, self.corpus.classes)
        return table.by_sample(strip.samples), table.columns

    def _list_names(self, kind: str, strip: Strip) -> list[str]:
        if self.corpus.geometry.listed is None:
            return self.names.of_background(kind, strip.background, self._suffixes[kind], strip.cutouts)
        names = self._read_table(strip, [f"{kind}_name"])[0].to_pylist()
        return [_with_suffix(name, self._suffixes[kind]) for name in names]

    def _read_table(self, strip: Strip, columns: Sequence[str] = ()) -> Any:
        names = list(columns or self.columns)
        rows = sample_table.read_strip_rows(self.corpus.samples_path(strip.part), strip, names)
        return parquet_table.labelled(rows, sample_table.SAMPLE_SCHEMA, names)

    def _read(self, array: str, number: int) -> NDArray[np.uint8]:
        """Read one block of an array: (K, H, W) or (K, H, W, 3), the latter with its rows apart."""
        layout = self.corpus.layouts[array]
        shard, chunk = self.corpus.place_of_block(number)
        try:
            stored = self._open_shard(array, shard).read(chunk, layout.stored_shape, np.dtype(layout.dtype))
        except DamagedShard as error:
            raise self.corpus.damage_problem(array, shard, error) from error
        return stored.transpose(np.argsort(layout.order)) if layout.order else stored


def _with_suffix(name: str, suffix: str) -> str:
    """Return the name of a file in another format; an empty suffix leaves it as it is."""
    return f"{PurePath(name).stem}.{suffix}" if suffix else name
