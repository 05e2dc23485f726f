"""The rules `random` and `grid` where cut-outs are scaled, turned, out of focus, or hang over the frame."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.placement.multi_cutout import Paste, PasteDraw
from bgfg.data_manifests.placement.overlap import AlphaPatch, count_opaque_px
from bgfg.data_manifests.placement.philox import philox4x32
from bgfg.data_manifests.placement.random_grid import draw_boxes
from bgfg.data_manifests.placement.rule import place_each
from bgfg.data_manifests.placement.variety import PasteVariety, SampleVariety, Variety
from bgfg.data_manifests.placement.variety_draw import draw_paste_variety, draw_sample_variety, shape_of

# Last word of the counters of the tries after the first one.
_TRY_STREAM = 0x40000100
_TRIES = 8
_WORD = 1 << 32


class VariedPlacer:
    """Places the cut-outs of one background by the rule "random" or "grid".

    The first try has the position that the plain rule draws, by the same words, and its last two words say scale and
    turn. Where a cut-out may hang over the frame, positions are drawn from as far outside as its box may, and one at
    which too many of its opaque pixels are outside is drawn again; after the last try it lies inside.

    Args:
        variety: What may vary.
        rule: "random" or "grid".
        seed: Seed of the corpus.
        places: Places of each cut-out.
        frame_px: Height and width of the frame.
        sizes_px: (F, 2) int32, height and width of each cut-out.
        alpha_u8: (F, h, w) uint8, each cut-out top-left in the largest one's box, zero elsewhere.
        cutouts: Numbers of the cut-outs that are the first ones of samples here.
        b: Number of the background.
    """

    def __init__(
        self,
        variety: Variety,
        rule: str,
        seed: int,
        places: int,
        frame_px: tuple[int, int],
        sizes_px: NDArray[np.int32],
        alpha_u8: NDArray[np.uint8],
        cutouts: range,
        b: int,
    ) -> None:
        self._variety, self._rule, self._seed, self._places, self._b = variety, rule, seed, places, b
        self._cutouts = cutouts
        self._frame_px, self._sizes_px, self._alpha_u8 = frame_px, sizes_px, alpha_u8

    @cached_property
    def sample_variety(self) -> NDArray[np.int32]:
        """What was drawn for each sample, (n, places, 4) int32."""
        return draw_sample_variety(self._variety, self._seed, self._b, self._cutouts, self._places)

    def place(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the boxes of all samples, (n, places, 4) int32, and the numbers of visible pixels, (n, places)."""
        return place_each(self, self._cutouts, self._places)

    def first_pastes(self, f: int, _counts: NDArray[np.int32]) -> list[Paste]:
        """Return cut-out f in its places, which don't depend on how many others join it."""
        counters = np.empty((self._places, _TRIES, 4), np.int64)
        counters[..., 0], counters[..., 1] = np.arange(self._places)[:, None], f
        counters[..., 2], counters[..., 3] = self._b, _TRY_STREAM + np.arange(_TRIES)
        counters[:, 0, 3] = 0
        words = philox4x32(counters, self._seed).tolist()
        return [self._first(f, k, tries) for k, tries in enumerate(words)]

    def place_at(self, draw: PasteDraw) -> Paste | None:
        """Place a further cut-out; None where too much of it would be outside."""
        scale_word, rotation_word = draw.shape >> 16 << 16, (draw.shape & 0xFFFF) << 16
        drawn = draw_paste_variety(self._variety, scale_word, rotation_word)
        alpha_u8, drawn = self._shaped(draw.cutout, SampleVariety(*self._of_sample(draw.block, draw.placement)), drawn)
        if self._rule == "grid":
            return self._paste(draw.cutout, drawn, alpha_u8, *self._corner(draw.across * self._places >> 32))
        percent = self._variety.truncate_percent
        paste = self._drawn(draw.cutout, drawn, alpha_u8, draw.across, draw.down, percent)
        return paste if self._is_inside_enough(paste, count_opaque_px(alpha_u8)) else None

    def _first(self, f: int, k: int, tries: list[list[int]]) -> Paste:
        drawn = draw_paste_variety(self._variety, *tries[0][2:])
        alpha_u8, drawn = self._shaped(f, SampleVariety(*self._of_sample(f, k)), drawn)
        if self._rule == "grid":
            return self._paste(f, drawn, alpha_u8, *self._corner(k))
        opaque_px = count_opaque_px(alpha_u8)
        for across, down, *_ in tries:
            paste = self._drawn(f, drawn, alpha_u8, across, down, self._variety.truncate_percent)
            if self._is_inside_enough(paste, opaque_px):
                return paste
        return self._drawn(f, drawn, alpha_u8, tries[-1][0], tries[-1][1], 0)

    def _of_sample(self, f: int, k: int) -> list[int]:
        numbers: list[int] = self.sample_variety[f - self._cutouts.start, k].tolist()
        return numbers

    def _shaped(self, f: int, sample: SampleVariety, drawn: PasteVariety) -> tuple[NDArray[np.uint8], PasteVariety]:
        """Return the alpha of a cut-out as it is pasted, and what was drawn, made small enough for the frame."""
        h, w = self._sizes_px[f].tolist()
        scale, shape = drawn.scale, shape_of(self._variety, sample, drawn)
        while self._rule != "grid" and scale > 1:
            size_px = shape.size_px(h, w)
            if size_px[0] <= self._frame_px[0] and size_px[1] <= self._frame_px[1]:
                break
            shares = [frame / side for frame, side in zip(self._frame_px, size_px, strict=True)]
            scale = max(1, min(scale - 1, int(scale * min(shares))))
            drawn = PasteVariety(scale, drawn.rotation_deg)
            shape = shape_of(self._variety, sample, drawn)
        return shape.apply(self._alpha_u8[f, :h, :w]), drawn

    def _drawn(
        self,
        f: int,
        drawn: PasteVariety,
        alpha_u8: NDArray[np.uint8],
        across: int,
        down: int,
        percent: int,
    ) -> Paste:
        """Place a cut-out where two random words say, as far outside as so many per cent of its box are."""
        x, y = (
            (word * max(1, frame - side + 1 + 2 * (hang := side * percent // 100)) >> 32) - hang
            for word, side, frame in zip((across, down), alpha_u8.shape[::-1], self._frame_px[::-1], strict=True)
        )
        return self._paste(f, drawn, alpha_u8, x, y)

    def _corner(self, k: int) -> tuple[int, int]:
        height_px, width_px = self._frame_px
        boxes = draw_boxes("grid", self._seed, self._b, self._sizes_px[:1], self._places, height_px, width_px)
        return int(boxes[0, k, 0]), int(boxes[0, k, 1])

    def _paste(self, f: int, drawn: PasteVariety, alpha_u8: NDArray[np.uint8], x: int, y: int) -> Paste:
        h, w = alpha_u8.shape
        return Paste(f, (x, y, w, h), AlphaPatch.clip(alpha_u8, x, y, *self._frame_px), variety=drawn)

    def _is_inside_enough(self, paste: Paste, opaque_px: int) -> bool:
        percent = self._variety.truncate_percent
        return percent == 0 or 100 * paste.unoccluded_px >= (100 - percent) * opaque_px
