"""The rule `perspective`: cut-outs stand on the floor of their background, as large as people are there.

A standing point is a pixel of the visible floor with room around it, drawn by the keyed generator from those at which
the cut-out fits; the cut-out is resized so that what is opaque of it is as high as a person of 1.6 to 1.9 m who stands
there, and placed with the middle of its lowest opaque row on that pixel. What stands in front hides it (see `hiding`),
but never more than half of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_manifests.area import resize_alpha
from data_manifests.floor import NoFloor
from data_manifests.hiding import OPAQUE_U8, standing_point
from data_manifests.placements import philox4x32, within_frame
from data_manifests.stage import Stage

PERSON_M = (1.6, 1.9)

# A prepared cut-out is enlarged and shrunk to so much at most, since beyond it is blurred, or hardly to be seen: nobody
# stands nearer, or farther away, than that allows.
LARGEST, SMALLEST = 1.5, 0.25

_TRIES = 24  # points drawn for a sample, and as many again spread over all there are
_ROUNDING_PX = 1.5  # by which a box may lie elsewhere than its point and its scale say
_HALF = np.uint64(32)
_PERSON_STREAM = 0xFFFFFFFF  # of the counter's last word, which counts tries elsewhere; `random` has 0

Boxes = NDArray[np.int32]


@dataclass(frozen=True)
class Figure:
    """A cut-out as it is prepared. alpha_u8: (h, w) uint8; height_m: of the person it is taken for."""

    alpha_u8: NDArray[np.uint8]
    height_m: float

    @property
    def opaque_px(self) -> int:
        """The rows from its first opaque one to its last."""
        rows = np.flatnonzero((self.alpha_u8 >= OPAQUE_U8).any(axis=1))
        return int(rows[-1] - rows[0]) + 1 if len(rows) else 1

    @property
    def reach_m(self) -> tuple[float, float]:
        """How far it reaches from its foot to the left and to the right, for a person of its height."""
        left_px, metres_per_px = self.foot_px[1], self.height_m / self.opaque_px
        return left_px * metres_per_px, (self.alpha_u8.shape[1] - left_px) * metres_per_px

    @property
    def foot_px(self) -> tuple[float, float]:
        """How far the middle of its lowest opaque row is from the box's top and left."""
        row, column = standing_point(self.alpha_u8) or (self.alpha_u8.shape[0] - 1, self.alpha_u8.shape[1] // 2)
        return row + 1.0, column + 0.5


def figures(seed: int, alpha_u8: NDArray[np.uint8], sizes_px: NDArray[np.int32]) -> list[Figure]:
    """Return the F cut-outs with the heights that are drawn for them: one for a cut-out and its flip.

    alpha_u8: (F, h, w) uint8; sizes_px: (F, 2) int32, height and width of each.
    """
    counters = np.zeros((len(sizes_px), 4), np.int64)
    counters[:, 0], counters[:, 3] = np.arange(len(sizes_px)) // 2, _PERSON_STREAM
    shares = philox4x32(counters, seed)[:, 0].astype(np.float64) / 2**32
    low, high = PERSON_M
    return [
        Figure(alpha[:h, :w], low + (high - low) * share)
        for alpha, (h, w), share in zip(alpha_u8, sizes_px.tolist(), shares.tolist(), strict=True)
    ]


def find_stages(depth_mm: NDArray[np.uint16], people: Sequence[Figure], fov_deg: float | None) -> list[Stage | NoFloor]:
    """Return the stage of each background, or why it is none on which every cut-out can stand.

    depth_mm: (B, H, W) uint16, 0 unknown; fov_deg: None to estimate it for each.
    """

    def stage_of(depth: NDArray[np.uint16]) -> Stage | NoFloor:
        try:
            stage = Stage(depth, fov_deg)
            if any(len(_points(stage, figure)[0]) == 0 for figure in people):
                raise NoFloor("no free place on its floor where people would be neither too large nor too small")
        except NoFloor as error:
            return error
        return stage

    return [stage_of(depth) for depth in depth_mm]


def place(
    stage: Stage, people: Sequence[Figure], seed: int, b: int, placements: int
) -> tuple[Boxes, NDArray[np.int32]]:
    """Place every cut-out K times on background `b`.

    Returns boxes (F, K, 4) int32, x, y, width, height in px, and what is visible of each, (F, K) int32 px of mask >=
    128. Raises NoFloor, naming the cut-out by its number, where all the points that were tried hide more than half.
    """
    boxes = np.empty((len(people), placements, 4), np.int32)
    visible_px = np.empty((len(people), placements), np.int32)
    counters = np.empty((placements, _TRIES, 4), np.int64)
    counters[..., 0], counters[..., 2] = np.arange(placements)[:, None], b
    counters[..., 3] = np.arange(_TRIES) + 1
    for f, figure in enumerate(people):
        counters[..., 1] = f
        points, scales = _points(stage, figure)
        drawn = (philox4x32(counters, seed)[..., 0] * np.uint64(len(points)) >> _HALF).astype(np.intp)
        spread = np.arange(_TRIES) * len(points) // _TRIES
        for k in range(placements):
            for i in (*drawn[k].tolist(), *((drawn[k, 0] + spread) % len(points)).tolist()):
                box, seen_px, whole_px = _stand(stage, figure, int(points[i]), float(scales[i]))
                if 0 < whole_px <= 2 * seen_px:
                    boxes[f, k], visible_px[f, k] = box, seen_px
                    break
            else:
                raise NoFloor(f"more than half of cut-out {f // 2 + 1} would be hidden wherever it was tried")
    return boxes, visible_px


def _points(stage: Stage, figure: Figure) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the numbers of the points where a cut-out has room and fits into the frame, and its scale at them.

    Where it fits nowhere wholly, it may hang over the frame.
    """
    scales = stage.rise_px(figure.height_m) / figure.opaque_px
    h, w = figure.alpha_u8.shape
    below, left = figure.foot_px
    height_px, width_px = stage.floor.seen.shape
    sized = (scales >= SMALLEST) & (scales <= LARGEST) & stage.has_room(*figure.reach_m)
    y, x = stage.rows + 0.5, stage.columns + 0.5
    inside = sized & (y - below * scales >= _ROUNDING_PX) & (y + (h - below) * scales <= height_px - _ROUNDING_PX)
    inside &= (x - left * scales >= _ROUNDING_PX) & (x + (w - left) * scales <= width_px - _ROUNDING_PX)
    points = np.flatnonzero(inside if inside.any() else sized)
    return points, scales[points]


def _stand(stage: Stage, figure: Figure, point: int, scale: float) -> tuple[tuple[int, int, int, int], int, int]:
    """Return the box of a cut-out at a point, how many pixels are visible of it, and how many it has."""
    h, w = (max(1, round(side * scale)) for side in figure.alpha_u8.shape)
    alpha_u8 = resize_alpha(figure.alpha_u8, h, w)
    row, column = standing_point(alpha_u8) or (h - 1, w // 2)
    x, y = int(stage.columns[point]) - column, int(stage.rows[point]) - row
    height_px, width_px = stage.floor.seen.shape
    _, part = within_frame(x, y, w, h, width_px, height_px)
    seen = stage.foreground.visible(alpha_u8, x, y)[part]
    return (x, y, w, h), int((seen >= OPAQUE_U8).sum()), int((alpha_u8 >= OPAQUE_U8).sum())
