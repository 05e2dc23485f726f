"""Displacement of a second shot: whether the empty scene lies over its picture as it is, or the camera has moved.

Blocks of the background are looked for in the picture, a little around where they should be. Most of a picture that
belongs to its background is found in its place, whoever stands before the rest, and whatever the light. Only where
most of it is found elsewhere, or nowhere, features decide (`align.py`), so that nothing is claimed that isn't sure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import first_few
from bgfg.train.ops.align import covered_by, find_alignment, warp_background

# Blocks are compared at this length of the longer side.
_LONGER_PX = 320
_BLOCK_PX, _REACH_PX = 32, 10
# Blocks of less texture (standard deviation, in levels) tell nothing.
_LEAST_TEXTURE = 3.0
# A block is found where its correlation is at least so high; in its place, if elsewhere it is hardly higher.
_FOUND, _HARDLY = 0.6, 0.04
# Moved to where features say, the background must fit so many times as many blocks as where it was.
_BETTER = 2
# So many blocks with texture are needed to say anything.
_LEAST_BLOCKS = 6
# A background is displaced by more than this share of the longer side: trained networks put up with less.
_LEAST_SHARE, _LEAST_PX = 0.005, 1.5
# Outlines that differ by more levels than this, as a person's do from what they hide, count as this.
_MOST_DIFFERENT = 20.0


@dataclass(frozen=True)
class Displacement:
    """How a background lies beside its picture.

    Attributes:
        px: How far, the median over the frame.
        moved: The background where it belongs, (H, W, 3) uint8 RGB.
    """

    px: float
    moved: NDArray[np.uint8]


def find_displacement(background: NDArray[np.uint8], picture: NDArray[np.uint8]) -> Displacement | None:
    """Return how a background lies beside its picture; None where it lies over it, or nothing is sure.

    It is sure where more of its blocks are found once it is moved, and it differs less from the picture.

    Args:
        background: (H, W, 3) uint8 RGB.
        picture: The same.
    """
    seen, before = _outlines(picture), _outlines(background)
    in_place, elsewhere = _votes(before, seen)
    if in_place >= elsewhere or elsewhere < _LEAST_BLOCKS:
        return None
    matrix = find_alignment(background, picture).matrix
    if matrix is None:
        return None
    px = _median_motion_px(matrix, picture.shape[0], picture.shape[1])
    if px <= max(_LEAST_PX, _LEAST_SHARE * max(picture.shape)):
        return None
    moved, covered = warp_background(background, picture, matrix), covered_by(background, picture, matrix)
    after = _outlines(np.where(covered[..., None], moved, np.uint8(0)))
    found = _votes(after, seen)[0] >= max(_LEAST_BLOCKS, _BETTER * in_place)
    where = cv2.resize(covered.astype(np.uint8), seen.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    nearer = _difference(_outlines(moved)[where], seen[where]) < _difference(before[where], seen[where])
    return Displacement(px, moved) if found and nearer else None


def displacement_note(found: Sequence[tuple[Path, float]], moved: bool) -> str:
    """Return in words which pictures' backgrounds are displaced, and which option changes what was done.

    Args:
        found: The pictures, and by how many pixels their backgrounds lie beside them.
        moved: Whether the backgrounds were moved over their pictures.
    """
    which = first_few([path for path, _ in found])
    one = len(found) == 1
    aside = f"{'' if one else 'up to '}{max(px for _, px in found):.0f} px aside"
    if moved:
        done = "the background lay {} and was moved" if one else "backgrounds lay {} and were moved"
        return f"{which}: {done.format(aside)} over the picture{'' if one else 's'}: --no-align leaves that out"
    subject = "the background doesn't lie over the picture" if one else "backgrounds don't lie over their pictures"
    return f"{which}: {subject} ({aside}): leave --no-align out"


def _median_motion_px(matrix: NDArray[np.float64], height_px: int, width_px: int) -> float:
    """Return how far a homography moves the places of a frame, the median of them."""
    x, y = np.meshgrid(np.linspace(0, width_px, 9), np.linspace(0, height_px, 9))
    places = np.stack([x.ravel(), y.ravel()], 1)[:, None]
    return float(np.median(np.linalg.norm(cv2.perspectiveTransform(places, matrix) - places, axis=2)))


def _difference(background: NDArray[np.float32], picture: NDArray[np.float32]) -> float:
    """Return how much outlines differ, in levels; a person counts little."""
    return float(np.minimum(np.abs(background - picture), _MOST_DIFFERENT).mean())


def _outlines(shot: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the grey levels (h, w) of a shot less those around: light and exposure make little difference then."""
    grey = cv2.cvtColor(shot, cv2.COLOR_RGB2GRAY)
    scale = _LONGER_PX / max(grey.shape)
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    levels = grey.astype(np.float32)
    return np.asarray(levels - cv2.GaussianBlur(levels, (0, 0), _BLOCK_PX / 4), np.float32)


def _votes(background: NDArray[np.float32], picture: NDArray[np.float32]) -> tuple[int, int]:
    """Return how many blocks of the background with texture are found in their place, and how many aren't."""
    height_px, width_px = background.shape
    in_place = elsewhere = 0
    for top in range(_REACH_PX, height_px - _BLOCK_PX - _REACH_PX + 1, _BLOCK_PX // 2):
        for left in range(_REACH_PX, width_px - _BLOCK_PX - _REACH_PX + 1, _BLOCK_PX // 2):
            block = background[top : top + _BLOCK_PX, left : left + _BLOCK_PX]
            if block.std() < _LEAST_TEXTURE:
                continue
            rows, columns = (slice(at - _REACH_PX, at + _BLOCK_PX + _REACH_PX) for at in (top, left))
            score = cv2.matchTemplate(picture[rows, columns], block, cv2.TM_CCOEFF_NORMED)
            around = score[_REACH_PX - 1 : _REACH_PX + 2, _REACH_PX - 1 : _REACH_PX + 2].max()
            still = around >= _FOUND and around >= score.max() - _HARDLY
            in_place, elsewhere = in_place + still, elsewhere + (not still)
    return in_place, elsewhere
