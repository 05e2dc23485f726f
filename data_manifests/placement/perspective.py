"""The rule `perspective`: cut-outs stand on the floor of their background, as large as people are there.

A standing point is a pixel of the visible floor with room around it, drawn by the keyed generator from those at which
the cut-out fits; the cut-out is resized so that what is opaque of it is as high as a person of 1.6 to 1.9 m who stands
there, and placed with the middle of its lowest opaque row on that pixel. What stands in front hides it (see `hiding`),
but never more than half of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from bgfg.data_manifests.images.exact_resize import resize_alpha
from bgfg.data_manifests.placement.floor import Floor, NoFloor, find_floor
from bgfg.data_manifests.placement.floor_points import Stage
from bgfg.data_manifests.placement.multi import Paste
from bgfg.data_manifests.placement.occlusion import OPAQUE_U8, standing_point
from bgfg.data_manifests.placement.overlap import Patch, seen_px
from bgfg.data_manifests.placement.placements import philox4x32
from bgfg.data_manifests.terminal.progress import Progress, silent
from numpy.typing import NDArray

PERSON_M = (1.6, 1.9)

# A prepared cut-out is enlarged and shrunk to so much at most, since beyond it is blurred, or hardly to be seen: nobody
# stands nearer, or farther away, than that allows.
LARGEST, SMALLEST = 1.5, 0.25

# Points drawn for a sample, as many again spread over all there are from the first one on, and as many again from the
# start on, of which one is known to do.
_TRIES = 24
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


class Ground:
    """A stage and who is to stand on it: at which points each has room, and what is seen of them there."""

    def __init__(self, stage: Stage, people: Sequence[Figure]) -> None:
        self._stage, self._people = stage, people
        self._points_of: dict[int, tuple[NDArray[np.intp], NDArray[np.float64]]] = {}

    def count(self, f: int) -> int:
        """Return the number of points at which cut-out f has room."""
        return len(self._points(f)[0])

    def spread(self, f: int) -> list[int]:
        """Return some of these points, from all over them."""
        return (np.arange(_TRIES) * self.count(f) // _TRIES).tolist()

    def stand(self, f: int, i: int) -> Paste | None:
        """Return cut-out f at its point number i; None where the background hides more than half of it."""
        points, scales = self._points(f)
        alpha_u8 = self._people[f].alpha_u8
        h, w = (max(1, round(side * float(scales[i]))) for side in alpha_u8.shape)
        alpha_u8 = resize_alpha(alpha_u8, h, w)
        row, column = standing_point(alpha_u8) or (h - 1, w // 2)
        x, y = int(self._stage.columns[points[i]]) - column, int(self._stage.rows[points[i]]) - row
        remaining, standing_mm = self._stage.foreground.stand(alpha_u8, x, y)
        paste = Paste(f, (x, y, w, h), Patch.of(remaining, x, y, *self._stage.floor.seen.shape), standing_mm)
        return paste if 0 < seen_px(alpha_u8) <= 2 * paste.alone_px else None

    def require_places(self) -> None:
        """Raise NoFloor where somebody has no room, or is hidden by more than half at each point of the spread."""
        everybody = range(len(self._people))
        if not all(map(self.count, everybody)):
            raise NoFloor("no free place on its floor where people would be neither too large nor too small")
        for f in everybody:
            if all(self.stand(f, i) is None for i in self.spread(f)):
                who = f"cut-out {f // 2 + 1}, counted as they were read,"
                raise NoFloor(f"more than half of {who} would be hidden wherever it was tried")

    def _points(self, f: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        if f not in self._points_of:
            self._points_of[f] = _points(self._stage, self._people[f])
        return self._points_of[f]


def find_floors(
    depth_mm: NDArray[np.uint16], people: Sequence[Figure], fov_deg: float | None, progress: Progress = silent
) -> list[Floor | NoFloor]:
    """Return the floor of each background, or why it has none on which every cut-out can stand and be seen.

    depth_mm: (B, H, W) uint16, 0 unknown; fov_deg: None to estimate it for each.
    """

    def floor_of(depth: NDArray[np.uint16]) -> Floor | NoFloor:
        try:
            floor = find_floor(depth, fov_deg)
            Ground(Stage(depth, floor), people).require_places()
        except NoFloor as error:
            return error
        return floor

    floors = []
    with progress("floors", len(depth_mm), 0) as advance:
        for depth in depth_mm:
            floors.append(floor_of(depth))
            advance(1)
    return floors


class Standpoints:
    """Where cut-outs stand on background `b`, a stage whose floor `find_floors` found for them. placements: K."""

    def __init__(self, stage: Stage, people: Sequence[Figure], seed: int, b: int, placements: int) -> None:
        self._ground, self._cutouts = Ground(stage, people), len(people)
        self._seed, self._b, self._placements = seed, b, placements

    def place(self) -> tuple[Boxes, NDArray[np.int32]]:
        """Place every cut-out K times.

        Returns boxes (F, K, 4) int32, x, y, width, height in px, and what is visible of each, (F, K) int32 px of mask
        >= 128.
        """
        alone = np.ones(self._placements, np.int32)
        boxes = np.empty((self._cutouts, self._placements, 4), np.int32)
        visible_px = np.empty((self._cutouts, self._placements), np.int32)
        for f in range(self._cutouts):
            for k, paste in enumerate(self.firsts(f, alone)):
                boxes[f, k], visible_px[f, k] = paste.box, paste.alone_px
        return boxes, visible_px

    def firsts(self, f: int, numbers: NDArray[np.int32]) -> list[Paste]:
        """Return cut-out f in its K samples. numbers: (K,) how many cut-outs each sample is to have.

        It stands at the farthest of as many points as there are to be cut-outs, and the others nearer than it: so all
        of them together stand as if each had been drawn alone, and the first is the one to be pasted first.
        """
        counters = np.empty((self._placements, _TRIES, 4), np.int64)
        counters[..., 0], counters[..., 1] = np.arange(self._placements)[:, None], f
        counters[..., 2], counters[..., 3] = self._b, np.arange(_TRIES) + 1
        count, spread = self._ground.count(f), self._ground.spread(f)
        drawn = (philox4x32(counters, self._seed)[..., 0] * np.uint64(count) >> _HALF).astype(np.intp).tolist()
        pastes = []
        for k, number in enumerate(numbers.tolist()):
            tries = (*drawn[k], *((drawn[k][0] + i) % count for i in spread), *spread)
            standing = (paste for i in tries if (paste := self._ground.stand(f, i)))
            pastes.append(max(islice(standing, number), key=lambda paste: paste.standing_mm))
        return pastes

    def stand(self, f: int, across: int, _down: int) -> Paste | None:
        """Let cut-out f stand at the point that a random word below 2^32 says; None where too little is seen of it."""
        return self._ground.stand(f, across * self._ground.count(f) >> 32)


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
