"""One part of a corpus on disk: its tables, arrays and done marks. All numbers here are those within the part."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.geometry import blocks_per_shard
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.part_record import part_folder
from bgfg.data_manifests.corpus.table_hashes import check_table
from bgfg.data_manifests.files.checksum import version_sha256
from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.files.flush import begin_to_flush
from bgfg.data_manifests.files.regular_file import UnfitFile
from bgfg.data_manifests.placement.sample_index import Rectangle
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.done_marks import DoneMark, mark_path, marked_shards
from bgfg.synth.store.group import open_group
from bgfg.synth.store.hints import Hints
from bgfg.synth.store.layout import ArrayLayout, part_layouts
from bgfg.synth.store.pictures import PictureFiles
from bgfg.synth.store.shard import ShardReader
from bgfg.synth.store.stored_array import DamagedMetadata, open_array

if TYPE_CHECKING:
    import zarr

# Pictures of a prepared array that are hashed at a time, so that memory doesn't grow with the corpus.
_PICTURES_AT_A_TIME = 64


class CorpusPart:
    """A part of a corpus, opened for reading.

    Attributes:
        number: Its number.
        corpus: Folder of the corpus.
        path: Its own folder.
        key: What stands before the names of its files, seen from the folder of the corpus.
        record: What was recorded of it.
        rectangle: Its samples.
        blocks_per_shard: How many blocks of K samples a shard holds.
        samples_per_shard: How many samples a shard holds.
        first_shard: Number of its first shard among those of the corpus.
    """

    def __init__(
        self, corpus: Path, manifest: Manifest, number: int, first_shard: int, hints: Hints, hold_metadata: bool
    ) -> None:
        """Set up to read a part.

        Args:
            corpus: Folder of the corpus.
            manifest: The manifest, which lists the part.
            number: Number of the part.
            first_shard: Number of its first shard among those of the corpus.
            hints: What to do about what is damaged.
            hold_metadata: Whether the zarr.json of what is read has to be sound.
        """
        self.number, self.path, self.first_shard = number, part_folder(corpus, number), first_shard
        self.key = f"{self.path.relative_to(corpus).as_posix()}/" if number else ""
        self.record = manifest.parts[number]
        self.rectangle: Rectangle = manifest.geometry.index.rectangles[number]
        self.blocks_per_shard = blocks_per_shard(len(self.rectangle.cutouts))
        self.samples_per_shard = self.blocks_per_shard * self.rectangle.placements
        self.corpus, self._manifest, self._hints, self._hold_metadata = corpus, manifest, hints, hold_metadata
        self._arrays: dict[str, Any] = {}
        self._pictures: dict[str, PictureFiles] = {}

    @cached_property
    def group(self) -> zarr.Group:
        """The Zarr group data.zarr, as zarr-python has it."""
        return open_group(self.path)

    @cached_property
    def layouts(self) -> dict[str, ArrayLayout]:
        """The layout of each array that the manifest says there is, by name."""
        manifest = self._manifest
        has_depth, has_instances = "background_depth" in manifest.prepared, manifest.crowd is not None
        try:
            return part_layouts(manifest.geometry, self.number, has_depth, manifest.teacher, has_instances)
        except (KeyError, TypeError, ValueError) as error:
            path = f"{self._hints.location}/manifest/corpus.json"
            raise Problem(f"{path}: changed by hand (teacher: {error}): {self._hints.repair}") from error

    @property
    def shards(self) -> range:
        """Numbers of the shards of an array of samples."""
        return range(-(-len(self.rectangle) // self.samples_per_shard))

    def samples_of(self, shard: int) -> range:
        """Return the numbers of the samples of a shard, of which the last one of an imported corpus may have fewer."""
        r = self.rectangle
        first = r.first_sample + shard * self.samples_per_shard
        return range(first, min(first + self.samples_per_shard, r.first_sample + len(r)))

    def chunks_of(self, shard: int) -> range:
        """Return the numbers, within a shard, of the chunks that are stored in it: one for each of its blocks."""
        return range(len(self.samples_of(shard)) // self.rectangle.placements)

    def pictures(self, array: str) -> range:
        """Return which of the corpus's pictures a prepared array of this part has."""
        return self.rectangle.new_cutouts if array == "cutout" else self.rectangle.new_backgrounds

    def table_path(self, name: str) -> Path:
        """Return the path of a table, to be read: a bit that flipped in it would give other rows, and nothing tell.

        Raises:
            Problem: It is missing, or isn't the one that the manifest was sealed with.
        """
        path = self.path / "manifest" / name
        told, hint = self._told(f"manifest/{name}"), self._hints.plan(self.number)
        try:
            is_sealed = version_sha256(path) == self.record.tables[name]
        except FileNotFoundError:
            raise Problem(f"{told}: missing: {hint}") from None
        except UnfitFile as error:
            raise Problem(f"{told}: {error}: {hint}") from error
        if not is_sealed:
            raise Problem(f"{told}: changed since it was planned: {hint}")
        return path

    def array(self, name: str) -> Any:
        """Return an array as zarr-python has it.

        Raises:
            Problem: The array is missing, or isn't what the manifest says.
        """
        if name not in self._arrays:
            try:
                self._arrays[name] = open_array(self.group, self.layouts[name])
            except KeyError:
                raise Problem(f"{self._hints.location}: has no array {name!r}") from None
            except DamagedMetadata as error:
                path = self._told(f"data.zarr/{name}/zarr.json")
                raise Problem(f"{path}: {error}: {self._hints.metadata(name)}") from error
        return self._arrays[name]

    def read(self, name: str, selection: int | slice) -> NDArray[Any]:
        """Read a part of an array, selected along its first dimension.

        Raises:
            Problem: What is stored is damaged.
        """
        stored = self._stored_pixels(name)
        try:
            if isinstance(selection, int) and name not in self.record.prepared:
                return self._read_sample(name, selection)
            return np.asarray(stored[selection])
        except (ValueError, RuntimeError, OSError, MemoryError, OverflowError) as error:
            is_prepared = name in self.record.prepared
            if is_prepared or not isinstance(error, MemoryError):  # a forged index of a shard asks for any amount
                raise_failed_call(error, self.path / "data.zarr" / name)
            said = str(error) or type(error).__name__
            hint = self._hints.plan(self.number) if is_prepared else self._hints.shard
            raise Problem(f"{self._told(f'data.zarr/{name}')}: can't be read ({said}): {hint}") from error

    def _read_sample(self, name: str, number: int) -> NDArray[Any]:
        """Read an array of one sample without Zarr, whose way to it takes several times as long.

        Where its shard isn't there it is zero, as by Zarr.
        """
        layout = self.layouts[name]
        block, placement = divmod(range(layout.shape[0])[number], layout.chunk_shape[0])
        shard, chunk = divmod(block, self.blocks_per_shard)
        try:
            reader = self.open_shard(name, shard)
        except FileNotFoundError:
            return np.zeros(layout.shape[1:], layout.dtype)
        stored = reader.read(chunk, layout.stored_shape, np.dtype(layout.dtype))
        samples = stored.transpose(np.argsort(layout.order)) if layout.order else stored
        sample: NDArray[Any] = samples[placement].copy()
        return sample

    def _stored_pixels(self, name: str) -> Any:
        """Return what `read` takes an array from; raise Problem where the array isn't what the manifest says."""
        if name not in self.record.prepared:
            return self.array(name)
        if name not in self._pictures:
            self.require_array(name)
            self._pictures[name] = PictureFiles(
                self.layouts[name], partial(self.picture_path, name), self.record.prepared[name]
            )
        return self._pictures[name]

    def require_array(self, name: str) -> None:
        """Raise Problem where Zarr would read another array than the manifest says, if metadata are held at all."""
        if self._hold_metadata:
            self.array(name)

    def plan_checks(self) -> Iterator[Callable[[], None]]:
        """Yield checks, of which each raises for itself: one for each table and prepared array."""
        for name in self.record.tables:
            yield partial(check_table, self.corpus, self._manifest, self.number, name)
        for name in self.record.prepared:
            yield partial(self._check_prepared, name)

    def _check_prepared(self, name: str) -> None:
        self.require_prepared(name, self.prepared_sha256(name))

    def prepared_sha256(self, name: str) -> str:
        """Return the hex SHA-256 of a prepared array's bytes in C order, read some pictures at a time."""
        found = hashlib.sha256()
        for start in range(0, self.layouts[name].shape[0], _PICTURES_AT_A_TIME):
            found.update(self.read(name, slice(start, start + _PICTURES_AT_A_TIME)).data)
        return found.hexdigest()

    def require_prepared(self, name: str, sha256: str) -> None:
        """Raise Problem where a prepared array's pixels have another SHA-256 than what was prepared."""
        if sha256 != self.record.prepared[name]:
            path, hint = self._told(f"data.zarr/{name}"), self._hints.plan(self.number)
            raise Problem(f"{path}: its pixels aren't those that were prepared: {hint}")

    def chunk_path(self, array: str, number: int) -> Path:
        """Return the path of a shard, or of a prepared picture: the chunk key of Zarr v3."""
        zeros = "/0" * (len(self.layouts[array].shape) - 1)
        return self.path / f"data.zarr/{array}/c/{number}{zeros}"  # joined at once: it is asked for every shard

    def picture_path(self, array: str, number: int) -> Path:
        """Return the path of a prepared picture, to be read; there may be no file."""
        return self.chunk_path(array, number)

    def mark_path(self, array: str, shard: int) -> Path:
        """Return the path of the mark of a shard."""
        return mark_path(self.path, array, shard)

    def mark(self, array: str, shard: int) -> DoneMark:
        """Read the mark of a shard; raise Problem where it can't be read, or isn't this shard's."""
        return DoneMark.load(self.path, array, shard, self.corpus)

    def marked_shards(self, array: str) -> set[int]:
        """Return the shards that have a mark, whatever it says; those too that the part doesn't have."""
        return marked_shards(self.path, array)

    def is_done(self, array: str, shard: int) -> bool:
        """Say whether a shard is marked done by this part and there, of the size in its mark."""
        mark = self._own_mark(array, shard)
        # The size is cheap to check; that the bytes are right is for `verify`.
        return mark is not None and self.shard_size_bytes(array, shard) == mark.bytes

    def damaged_sizes_bytes(self, array: str, shard: int) -> tuple[int, int] | None:
        """Return the size of a shard and that in its mark where they differ; None where they don't, or one is missing.

        It was whole once, unlike one that isn't made yet.
        """
        mark = self._own_mark(array, shard)
        found = None if mark is None else self.shard_size_bytes(array, shard)
        return None if mark is None or found is None or found == mark.bytes else (found, mark.bytes)

    def _own_mark(self, array: str, shard: int) -> DoneMark | None:
        """Return the mark of a shard; None where there is none that this part made."""
        if array not in self.layouts or not self.mark_path(array, shard).exists():
            return None
        try:
            mark = self.mark(array, shard)
        except (Problem, FileNotFoundError):
            return None  # what a power cut left of it, or taken away meanwhile: the shard is made again
        return mark if mark.digest == self.record.digest else None

    def shard_size_bytes(self, array: str, shard: int) -> int | None:
        """Return the size of a shard, None where there is none."""
        try:
            return self.chunk_path(array, shard).stat().st_size
        except FileNotFoundError:
            return None

    def done_shards(self, array: str) -> set[int]:
        """Return the shards of `array` that are done."""
        return {s for s in self.marked_shards(array) if s in self.shards and self.is_done(array, s)}

    def done_sizes_bytes(self, array: str) -> dict[int, int]:
        """Return the size of each shard of `array` that is done, by its number."""
        sizes = {shard: self.shard_size_bytes(array, shard) for shard in self.done_shards(array)}
        return {shard: size for shard, size in sizes.items() if size is not None}

    def open_shard(self, array: str, shard: int) -> ShardReader:
        """Open a shard to be read chunk by chunk, without Zarr."""
        return ShardReader(self.chunk_path(array, shard), self.blocks_per_shard)

    @contextmanager
    def shard_file(self, array: str, shard: int) -> Iterator[Path]:
        """Give a file that holds a shard, to be read as a whole; it may not be there."""
        yield self.chunk_path(array, shard)

    @contextmanager
    def new_shard(self, array: str, shard: int, partial: Path) -> Iterator[BinaryIO]:
        """Give a file to write a shard to; it is in its place once all of it is written.

        Args:
            array: Name of the array.
            shard: Number of the shard.
            partial: A temporary path in the folder of the corpus, of this shard alone.
        """
        with partial.open("wb") as file:
            yield file
            file.flush()
            begin_to_flush(file.fileno())
        path = self.chunk_path(array, shard)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.replace(path)

    def save_mark(self, mark: DoneMark) -> None:
        """Write the mark of a shard that is in its place."""
        mark.save(self.path)

    def _told(self, name: str) -> str:
        """Return where something of this part lies, for messages."""
        return f"{self._hints.location}/{self.key}{name}"
