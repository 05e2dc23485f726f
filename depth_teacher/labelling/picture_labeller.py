"""Label a corpus by a teacher that looks at pictures alone: composites in batches, depth back in blocks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.instances import UNKNOWN
from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.prefetch import prefetch
from bgfg.depth_teacher.teachers.occlusion_order import enforce_occlusion_order
from bgfg.depth_teacher.teachers.teacher import DepthBatch, PictureTeacher, RgbBatch
from bgfg.synth.compose.recipe import ShardRecipe
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.depth_code import DepthCode, LinearDepth, LogDepth, RelativeDepth, depth_code
from bgfg.synth.store.shard import DamagedShard

# Prefetched: batches that wait for the network, and blocks of depth that wait for the disk.
_BATCHES_AHEAD = 2
_BLOCKS_AHEAD = 4

_PROBES = 4  # samples
_SCALE_SAMPLES = 64


class PictureLabeller:
    """Adapter that makes a Teacher of a corpus from a PictureTeacher.

    Batches start anew with each shard, so that labels depend on no other shard, worker or interruption. A teacher that
    overlooks people is told by the masks where they are: it looks at each background without them too, and they are
    brought in front of what they hide.

    Args:
        corpus: What is labelled.
        pictures: What sees depth.
        bits: 8 for log codes, 16 for millimetres.
        advance: Called with the number of samples of each block that is labelled; what it raises ends the shard.
    """

    def __init__(self, corpus: Corpus, pictures: PictureTeacher, bits: int, advance: Callable[[int], None]) -> None:
        self._corpus, self._pictures, self._bits, self._advance = corpus, pictures, bits, advance
        self._bare = threading.local()  # shards are labelled by threads

    @cached_property
    def encoding(self) -> DepthCode:
        """The coding of its labels: of the range that the teacher gives; without a unit, of what it gives here.

        A relative coding that is recorded for this very teacher is kept: another look at the corpus might find another.
        """
        near_m, far_m = self._pictures.range_m
        if self._pictures.is_metric:
            return LogDepth(near_m, far_m) if self._bits == 8 else LinearDepth()
        recorded = self._corpus.manifest.teacher or {}
        if self.describe() == {name: value for name, value in recorded.items() if name != "encoding"}:
            return depth_code(recorded["encoding"])
        return self._relative_encoding()

    def describe(self) -> dict[str, Any]:
        """Return what is recorded as the teacher of the corpus."""
        g = self._corpus.geometry
        return (
            self._pictures.describe()
            | {
                "input_size_px": list(self._pictures.input_px(g.height_px, g.width_px)),
                "size_px": list(self._size_px),
                "range_m": list(self._pictures.range_m) if self._pictures.is_metric else None,
            }
            | ({"in_front": True} if self._pictures.overlooks_people else {})
        )

    def label(self, recipe: ShardRecipe) -> Iterator[NDArray]:
        """Yield the depth codes of each block of a shard, (K, Hd, Wd)."""
        batches = prefetch(self._batches(recipe), _BATCHES_AHEAD)
        blocks = rebatch(self._pictures.predict_batches(batches), recipe.placements)
        if self._pictures.overlooks_people:
            blocks = self._with_people_in_front(recipe, blocks)
        codes = prefetch((self.encoding.encode(block) for block in blocks), _BLOCKS_AHEAD)
        # Closed here, not when an error's traceback is let go: no thread outlives the one that it works for.
        with closing(batches), closing(codes):
            for block in codes:
                yield block
                self._advance(recipe.placements)

    def label_samples(self, samples: Sequence[int]) -> NDArray:
        """Return the codes of some samples, (n, Hd, Wd), as `label` makes them."""
        depth_m = self._depth(np.stack([self._corpus.read("image", i) for i in samples]))
        if self._pictures.overlooks_people:
            backgrounds = self._corpus.pictures_of(np.asarray(samples))[0].tolist()
            bare_m = {b: self._bare_depth(b) for b in set(backgrounds) - {UNKNOWN}}
            for each_m, b, i in zip(depth_m, backgrounds, samples, strict=True):
                if b == UNKNOWN:  # nothing tells what is hidden there
                    continue
                self._bring_forward(each_m, bare_m[b], self._corpus.read(self._people_array, i))
        return self.encoding.encode(depth_m)

    def probe(self, recipe: ShardRecipe) -> NDArray:
        """Return the codes of the first few samples of a shard, (n, Hd, Wd)."""
        return self.label_samples(recipe.samples[: min(_PROBES, recipe.placements)])

    @property
    def _people_array(self) -> str:
        """The array that says where people are; with several in a sample, the one that tells them apart."""
        return "mask" if self._corpus.manifest.crowd is None else "instance"

    def _with_people_in_front(self, recipe: ShardRecipe, blocks: Iterable[DepthBatch]) -> Iterator[DepthBatch]:
        """Yield blocks of depth, (K, Hd, Wd), in which people are in front of what they hide."""
        backgrounds = iter(self._corpus.pictures_of(np.array(recipe.samples))[0].tolist())
        for block, people in zip(blocks, self._blocks(recipe, self._people_array), strict=True):
            for depth_m, each in zip(block, people, strict=True):
                if (b := next(backgrounds)) != UNKNOWN:
                    self._bring_forward(depth_m, self._bare_depth(b), each)
            yield block

    def _bare_depth(self, b: int) -> DepthBatch:
        """Return the depth of background `b` without anybody, (Hd, Wd); of each thread the last one is kept."""
        if getattr(self._bare, "number", None) != b:
            self._bare.depth_m = self._depth(self._corpus.read("background", b)[None])[0]
            self._bare.number = b
        depth_m: DepthBatch = self._bare.depth_m
        return depth_m

    def _bring_forward(self, depth_m: DepthBatch, bare_m: DepthBatch, people: NDArray[np.uint8]) -> None:
        enforce_occlusion_order(
            depth_m, bare_m, (people >= OPAQUE_U8).astype(np.uint8) if self._people_array == "mask" else people
        )

    @cached_property
    def _size_px(self) -> tuple[int, int]:
        g = self._corpus.geometry
        height_px, width_px = self._depth(np.zeros((1, g.height_px, g.width_px, 3), np.uint8)).shape[1:]
        return height_px, width_px

    def _depth(self, pictures: RgbBatch) -> DepthBatch:
        return next(iter(self._pictures.predict_batches([pictures])))

    def _relative_encoding(self) -> RelativeDepth:
        """Return a coding that covers what the teacher sees in some composites, with a tenth to spare."""
        shards = np.unique(np.linspace(0, len(self._corpus.shards) - 1, _SCALE_SAMPLES).astype(int)).tolist()
        pictures = (next(self._blocks(ShardRecipe(self._corpus, shard), "image"))[:1] for shard in shards)
        depths = [depth[np.isfinite(depth)] for depth in self._pictures.predict_batches(pictures)]
        lowest = min((float(d.min()) for d in depths if d.size), default=0.0)
        highest = max((float(d.max()) for d in depths if d.size), default=0.0)
        spare = max(0.1 * (highest - lowest), 1e-6)
        return RelativeDepth(round(lowest - spare, 6), round(highest + spare, 6), self._bits)

    def _batches(self, recipe: ShardRecipe) -> Iterator[RgbBatch]:
        """Yield a shard's composites, (n, H, W, 3) uint8 RGB, n that of the teacher but for the last.

        Rows are copied from the blocks as they come, so that no more than a batch and a block are in memory.
        """
        batch: RgbBatch | None = None
        filled = 0
        left = len(recipe.samples)
        for block in self._blocks(recipe, "image"):
            start = 0
            while start < len(block):
                if batch is None:
                    batch = np.empty((min(self._pictures.batch, left), *block.shape[1:]), np.uint8)
                    filled = 0
                taken = block[start : start + len(batch) - filled]
                batch[filled : filled + len(taken)] = taken
                filled, start, left = filled + len(taken), start + len(taken), left - len(taken)
                if filled == len(batch):
                    yield batch
                    batch = None

    def _blocks(self, recipe: ShardRecipe, array: str) -> Iterator[RgbBatch]:
        """Yield a shard's composites, (K, H, W, 3) uint8 RGB, or masks, block by block.

        Raises Problem where they are damaged.
        """
        layout, shard = self._corpus.layouts[array], recipe.shard
        self._corpus.require_done(array, shard)
        try:
            reader = self._corpus.open_shard(array, shard)
            for chunk in range(recipe.block_count):
                stored = reader.read(chunk, layout.stored_shape, np.dtype(np.uint8))
                yield stored.transpose(np.argsort(layout.order or range(stored.ndim)))
        except DamagedShard as error:
            path = self._corpus.chunk_path(array, shard)
            raise Problem(f"{path}: {error}: see `bgfg verify {self._corpus.path}`") from error


def rebatch(batches: Iterable[NDArray], size: int) -> Iterator[NDArray]:
    """Yield the rows of batches of any sizes in blocks of `size`.

    Raises:
        ValueError: The rows don't fill the last block.
    """
    block: NDArray | None = None
    filled = 0
    for batch in batches:
        start = 0
        while start < len(batch):
            if block is None:
                block, filled = np.empty((size, *batch.shape[1:]), batch.dtype), 0
            taken = batch[start : start + size - filled]
            block[filled : filled + len(taken)] = taken
            filled, start = filled + len(taken), start + len(taken)
            if filled == size:
                yield block
                block = None
    if block is not None:
        raise ValueError(f"{filled} rows are left, less than a block of {size}")
