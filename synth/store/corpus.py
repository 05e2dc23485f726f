"""A corpus on disk, opened for reading by sample, array or shard, and for writing by shard."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any, SupportsIndex

import numpy as np
import zarr
from numpy.typing import NDArray

from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.instances import INSTANCES_FILE, read_sample_instances
from bgfg.data_manifests.corpus.manifest import Manifest, plan_hint, repair_hint
from bgfg.data_manifests.corpus.naming import parse_name
from bgfg.data_manifests.files.checksum import array_sha256, version_sha256
from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.files.regular_file import UnfitFile
from bgfg.data_manifests.files.remove import remove_folder
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command
from bgfg.synth.store.depth_code import DepthCode, depth_code
from bgfg.synth.store.done_marks import PARTIAL_FOLDER, DoneMark, mark_path, marked_shards
from bgfg.synth.store.group import open_group
from bgfg.synth.store.layout import ArrayLayout, array_layouts, blocks_per_shard
from bgfg.synth.store.metadata import metadata_faults
from bgfg.synth.store.pictures import PictureFiles
from bgfg.synth.store.sample import Sample, sample_number
from bgfg.synth.store.shard import ShardReader, ShardWriter
from bgfg.synth.store.stored_array import DamagedMetadata, open_array

# Pictures of a prepared array that are hashed at a time, so that memory doesn't grow with the corpus.
_PICTURES_AT_A_TIME = 64


class Corpus:
    """A corpus on disk, opened for reading.

    `corpus[i]` is sample i (negative from the end), `corpus[name]` the sample that an image, mask or depth name stands
    for; `len(corpus)` is N.

    Attributes:
        path: The folder of the corpus.
        manifest: Its manifest/corpus.json.
        geometry: Counts and sizes of its pictures.
        mended: A line for each zarr.json that was written again when it was opened.
    """

    def __init__(self, path: str | Path, mend: bool = False, hold_metadata: bool = True) -> None:
        """Open the corpus at `path`.

        Args:
            path: Its folder.
            mend: Whether zarr.json that are lost or damaged are written again; the caller holds the writer lock then.
            hold_metadata: Whether zarr.json have to be sound. Without, what Zarr isn't needed for can be read: tables,
                prepared pictures and shards.

        Raises:
            Problem: There is no planned corpus, store and manifest have different digests, or zarr.json are damaged.
        """
        self.path = Path(path)
        self.manifest = Manifest.load(self.path / "manifest" / "corpus.json")
        self.geometry = self.manifest.geometry
        self._hold_metadata = hold_metadata
        faults = list(metadata_faults(self.path, self.manifest, self.layouts, strict=mend)) if hold_metadata else []
        for fault in faults:
            fault.require_read()
        if faults and not mend:
            raise Problem(*(f"{fault.path}: {fault.reason}: {self.metadata_hint(fault.array)}" for fault in faults))
        self.mended = tuple(fault.mend() for fault in faults)
        self._arrays: dict[str, Any] = {}
        self._pictures: dict[str, PictureFiles] = {}

    @cached_property
    def group(self) -> zarr.Group:
        """The Zarr group data.zarr, as zarr-python has it."""
        return open_group(self.path)

    def __len__(self) -> int:
        return len(self.geometry.index)

    def __iter__(self) -> Iterator[Sample]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, key: SupportsIndex | str) -> Sample:
        i = self.sample_of(key) if isinstance(key, str) else sample_number(key, len(self))
        shard = i // self.samples_per_shard
        for array in self.composed_arrays:
            self.require_done(array, shard)
        row = tables.read_sample(self.table_path(tables.SAMPLES_FILE), i, self.geometry)
        height_px, width_px = self.cutout_sizes_px[row["cutout"]]
        rgba = self.read("cutout", row["cutout"])[:height_px, :width_px]
        depth_m = self.depth_code().decode(self.read("depth", i)) if self.is_done("depth", shard) else None
        background, image = self.read("background", row["background"]), self.read("image", i)
        mask = self.read("mask", i)
        if self.manifest.crowd is None:
            return Sample(row, background, rgba, image, mask, depth_m)
        pastes = read_sample_instances(self.table_path(INSTANCES_FILE), i, self.geometry)
        return Sample(row, background, rgba, image, mask, depth_m, self.read("instance", i), tuple(pastes))

    def sample_of(self, name: str) -> int:
        """Return the index of the sample that the name of an image, mask or depth map stands for.

        Raises:
            KeyError: `name` is none of this corpus.
        """
        parsed = parse_name(name)
        sample = None if parsed is None else self.geometry.sample_of(parsed[0])
        if sample is not None:
            return sample
        raise KeyError(f"{name!r} names no sample of {self.location}")

    @property
    def location(self) -> str:
        """Where the corpus lies, for messages: its folder."""
        return str(self.path)

    @cached_property
    def layouts(self) -> dict[str, ArrayLayout]:
        """The layout of each array that the manifest says there is, by name."""
        manifest = self.manifest
        has_depth, has_instances = "background_depth" in manifest.prepared, manifest.crowd is not None
        try:
            return array_layouts(self.geometry, has_depth, manifest.teacher, has_instances)
        except (KeyError, TypeError, ValueError) as error:
            line = f"{self.location}/manifest/corpus.json: changed by hand (teacher: {error}): {self.repair_hint}"
            raise Problem(line) from error

    @property
    def composed_arrays(self) -> tuple[str, ...]:
        """Names of the arrays that composing makes, in one pass."""
        return tuple(array for array in ("image", "mask", "instance") if array in self.layouts)

    def table_path(self, name: str) -> Path:
        """Return the path of a table, to be read: a bit that flipped in it would give other rows, and nothing tell.

        Raises:
            Problem: It is missing, or isn't the one that the manifest was sealed with.
        """
        path = self.path / "manifest" / name
        try:
            is_sealed = version_sha256(path) == self.manifest.tables[name]
        except FileNotFoundError:
            raise Problem(f"{self.location}/manifest/{name}: missing: {self.plan_hint}") from None
        except UnfitFile as error:
            raise Problem(f"{self.location}/manifest/{name}: {error}: {self.plan_hint}") from error
        if not is_sealed:
            raise Problem(f"{self.location}/manifest/{name}: changed since it was planned: {self.plan_hint}")
        return path

    @cached_property
    def cutout_sizes_px(self) -> NDArray[np.int32]:
        """Height and width of each prepared cut-out, (F, 2) int32."""
        return tables.cutout_sizes(self.table_path(tables.ASSETS_FILE), self.geometry)

    @property
    def samples_per_shard(self) -> int:
        """How many samples a shard holds."""
        return blocks_per_shard(2 * self.geometry.cutouts) * self.geometry.placements

    @property
    def shards(self) -> range:
        """The numbers of all shards of an array of samples."""
        return range(len(self) // self.samples_per_shard)

    def array(self, name: str) -> Any:
        """Return an array as zarr-python has it.

        Raises:
            Problem: The array is missing, or isn't what the manifest says.
        """
        if name not in self._arrays:
            try:
                self._arrays[name] = open_array(self.group, self.layouts[name])
            except KeyError:
                raise Problem(f"{self.location}: has no array {name!r}") from None
            except DamagedMetadata as error:
                path = f"{self.location}/data.zarr/{name}/zarr.json"
                raise Problem(f"{path}: {error}: {self.metadata_hint(name)}") from error
        return self._arrays[name]

    def read(self, name: str, selection: int | slice) -> NDArray[Any]:
        """Read a part of an array, selected along its first dimension.

        Raises:
            Problem: What is stored is damaged.
        """
        stored = self._stored_pixels(name)
        try:
            return np.asarray(stored[selection])
        except (ValueError, RuntimeError, OSError, MemoryError, OverflowError) as error:
            is_prepared = name in self.manifest.prepared
            if is_prepared or not isinstance(error, MemoryError):  # a forged index of a shard asks for any amount
                raise_failed_call(error, self.path / "data.zarr" / name)
            said, hint = str(error) or type(error).__name__, self.plan_hint if is_prepared else self.shard_hint
            raise Problem(f"{self.location}/data.zarr/{name}: can't be read ({said}): {hint}") from error

    def _stored_pixels(self, name: str) -> Any:
        """Return what `read` takes an array from; raise Problem where the array isn't what the manifest says."""
        if name not in self.manifest.prepared:
            return self.array(name)
        if name not in self._pictures:
            self._require_array(name)
            self._pictures[name] = PictureFiles(
                self.layouts[name], partial(self.chunk_path, name), self.manifest.prepared[name]
            )
        return self._pictures[name]

    def _require_array(self, name: str) -> None:
        """Raise Problem where Zarr would read another array than the manifest says, if metadata are held at all."""
        if self._hold_metadata:
            self.array(name)

    def read_prepared(self, name: str) -> NDArray[Any]:
        """Read a prepared array whole.

        Raises:
            Problem: The array isn't what was prepared. A chunk that is missing reads as 0, so only the hash tells.
        """
        pixels = self.read(name, slice(None))
        self._require_prepared(name, array_sha256(pixels))
        return pixels

    @property
    def repair_hint(self) -> str:
        """What to do about a plan that is damaged, in words."""
        return repair_hint(self.path)

    @property
    def plan_hint(self) -> str:
        """What to do about a table or a picture of the plan that is lost or damaged, in words."""
        return plan_hint(self.path)

    @property
    def shard_hint(self) -> str:
        """What to do about a shard that is damaged, in words."""
        return f"restore it, or see {bgfg_command('verify', self.path)}"

    def metadata_hint(self, array: str) -> str:
        """What to do about a zarr.json that is lost or damaged, in words; `array` is empty for the group's own."""
        return f"{bgfg_command('label' if array == 'depth' else 'compose', self.path)} writes it again"

    def depth_code(self) -> DepthCode:
        """Return the coding of the array `depth`, as the manifest has it; raise Problem where there is no depth."""
        self._require_array("depth")
        return depth_code((self.manifest.teacher or {})["encoding"])

    def is_done(self, array: str, shard: int) -> bool:
        """Say whether a shard is marked done by this corpus and there, of the size in its mark."""
        if array not in self.layouts or not mark_path(self.path, array, shard).exists():
            return False
        try:
            mark = DoneMark.load(self.path, array, shard)
        except (Problem, FileNotFoundError):
            return False  # what a power cut left of it, or taken away meanwhile: the shard is made again
        # The size is cheap to check; that the bytes are right is for `verify`.
        return mark.digest == self.manifest.digest and self.shard_size_bytes(array, shard) == mark.bytes

    def shard_size_bytes(self, array: str, shard: int) -> int | None:
        """Return the size of a shard, None where there is none."""
        try:
            return self.chunk_path(array, shard).stat().st_size
        except FileNotFoundError:
            return None

    def done_shards(self, array: str) -> set[int]:
        """Return the shards of `array` that are done."""
        return {s for s in marked_shards(self.path, array) if s in self.shards and self.is_done(array, s)}

    def require_done(self, array: str, shard: int) -> None:
        """Raise Problem where a shard isn't done; the message says what to run."""
        if not self.is_done(array, shard):
            run = bgfg_command("label" if array == "depth" else "compose", self.path)
            raise Problem(f"{self.path}: shard {shard} of {array} is not done: run {run}")

    def chunk_path(self, array: str, number: int) -> Path:
        """Return the path of a shard, or of a prepared picture: the chunk key of Zarr v3."""
        zeros = "/0" * (len(self.layouts[array].shape) - 1)
        return self.path / f"data.zarr/{array}/c/{number}{zeros}"  # joined at once: it is asked for every shard

    def open_shard(self, array: str, shard: int) -> ShardReader:
        """Open a shard to be read chunk by chunk, without Zarr."""
        return ShardReader(self.chunk_path(array, shard), self.samples_per_shard // self.geometry.placements)

    def damage_problem(self, array: str, shard: int, error: Exception) -> Problem:
        """Return the error to raise for a shard that can't be read."""
        return Problem(f"{self.chunk_path(array, shard)}: {error}: see {bgfg_command('verify', self.path)}")

    @contextmanager
    def write_shard(self, array: str, shard: int) -> Iterator[ShardWriter]:
        """Write a shard under a temporary name, unflushed (see `flushed_together`); its own name comes once whole.

        Yields:
            The writer that takes the shard's chunks.
        """
        # The executor tells by this name which shards a dead worker had in hand.
        partial = self.path / PARTIAL_FOLDER / f"{array}-{shard}.{os.getpid()}"
        partial.parent.mkdir(exist_ok=True)
        try:
            with partial.open("wb") as file:
                writer = ShardWriter(file)
                yield writer
                writer.finish()
            path = self.chunk_path(array, shard)
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.replace(path)
        except BaseException as error:
            partial.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno is not None and error.filename is None:
                error.filename = str(self.path / "data.zarr" / array)  # a write knows no name
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
        for name in self.manifest.tables:
            yield partial(self.manifest.check_table, self.path / "manifest", name)
        for name in self.manifest.prepared:
            yield partial(self._check_prepared, name)

    def _check_prepared(self, name: str) -> None:
        self._require_prepared(name, self.prepared_sha256(name))

    def prepared_sha256(self, name: str) -> str:
        """Return the hex SHA-256 of a prepared array's bytes in C order, read some pictures at a time."""
        found = hashlib.sha256()
        for start in range(0, self.layouts[name].shape[0], _PICTURES_AT_A_TIME):
            found.update(self.read(name, slice(start, start + _PICTURES_AT_A_TIME)).data)
        return found.hexdigest()

    def _require_prepared(self, name: str, sha256: str) -> None:
        """Raise Problem where a prepared array's pixels have another SHA-256 than what was prepared."""
        if sha256 != self.manifest.prepared[name]:
            line = f"{self.location}/data.zarr/{name}: its pixels aren't those that were prepared: {self.plan_hint}"
            raise Problem(line)

    def save_manifest(self, manifest: Manifest) -> None:
        """Replace corpus.json; the caller holds the writer lock."""
        manifest.save(self.path / "manifest" / "corpus.json")
        self.manifest = manifest

    def clear_partial(self) -> None:
        """Remove what a killed run left behind; the caller holds the writer lock."""
        remove_folder(self.path / PARTIAL_FOLDER)
