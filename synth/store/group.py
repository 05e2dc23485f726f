"""The Zarr group `data.zarr` of a corpus: created with its prepared arrays, opened, and what its metadata is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
import zarr
from numcodecs.zstd import Zstd
from numpy.typing import NDArray
from zarr.storage import LocalStore, MemoryStore

from bgfg.data_manifests.corpus.digest import CORPUS_FORMAT, CORPUS_FORMAT_VERSION
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.synth.store.layout import array_layouts
from bgfg.synth.store.shard import ZSTD_LEVEL

_CRC_BYTES = 4


def create_group(path: Path, manifest: Manifest, prepared: dict[str, NDArray]) -> None:
    """Create data.zarr: the prepared arrays, and the metadata of the arrays that composing makes.

    Args:
        path: Where the group is to lie.
        manifest: That of the corpus.
        prepared: Array name -> pixels, as `array_layouts` lays them out: background, cutout, and background_depth where
            backgrounds came with depth.
    """
    group = zarr.create_group(LocalStore(path), attributes=group_attributes(manifest))
    instances = manifest.crowd is not None
    for name, layout in array_layouts(manifest.geometry, "background_depth" in prepared, None, instances).items():
        layout.create(group)
        if name in prepared:
            _write_pictures(path / name / "c", prepared[name])


def _write_pictures(folder: Path, pictures: NDArray) -> None:
    """Write a picture a chunk, to the byte as zarr-python does, whose way to one takes several times as long."""
    codec = Zstd(level=ZSTD_LEVEL)
    for number, picture in enumerate(pictures):
        if picture.any():  # nothing but the fill value isn't stored
            frame = codec.encode(np.ascontiguousarray(picture, picture.dtype.newbyteorder("<")))
            path = folder.joinpath(str(number), *["0"] * picture.ndim)
            path.parent.mkdir(parents=True)
            path.write_bytes(frame + int(google_crc32c.value(frame)).to_bytes(_CRC_BYTES, "little"))


def open_group(corpus: Path) -> zarr.Group:
    """Open data.zarr of a corpus for reading, where `metadata_faults` finds none."""
    return zarr.open_group(LocalStore(corpus / "data.zarr"), mode="r")


def group_metadata_bytes(manifest: Manifest) -> bytes:
    """Return the group's own zarr.json, as `create_group` makes it."""
    store = MemoryStore()
    zarr.create_group(store, attributes=group_attributes(manifest))
    return store._store_dict["zarr.json"].to_bytes()


def group_attributes(manifest: Manifest) -> dict[str, Any]:
    """Return the attributes of the group data.zarr: format, version and the digest of the corpus."""
    return {"format": CORPUS_FORMAT, "version": CORPUS_FORMAT_VERSION, "digest": manifest.digest}
