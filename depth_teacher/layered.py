"""Layered depth: the depth of the background, and the cut-out standing on it like a screen."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_manifests.problem import Problem
from synth.compose import within_frame
from synth.depth_code import LogDepth
from synth.recipe import Recipe
from synth.store import Corpus


class Layered:
    """The teacher that knows the depth of the backgrounds, as the corpus format defines it.

    Where the mask is at least 128, the depth is that of the background under the middle of the cut-out's lowest
    opaque row, also where the background is nearer, since the cut-out is what is seen; elsewhere the background's.
    Raises Problem where the corpus was planned without depth of its backgrounds.
    """

    def __init__(self, corpus: Corpus) -> None:
        if "background_depth" not in corpus.manifest.prepared:
            raise Problem(
                f"{corpus.path}: its backgrounds have no depth, which the layered teacher needs: plan it with "
                "`--bg-depth DIR`, 16-bit PNGs in millimetres under the backgrounds' names"
            )
        self._corpus = corpus

    @cached_property
    def encoding(self) -> LogDepth:
        """The coding of its labels: as recorded, else wide enough for the farthest background."""
        recorded = self._corpus.manifest.teacher
        if recorded is not None:
            return LogDepth.from_attributes(recorded["encoding"])
        backgrounds = range(self._corpus.geometry.backgrounds)
        return LogDepth.covering(max(int(self._corpus.read("background_depth", b).max()) for b in backgrounds) / 1000)

    def describe(self) -> dict[str, Any]:
        """Return what is recorded as the teacher of the corpus."""
        return {"name": "layered", "version": 1, "weights_sha256": None, "licence": None, "input_size_px": None}

    def label(self, recipe: Recipe) -> Iterator[NDArray[np.uint8]]:
        """Yield the depth codes of each block of a shard, (K, H, W) uint8, in one buffer that is used again."""
        background = self.encoding.encode(self._corpus.read("background_depth", recipe.b) / 1000)
        height_px, width_px = background.shape
        codes = np.repeat(background[None], self._corpus.geometry.placements, axis=0)
        for block in recipe.blocks():
            opaque = block.cutout.alpha_u8 >= 128
            h, w = opaque.shape
            boxes = [
                within_frame(x, y, w, h, width_px, height_px)
                for x, y in zip(block.x_px.tolist(), block.y_px.tolist(), strict=True)
            ]
            for k, (frame, part) in enumerate(boxes):
                np.copyto(codes[k][frame], _standing(background[frame], opaque[part]), where=opaque[part])
            yield codes
            for k, (frame, _) in enumerate(boxes):
                codes[k][frame] = background[frame]

    def probe(self, recipe: Recipe) -> NDArray[np.uint8]:
        """Return the codes of the first block of a shard, (K, H, W) uint8."""
        return next(self.label(recipe))


def _standing(background: NDArray[np.uint8], opaque: NDArray[np.bool_]) -> int:
    """Return the code of the background, within the cut-out's box, at the middle of its lowest opaque row."""
    rows = np.flatnonzero(opaque.any(axis=1))
    if len(rows) == 0:
        return 0
    columns = np.flatnonzero(opaque[rows[-1]])
    return int(background[rows[-1], (columns[0] + columns[-1]) // 2])
