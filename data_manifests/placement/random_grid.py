"""The placement rules that need no depth: anywhere in the frame (`random`), or at fixed corners (`grid`)."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.placement.multi_cutout import Paste, PasteDraw
from bgfg.data_manifests.placement.overlap import AlphaPatch
from bgfg.data_manifests.placement.philox import philox4x32, scale_words

# The original exercise's corners (28 i, 28 j) on 224 pixels: eighths of the frame, rows from the bottom up.
_GRID_EIGHTHS = [(i, j) for j in (4, 3, 2, 1) for i in (0, 1, 2, 3, 4)]
GRID_PLACEMENTS = len(_GRID_EIGHTHS)


def draw_boxes(
    rule: str,
    seed: int,
    b: int,
    sizes_px: NDArray[np.int32],
    placements: int,
    height_px: int,
    width_px: int,
    first_cutout: int = 0,
) -> NDArray[np.int32]:
    """Place some cut-outs K times each on background `b`.

    Args:
        rule: "random" (uniform over the positions wholly inside the frame) or "grid" (fixed corners; what hangs over
            the frame is cut off when composing).
        seed: Seed of the corpus.
        b: Number of the background.
        sizes_px: (F, 2) int32, height and width of each cut-out, at most the frame's.
        placements: K.
        height_px: Height of the frame.
        width_px: Width of the frame.
        first_cutout: Number of the first of them, which are numbered on from there.

    Returns:
        (F, K, 4) int32: x, y, width and height in px; (x, y) is the top-left corner.
    """
    boxes = np.empty((len(sizes_px), placements, 4), np.int32)
    boxes[..., 2] = sizes_px[:, None, 1]
    boxes[..., 3] = sizes_px[:, None, 0]
    if rule == "grid":
        eighths = np.array(_GRID_EIGHTHS[:placements])
        boxes[..., 0] = eighths[:, 0] * width_px // 8
        boxes[..., 1] = eighths[:, 1] * height_px // 8
        return boxes
    f, k = np.meshgrid(first_cutout + np.arange(len(sizes_px)), np.arange(placements), indexing="ij")
    words = philox4x32(np.stack([k, f, np.full_like(k, b), np.zeros_like(k)], axis=-1), seed)
    positions = np.stack([width_px - boxes[..., 2] + 1, height_px - boxes[..., 3] + 1], axis=-1).astype(np.uint64)
    boxes[..., :2] = scale_words(words[..., :2], positions)
    return boxes


def count_visible_px(alpha_u8: NDArray[np.uint8], boxes: NDArray[np.int32], height_px: int, width_px: int) -> list[int]:
    """Count the opaque pixels (alpha >= 128) that each box of one cut-out leaves within the frame.

    Args:
        alpha_u8: (h, w) uint8.
        boxes: (K, 4) int32, x, y, width and height in px.
        height_px: Height of the frame.
        width_px: Width of the frame.

    Returns:
        K numbers of pixels.
    """
    opaque = alpha_u8 >= OPAQUE_U8
    h, w = opaque.shape
    whole = int(opaque.sum())
    # Most boxes lie wholly inside: their count is the same and is taken once.
    return [
        whole
        if 0 <= x <= width_px - w and 0 <= y <= height_px - h
        else int(opaque[max(0, -y) : max(0, height_px - y), max(0, -x) : max(0, width_px - x)].sum())
        for x, y in boxes[:, :2].tolist()
    ]


class RandomGridPlacer:
    """Places the cut-outs of one background by the rule "random" or "grid".

    Args:
        rule: "random" or "grid".
        seed: Seed of the corpus.
        placements: K.
        frame_px: Height and width of the frame.
        sizes_px: (F, 2) int32, height and width of each cut-out.
        alpha_u8: (F, h, w) uint8, each cut-out top-left in the largest one's box, zero elsewhere.
        opaque_px: How many opaque pixels each cut-out has, (F,), counted once for all backgrounds.
        cutouts: Numbers of the cut-outs that are the first ones of samples here.
        b: Number of the background.
    """

    def __init__(
        self,
        rule: str,
        seed: int,
        placements: int,
        frame_px: tuple[int, int],
        sizes_px: NDArray[np.int32],
        alpha_u8: NDArray[np.uint8],
        opaque_px: NDArray[np.int64],
        cutouts: range,
        b: int,
    ) -> None:
        self._rule, self._seed, self._placements, self._b = rule, seed, placements, b
        self._cutouts = cutouts
        self._height_px, self._width_px = frame_px
        self._sizes_px, self._alpha_u8, self._opaque_px = sizes_px, alpha_u8, opaque_px

    @cached_property
    def _boxes(self) -> NDArray[np.int32]:
        sizes_px = self._sizes_px[self._cutouts.start : self._cutouts.stop]
        frame_px = self._height_px, self._width_px
        return draw_boxes(
            self._rule, self._seed, self._b, sizes_px, self._placements, *frame_px, first_cutout=self._cutouts.start
        )

    def place(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the boxes of all samples, (n, K, 4) int32, and the numbers of visible pixels, (n, K) int32."""
        boxes, K, first = self._boxes, self._placements, self._cutouts.start
        visible_px = np.repeat(self._opaque_px[first : self._cutouts.stop].astype(np.int32)[:, None], K, axis=1)
        ends = boxes[..., :2] + boxes[..., 2:]
        hanging = (boxes[..., :2] < 0).any(axis=(1, 2)) | (ends > (self._width_px, self._height_px)).any(axis=(1, 2))
        for i in np.flatnonzero(hanging).tolist():  # of the others all is within the frame
            h, w = self._sizes_px[first + i].tolist()
            alpha_u8 = self._alpha_u8[first + i, :h, :w]
            visible_px[i] = count_visible_px(alpha_u8, boxes[i], self._height_px, self._width_px)
        return boxes, visible_px

    def first_pastes(self, f: int, _counts: NDArray[np.int32]) -> list[Paste]:
        """Return cut-out f in its K boxes, which don't depend on how many others join it."""
        return [self._paste(f, x, y) for x, y in self._boxes[f - self._cutouts.start, :, :2].tolist()]

    def place_at(self, draw: PasteDraw) -> Paste:
        """Place a further cut-out: anywhere wholly inside the frame, or at one of the K corners."""
        if self._rule == "grid":
            x, y = self._boxes[0, draw.across * self._placements >> 32, :2].tolist()  # the corners are the same for all
        else:
            h, w = self._sizes_px[draw.cutout].tolist()
            x, y = draw.across * (self._width_px - w + 1) >> 32, draw.down * (self._height_px - h + 1) >> 32
        return self._paste(draw.cutout, x, y)

    def _paste(self, f: int, x: int, y: int) -> Paste:
        h, w = self._sizes_px[f].tolist()
        patch = AlphaPatch.clip(self._alpha_u8[f, :h, :w], x, y, self._height_px, self._width_px)
        return Paste(f, (x, y, w, h), patch)
