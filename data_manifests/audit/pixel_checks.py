"""Checks and comparisons of the pixels of single pictures."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.cutout_defects import HAZE, MARGINS, PREMULTIPLIED, WHITE_MATTE, find_defects
from bgfg.data_manifests.terminal.findings import Finding

# Share of half-transparent pixels (neither nearly transparent nor nearly opaque) among the visible ones that a cut-out
# may have. People cut out of photographs have 0.06 to 0.34, at 110 pixels high, where edges count most.
MAX_SOFT_SHARE = 0.5
_SOFT_U8 = (8, 248)
# What tells a ghost from leaves, hair or lace, which are as soft: its alpha hardly changes from a pixel to the next.
_FLAT_U8 = 24
_LEAST_FLAT_SHARE = 0.5
_NEIGHBOURS = np.ones((3, 3), np.uint8)
_THUMBNAIL_PX = 128

# What `bgfg plan` warns of, said in an audit.
_DEFECTS = {
    PREMULTIPLIED: "colours premultiplied by alpha: edges come out dark",
    WHITE_MATTE: "edges blended with white: they come out bright",
    HAZE: "a faint haze far from the figure",
    MARGINS: "wide transparent margins: the figure comes out small",
}
_REMEDY = "`bgfg plan --fix-cutouts` undoes it"


def check_alpha(path: str, pixels: NDArray[np.uint8]) -> list[Finding]:
    """Check what makes a picture a cut-out: transparency, something visible, no ghost of its old background.

    Args:
        path: Path of the picture, for the findings.
        pixels: (H, W, 3) RGB or (H, W, 4) RGBA uint8.

    Returns:
        At most one finding.
    """
    if pixels.shape[2] == 3 or pixels[..., 3].min() == 255:
        return [Finding("error", "no-transparency", path, "a cut-out without transparency")]
    alpha_u8 = pixels[..., 3]
    if alpha_u8.max() == 0:
        return [Finding("error", "nothing-visible", path, "a cut-out that is wholly transparent")]
    low, high = _SOFT_U8
    visible = int((alpha_u8 >= low).sum())
    soft = (alpha_u8 >= low) & (alpha_u8 < high)
    share = float(soft.sum() / max(visible, 1))
    if share <= MAX_SOFT_SHARE or not _is_flat(alpha_u8):
        return []
    message = f"{share:.0%} of what is visible is half-transparent: a ghost of its old background?"
    return [Finding("warning", "ghost", path, message)]


def _is_flat(alpha_u8: NDArray[np.uint8]) -> bool:
    """Say whether most half-transparent pixels of (H, W) uint8 have an alpha much like that of all their neighbours.

    It must be so in the small too: leaves that are out of focus are flat from pixel to pixel of a large photograph.
    """
    for seen in (alpha_u8, make_thumbnail(alpha_u8)):
        soft = (seen >= _SOFT_U8[0]) & (seen < _SOFT_U8[1])
        difference = cv2.dilate(seen, _NEIGHBOURS).astype(np.int16) - cv2.erode(seen, _NEIGHBOURS)
        if not soft.any() or (difference <= _FLAT_U8)[soft].mean() < _LEAST_FLAT_SHARE:
            return False
    return True


def defect_findings(path: str, pixels: NDArray[np.uint8]) -> list[Finding]:
    """Return a warning for each defect of a cut-out (H, W, 4) uint8; none for a picture without transparency."""
    if pixels.shape[2] != 4 or pixels[..., 3].max() == 0 or pixels[..., 3].min() == 255:
        return []
    return [Finding("warning", defect, path, f"{_DEFECTS[defect]}; {_REMEDY}") for defect in find_defects(pixels)]


def same_cutout(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Say whether two cut-outs are equal; the colour of what is wholly transparent doesn't count."""
    if one.shape != other.shape or one.shape[2] == 3:
        return np.array_equal(one, other)
    seen = one[..., 3] > 0
    return np.array_equal(one[..., 3], other[..., 3]) and np.array_equal(one[seen], other[seen])


def make_thumbnail(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shrink a picture (H, W, C) or (H, W) uint8 so that its longer side is at most 128 px."""
    height_px, width_px = pixels.shape[:2]
    scale = min(1.0, _THUMBNAIL_PX / max(height_px, width_px))
    size = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def size_text(pixels: NDArray[Any]) -> str:
    """Return the size of a picture as "WxH"."""
    height_px, width_px = pixels.shape[:2]
    return f"{width_px}x{height_px}"
