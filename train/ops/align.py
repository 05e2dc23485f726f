"""Alignment of a background to its picture: features, and the homography that most of them follow.

SIFT (Lowe, IJCV 2004) on both, matched by nearest neighbours that pass his ratio test, and the homography by MAGSAC++
(Barath et al., CVPR 2020). A homography holds for a camera that turned or zoomed, and for a flat scene; it is refused
where too few features follow it, or where it would fold or squeeze the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

# Features are looked for at this length of the longer side: finer ones are noise, and take long.
_LONGER_PX = 1_000

_FEATURES = 4_000
# Lowe's ratio test: the best match must be this much nearer than the second best.
_RATIO = 0.75
# How far a feature may be from where the homography puts it, at `_LONGER_PX`.
_REACH_PX = 3.0
# What a homography needs to be trusted: inliers, their share of the matches, and a zoom of at most so much.
_LEAST_INLIERS = 20
_LEAST_SHARE = 0.2
_MOST_ZOOM = 3.0


@dataclass(frozen=True)
class Alignment:
    """Result of looking for a homography.

    Attributes:
        matrix: (3, 3), from places in the background to those in the picture, in pixels; None where none can be
            trusted.
        inliers: Matches that follow the homography.
        matches: Features in common.
        why: Why there is no matrix, in words.
    """

    matrix: NDArray[np.float64] | None
    inliers: int
    matches: int
    why: str = ""


def find_alignment(background: NDArray[np.uint8], picture: NDArray[np.uint8]) -> Alignment:
    """Find how a background lies to a picture of the same scene; both (H, W, 3) uint8 RGB, of any sizes."""
    sift = cv2.SIFT.create(nfeatures=_FEATURES)
    (from_places, from_marks), (to_places, to_marks) = (_features(sift, pixels) for pixels in (background, picture))
    if min(len(from_places), len(to_places)) < _LEAST_INLIERS:
        return Alignment(None, 0, 0, f"{min(len(from_places), len(to_places))} features in one of the two")
    nearest = cv2.BFMatcher().knnMatch(from_marks, to_marks, k=2)
    good = [first for first, second in nearest if first.distance < _RATIO * second.distance]
    if len(good) < _LEAST_INLIERS:
        return Alignment(None, 0, len(good), f"{len(good)} features in common")
    start = np.array([from_places[match.queryIdx] for match in good])
    end = np.array([to_places[match.trainIdx] for match in good])
    # In the picture's own pixels: errors grow with it where features were looked for in a smaller copy.
    reach_px = _REACH_PX * max(1.0, max(picture.shape) / _LONGER_PX)
    matrix, follow = cv2.findHomography(start, end, cv2.USAC_MAGSAC, reach_px)
    inliers = 0 if matrix is None else int(follow.sum())
    if inliers < max(_LEAST_INLIERS, _LEAST_SHARE * len(good)):
        why = f"{inliers} of {len(good)} features in common lie alike"
        return Alignment(None, inliers, len(good), why)
    found = np.asarray(matrix, np.float64)
    if not _is_sound(found, background.shape[:2]):
        return Alignment(None, inliers, len(good), "it would have to be folded or squeezed")
    return Alignment(found, inliers, len(good))


def warp_background(
    background: NDArray[np.uint8], picture: NDArray[np.uint8], matrix: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Return the background as it lies under the picture, at the picture's size.

    Where it doesn't reach, nothing is known of the empty scene: there it is the picture's own, so that nobody is found.

    Args:
        background: (H, W, 3) uint8 RGB.
        picture: (H', W', 3) uint8 RGB.
        matrix: (3, 3), of `find_alignment`.
    """
    size = (picture.shape[1], picture.shape[0])
    moved = cv2.warpPerspective(background, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    np.copyto(moved, picture, where=~covered_by(background, picture, matrix)[..., None])
    return np.asarray(moved, np.uint8)


def covered_by(
    background: NDArray[np.uint8], picture: NDArray[np.uint8], matrix: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return where a background reaches once a homography has moved it, (H', W') of the picture's size."""
    everywhere = np.full(background.shape[:2], 255, np.uint8)
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(cv2.warpPerspective(everywhere, matrix, size, flags=cv2.INTER_NEAREST) > 0)


def _features(sift: cv2.SIFT, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return the features' places (n, 2) as x, y in the picture's own pixels, and their descriptors (n, 128)."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, _LONGER_PX / max(grey.shape))
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found, marks = sift.detectAndCompute(grey, None)
    height_px, width_px = grey.shape
    shrunk = np.array([pixels.shape[1] / width_px, pixels.shape[0] / height_px])
    # OpenCV counts pixel centres from 0; scaling is about the frame's corner, half a pixel further out.
    places = (np.array([key.pt for key in found]).reshape(-1, 2) + 0.5) * shrunk - 0.5
    return places, np.asarray(marks if found else np.zeros((0, 128)), np.float32)


def _is_sound(matrix: NDArray[np.float64], size_px: tuple[int, ...]) -> bool:
    """Return whether a homography keeps the frame's orientation at every corner, and its size to a factor of 3."""
    height_px, width_px = size_px
    corners = np.array([[[0, 0]], [[width_px, 0]], [[width_px, height_px]], [[0, height_px]]], np.float64)
    moved = cv2.perspectiveTransform(corners, matrix)[:, 0]
    sides = np.roll(moved, -1, axis=0) - moved
    # Cross products of successive sides: all positive for a convex frame that isn't mirrored.
    turns = sides[:, 0] * np.roll(sides[:, 1], -1) - sides[:, 1] * np.roll(sides[:, 0], -1)
    zoom = np.sqrt(cv2.contourArea(moved.astype(np.float32)) / (height_px * width_px))
    return bool((turns > 0).all() and 1 / _MOST_ZOOM < zoom < _MOST_ZOOM)
