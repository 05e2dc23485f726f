"""What is often wrong with cut-outs although they can be read, and how it is undone. Arrays in, arrays out.

Colours premultiplied by alpha (or, which is the same, cut out of a black picture) make edges dark, and those blended
with white make them bright; haze is what a matting network leaves of the old background far from the figure; and wide
transparent margins make the figure smaller than it is asked to be.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.strips import by_strips, row_strips

Rgba = NDArray[np.uint8]

# Alpha of half-transparent pixels, as the audit counts them, and how many of them it takes to judge their colours.
_SOFT_U8 = (8, 248)
_LEAST_SOFT_PX = 20

# Of straight colours a tenth of these pixels and more is brighter than their alpha; of premultiplied ones none is, but
# for compression.
_TOLERANCE_U8 = 3
_MOST_ABOVE_SHARE = 0.01

# Undoing must bring colours so much nearer to those of the opaque pixels beside them, in levels and as a factor.
_LEAST_GAIN_U8 = 5.0
_MOST_LEFT = 0.7

# Haze is fainter than this, farther from anything that isn't than this share of the height, and covers this share of
# what isn't, at least. Where there is any, it is cleared up to so many pixels from what isn't: soft edges are narrower.
_FAINT_U8 = 32
_FAR = 0.05
_NEAR_PX = 3
_LEAST_HAZE_SHARE = 0.03

# Alpha from which on something is visible, and the least shares of height and width that it should fill.
_VISIBLE_U8 = 8
_LEAST_FILLED_HEIGHT, _LEAST_FILLED_WIDTH = 0.6, 0.25

PREMULTIPLIED, WHITE_MATTE, HAZE, MARGINS = "premultiplied", "white-matte", "haze", "margins"


class FixedCutout(NamedTuple):
    """A cut-out whose defects were undone.

    Attributes:
        rgba: (h, w, 4) uint8 RGBA, not premultiplied.
        done: What was done, in words such as "trimmed"; empty where it was right.
    """

    rgba: Rgba
    done: tuple[str, ...]


def find_defects(rgba: Rgba) -> tuple[str, ...]:
    """Return what is wrong with a cut-out (H, W, 4) uint8, of PREMULTIPLIED, WHITE_MATTE, HAZE and MARGINS."""
    alpha_u8 = rgba[..., 3]
    found = []
    if is_premultiplied(rgba):
        found.append(PREMULTIPLIED)
    elif is_premultiplied(rgba, inverted=True):
        found.append(WHITE_MATTE)
    haze = _haze(alpha_u8)
    if haze.any():
        found.append(HAZE)
    rows, columns = _visible_box(np.where(haze, np.uint8(0), alpha_u8))
    filled = (rows.stop - rows.start) / rgba.shape[0], (columns.stop - columns.start) / rgba.shape[1]
    if filled[0] < _LEAST_FILLED_HEIGHT or filled[1] < _LEAST_FILLED_WIDTH:
        found.append(MARGINS)
    return tuple(found)


def fix_cutout(rgba: Rgba) -> FixedCutout:
    """Undo what is wrong with a cut-out: colours blended with black or white, haze, and margins of any width.

    Args:
        rgba: (H, W, 4) uint8 RGBA.

    Returns:
        The cut-out, cropped to what is visible of it.
    """
    done = []
    defects = find_defects(rgba)
    if PREMULTIPLIED in defects:
        rgba = by_strips(rgba, _unpremultiplied, np.uint8)
        done.append("unpremultiplied")
    if WHITE_MATTE in defects:
        rgba = by_strips(rgba, lambda strip: _inverted(_unpremultiplied(_inverted(strip))), np.uint8)
        done.append("white taken out of the edges")
    if HAZE in defects:
        rgba = np.where(_haze(rgba[..., 3])[..., None], np.uint8(0), rgba)
        done.append("haze cleared")
    box = _visible_box(rgba[..., 3])
    trimmed = np.ascontiguousarray(rgba[box])
    if trimmed.shape != rgba.shape:
        done.append("trimmed")
    return FixedCutout(trimmed, tuple(done))


def is_premultiplied(rgba: Rgba, inverted: bool = False) -> bool:
    """Say whether colours of half-transparent pixels are multiplied by alpha, so that it shows.

    No colour may be brighter than alpha, and dividing by alpha must bring colours nearer to those of the opaque pixels
    beside them: dark people with straight colours meet the first, but not the second.

    Args:
        rgba: (H, W, 4) uint8 RGBA.
        inverted: Whether colours are taken as in a negative, where those blended with white are multiplied by alpha.
    """
    soft = (rgba[..., 3] >= _SOFT_U8[0]) & (rgba[..., 3] < _SOFT_U8[1])
    opaque = rgba[..., 3] >= _SOFT_U8[1]
    count = int(soft.sum())
    if count < _LEAST_SOFT_PX or not opaque.any():
        return False
    strips = list(row_strips(len(rgba), rgba[:1].size))  # where all of a large picture is soft there is much to look at

    def soft_pixels(rows: slice) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        pixels = rgba[rows][soft[rows]]
        colours = 255 - pixels[:, :3] if inverted else pixels[:, :3]
        return colours.astype(np.float32), pixels[:, 3:].astype(np.float32)

    above = sum(
        int((colours.max(axis=1) > alpha[:, 0] + _TOLERANCE_U8).sum()) for colours, alpha in map(soft_pixels, strips)
    )
    if above > _MOST_ABOVE_SHARE * count:
        return False
    labels, of_label = _nearest_opaque(rgba, opaque)
    sums = np.zeros(2)
    for rows in strips:
        colours, alpha = soft_pixels(rows)
        beside = of_label[labels[rows][soft[rows]]]
        beside = (255 - beside if inverted else beside).astype(np.float32)
        undone = np.minimum(colours * 255 / alpha, 255)
        sums += [np.abs(each - beside).sum(dtype=np.float64) for each in (colours, undone)]
    as_it_is, undone_off = sums / (3 * count)
    return bool(undone_off < _MOST_LEFT * as_it_is and as_it_is - undone_off > _LEAST_GAIN_U8)


def _nearest_opaque(rgba: Rgba, opaque: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Return for each pixel the number of the nearest opaque one, (H, W), and the colours by number, (n, 3) uint8."""
    unlike = np.where(opaque, np.uint8(0), np.uint8(255))
    found = cv2.distanceTransformWithLabels(unlike, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    labels = np.asarray(found[1], np.int32)
    del found, unlike
    of_label = np.zeros((int(labels.max()) + 1, 3), np.uint8)
    for rows in row_strips(len(rgba), rgba[:1].size):
        of_label[labels[rows][opaque[rows]]] = rgba[rows][opaque[rows]][:, :3]
    return labels, of_label


def _inverted(rgba: Rgba) -> Rgba:
    return np.dstack([255 - rgba[..., :3], rgba[..., 3:]])


def _unpremultiplied(rgba: Rgba) -> Rgba:
    alpha = rgba[..., 3:].astype(np.int32)
    divisor = np.maximum(alpha, 1)
    colours = np.minimum((510 * rgba[..., :3].astype(np.int32) + divisor) // (2 * divisor), 255)
    return np.dstack([np.where(alpha > 0, colours, 0), alpha]).astype(np.uint8)


def _haze(alpha_u8: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which pixels are haze, (H, W) bool; none where there is little of it far from the figure."""
    clear = alpha_u8 >= _FAINT_U8
    if not clear.any():
        return np.zeros(alpha_u8.shape, bool)
    away_px = cv2.distanceTransform(np.where(clear, np.uint8(0), np.uint8(255)), cv2.DIST_L2, 5)
    faint: NDArray[np.bool_] = (alpha_u8 > 0) & ~clear
    far = faint & (away_px > max(_NEAR_PX, _FAR * alpha_u8.shape[0]))
    return faint & (away_px > _NEAR_PX) if far.sum() >= _LEAST_HAZE_SHARE * clear.sum() else np.zeros_like(faint)


def _visible_box(alpha_u8: NDArray[np.uint8]) -> tuple[slice, slice]:
    """Return rows and columns of what is visible; of everything where nothing is."""
    rows, columns = (np.flatnonzero((alpha_u8 >= _VISIBLE_U8).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return slice(0, alpha_u8.shape[0]), slice(0, alpha_u8.shape[1])
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
