"""The Zarr group `data.zarr` of a corpus: created with its prepared arrays, opened, and what its metadata is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.digest import CORPUS_FORMAT
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.part_record import PartRecord
from bgfg.synth.store.layout import part_layouts
from bgfg.synth.store.shard import ZSTD_LEVEL

if TYPE_CHECKING:
    import zarr

_CRC_BYTES = 4


def create_group(path: Path, manifest: Manifest, prepared: dict[str, NDArray]) -> None:
    """Create data.zarr of the last part: the prepared arrays, and the metadata of the arrays that composing makes.

    Args:
        path: Where the group is to lie.
        manifest: That of the corpus.
        prepared: Array name -> pixels, as `part_layouts` lays them out: background and cutout, of which a further part
            has one, and background_depth where backgrounds came with depth.
    """
    import zarr
    from zarr.storage import LocalStore

    group = zarr.create_group(LocalStore(path), attributes=group_attributes(manifest.parts[-1]))
    part, instances = manifest.geometry.parts[-1], manifest.crowd is not None
    has_depth = "background_depth" in manifest.prepared
    for name, layout in part_layouts(manifest.geometry, part, has_depth, manifest.teacher, instances).items():
        layout.create(group)
        if name in prepared:
            _write_pictures(path / name / "c", prepared[name])


def _write_pictures(folder: Path, pictures: NDArray) -> None:
    """Write a picture a chunk, to the byte as zarr-python does, whose way to one takes several times as long."""
    from numcodecs.zstd import Zstd

    codec = Zstd(level=ZSTD_LEVEL)
    for number, picture in enumerate(pictures):
        if picture.any():  # nothing but the fill value isn't stored
            frame = codec.encode(np.ascontiguousarray(picture, picture.dtype.newbyteorder("<")))
            path = folder.joinpath(str(number), *["0"] * picture.ndim)
            path.parent.mkdir(parents=True)
            path.write_bytes(frame + int(google_crc32c.value(frame)).to_bytes(_CRC_BYTES, "little"))


def open_group(folder: Path) -> zarr.Group:
    """Open data.zarr of a part of a corpus for reading, where `metadata_faults` finds none."""
    import zarr
    from zarr.storage import LocalStore

    return zarr.open_group(LocalStore(folder / "data.zarr"), mode="r")


def group_metadata_bytes(part: PartRecord) -> bytes:
    """Return the group's own zarr.json, as `create_group` makes it."""
    import zarr
    from zarr.storage import MemoryStore

    store = MemoryStore()
    zarr.create_group(store, attributes=group_attributes(part))
    return store._store_dict["zarr.json"].to_bytes()


def group_attributes(part: PartRecord) -> dict[str, Any]:
    """Return the attributes of the group data.zarr: format, version and the digest of the corpus up to this part."""
    return {"format": CORPUS_FORMAT, "version": part.version, "digest": part.digest}
