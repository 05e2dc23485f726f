"""The placement rule `perspective`: cut-outs stand on the floor of their background, as large as people are there.

A standing point is a pixel of the visible floor with room around it, drawn by the counter-based generator from those at
which the cut-out fits. The cut-out is resized so that its opaque part is as high as a person of 1.6 to 1.9 m who stands
there, and placed with the middle of its lowest opaque row on that pixel. What stands in front hides it (see
`occlusion`), but never more than half of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.images.resampling.cutout_shape import CutoutShape
from bgfg.data_manifests.images.resampling.exact_resize import resize_alpha
from bgfg.data_manifests.placement.floor import Floor, NoFloor, find_floor
from bgfg.data_manifests.placement.floor_points import FloorPoints
from bgfg.data_manifests.placement.multi_cutout import Paste, PasteDraw
from bgfg.data_manifests.placement.occlusion import foot_pixel
from bgfg.data_manifests.placement.overlap import AlphaPatch, count_opaque_px
from bgfg.data_manifests.placement.philox import philox4x32, scale_words
from bgfg.data_manifests.placement.rule import place_each
from bgfg.data_manifests.placement.thrown_shadow import Light
from bgfg.data_manifests.placement.variety import AS_BY_DEFAULT, PasteVariety, SampleVariety, Variety
from bgfg.data_manifests.placement.variety_draw import draw_sample_variety, shape_of
from bgfg.data_manifests.terminal.progress import Progress, no_progress

PERSON_HEIGHT_M = (1.6, 1.9)

# Limits of the scale of a prepared cut-out: larger it is blurred, smaller it is hardly visible. Nobody stands nearer,
# or farther away, than that allows.
MAX_SCALE, MIN_SCALE = 1.5, 0.25

# Points that are tried for a sample: so many drawn ones, as many spread evenly from the first of these on, and as many
# spread evenly from the start on, of which one is known to do.
_TRIES = 24
_ROUNDING_PX = 1.5  # how far a box may lie from where its point and its scale say
_AS_IT_IS = CutoutShape()
_PERSON_STREAM = 0xFFFFFFFF  # last word of the counter, which counts tries elsewhere; `random` has 0


@dataclass(frozen=True)
class PersonCutout:
    """A prepared cut-out, taken for a person of some height.

    Attributes:
        alpha_u8: (h, w) uint8.
        height_m: Height of the person.
    """

    alpha_u8: NDArray[np.uint8]
    height_m: float

    @property
    def opaque_height_px(self) -> int:
        """Number of rows from the first opaque one to the last."""
        rows = np.flatnonzero((self.alpha_u8 >= OPAQUE_U8).any(axis=1))
        return int(rows[-1] - rows[0]) + 1 if len(rows) else 1

    @property
    def reach_m(self) -> tuple[float, float]:
        """How far the box reaches from the foot to the left and to the right, at the person's height."""
        left_px, metres_per_px = self.foot_px[1], self.height_m / self.opaque_height_px
        return left_px * metres_per_px, (self.alpha_u8.shape[1] - left_px) * metres_per_px

    @property
    def foot_px(self) -> tuple[float, float]:
        """Distance of the middle of the lowest opaque row from the box's top and left."""
        row, column = foot_pixel(self.alpha_u8) or (self.alpha_u8.shape[0] - 1, self.alpha_u8.shape[1] // 2)
        return row + 1.0, column + 0.5


def person_cutouts(seed: int, alpha_u8: NDArray[np.uint8], sizes_px: NDArray[np.int32]) -> list[PersonCutout]:
    """Draw a person's height for each cut-out: one for a cut-out and its flip.

    Args:
        seed: Seed of the corpus.
        alpha_u8: (F, h, w) uint8, each cut-out top-left in the largest one's box.
        sizes_px: (F, 2) int32, height and width of each.

    Returns:
        The F cut-outs.
    """
    counters = np.zeros((len(sizes_px), 4), np.int64)
    counters[:, 0], counters[:, 3] = np.arange(len(sizes_px)) // 2, _PERSON_STREAM
    shares = philox4x32(counters, seed)[:, 0].astype(np.float64) / 2**32
    low, high = PERSON_HEIGHT_M
    return [
        PersonCutout(alpha[:h, :w], low + (high - low) * share)
        for alpha, (h, w), share in zip(alpha_u8, sizes_px.tolist(), shares.tolist(), strict=True)
    ]


class StandingPoints:
    """The points of one floor at which each cut-out fits, and what is visible of it there."""

    def __init__(self, floor_points: FloorPoints, people: Sequence[PersonCutout]) -> None:
        self._floor_points, self._people = floor_points, people
        self._fitting_of: dict[int, tuple[NDArray[np.intp], NDArray[np.float64]]] = {}

    def count(self, f: int) -> int:
        """Return the number of points at which cut-out f fits."""
        return len(self._fitting(f)[0])

    def evenly_spread(self, f: int) -> list[int]:
        """Return the numbers of some of these points, spread evenly over all of them."""
        return (np.arange(_TRIES) * self.count(f) // _TRIES).tolist()

    def paste_at(self, f: int, i: int, shape: CutoutShape = _AS_IT_IS) -> Paste | None:
        """Return cut-out f at its point number i; None where the background hides more than half of it.

        Args:
            f: Number of the cut-out.
            i: Number of the point.
            shape: How much it is out of focus, and the margin around it.
        """
        points, scales = self._fitting(f)
        alpha_u8 = self._people[f].alpha_u8
        h, w = (max(1, round(side * float(scales[i]))) for side in alpha_u8.shape)
        alpha_u8 = resize_alpha(alpha_u8, h, w)
        row, column = foot_pixel(alpha_u8) or (h - 1, w // 2)
        floor_points, point = self._floor_points, points[i]
        x = int(floor_points.columns[point]) - column - shape.margin_px
        y = int(floor_points.rows[point]) - row - shape.margin_px
        alpha_u8 = shape.apply(alpha_u8)
        remaining, distance_mm = floor_points.occluder.occlude(alpha_u8, x, y)
        patch = AlphaPatch.clip(remaining, x, y, *floor_points.floor.mask.shape)
        paste = Paste(f, (x, y, *alpha_u8.shape[::-1]), patch, distance_mm)
        return paste if 0 < count_opaque_px(alpha_u8) <= 2 * paste.unoccluded_px else None

    def pixel(self, f: int, i: int) -> tuple[int, int]:
        """Return the row and column of the point number i of cut-out f."""
        point = self._fitting(f)[0][i]
        return int(self._floor_points.rows[point]), int(self._floor_points.columns[point])

    def require_room(self) -> None:
        """Check that every cut-out can stand and be seen.

        Raises:
            NoFloor: A cut-out fits at no point, or more than half of it is hidden at each of the evenly spread points.
        """
        everybody = range(len(self._people))
        if not all(map(self.count, everybody)):
            raise NoFloor("no free place on its floor where people would be neither too large nor too small")
        for f in everybody:
            if all(self.paste_at(f, i) is None for i in self.evenly_spread(f)):
                who = f"cut-out {f // 2 + 1}, counted as they were read,"
                raise NoFloor(f"more than half of {who} would be hidden wherever it was tried")

    def _fitting(self, f: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        if f not in self._fitting_of:
            self._fitting_of[f] = _fitting_points(self._floor_points, self._people[f])
        return self._fitting_of[f]


def find_floors(
    depth_mm: NDArray[np.uint16],
    people: Sequence[PersonCutout],
    fov_deg: float | None,
    progress: Progress = no_progress,
) -> list[Floor | NoFloor]:
    """Find the floor of each background.

    Args:
        depth_mm: (B, H, W) uint16, 0 unknown.
        people: Cut-outs that are to stand on each of them.
        fov_deg: Field of view of the cameras; None to estimate it for each background.
        progress: Shows how far it is.

    Returns:
        B floors, or why there is none on which every cut-out can stand and be seen.
    """

    def floor_of(depth: NDArray[np.uint16]) -> Floor | NoFloor:
        try:
            floor = find_floor(depth, fov_deg)
            StandingPoints(FloorPoints(depth, floor), people).require_room()
        except NoFloor as error:
            return error
        return floor

    floors = []
    with progress("floors", len(depth_mm), 0) as advance:
        for depth in depth_mm:
            floors.append(floor_of(depth))
            advance(1)
    return floors


class PerspectivePlacer:
    """Places the cut-outs of one background by the rule "perspective".

    Args:
        floor_points: Points of a floor that `find_floors` found for these cut-outs.
        people: The F cut-outs.
        seed: Seed of the corpus.
        b: Number of the background.
        placements: K.
        cutouts: Numbers of the cut-outs that are the first ones of samples here; None for all F.
        variety: What may vary; None where nothing does.
    """

    def __init__(
        self,
        floor_points: FloorPoints,
        people: Sequence[PersonCutout],
        seed: int,
        b: int,
        placements: int,
        cutouts: range | None = None,
        variety: Variety | None = None,
    ) -> None:
        self._points, self._cutouts = StandingPoints(floor_points, people), cutouts or range(len(people))
        self._seed, self._b, self._placements, self._variety = seed, b, placements, variety
        self._floor, self._people = floor_points.floor, people

    @cached_property
    def _sample_variety(self) -> NDArray[np.int32]:
        """What was drawn for each sample, (n, K, 4) int32."""
        return draw_sample_variety(self._variety or Variety(), self._seed, self._b, self._cutouts, self._placements)

    @cached_property
    def _light(self) -> Light:
        return Light.draw(self._seed, self._b)

    def place(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Place each cut-out K times, one to a sample.

        Returns:
            boxes: (n, K, 4) int32, x, y, width and height in px.
            visible_px: (n, K) int32, number of visible pixels, mask >= 128.
        """
        return place_each(self, self._cutouts, self._placements)

    def first_pastes(self, f: int, counts: NDArray[np.int32]) -> list[Paste]:
        """Return cut-out f in its K samples.

        It stands at the farthest of as many points as the sample is to have cut-outs, and the others stand nearer: so
        all of them together stand as if each had been drawn alone, and the first is the one to be pasted first.

        Args:
            f: Number of the cut-out.
            counts: How many cut-outs each sample is to have, (K,).

        Returns:
            The cut-out in its K places.
        """
        counters = np.empty((self._placements, _TRIES, 4), np.int64)
        counters[..., 0], counters[..., 1] = np.arange(self._placements)[:, None], f
        counters[..., 2], counters[..., 3] = self._b, np.arange(_TRIES) + 1
        total, spread = self._points.count(f), self._points.evenly_spread(f)
        drawn = scale_words(philox4x32(counters, self._seed)[..., 0], total).astype(np.intp).tolist()
        pastes = []
        for k, count in enumerate(counts.tolist()):
            tries = (*drawn[k], *((drawn[k][0] + i) % total for i in spread), *spread)
            visible = (paste for i in tries if (paste := self._paste_at(f, i, f, k)))
            pastes.append(max(islice(visible, count), key=lambda paste: paste.distance_mm))
        return pastes

    def place_at(self, draw: PasteDraw) -> Paste | None:
        """Place a further cut-out at the point that was drawn; None where too little is visible of it."""
        point = draw.across * self._points.count(draw.cutout) >> 32
        return self._paste_at(draw.cutout, point, draw.block, draw.placement)

    def _paste_at(self, f: int, i: int, block: int, k: int) -> Paste | None:
        """Return cut-out f at its point number i in a sample, shaped as the sample's are, with its shadow."""
        if self._variety is None:
            return self._points.paste_at(f, i)
        sample = SampleVariety(*self._sample_variety[block - self._cutouts.start, k].tolist())
        paste = self._points.paste_at(f, i, shape_of(self._variety, sample, AS_BY_DEFAULT))
        if paste is None or not self._variety.throw_shadows or not sample.shadow:
            return paste
        row, column = self._points.pixel(f, i)
        shadow = self._light.shadow_of_head(self._floor, row, column, self._people[f].height_m)
        return replace(paste, variety=PasteVariety(shadow_x_px=shadow[0], shadow_y_px=shadow[1]))


def _fitting_points(floor_points: FloorPoints, person: PersonCutout) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the numbers of the points where a cut-out has room and fits into the frame, and its scale at them.

    Where it fits nowhere wholly, it may hang over the frame.
    """
    scales = floor_points.projected_height_px(person.height_m) / person.opaque_height_px
    h, w = person.alpha_u8.shape
    below, left = person.foot_px
    height_px, width_px = floor_points.floor.mask.shape
    sized = (scales >= MIN_SCALE) & (scales <= MAX_SCALE) & floor_points.has_room(*person.reach_m)
    y, x = floor_points.rows + 0.5, floor_points.columns + 0.5
    inside = sized & (y - below * scales >= _ROUNDING_PX) & (y + (h - below) * scales <= height_px - _ROUNDING_PX)
    inside &= (x - left * scales >= _ROUNDING_PX) & (x + (w - left) * scales <= width_px - _ROUNDING_PX)
    points = np.flatnonzero(inside if inside.any() else sized)
    return points, scales[points]
