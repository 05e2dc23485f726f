"""Regions of a matte: the objects that a picture shows, apart from one another. Arrays in, arrays out.

What is opaque and hangs together is an object, and pieces with a crack between them are one: where a strap crosses an
arm, say. Soft pixels belong to the nearest object, as far as hair reaches; haze farther away belongs to none. All of
that is told on a small map, so that a picture of 100 megapixels takes little more than its matte.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.train.cutouts.bodies import shows_two_bodies
from bgfg.train.ops.mask_box import box_around

# Longer side of the small map.
_MAP_PX = 1024

# Alpha from which on a pixel is the object's rather than the scene's, and from which on anything of it is seen.
OPAQUE = OPAQUE_U8 / 255
_VISIBLE = 8 / 255

# Width of a crack between pieces of one object, and how far soft edges reach: shares of the picture's shorter side.
_CRACK, _REACH = 1 / 120, 1 / 25


@dataclass(frozen=True)
class Region:
    """An object of a picture of (H, W).

    Attributes:
        rows: Rows of the picture in which anything of it is seen.
        columns: Columns, likewise.
        alpha: (h, w) float32 in 0..1, how much of each pixel there is the object's.
        area_share: Share of the picture that it covers.
        uncertain: How uncertain its matte is, as `uncertainty` has it.
        is_cut: Whether it reaches the border of the picture, so that some of it may be missing.
        is_two: Whether it has the shape of two who touch, of what isn't found one by one.
    """

    rows: slice
    columns: slice
    alpha: NDArray[np.float32]
    area_share: float
    uncertain: float
    is_cut: bool
    is_two: bool = False


def find_regions(alpha: NDArray[np.float32], halo: float = 0) -> list[Region]:
    """Return the objects of a matte, the largest first; people who touch are one.

    Args:
        alpha: (H, W) float32 in 0..1.
        halo: Alpha up to which an edge is no part of its object, and 1 less it is all of it: what lies between is
            stretched.
    """
    small = shrunk_matte(alpha)
    solid = small >= OPAQUE
    pieces = _joined_pieces(solid)
    areas_px = np.bincount(pieces[solid])
    nearest = _nearest_piece(pieces, solid)
    by_size = sorted(np.flatnonzero(areas_px), key=lambda piece: -areas_px[piece])
    return [
        replace(_region(alpha, small, nearest == piece, halo), is_two=shows_two_bodies(_closed(solid, pieces == piece)))
        for piece in by_size
    ]


def whole_region(alpha: NDArray[np.float32]) -> Region | None:
    """Return all of a matte (H, W) as one object, in however many pieces; None where nothing of it is opaque."""
    small = shrunk_matte(alpha)
    return _region(alpha, small, np.ones(small.shape, bool), 0) if (small >= OPAQUE).any() else None


def uncertainty(alpha: NDArray[np.float32]) -> float:
    """Return 1 less the IoU that a matte (h, w) of something expects its mask to have, read as probabilities.

    Of what is opaque, the sum of alpha is right; the mask and what is right outside of it are the union. Measured on
    20 portraits and 60 composites, it goes with the true IoU (rank correlation -0.78).
    """
    opaque = alpha >= OPAQUE
    right, outside = float(alpha[opaque].sum()), float(alpha[~opaque].sum())
    return 1 - right / (float(opaque.sum()) + outside)


def shrunk_matte(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a matte (H, W) as the small map, of at most 1024 px; a smaller one as it is."""
    scale = _MAP_PX / max(alpha.shape)
    if scale >= 1:
        return alpha
    height_px, width_px = (max(1, round(side * scale)) for side in alpha.shape)
    return np.asarray(cv2.resize(alpha, (width_px, height_px), interpolation=cv2.INTER_AREA), np.float32)


def _joined_pieces(solid: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the number of the object around each pixel, (h, w); those of one object are joined over cracks."""
    half_px = max(1, round(_CRACK / 2 * min(solid.shape)))
    joined = cv2.dilate(solid.astype(np.uint8), np.ones((2 * half_px + 1,) * 2, np.uint8))
    return np.asarray(cv2.connectedComponents(joined, connectivity=8)[1], np.intp)


def _closed(solid: NDArray[np.bool_], piece: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what is solid of a piece, (h, w), with the cracks in it filled."""
    side_px = 2 * max(1, round(_CRACK / 2 * min(solid.shape))) + 1
    kernel = np.ones((side_px, side_px), np.uint8)
    return cv2.morphologyEx((solid & piece).astype(np.uint8), cv2.MORPH_CLOSE, kernel) > 0


def _nearest_piece(pieces: NDArray[np.intp], solid: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the number of the object that each pixel is nearest to, (h, w); -1 beyond the reach of soft edges."""
    if not solid.any():
        return np.full(solid.shape, -1, np.intp)
    away = np.where(solid, np.uint8(0), np.uint8(255))
    distance_px, nearest = cv2.distanceTransformWithLabels(away, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    number_of = np.zeros(int(nearest.max()) + 1, np.intp)
    number_of[nearest[solid]] = pieces[solid]
    return np.where(distance_px <= max(1.0, _REACH * min(solid.shape)), number_of[nearest], -1)


def _region(alpha: NDArray[np.float32], small: NDArray[np.float32], own: NDArray[np.bool_], halo: float) -> Region:
    """Return the object of a matte (H, W) whose own part of the small map (h, w) is given."""
    box = box_around(own & (small >= _VISIBLE))
    assert box is not None  # an object has something solid
    solid = own & (small >= OPAQUE)
    edges = (solid[0], solid[-1], solid[:, 0], solid[:, -1])
    spans = [
        slice(part.start * whole // side, -(-part.stop * whole // side))
        for part, whole, side in zip(box, alpha.shape, small.shape, strict=True)
    ]
    rows, columns = spans
    size = columns.stop - columns.start, rows.stop - rows.start
    share = np.asarray(cv2.resize(own[box].astype(np.float32), size, interpolation=cv2.INTER_LINEAR), np.float32)
    found = alpha[rows, columns] * share
    uncertain = uncertainty(found)
    found = np.clip((found - np.float32(halo)) / np.float32(1 - 2 * halo), 0, 1)
    found[found < _VISIBLE] = 0
    seen = box_around(found > 0)
    assert seen is not None
    rows, columns = (
        slice(span.start + part.start, span.start + part.stop) for span, part in zip(spans, seen, strict=True)
    )
    is_cut = any(map(np.any, edges))
    return Region(rows, columns, np.ascontiguousarray(found[seen]), float(solid.mean()), uncertain, is_cut)
