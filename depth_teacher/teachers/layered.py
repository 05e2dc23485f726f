"""Layered depth: the depth of the background, and the cut-out standing on it like a screen."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from bgfg.data_manifests.placement.occlusion import OPAQUE_U8, standing_point
from bgfg.data_manifests.placement.overlap import Patch, covered
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.compose.recipe import Recipe
from bgfg.synth.store.depth_code import LogDepth
from bgfg.synth.store.store import Corpus
from numpy.typing import NDArray


class Layered:
    """The teacher that knows the depth of the backgrounds, as the corpus format defines it.

    Where a cut-out is seen, the depth is that of the background under the middle of the cut-out's lowest opaque row,
    also where the background is nearer, since the cut-out is what is seen; elsewhere the background's. (The lowest row
    is that of all of the cut-out that lies within the frame, be it hidden or not.) It is seen where the mask is at
    least 128, and of several cut-outs where `instance` says so.
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
            boxes: list[tuple[int, slice, slice]] = []
            for k, crowd in enumerate(block.crowds()):
                patches = [Patch.of(each.cutout.alpha_u8, each.x, each.y, height_px, width_px) for each in crowd]
                below = background if len(crowd) == 1 else background.copy()
                for each, patch, seen in zip(crowd, patches, covered(patches), strict=True):
                    frame = patch.rows, patch.columns
                    boxes.append((k, *frame))
                    shape = Patch.of(each.shape_u8, each.x, each.y, height_px, width_px)
                    foot = standing_point(shape.alpha_u8)
                    if foot is not None:
                        code = self.code_of(background[frame][foot], below[frame], shape.alpha_u8, each.shape_u8)
                        np.copyto(codes[k][frame], code, where=seen >= OPAQUE_U8)
                        if below is not background:
                            np.copyto(below[frame], code, where=shape.alpha_u8 >= OPAQUE_U8)
            yield codes
            for k, rows, columns in boxes:
                codes[k, rows, columns] = background[rows, columns]

    def code_of(
        self, foot: np.uint8, _below: NDArray[np.uint8], _patch_u8: NDArray[np.uint8], _shape_u8: NDArray[np.uint8]
    ) -> np.uint8:
        """Return the code of a cut-out.

        foot: that of the background under it. below: (h, w) uint8, those of what it is pasted on; patch_u8: (h, w)
        uint8, its alpha there. shape_u8: its whole alpha, beyond the frame too.
        """
        return foot

    def probe(self, recipe: Recipe) -> NDArray[np.uint8]:
        """Return the codes of the first block of a shard, (K, H, W) uint8."""
        return next(self.label(recipe))
