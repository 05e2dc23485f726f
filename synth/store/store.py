"""The one owner of what is on disk: the group, its shards, their temporary names; and `Corpus(path)[i]` for people."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.instances import INSTANCES, read_sample
from bgfg.data_manifests.corpus.manifest import FORMAT, VERSION, Manifest, array_sha256, mend
from bgfg.data_manifests.corpus.naming import parse
from bgfg.data_manifests.terminal.errors import Problem, command
from bgfg.synth.store.depth_code import DepthCode, depth_code
from bgfg.synth.store.layout import Layout, blocks_per_shard, layouts
from bgfg.synth.store.marks import PARTIAL, Mark, mark_path, marked
from bgfg.synth.store.shard import ShardReader, ShardWriter
from numpy.typing import NDArray
from zarr.storage import LocalStore


def create_group(path: Path, manifest: Manifest, prepared: dict[str, NDArray]) -> None:
    """Create data.zarr at `path` with the prepared arrays in it and the metadata of image and mask."""
    group = zarr.create_group(LocalStore(path), attributes=group_attributes(manifest))
    instances = manifest.crowd is not None
    for name, layout in layouts(manifest.geometry, "background_depth" in prepared, None, instances).items():
        array = layout.create(group)
        if name in prepared:
            array[:] = prepared[name]


def group_attributes(manifest: Manifest) -> dict[str, Any]:
    """Return the attributes of the group data.zarr."""
    return {"format": FORMAT, "version": VERSION, "digest": manifest.digest}


_PICTURES_AT_A_TIME = 64


@dataclass(frozen=True)
class Sample:
    """One sample with all that belongs to it.

    row: its row of samples.parquet. background (H, W, 3), cutout (h, w, 4) as prepared, image (H, W, 3), mask (H, W),
    all uint8; depth_m: (Hd, Wd) float32 metres, 0 unknown, or None where the corpus isn't labelled; the size is the
    teacher's, and where its `encoding` is `relative` there is no unit. instance: (H, W) uint8, which of `pastes`, the
    sample's rows of instances.parquet, is seen at each pixel, 0 none; None where samples have one cut-out.
    """

    row: dict[str, Any]
    background: NDArray[np.uint8]
    cutout: NDArray[np.uint8]
    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    depth_m: NDArray[np.float32] | None
    instance: NDArray[np.uint8] | None = None
    pastes: tuple[dict[str, Any], ...] = ()


class Corpus:
    """A corpus on disk, opened for reading.

    `corpus[i]` is sample i, `corpus[name]` the sample that an image, mask or depth name stands for; `len(corpus)` is
    N. Raises Problem where there is no planned corpus, or where store and manifest have different digests.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.manifest = Manifest.load(self.path / "manifest" / "corpus.json")
        self.geometry = self.manifest.geometry
        again = command("plan", path, "...", "--replace")
        try:
            self.group = zarr.open_group(LocalStore(self.path / "data.zarr"), mode="r")
        except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
            raise Problem(f"{self.path / 'data.zarr'}: not a Zarr v3 group: restore it, or run {again}") from error
        stored, expected = dict(self.group.attrs), group_attributes(self.manifest)
        different = [name for name in stored.keys() | expected if stored.get(name) != expected.get(name)]
        if different:
            says = ", ".join(f"{name} {stored.get(name)!r}, not {expected.get(name)!r}" for name in sorted(different))
            raise Problem(f"{self.path / 'data.zarr'}: not of the plan in the manifest ({says}): run {again}")

    def __len__(self) -> int:
        return len(self.geometry.index)

    def __getitem__(self, key: int | str) -> Sample:
        i = self.sample_of(key) if isinstance(key, str) else range(len(self))[key]
        shard = i // self.samples_per_shard
        for array in self.composed:
            self.require(array, shard)
        row = tables.read_sample(self.path / "manifest" / tables.SAMPLES, i, self.geometry)
        height_px, width_px = self.cutout_sizes[row["cutout"]]
        rgba = self.read("cutout", row["cutout"])[:height_px, :width_px]
        depth_m = self.depth_code().decode(self.read("depth", i)) if self.is_done("depth", shard) else None
        background, image, mask = (
            self.read("background", row["background"]),
            self.read("image", i),
            self.read("mask", i),
        )
        if self.manifest.crowd is None:
            return Sample(row, background, rgba, image, mask, depth_m)
        pastes = read_sample(self.path / "manifest" / INSTANCES, i, self.geometry)
        return Sample(row, background, rgba, image, mask, depth_m, self.read("instance", i), tuple(pastes))

    def sample_of(self, name: str) -> int:
        """Return the index of the sample that `name` stands for; raise KeyError where it is none of this corpus."""
        parsed = parse(name)
        sample = None if parsed is None else self.geometry.sample_of(parsed[0])
        if sample is not None:
            return sample
        raise KeyError(f"{name!r} names no sample of {self.location}")

    @property
    def location(self) -> str:
        """Where people know it to be: its folder."""
        return str(self.path)

    @cached_property
    def layouts(self) -> dict[str, Layout]:
        """The layout of each array that the manifest says there is."""
        instances = self.manifest.crowd is not None
        return layouts(self.geometry, "background_depth" in self.manifest.prepared, self.manifest.teacher, instances)

    @property
    def composed(self) -> tuple[str, ...]:
        """The arrays that composing makes, in one pass."""
        return tuple(array for array in ("image", "mask", "instance") if array in self.layouts)

    @cached_property
    def cutout_sizes(self) -> NDArray[np.int32]:
        """The height and width in px of each prepared cut-out, (F, 2) int32."""
        return tables.cutout_sizes(self.path / "manifest" / tables.ASSETS, self.geometry)

    @property
    def samples_per_shard(self) -> int:
        """How many samples a shard holds."""
        return blocks_per_shard(2 * self.geometry.cutouts) * self.geometry.placements

    @property
    def shards(self) -> range:
        """The numbers of all shards of an array of samples."""
        return range(len(self) // self.samples_per_shard)

    def array(self, name: str) -> Any:
        """Return an array as zarr-python has it; raise Problem where it is missing or isn't what the manifest says."""
        path = f"{self.location}/data.zarr/{name}/zarr.json"
        try:
            found = self.group[name]
        except KeyError:
            raise Problem(f"{self.location}: has no array {name!r}") from None
        except (ValueError, TypeError) as error:
            raise Problem(f"{path}: can't be read ({error}): {self.mend}") from error
        layout = self.layouts.get(name)
        if (
            layout is None
            or not isinstance(found, zarr.Array)
            or (found.shape, found.dtype)
            != (
                layout.shape,
                np.dtype(layout.dtype),
            )
        ):
            raise Problem(f"{path}: not the array that the manifest says: {self.mend}")
        return found

    def read(self, name: str, selection: int | slice) -> NDArray[Any]:
        """Read a part of an array; raise Problem where what is stored is damaged."""
        array = self.array(name)
        try:
            return np.asarray(array[selection])
        except (ValueError, RuntimeError, OSError) as error:
            raise Problem(f"{self.location}/data.zarr/{name}: can't be read ({error}): {self.mend}") from error

    def prepared(self, name: str) -> NDArray[Any]:
        """Read a prepared array whole; raise Problem where it isn't what was prepared: what is missing reads as 0."""
        pixels = self.read(name, slice(None))
        self._require_prepared(name, array_sha256(pixels))
        return pixels

    @property
    def mend(self) -> str:
        """What to do about a plan that is damaged, in words."""
        return mend(self.path)

    def depth_code(self) -> DepthCode:
        """Return the coding of the array `depth`; raise Problem where it isn't known."""
        try:
            return depth_code(self.array("depth").attrs["encoding"])
        except (KeyError, TypeError, ValueError) as error:
            raise Problem(f"{self.location}/data.zarr/depth/zarr.json: {error}: {self.mend}") from error

    def is_done(self, array: str, shard: int) -> bool:
        """Say whether a shard is marked done and there, of the size in its mark.

        Raises Problem where the mark can't be read or belongs to another corpus.
        """
        path = mark_path(self.path, array, shard)
        if array not in self.layouts or not path.exists():
            return False
        mark = Mark.load(self.path, array, shard)
        if mark.digest != self.manifest.digest:
            raise Problem(f"{path}: the mark of another corpus, of digest {mark.digest[:12]}: delete it")
        return self.stored_bytes(array, shard) == mark.bytes

    def stored_bytes(self, array: str, shard: int) -> int | None:
        """Return the size of a shard, None where there is none."""
        try:
            return self.chunk_path(array, shard).stat().st_size
        except FileNotFoundError:
            return None

    def done(self, array: str) -> set[int]:
        """Return the shards of `array` that are done."""
        return {shard for shard in marked(self.path, array) & set(self.shards) if self.is_done(array, shard)}

    def require(self, array: str, shard: int) -> None:
        """Raise Problem where a shard isn't done."""
        if not self.is_done(array, shard):
            run = command("label" if array == "depth" else "compose", self.path)
            raise Problem(f"{self.path}: shard {shard} of {array} is not done: run {run}")

    def chunk_path(self, array: str, number: int) -> Path:
        """Return where a shard, or a prepared picture, lies: the chunk key of Zarr v3."""
        zeros = "/".join("0" * (len(self.layouts[array].shape) - 1))
        return self.path / "data.zarr" / array / "c" / str(number) / zeros

    def open_shard(self, array: str, shard: int) -> ShardReader:
        """Open a shard to be read chunk by chunk, without Zarr."""
        return ShardReader(self.chunk_path(array, shard), self.samples_per_shard // self.geometry.placements)

    def damaged(self, array: str, shard: int, error: Exception) -> Problem:
        """Return what to say of a shard that can't be read."""
        return Problem(f"{self.chunk_path(array, shard)}: {error}: see {command('verify', self.path)}")

    @contextmanager
    def write_shard(self, array: str, shard: int) -> Iterator[ShardWriter]:
        """Write a shard under a temporary name; it gets its own once it is whole."""
        partial = self.path / PARTIAL / f"{array}-{shard}.{os.getpid()}"
        partial.parent.mkdir(exist_ok=True)
        try:
            with partial.open("wb") as file:
                writer = ShardWriter(file)
                yield writer
                writer.finish()
                file.flush()
                os.fdatasync(file.fileno())
            path = self.chunk_path(array, shard)
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise

    def check_plan(self) -> None:
        """Raise Problem where a table or a prepared array isn't what the manifest was sealed with."""
        self.manifest.check_tables(self.path / "manifest")
        for name in self.manifest.prepared:
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
            line = f"{self.location}/data.zarr/{name}: its pixels aren't those that were prepared: {self.mend}"
            raise Problem(line)

    def save_manifest(self, manifest: Manifest) -> None:
        """Replace corpus.json; only for who holds the lock."""
        manifest.save(self.path / "manifest" / "corpus.json", self.path / PARTIAL)
        self.manifest = manifest

    def clear_partial(self) -> None:
        """Remove what a killed run left behind; only for who holds the lock."""
        shutil.rmtree(self.path / PARTIAL, ignore_errors=True)
