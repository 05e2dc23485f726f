"""What each shard is to hold: its background, its cut-outs ready to paste, and where they go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.compose.blend import Composer, Cutout, Pasted
from bgfg.synth.compose.crowd_cutouts import Crowds
from bgfg.synth.compose.standing_cutouts import Standing
from bgfg.synth.store.store import Corpus
from numpy.typing import NDArray

# Cut-outs held ready at a time, so that a worker's memory doesn't grow with the corpus.
_WINDOW_BYTES = 32_000_000
_BYTES_PER_PIXEL = 13


@dataclass(frozen=True)
class Block:
    """The K placements of one cut-out on one background.

    cutouts: what is to be seen of it: one for all placements, or one for each. shapes: as many (h, w) uint8, its alpha
    before anything hides it. x_px, y_px: (K,) int32, top-left corners. further: where samples have several cut-outs,
    those that are pasted after it, for each placement.
    """

    chunk: int
    cutouts: Sequence[Cutout]
    shapes: Sequence[NDArray[np.uint8]]
    x_px: NDArray[np.int32]
    y_px: NDArray[np.int32]
    further: Sequence[Sequence[Pasted]] | None = None

    def paste(self, composer: Composer) -> None:
        """Compose its images and masks, and instances where there are any."""
        if self.further is not None:
            composer.compose_crowds(list(self.crowds()))
        elif len(self.cutouts) == 1:
            composer.compose(self.cutouts[0], self.x_px, self.y_px)
        else:
            composer.compose_each(self.cutouts, self.x_px, self.y_px)

    def crowds(self) -> Iterator[Sequence[Pasted]]:
        """Yield for each placement its cut-outs in the order of pasting."""
        K = len(self.x_px)
        cutouts, shapes = (list(each) * (K // len(each)) for each in (self.cutouts, self.shapes))
        further = self.further or [()] * K
        corners = self.x_px.tolist(), self.y_px.tolist()
        for *first, others in zip(cutouts, shapes, *corners, further, strict=True):
            yield [Pasted(*first), *others]


class Recipe:
    """The recipe of one shard of a corpus."""

    def __init__(self, corpus: Corpus, shard: int) -> None:
        self._corpus = corpus
        self.shard, self.placements = shard, corpus.geometry.placements
        per_background = 2 * corpus.geometry.cutouts * corpus.geometry.placements
        self.b, first = divmod(shard * corpus.samples_per_shard, per_background)
        self._first_cutout = first // corpus.geometry.placements

    @cached_property
    def background(self) -> NDArray[np.uint8]:
        """The shard's background as used, (H, W, 3) uint8."""
        return self._corpus.read("background", self.b)

    def composer(self) -> Composer:
        """Return what composes its blocks."""
        return Composer(self.background, self.placements, self._corpus.manifest.crowd is not None)

    def blocks(self) -> Iterator[Block]:
        """Yield the shard's blocks in their order."""
        corpus = self._corpus
        samples = corpus.path / "manifest" / tables.SAMPLES
        boxes = tables.read_boxes(samples, self.b, corpus.geometry)
        count = corpus.samples_per_shard // corpus.geometry.placements
        h, w = corpus.geometry.cutout_box_px
        window = max(1, _WINDOW_BYTES // (h * w * _BYTES_PER_PIXEL))
        standing = self._standing()
        crowds = Crowds.of(corpus, self.b, standing)
        for chunk in range(count):
            f = self._first_cutout + chunk
            start = f - f % window
            key = corpus.path, corpus.manifest.digest, start, start + window
            x, y, width, height = boxes[f].T
            further = crowds.further(f) if crowds else None
            if standing:
                height_px, width_px = corpus.cutout_sizes[f]
                stood = standing.in_boxes(_cutouts(*key)[f - start, :height_px, :width_px], boxes[f])
                yield Block(chunk, *stood, x, y, further)
                continue
            cutouts = _prepared_cutouts(*key)
            cutout = _cropped(cutouts[f - start], int(height[0]), int(width[0]))
            yield Block(chunk, [cutout], [cutout.alpha_u8], x, y, further)

    def _standing(self) -> Standing | None:
        """Return the cut-outs as they stand on the background, where the rule is `perspective`."""
        if self._corpus.manifest.placement_rule != "perspective":
            return None
        return Standing(self._corpus.read("background_depth", self.b))


def opened(path: Path, digest: str) -> Corpus:
    """Open a corpus to work on one of its shards; raise Problem where it isn't the one of this digest any more."""
    corpus = Corpus(path)
    if corpus.manifest.digest != digest:
        raise Problem(f"{path}: planned anew while work was going on")
    return corpus


# Keyed by the digest too: a long-lived process may see a corpus planned anew under the same path.
@lru_cache(maxsize=1)
def _cutouts(path: Path, digest: str, start: int, stop: int) -> NDArray[np.uint8]:
    return Corpus(path).read("cutout", slice(start, stop))


@lru_cache(maxsize=1)
def _prepared_cutouts(path: Path, digest: str, start: int, stop: int) -> list[Cutout]:
    return [Cutout.prepare(rgba) for rgba in Corpus(path).read("cutout", slice(start, stop))]


def _cropped(cutout: Cutout, height_px: int, width_px: int) -> Cutout:
    if cutout.alpha_u8.shape == (height_px, width_px):
        return cutout
    box = np.s_[:height_px, :width_px]
    return Cutout(cutout.premultiplied[box], cutout.transparency[box], cutout.alpha_u8[box])
