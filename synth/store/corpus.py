"""A corpus on disk, opened for reading by sample, array or shard, and for writing by shard.

It has one part or several; samples, pictures and shards are numbered through all of them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, SupportsIndex

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bgfg.data_manifests.assets.classes import class_numbers
from bgfg.data_manifests.corpus import asset_table, sample_table
from bgfg.data_manifests.corpus.instances import (
    INSTANCES_FILE,
    UNKNOWN,
    InstanceCounter,
    known_or_class,
    read_sample_instances,
)
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.manifest_file import load_manifest, save_manifest
from bgfg.data_manifests.corpus.naming import parse_name
from bgfg.data_manifests.files.atomic_write import clear_partials
from bgfg.data_manifests.files.remove import remove_folder
from bgfg.data_manifests.objects.urls import require_no_url
from bgfg.data_manifests.terminal.arguments import checked_arguments
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus_arrays import CorpusArrays
from bgfg.synth.store.done_marks import PARTIAL_FOLDER, DoneMark
from bgfg.synth.store.layout import SHARDED_ARRAYS
from bgfg.synth.store.metadata import metadata_faults
from bgfg.synth.store.sample import Sample, sample_number
from bgfg.synth.store.shard import ShardWriter


class Corpus(CorpusArrays):
    """A corpus on disk, opened for reading.

    `corpus[i]` is sample i (negative from the end), `corpus[name]` the sample that an image, mask or depth name stands
    for; `len(corpus)` is N.

    Attributes:
        path: The folder of the corpus.
        manifest: Its manifest/corpus.json; what it will be where parts count that are being made.
        geometry: Counts and sizes of its pictures.
        parts: Its parts, in their order.
        listed: How many of them corpus.json lists.
        hints: What to do about what is lost or damaged, in words.
        mended: A line for each zarr.json that was written again when it was opened.
    """

    @checked_arguments
    def __init__(
        self,
        path: str | Path,
        mend: bool = False,
        hold_metadata: bool = True,
        pending: bool = False,
        digest: str | None = None,
        manifest: Manifest | None = None,
    ) -> None:
        """Open the corpus at `path`.

        Args:
            path: Its folder.
            mend: Whether zarr.json that are lost or damaged are written again; the caller holds the writer lock then.
            hold_metadata: Whether zarr.json have to be sound. Without, what Zarr isn't needed for can be read: tables,
                prepared pictures and shards.
            pending: Whether parts count that are being made, and that corpus.json doesn't list yet.
            digest: Of which state: what it was before parts were added; None for all there is.
            manifest: That of a corpus that is being imported, whose own is written last.

        Raises:
            Problem: There is no planned corpus, store and manifest have different digests, zarr.json are damaged, there
                is no such state of it, or it is a URL.
        """
        require_no_url(path, "`bgfg.open_corpus` takes URLs")
        self.path = Path(path)
        manifest = manifest or load_manifest(self.path / "manifest" / "corpus.json")
        self.listed = len(manifest.parts)
        if pending:
            manifest = manifest.with_pending_parts(self.path)
        self._set_up(manifest if digest is None else _state(self.path, manifest, digest), hold_metadata)
        faults = [fault for part in self.parts for fault in metadata_faults(part, mend)] if hold_metadata else []
        for fault in faults:
            fault.require_read()
        if faults and not mend:
            raise Problem(*(f"{fault.path}: {fault.reason}: {self.hints.metadata(fault.array)}" for fault in faults))
        self.mended = tuple(fault.mend() for fault in faults)

    def __iter__(self) -> Iterator[Sample]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, key: SupportsIndex | str) -> Sample:
        i = self.sample_of(key) if isinstance(key, str) else sample_number(key, len(self))
        shard = self.shard_of(i)
        for array in self.composed_arrays:
            self.require_done(array, shard)
        part = self.geometry.index.strip_of(i).part
        row = sample_table.read_sample(self.table_path(sample_table.SAMPLES_FILE, part), i, self.geometry)
        background, rgba = self._background(row["background"]), self._cutout(row["cutout"])
        depth_m = self.depth_code().decode(self.read("depth", i)) if self.is_done("depth", shard) else None
        image, mask = self.read("image", i), self.read("mask", i)
        focal_px = None if row["background"] is None else self.focal_px[row["background"]]
        sample = Sample(row, background, rgba, image, mask, depth_m, focal_px=focal_px)
        if self.manifest.crowd is None:
            return sample
        pastes = read_sample_instances(self.table_path(INSTANCES_FILE, part), i, self.geometry, self.cutout_labels)
        return replace(sample, instance=self.read("instance", i), pastes=tuple(pastes))

    def _background(self, b: int | None) -> NDArray[np.uint8] | None:
        return None if b is None else self.read("background", b)

    def _cutout(self, f: int | None) -> NDArray[np.uint8] | None:
        if f is None:
            return None
        height_px, width_px = self.cutout_sizes_px[f]
        return self.read("cutout", f)[:height_px, :width_px]

    def pictures_of(self, samples: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the background and the first cut-out of samples, (n,) int64 each; below 0 where nobody says.

        A background is UNKNOWN then, a cut-out UNKNOWN less the number of its class (see `cutout_labels`).
        """
        if self.geometry.listed is None:
            return self.geometry.index.ids_of(samples)
        backgrounds, cutouts = self._listed_pictures
        return backgrounds[samples], cutouts[samples]

    @cached_property
    def _listed_pictures(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Background and cut-out of every sample of an imported corpus."""
        columns = ("background", "cutout", "label")
        rows = pa.concat_tables(sample_table.iter_strips(self.samples_path, self.geometry, columns))
        backgrounds = pc.fill_null(rows["background"], UNKNOWN).to_numpy().astype(np.int64)
        return backgrounds, known_or_class(rows["cutout"], rows["label"], self.classes)

    def sample_of(self, name: str) -> int:
        """Return the index of the sample that the name of an image, mask or depth map stands for.

        Raises:
            KeyError: `name` is none of this corpus.
        """
        if self.geometry.listed is not None:
            sample = sample_table.find_sample(self.samples_path(0), name, self.geometry)
        else:
            parsed = parse_name(name)
            sample = None if parsed is None else self.geometry.sample_of(parsed[0])
        if sample is not None:
            return sample
        raise KeyError(f"{name!r} names no sample of {self.location}")

    def table_path(self, name: str, part: int = 0) -> Path:
        """Return the path of a table of a part, to be read.

        Raises:
            Problem: It is missing, or isn't the one that the manifest was sealed with.
        """
        return self.parts[part].table_path(name)

    def samples_path(self, part: int) -> Path:
        """Return the path of samples.parquet of a part, as `table_path` does."""
        return self.table_path(sample_table.SAMPLES_FILE, part)

    @cached_property
    def assets(self) -> pa.Table:
        """The assets, backgrounds first, each kind in the order of its numbers, with the columns of assets.parquet."""
        return asset_table.read_asset_table(lambda part: self.table_path(asset_table.ASSETS_FILE, part), self.geometry)

    @cached_property
    def cutout_sizes_px(self) -> NDArray[np.int32]:
        """Height and width of each prepared cut-out, (F, 2) int32."""
        return asset_table.cutout_sizes(self.assets, self.geometry)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of the cut-outs in the order of their numbers, which count from 1."""
        return self.manifest.class_names

    @cached_property
    def focal_px(self) -> tuple[float | None, ...]:
        """Focal length of the camera of each background, in pixels of the frame; None where it isn't known."""
        return tuple(self.assets["focal_px"].to_pylist()[: self.geometry.backgrounds])

    @cached_property
    def cutout_labels(self) -> tuple[str, ...]:
        """Class of each prepared cut-out, F of them; of an imported corpus then all classes, the last first.

        So the number of a cut-out of which its class alone is known (see UNKNOWN) is a place among them from the end.
        """
        labels = asset_table.cutout_labels(self.assets)
        return (*labels, *reversed(self.classes)) if self.geometry.listed else labels

    @cached_property
    def cutout_classes(self) -> NDArray[np.uint8]:
        """Number of the class of each prepared cut-out, (F,) uint8, from 1 on: its place in `classes`, plus 1.

        Raises:
            Problem: A label is none of the classes that corpus.json lists.
        """
        numbers = class_numbers(self.classes)
        strangers = sorted({*self.cutout_labels} - numbers.keys())
        if strangers:
            where = f"{self.location}/manifest/{asset_table.ASSETS_FILE}"
            raise Problem(f"{where}: corpus.json has no class {strangers[0]!r}: {self.hints.repair}")
        return np.array([numbers[label] for label in self.cutout_labels], np.uint8)

    def mark_done(self, array: str, shard: int, writer: ShardWriter, *counted: Any) -> None:
        """Write the mark of a shard that was written; `counted` are count, sums and sums of squares of its values."""
        part, number = self.place_of(shard)
        mark = DoneMark(array, number, part.record.digest, writer.size_bytes, writer.sha256, *counted)
        part.save_mark(mark)

    @contextmanager
    def write_shard(self, array: str, shard: int) -> Iterator[ShardWriter]:
        """Write a shard under a temporary name, unflushed (see `flushed_together`); its own name comes once whole.

        Yields:
            The writer that takes the shard's chunks.
        """
        # The executor tells by this name which shards a dead worker had in hand. No two writers have the same one, on
        # whatever machines they are.
        partial = self.path / PARTIAL_FOLDER / f"{array}-{shard}.{secrets.token_hex(6)}"
        partial.parent.mkdir(exist_ok=True)
        part, number = self.place_of(shard)
        try:
            with part.new_shard(array, number, partial) as file:
                writer = ShardWriter(file)
                yield writer
                writer.finish(part.blocks_per_shard)
        except BaseException as error:
            partial.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno is not None and error.filename is None:
                error.filename = str(part.path / "data.zarr" / array)  # a write knows no name
            raise

    def check_plan(self) -> None:
        """Check tables and prepared arrays against the hashes in the manifest.

        Raises:
            Problem: One of them isn't what the manifest was sealed with.
        """
        for check in self.plan_checks():
            check()

    def plan_checks(self) -> Iterator[Callable[[], None]]:
        """Yield the parts of `check_plan`, of which each raises for itself: one for each table and prepared array."""
        for part in self.parts:
            yield from part.plan_checks()

    def save_manifest(self, manifest: Manifest) -> None:
        """Replace corpus.json; the caller holds the writer lock. Parts that are being made stay unlisted."""
        save_manifest(manifest.until(self.listed), self.path / "manifest" / "corpus.json")
        self.manifest = manifest

    def list_pending(self, statistics: dict[str, Any]) -> None:
        """Make the parts that are being made parts of the corpus, all at once; the caller holds the writer lock.

        Args:
            statistics: Those of the arrays of all parts, which are whole.
        """
        counter = InstanceCounter()
        for of_part in (self.manifest.statistics, *(part.record.statistics for part in self.pending)):
            counter.add_statistics(of_part)
        self.listed = len(self.parts)
        self.save_manifest(
            replace(self.manifest, statistics=dict(sorted({**statistics, **counter.statistics()}.items())))
        )

    def clear_partial(self) -> None:
        """Remove what a killed run left behind; the caller holds the writer lock."""
        remove_folder(self.path / PARTIAL_FOLDER)
        clear_partials(self.path)  # a token for the workers of a cluster
        for part in self.parts:  # marks of a worker that was killed, where the others went on
            for array in SHARDED_ARRAYS:
                clear_partials(part.path / "done" / array)


def _state(path: Path, manifest: Manifest, digest: str) -> Manifest:
    """Return what a corpus was when it had a digest; raise Problem where it never had."""
    listed = [part.digest for part in manifest.parts]
    if digest not in listed:
        manifest = manifest.with_pending_parts(path)
    for number, part in enumerate(manifest.parts, start=1):
        if part.digest == digest:
            return manifest.until(number)
    raise Problem(f"{path}: planned anew while work was going on")
