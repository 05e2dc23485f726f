"""Layered depth: the depth of the background, and the cut-out standing on it like a screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.placement.occlusion import foot_pixel
from bgfg.data_manifests.placement.overlap import AlphaPatch, remaining_alphas
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.compose.blend import PlacedCutout
from bgfg.synth.compose.recipe import ShardRecipe
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.depth_code import LogDepth


class LayeredTeacher:
    """The teacher that knows the depth of the backgrounds, as the corpus format defines it.

    Where a cut-out is seen, the depth is that of the background under the middle of the cut-out's lowest opaque row,
    also where the background is nearer, since the cut-out is what is seen; elsewhere the background's. (The lowest row
    is that of all of the cut-out that lies within the frame, be it hidden or not.) It is seen where the mask is at
    least 128, and of several cut-outs where `instance` says so.

    Raises:
        Problem: The corpus was planned without depth of its backgrounds.
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

    def label(self, recipe: ShardRecipe) -> Iterator[NDArray[np.uint8]]:
        """Yield the depth codes of each block of a shard, (K, H, W) uint8, in one buffer that is used again."""
        background = self.encoding.encode(self._corpus.read("background_depth", recipe.background_index) / 1000)
        codes = np.repeat(background[None], self._corpus.geometry.placements, axis=0)
        for block in recipe.blocks():
            drawn = [
                (k, *box) for k, layers in enumerate(block.layers()) for box in self._draw(codes[k], layers, background)
            ]
            yield codes
            # The next block has the same background: only where cut-outs were is the buffer to be made anew.
            for k, rows, columns in drawn:
                codes[k, rows, columns] = background[rows, columns]

    def _draw(
        self, codes: NDArray[np.uint8], layers: Sequence[PlacedCutout], background: NDArray[np.uint8]
    ) -> list[tuple[slice, slice]]:
        """Draw the codes of a sample's cut-outs, in the order of pasting, and return the boxes that they lie in."""
        height_px, width_px = background.shape
        patches = [AlphaPatch.clip(each.cutout.alpha_u8, each.x, each.y, height_px, width_px) for each in layers]
        below = background if len(layers) == 1 else background.copy()  # what the next cut-out is pasted on
        boxes = []
        for each, patch, seen in zip(layers, patches, remaining_alphas(patches), strict=True):
            box = patch.rows, patch.columns
            boxes.append(box)
            # The alpha before anything hides it: feet count where they are hidden, too.
            whole = AlphaPatch.clip(each.amodal_alpha_u8, each.x, each.y, height_px, width_px)
            foot = foot_pixel(whole.alpha_u8)
            if foot is not None:
                code = self.cutout_code(background[box][foot], below[box], whole.alpha_u8, each.amodal_alpha_u8)
                np.copyto(codes[box], code, where=seen >= OPAQUE_U8)
                if below is not background:
                    np.copyto(below[box], code, where=whole.alpha_u8 >= OPAQUE_U8)
        return boxes

    def cutout_code(
        self, foot: np.uint8, _below: NDArray[np.uint8], _patch_u8: NDArray[np.uint8], _shape_u8: NDArray[np.uint8]
    ) -> np.uint8:
        """Return the code of a cut-out: here that of the background under its feet.

        Args:
            foot: Code of the background under it.
            _below: Codes of what it is pasted on, (h, w) uint8.
            _patch_u8: Its alpha there, (h, w) uint8.
            _shape_u8: Its whole alpha, beyond the frame too.
        """
        return foot

    def probe(self, recipe: ShardRecipe) -> NDArray[np.uint8]:
        """Return the codes of the first block of a shard, (K, H, W) uint8."""
        return next(self.label(recipe))
