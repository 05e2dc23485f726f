"""How the arrays lie on disk: names, shapes, dimensions, chunks, shards, codecs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from bgfg.data_manifests.corpus.geometry import CorpusGeometry, blocks_per_shard
from bgfg.synth.store.depth_code import depth_code
from bgfg.synth.store.shard import ZSTD_LEVEL

if TYPE_CHECKING:  # workers write shards without zarr-python, which takes a third of a second to import
    import zarr

SHARDED_ARRAYS = ("image", "mask", "instance", "depth")

# Dimensions as corpora had them that were planned or labelled earlier: the same axes in the same order, but with names
# shared by axes of different lengths, which xarray refuses.
_FORMER_DIMENSIONS = {
    "background": ("background", "y", "x", "channel"),
    "cutout": ("cutout", "y", "x", "channel"),
    "background_depth": ("background", "y", "x"),
    "depth": ("sample", "y", "x"),
}


@dataclass(frozen=True)
class ArrayLayout:
    """How one array lies on disk.

    Attributes:
        name: Name of the array in the group.
        shape: Its shape, samples or pictures first.
        dtype: Its NumPy dtype, by name.
        dimensions: Names of its dimensions. Axes share a name where they are the same axis, and only there; no
            dimension is called like an array, which would make a coordinate of it.
        chunk: How many samples a chunk holds: a block, or one picture.
        shard: How many samples a shard holds; None for one picture a chunk.
        order: The order of axes in which a chunk is stored; None as it is.
        attributes: Attributes of the array.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    dimensions: tuple[str, ...]
    chunk: int = 1
    shard: int | None = None
    order: tuple[int, ...] | None = None
    attributes: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def chunk_shape(self) -> tuple[int, ...]:
        """The shape of an inner chunk: a block of samples, or one picture."""
        return (self.chunk, *self.shape[1:])

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """The shape of an inner chunk in the order in which its bytes are stored."""
        return tuple(self.chunk_shape[axis] for axis in self.order) if self.order else self.chunk_shape

    def create(self, group: zarr.Group) -> zarr.Array:
        """Create the array's metadata in `group`; no chunk is written."""
        from zarr.codecs import BytesCodec, Crc32cCodec, TransposeCodec, ZstdCodec

        return group.create_array(
            self.name,
            shape=self.shape,
            dtype=self.dtype,
            chunks=self.chunk_shape,
            shards=(self.shard, *self.shape[1:]) if self.shard else None,
            filters=[TransposeCodec(order=self.order)] if self.order else None,
            serializer=BytesCodec(endian="little" if np.dtype(self.dtype).itemsize > 1 else None),
            compressors=[ZstdCodec(level=ZSTD_LEVEL), Crc32cCodec()],  # what `ChunkEncoder` writes
            fill_value=0,
            dimension_names=self.dimensions,
            attributes=self.attributes,
        )


def array_layouts(
    geometry: CorpusGeometry, background_depth: bool, teacher: Mapping[str, Any] | None, instances: bool = False
) -> dict[str, ArrayLayout]:
    """Return the layout of every array that a corpus of this geometry has, by name.

    Args:
        geometry: Counts and sizes of the corpus.
        background_depth: Whether backgrounds came with depth.
        teacher: The manifest's teacher, None before labelling. Its `size_px`, where it has one, is the size of its
            depth maps (Hd, Wd), else they have the frame's.
        instances: Whether samples have several cut-outs.
    """
    g = geometry
    N, H, W, K, F = len(g.index), g.height_px, g.width_px, g.placements, g.cutout_pictures
    h, w = g.cutout_box_px
    shard = g.listed.per_shard if g.listed else blocks_per_shard(F) * K
    sample, flips = ("sample", "y", "x"), "; odd ones are flips" if g.listed is None else ""
    found = [
        ArrayLayout("background", (g.backgrounds, H, W, 3), "uint8", ("background_id", "y", "x", "channel"),
               attributes={"long_name": "backgrounds as used, RGB"}),
        ArrayLayout("cutout", (F, h, w, 4), "uint8", ("cutout_id", "cutout_y", "cutout_x", "rgba"),
               attributes={"long_name": f"cut-outs as used, RGBA, not premultiplied{flips}"}),
        ArrayLayout("image", (N, H, W, 3), "uint8", (*sample, "channel"), K, shard, order=(1, 0, 2, 3),
               attributes={"long_name": "cut-out composed on background, RGB"}),
        ArrayLayout("mask", (N, H, W), "uint8", sample, K, shard,
               attributes={"long_name": "alpha of what is visible of the cut-out, 0..255"}),
    ]  # fmt: skip
    if instances:
        attributes = {"long_name": "which cut-out is seen: 0 background, 1.. by order of pasting"}
        found.append(ArrayLayout("instance", (N, H, W), "uint8", sample, K, shard, attributes=attributes))
    if background_depth:
        attributes = {"long_name": "distance of the backgrounds from the camera plane, 0 unknown", "units": "mm"}
        found.append(ArrayLayout("background_depth", (g.backgrounds, H, W), "uint16", ("background_id", "y", "x"),
                            attributes=attributes))  # fmt: skip
    if teacher is not None:
        attributes = {"long_name": "distance from the camera plane, code 0 unknown"} | depth_attributes(teacher)
        Hd, Wd = teacher.get("size_px", (H, W))
        dtype = f"uint{depth_code(teacher['encoding']).bits}"
        dimensions = sample if (Hd, Wd) == (H, W) else ("sample", "depth_y", "depth_x")
        found.append(ArrayLayout("depth", (N, Hd, Wd), dtype, dimensions, K, shard, attributes=attributes))
    return {layout.name: layout for layout in found}


def part_layouts(
    geometry: CorpusGeometry,
    part: int,
    background_depth: bool,
    teacher: Mapping[str, Any] | None,
    instances: bool = False,
) -> dict[str, ArrayLayout]:
    """Return the layout of every array of one part of a corpus, as `array_layouts` does: of pictures, the new ones."""
    rectangle = geometry.index.rectangles[part]
    absent = {"cutout"} if not rectangle.new_cutouts else set()
    if not rectangle.new_backgrounds:
        absent = {"background", "background_depth"}
    found = array_layouts(geometry.of_part(part), background_depth, teacher, instances)
    return {name: layout for name, layout in found.items() if name not in absent}


def depth_attributes(teacher: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of the array `depth` that tell how to read it and what made it."""
    teacher_record = {name: value for name, value in teacher.items() if name != "encoding"}
    units = {} if teacher["encoding"]["kind"] == "relative" else {"units": "m"}
    return units | {"encoding": dict(teacher["encoding"]), "teacher": teacher_record}


@lru_cache(maxsize=64)  # each corpus is opened many times, and zarr-python takes its time
def metadata_bytes(layout: ArrayLayout) -> bytes:
    """Return the zarr.json that `layout` makes."""
    import zarr
    from zarr.storage import MemoryStore

    store = MemoryStore()
    layout.create(zarr.create_group(store))
    return store._store_dict[f"{layout.name}/zarr.json"].to_bytes()


def accepted_dimensions(layout: ArrayLayout) -> tuple[tuple[str, ...], ...]:
    """Return the names of dimensions that a stored array may have: today's, and those of earlier corpora."""
    former = _FORMER_DIMENSIONS.get(layout.name, layout.dimensions)
    return tuple(dict.fromkeys((layout.dimensions, former)))
