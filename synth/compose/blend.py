"""Composition of cut-outs on backgrounds, a block at a time: arrays in, images and masks out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.images.resampling.frame_geometry import clip_to_frame
from bgfg.data_manifests.placement.overlap import AlphaPatch, attenuated_alpha, remaining_alphas
from bgfg.synth.compose.cutout import Blendable, Cutout, PlacedCutout

# float32 counts exactly up to 2^24, which is 258 squares of 255.
_EXACT_ADDENDS = 256


class Composer:
    """Composes blocks of K placements, each into the same buffers.

    A fresh block costs more in first-touched memory than in arithmetic, and most of a block is the bare background: so
    the buffers are reused, and only the boxes of the block before are restored.

    Attributes:
        stored: (H, K, W, 3) uint8, the image in the order in which it is stored: row y of the K placements side by
            side.
        images: (K, H, W, 3) uint8 RGB, a view of `stored`.
        masks: (K, H, W) uint8, the alpha of what is visible.
        instances: (K, H, W) uint8, which cut-out is seen, 0 none; (0, 0, 0) without instances.
    """

    def __init__(self, background: NDArray[np.uint8], placements: int, with_instances: bool = False) -> None:
        """Allocate the buffers.

        Args:
            background: (H, W, 3) uint8 RGB.
            placements: K, the images of a block.
            with_instances: Whether `compose_layers` is going to be used.
        """
        height_px, width_px, _ = background.shape
        self.stored = np.empty((height_px, placements, width_px, 3), np.uint8)
        self.images = self.stored.transpose(1, 0, 2, 3)
        self.masks = np.zeros((placements, height_px, width_px), np.uint8)
        self.instances = np.zeros((placements, height_px, width_px) if with_instances else (0, 0, 0), np.uint8)
        # Sums and sums of squares, one a channel, of what the image has in the boxes of `compose`.
        self._pasted_sums = np.zeros((2, 3))
        # The alpha that all placements of the block share, None where they differ.
        self._alpha_u8: NDArray[np.uint8] | None = None
        self.set_background(background)

    def set_background(self, background: NDArray[np.uint8]) -> None:
        """Start a new background: (H, W, 3) uint8 RGB of the size that the composer was made for."""
        self._background = background
        self._integral, self._integral_of_squares = cv2.integral2(background, sdepth=cv2.CV_64F)
        self.stored[:] = background[:, None]
        self.masks[:] = 0
        self.instances[:] = 0
        # The box of each placement that isn't bare background any more.
        self._dirty: list[tuple[slice, slice]] = []

    def compose(self, cutout: Cutout, x_px: NDArray[np.integer], y_px: NDArray[np.integer]) -> None:
        """Paste one cut-out at each of the K positions; what hangs over the frame is cut off.

        Args:
            cutout: The cut-out.
            x_px: (K,) left edges.
            y_px: (K,) top edges.
        """
        self._restore()
        self._alpha_u8 = cutout.alpha_u8
        h, w = cutout.alpha_u8.shape
        squares = np.zeros((h, w, 3), np.float32)
        for k, (x, y) in enumerate(zip(x_px.tolist(), y_px.tolist(), strict=True)):
            rows, columns, part = self._place(k, cutout.alpha_u8, x, y)
            blended = cutout.over(self._background[rows, columns], part)
            self.images[k, rows, columns] = blended
            # Counted while it is in the processor's cache.
            self._pasted_sums[0] += cv2.sumElems(blended)[:3]
            cv2.accumulateSquare(blended, squares[part])
            if k % _EXACT_ADDENDS == _EXACT_ADDENDS - 1 or k == len(self.masks) - 1:
                self._pasted_sums[1] += cv2.sumElems(squares)[:3]
                squares.fill(0)

    def compose_each(self, cutouts: Sequence[Blendable], x_px: NDArray[np.integer], y_px: NDArray[np.integer]) -> None:
        """Paste a cut-out of its own, of any size, into each of the K placements.

        Args:
            cutouts: K cut-outs.
            x_px: (K,) left edges.
            y_px: (K,) top edges.
        """
        self._restore()
        self._alpha_u8 = None
        for k, (cutout, x, y) in enumerate(zip(cutouts, x_px.tolist(), y_px.tolist(), strict=True)):
            rows, columns, part = self._place(k, cutout.alpha_u8, x, y)
            cutout.lay_over(self.images[k, rows, columns], part)

    def compose_layers(
        self,
        layers: Sequence[Sequence[PlacedCutout]],
        underlays: Sequence[Sequence[PlacedCutout]] | None = None,
    ) -> None:
        """Paste several cut-outs into each of the K placements, one over the other.

        Args:
            layers: For each placement its cut-outs in the order of pasting, the last one in front.
            underlays: For each placement what is pasted before them, of which masks and instances know nothing.
        """
        self._restore()
        self._alpha_u8 = None
        bare: Sequence[Sequence[PlacedCutout]] = [()] * len(layers)
        for k, (below, placed) in enumerate(zip(underlays or bare, layers, strict=True)):
            hidden, patches = (
                [AlphaPatch.clip(each.cutout.alpha_u8, each.x, each.y, *self.masks.shape[1:]) for each in part]
                for part in (below, placed)
            )
            frame = _bounding_box([*hidden, *patches])
            self._dirty.append(frame)
            image, mask = self.images[k][frame], self.masks[k][frame]
            for each, patch in zip(below, hidden, strict=True):
                at, part = _shifted(patch, frame[0].start, frame[1].start), _shifted(patch, each.y, each.x)
                each.cutout.lay_over(image[at], part)
            for number, (each, patch, seen) in enumerate(
                zip(placed, patches, remaining_alphas(patches), strict=True), start=1
            ):
                at, part = _shifted(patch, frame[0].start, frame[1].start), _shifted(patch, each.y, each.x)
                each.cutout.lay_over(image[at], part)
                # The background shows through all of them: transparencies multiply.
                mask[at] = patch.alpha_u8 if number == 1 else 255 - attenuated_alpha(255 - mask[at], patch.alpha_u8)
                if len(self.instances):
                    self.instances[k][frame][at][seen >= OPAQUE_U8] = number

    @property
    def boxes_px(self) -> NDArray[np.int32]:
        """Top, bottom, left and right of each placement's box, outside which it is bare background: (K, 4) int32."""
        return np.array([(r.start, r.stop, c.start, c.stop) for r, c in self._dirty], np.int32)

    def block(self, array: str) -> NDArray[np.uint8]:
        """Return one array of the block in stored order.

        Args:
            array: "image" for (H, K, W, 3), "mask" or "instance" for (K, H, W).
        """
        return {"image": self.stored, "mask": self.masks, "instance": self.instances}[array]

    def sums(self, array: str) -> tuple[Any, Any]:
        """Return the exact sums and sums of squares of the block's "image", "mask" or "instance", one a channel."""
        return {"image": self.image_sums, "mask": self.mask_sums, "instance": self.instance_sums}[array]()

    def instance_sums(self) -> tuple[int, int]:
        """Return the exact sum and sum of squares of the block's instances."""
        sums = [_alpha_sums(self.instances[k][frame]) for k, frame in enumerate(self._dirty)]
        return sum(s for s, _ in sums), sum(q for _, q in sums)

    def image_sums(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the exact sums and sums of squares of the block's image, one a channel: two (3,) int64.

        Outside the boxes every placement is the background, whose sums an integral image knows.
        """
        sums, squares = (
            len(self.masks) * integral[-1, -1].astype(np.int64) - _box_sums(integral, *self.boxes_px.T)
            for integral in (self._integral, self._integral_of_squares)
        )
        pasted = (self._pasted_sums if self._alpha_u8 is not None else self._count_boxes()).astype(np.int64)
        return sums + pasted[0], squares + pasted[1]

    def mask_sums(self) -> tuple[int, int]:
        """Return the exact sum and sum of squares of the block's masks."""
        boxes = [self.masks[k, rows, columns] for k, (rows, columns) in enumerate(self._dirty)]
        if self._alpha_u8 is None:
            sums = [_alpha_sums(box) for box in boxes]
        else:
            whole = _alpha_sums(self._alpha_u8)  # once for all placements that lie within the frame
            sums = [whole if box.shape == self._alpha_u8.shape else _alpha_sums(box) for box in boxes]
        return sum(s for s, _ in sums), sum(q for _, q in sums)

    def _count_boxes(self) -> NDArray[np.float64]:
        """Return sums and sums of squares, one a channel, of what the image has in the boxes: (2, 3) float64."""
        found = np.zeros((2, 3))
        for k, box in enumerate(self._dirty):
            if (levels := self.images[k][box]).size:
                squares = cv2.multiply(levels, levels, dtype=cv2.CV_16U)  # the square of 255 just fits
                found += [cv2.sumElems(each)[:3] for each in (levels, squares)]
        return found

    def _place(self, k: int, alpha_u8: NDArray[np.uint8], x: int, y: int) -> tuple[slice, slice, tuple[slice, slice]]:
        """Paint the mask of a placement; return its rows and columns, and which part of the cut-out's box that is."""
        height_px, width_px = self.masks.shape[1:]
        h, w = alpha_u8.shape
        (rows, columns), part = clip_to_frame(x, y, w, h, width_px, height_px)
        self._dirty.append((rows, columns))
        self.masks[k, rows, columns] = alpha_u8[part]
        return rows, columns, part

    def _restore(self) -> None:
        self._pasted_sums.fill(0)
        for k, (rows, columns) in enumerate(self._dirty):
            self.images[k, rows, columns] = self._background[rows, columns]
            self.masks[k, rows, columns] = 0
            if len(self.instances):
                self.instances[k, rows, columns] = 0
        self._dirty.clear()


def compose_block(
    background: NDArray[np.uint8], rgba: NDArray[np.uint8], x_px: NDArray[np.integer], y_px: NDArray[np.integer]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Compose one block from scratch.

    Args:
        background: (H, W, 3) uint8 RGB.
        rgba: (h, w, 4) uint8 cut-out, not premultiplied.
        x_px: (K,) left edges.
        y_px: (K,) top edges.

    Returns:
        Images (K, H, W, 3) and masks (K, H, W), uint8; a mask is the alpha of what is visible, 0..255.
    """
    composer = Composer(background, len(x_px))
    composer.compose(Cutout.prepare(rgba), x_px, y_px)
    return composer.images, composer.masks


def _bounding_box(patches: Sequence[AlphaPatch]) -> tuple[slice, slice]:
    """Return the rows and columns of the smallest box around all that isn't empty."""
    shown = [patch for patch in patches if patch.alpha_u8.size]
    if not shown:
        return slice(0, 0), slice(0, 0)
    rows, columns = [patch.rows for patch in shown], [patch.columns for patch in shown]
    top, left = (min(each.start for each in slices) for slices in (rows, columns))
    bottom, right = (max(each.stop for each in slices) for slices in (rows, columns))
    return slice(top, bottom), slice(left, right)


def _shifted(patch: AlphaPatch, y: int, x: int) -> tuple[slice, slice]:
    """Return the rows and columns of a patch counted from (y, x)."""
    rows, columns = patch.rows, patch.columns
    return slice(rows.start - y, rows.stop - y), slice(columns.start - x, columns.stop - x)


def _alpha_sums(alpha_u8: NDArray[np.uint8]) -> tuple[int, int]:
    values = alpha_u8.astype(np.int64)
    return int(values.sum()), int((values * values).sum())


def _box_sums(integral: NDArray, top: NDArray, bottom: NDArray, left: NDArray, right: NDArray) -> NDArray[np.int64]:
    """Sum the boxes of an integral image, a channel: (3,) int64, the boxes given as arrays (K,)."""
    corners = integral[bottom, right] - integral[top, right] - integral[bottom, left] + integral[top, left]
    return np.asarray(corners.sum(axis=0), np.int64)
