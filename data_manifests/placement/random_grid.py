"""The rules that need no depth: cut-outs anywhere in the frame (random), or at fixed corners (grid)."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.manifest import Geometry
from bgfg.data_manifests.placement.multi import Paste
from bgfg.data_manifests.placement.overlap import Patch
from bgfg.data_manifests.placement.placements import draw_background
from numpy.typing import NDArray


class Scatter:
    """The cut-outs of one background, placed by the rule "random" or "grid".

    sizes_px: (F, 2) int32, height and width in pixels; alpha_u8: (F, h, w) uint8.
    """

    def __init__(
        self, rule: str, seed: int, geometry: Geometry, sizes_px: NDArray[np.int32], alpha_u8: NDArray[np.uint8], b: int
    ) -> None:
        self._rule, self._seed, self._geometry, self._b = rule, seed, geometry, b
        self._sizes_px, self._alpha_u8 = sizes_px, alpha_u8

    @cached_property
    def _boxes(self) -> NDArray[np.int32]:
        g = self._geometry
        return draw_background(self._rule, self._seed, self._b, self._sizes_px, g.placements, g.height_px, g.width_px)

    def place(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the boxes of all samples, (F, K, 4) int32, and the visible pixels, (F, K) int32."""
        g = self._geometry
        visible = [
            tables.visible_pixels(alpha[:height, :width], placed, g.height_px, g.width_px)
            for alpha, (height, width), placed in zip(self._alpha_u8, self._sizes_px.tolist(), self._boxes, strict=True)
        ]
        return self._boxes, np.array(visible, np.int32)

    def firsts(self, f: int, _numbers: NDArray[np.int32]) -> list[Paste]:
        """Return cut-out f in its K boxes, which don't depend on who joins it."""
        return [self._pasted(f, x, y) for x, y in self._boxes[f, :, :2].tolist()]

    def stand(self, f: int, across: int, down: int) -> Paste:
        """Put cut-out f where two random words say: anywhere wholly inside the frame, or at one of the K corners."""
        g = self._geometry
        if self._rule == "grid":
            x, y = self._boxes[f, across * g.placements >> 32, :2].tolist()
        else:
            h, w = self._sizes_px[f].tolist()
            x, y = across * (g.width_px - w + 1) >> 32, down * (g.height_px - h + 1) >> 32
        return self._pasted(f, x, y)

    def _pasted(self, f: int, x: int, y: int) -> Paste:
        h, w = self._sizes_px[f].tolist()
        patch = Patch.of(self._alpha_u8[f, :h, :w], x, y, self._geometry.height_px, self._geometry.width_px)
        return Paste(f, (x, y, w, h), patch)
