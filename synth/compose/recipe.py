"""Recipes: which background, cut-outs and positions make up each shard and block."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus import sample_table
from bgfg.synth.compose.blend import Composer
from bgfg.synth.compose.crowd_cutouts import CrowdCutouts
from bgfg.synth.compose.cutout import Cutout, PlacedCutout
from bgfg.synth.compose.cutout_cache import cutout_cache
from bgfg.synth.compose.perspective_cutouts import PerspectiveCutouts
from bgfg.synth.compose.varied_block import VariedBlock, VariedBlocks
from bgfg.synth.painting.painted_scenes import ScenePainter
from bgfg.synth.store.corpus import Corpus

# Size of the window of consecutive cut-outs that is prepared at a time, so that a worker's memory doesn't grow with the
# corpus.
_WINDOW_BYTES = 32_000_000
_BYTES_PER_PIXEL = 13


@dataclass(frozen=True)
class BlockRecipe:
    """The K placements of one cut-out on one background.

    Attributes:
        chunk: Number of the block within its shard.
        cutouts: What is to be seen of the cut-out: one for all placements, or one for each.
        amodal_alphas_u8: As many (h, w) uint8, its alpha before anything hides it.
        x_px: (K,) int32, left edges.
        y_px: (K,) int32, top edges.
        additional: The cut-outs that are pasted after it, for each placement; None where samples have one cut-out.
    """

    chunk: int
    cutouts: Sequence[Cutout]
    amodal_alphas_u8: Sequence[NDArray[np.uint8]]
    x_px: NDArray[np.int32]
    y_px: NDArray[np.int32]
    additional: Sequence[Sequence[PlacedCutout]] | None = None

    @property
    def is_one_cutout(self) -> bool:
        """Whether all placements have the same cut-out, and no other."""
        return len(self.cutouts) == 1 and self.additional is None

    def paste(self, composer: Composer) -> None:
        """Compose the images and masks of the block, and instances where there are any."""
        if self.additional is not None:
            composer.compose_layers(list(self.layers()))
        elif len(self.cutouts) == 1:
            composer.compose(self.cutouts[0], self.x_px, self.y_px)
        else:
            composer.compose_each(self.cutouts, self.x_px, self.y_px)

    def layers(self) -> Iterator[Sequence[PlacedCutout]]:
        """Yield for each placement its cut-outs in the order of pasting."""
        K = len(self.x_px)
        cutouts, alphas_u8 = (list(each) * (K // len(each)) for each in (self.cutouts, self.amodal_alphas_u8))
        additional = self.additional or [()] * K
        corners = self.x_px.tolist(), self.y_px.tolist()
        for *first, rest in zip(cutouts, alphas_u8, *corners, additional, strict=True):
            yield [PlacedCutout(*first), *rest]


class ShardRecipe:
    """What is to be composed in one shard of a corpus.

    Attributes:
        shard: Number of the shard.
        samples: Numbers of its samples.
        placements: K, the samples of a block.
        background_index: Number of the background that all its samples have.
    """

    def __init__(self, corpus: Corpus, shard: int) -> None:
        self._corpus = corpus
        self.shard, self.placements, self.samples = shard, corpus.geometry.placements, corpus.samples_of(shard)
        self._strip = corpus.geometry.index.strip_of(self.samples.start)
        self.background_index = self._strip.background

    @cached_property
    def background(self) -> NDArray[np.uint8]:
        """The shard's background as prepared, (H, W, 3) uint8 RGB."""
        return self._corpus.read("background", self.background_index)

    @property
    def block_count(self) -> int:
        """How many blocks it has."""
        return len(self.samples) // self.placements

    def composer(self) -> Composer:
        """Return a composer for its blocks."""
        return Composer(self.background, self.placements, self._corpus.manifest.crowd is not None)

    def painter(self, compiled: ctypes.CDLL) -> ScenePainter:
        """Return a painter for its scenes, of what `painted_scenes.library` found."""
        has_instances = self._corpus.manifest.crowd is not None
        figure_of = cutout_cache(self._corpus).figure
        return ScenePainter(compiled, self.background, self.placements, figure_of, has_instances)

    def blocks(self) -> Iterator[BlockRecipe | VariedBlock]:
        """Yield the recipes of the shard's blocks in their order."""
        variety = self._corpus.manifest.variety
        if variety is None:
            yield from self._plain_blocks()
            return
        varied = VariedBlocks(self._corpus, self._strip, self.background, variety)
        for chunk in range(self.block_count):
            yield varied.block(self._first_place + chunk, chunk)

    @property
    def _first_place(self) -> int:
        """The place of its first cut-out among those of the strip."""
        return (self.samples.start - self._strip.samples.start) // self.placements

    def _plain_blocks(self) -> Iterator[BlockRecipe]:
        corpus, strip = self._corpus, self._strip
        boxes = sample_table.read_boxes(corpus.samples_path(strip.part), strip)
        h, w = corpus.geometry.largest_box_px
        window = max(1, _WINDOW_BYTES // (h * w * _BYTES_PER_PIXEL))
        perspective = self._perspective_cutouts()
        crowds = CrowdCutouts.of(corpus, strip, perspective)
        for chunk in range(self.block_count):
            place = self._first_place + chunk  # that of the cut-out among those of the strip
            f = strip.cutouts.start + place
            start = f - f % window  # blocks come in the order of their cut-outs: one window is read at a time
            key = corpus.path, corpus.manifest.digest, start, start + window
            x, y, width, height = boxes[place].T
            additional = crowds.additional(place) if crowds else None
            if perspective:
                height_px, width_px = corpus.cutout_sizes_px[f]
                fitted = perspective.fit_to_boxes(_cutouts(*key)[f - start, :height_px, :width_px], boxes[place])
                yield BlockRecipe(chunk, *fitted, x, y, additional)
                continue
            cutouts = _prepared_cutouts(*key)
            cutout = _cropped(cutouts[f - start], int(height[0]), int(width[0]))
            yield BlockRecipe(chunk, [cutout], [cutout.alpha_u8], x, y, additional)

    def _perspective_cutouts(self) -> PerspectiveCutouts | None:
        """Return the cut-outs as they stand on the background, where the rule is `perspective`."""
        if self._corpus.manifest.placement_rule != "perspective":
            return None
        return PerspectiveCutouts(self._corpus.read("background_depth", self.background_index))


# Keyed by the digest too: a long-lived process may see a corpus planned anew under the same path.
@lru_cache(maxsize=1)
def _cutouts(path: Path, digest: str, start: int, stop: int) -> NDArray[np.uint8]:
    return Corpus(path, hold_metadata=False, digest=digest).read("cutout", slice(start, stop))


@lru_cache(maxsize=1)
def _prepared_cutouts(path: Path, digest: str, start: int, stop: int) -> list[Cutout]:
    found = Corpus(path, hold_metadata=False, digest=digest).read("cutout", slice(start, stop))
    return [Cutout.prepare(rgba) for rgba in found]


def _cropped(cutout: Cutout, height_px: int, width_px: int) -> Cutout:
    if cutout.alpha_u8.shape == (height_px, width_px):
        return cutout
    box = np.s_[:height_px, :width_px]
    return Cutout(cutout.premultiplied[box], cutout.transparency[box], cutout.alpha_u8[box])
