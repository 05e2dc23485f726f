"""The one owner of what is on disk: the group, its shards, their temporary names; and `Corpus(path)[i]` for people."""

from __future__ import annotations

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
from numpy.typing import NDArray
from zarr.storage import LocalStore

from data_manifests import tables
from data_manifests.manifest import FORMAT, VERSION, Manifest, file_sha256
from data_manifests.naming import parse
from data_manifests.problem import Problem
from synth.depth_code import LogDepth
from synth.layout import Layout, blocks_per_shard, layouts
from synth.marks import marked
from synth.shard import ShardReader, ShardWriter

PARTIAL = ".partial"


def create_group(path: Path, manifest: Manifest, prepared: dict[str, NDArray]) -> None:
    """Create data.zarr at `path` with the prepared arrays in it and the metadata of image and mask."""
    group = zarr.create_group(LocalStore(path), attributes=group_attributes(manifest))
    for name, layout in layouts(manifest.geometry, "background_depth" in prepared, teacher=None).items():
        array = layout.create(group)
        if name in prepared:
            array[:] = prepared[name]


def group_attributes(manifest: Manifest) -> dict[str, Any]:
    """Return the attributes of the group data.zarr."""
    return {"format": FORMAT, "version": VERSION, "digest": manifest.digest}


@dataclass(frozen=True)
class Sample:
    """One sample with all that belongs to it.

    row: its row of samples.parquet. background (H, W, 3), cutout (h, w, 4), image (H, W, 3), mask (H, W), all uint8;
    depth_m: (H, W) float32 metres, 0 unknown, or None where the corpus isn't labelled.
    """

    row: dict[str, Any]
    background: NDArray[np.uint8]
    cutout: NDArray[np.uint8]
    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    depth_m: NDArray[np.float32] | None


class Corpus:
    """A corpus on disk, opened for reading.

    `corpus[i]` is sample i, `corpus[name]` the sample that an image, mask or depth name stands for; `len(corpus)` is
    N. Raises Problem where there is no planned corpus, or where store and manifest have different digests.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.manifest = Manifest.load(self.path / "manifest" / "corpus.json")
        self.geometry = self.manifest.geometry
        try:
            self.group = zarr.open_group(LocalStore(self.path / "data.zarr"), mode="r")
        except (FileNotFoundError, ValueError, KeyError) as error:
            raise Problem(f"{self.path / 'data.zarr'}: not a Zarr v3 group: plan the corpus again") from error
        stored = dict(self.group.attrs)
        if stored != group_attributes(self.manifest):
            raise Problem(
                f"{self.path}: data.zarr has the digest {str(stored.get('digest'))[:12]}, its manifest "
                f"{self.manifest.digest[:12]}: they belong to different plans; run `bgfg plan {self.path} --replace`"
            )

    def __len__(self) -> int:
        return len(self.geometry.index)

    def __getitem__(self, key: int | str) -> Sample:
        i = self.sample_of(key) if isinstance(key, str) else range(len(self))[key]
        for array in ("image", "mask"):
            self.require(array, i // self.samples_per_shard)
        row = tables.read_sample(self.path / "manifest" / tables.SAMPLES, i, self.geometry)
        rgba = self.array("cutout")[row["cutout"]][: row["height_px"], : row["width_px"]]
        labelled = i // self.samples_per_shard in marked(self.path, "depth")
        depth_m = self.depth_code().decode(self.array("depth")[i]) if labelled else None
        background = self.array("background")[row["background"]]
        return Sample(row, background, rgba, self.array("image")[i], self.array("mask")[i], depth_m)

    def sample_of(self, name: str) -> int:
        """Return the index of the sample that `name` stands for; raise KeyError where it is none of this corpus."""
        parsed = parse(name)
        if parsed is not None and parsed[0].kind in ("image", "mask", "depth"):
            found = parsed[0]
            b, c, k = found.background or 0, found.cutout or 0, found.placement or 0
            if b < self.geometry.backgrounds and c < self.geometry.cutouts and k < self.geometry.placements:
                return self.geometry.index.sample(b, 2 * c + found.flipped, k)
        raise KeyError(f"{name!r} names no sample of {self.path}")

    @cached_property
    def layouts(self) -> dict[str, Layout]:
        """The layout of each array that the manifest says there is."""
        return layouts(self.geometry, "background_depth" in self.manifest.prepared, self.manifest.teacher)

    @property
    def samples_per_shard(self) -> int:
        """How many samples a shard holds."""
        return blocks_per_shard(2 * self.geometry.cutouts) * self.geometry.placements

    @property
    def shards(self) -> range:
        """The numbers of all shards of an array of samples."""
        return range(len(self) // self.samples_per_shard)

    def array(self, name: str) -> Any:
        """Return an array as zarr-python has it; raise Problem where the corpus lacks it or its metadata is broken."""
        try:
            return self.group[name]
        except KeyError:
            raise Problem(f"{self.path}: has no array {name!r}") from None
        except ValueError as error:
            raise Problem(f"{self.path / 'data.zarr' / name / 'zarr.json'}: can't be read: {error}") from error

    def depth_code(self) -> LogDepth:
        """Return the coding of the array `depth`."""
        return LogDepth.from_attributes(self.array("depth").attrs["encoding"])

    def require(self, array: str, shard: int) -> None:
        """Raise Problem where a shard isn't marked done."""
        if shard not in marked(self.path, array):
            command = "label" if array == "depth" else "compose"
            raise Problem(f"{self.path}: shard {shard} of {array} is not done: run `bgfg {command} {self.path}`")

    def shard_path(self, array: str, shard: int) -> Path:
        """Return where a shard lies: the chunk key of Zarr v3."""
        zeros = "/".join("0" * (len(self.layouts[array].shape) - 1))
        return self.path / "data.zarr" / array / "c" / str(shard) / zeros

    def open_shard(self, array: str, shard: int) -> ShardReader:
        """Open a shard to be read chunk by chunk, without Zarr."""
        return ShardReader(self.shard_path(array, shard), self.samples_per_shard // self.geometry.placements)

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
            path = self.shard_path(array, shard)
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def check_tables(self) -> None:
        """Raise Problem where a table isn't the one that the manifest was sealed with."""
        folder = self.path / "manifest"
        for name, sha256 in self.manifest.tables.items():
            if not (folder / name).is_file():
                raise Problem(f"{folder / name}: missing: restore it, or run `bgfg plan {self.path} --replace`")
            if file_sha256(folder / name) != sha256:
                again = f"run `bgfg plan {self.path} --replace`"
                raise Problem(f"{folder / name}: changed since it was planned: restore it, or {again}")

    def save_manifest(self, manifest: Manifest) -> None:
        """Replace corpus.json; only for who holds the lock."""
        manifest.save(self.path / "manifest" / "corpus.json")
        self.manifest = manifest

    def clear_partial(self) -> None:
        """Remove what a killed run left behind; only for who holds the lock."""
        shutil.rmtree(self.path / PARTIAL, ignore_errors=True)
