"""The rule `perspective`: feet on the floor, heights of people, draws that depend on nothing else."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.exact_resize import resize_alpha
from bgfg.data_manifests.placement import perspective
from bgfg.data_manifests.placement.floor import Floor, find_floor
from bgfg.data_manifests.placement.floor_points import FloorPoints
from bgfg.data_manifests.placement.occlusion import BackgroundOccluder, foot_pixel
from bgfg.data_manifests.placement.perspective import (
    MAX_SCALE,
    MIN_SCALE,
    PERSON_HEIGHT_M,
    PersonCutout,
    PerspectivePlacer,
    StandingPoints,
    find_floors,
    person_cutouts,
)
from tests.support import references
from tests.support.room_depth import Pinhole, room_depth_mm

CAMERA = Pinhole(96, 128, pitch_deg=8)
SIZES = np.array([[41, 19], [41, 19], [37, 23], [37, 23]], np.int32)
K = 12


def people() -> list[PersonCutout]:
    alpha = np.zeros((4, 41, 23), np.uint8)
    for f, (h, w) in enumerate(SIZES.tolist()):
        figure = references.cutout(h, w, f // 2)[..., 3]
        alpha[f, :h, :w] = figure[:, ::-1] if f % 2 else figure
    return person_cutouts(5, alpha, SIZES)


def floor_points(depth_mm: NDArray[np.uint16] | None = None) -> FloorPoints:
    depth_mm = room_depth_mm(CAMERA, table=True) if depth_mm is None else depth_mm
    return FloorPoints(depth_mm, find_floor(depth_mm, CAMERA.fov_deg))


def alpha_in(box: NDArray[np.int32], figure: PersonCutout) -> NDArray[np.uint8]:
    return resize_alpha(figure.alpha_u8, int(box[3]), int(box[2]))


def test_a_flip_is_as_tall_as_its_original_and_people_differ() -> None:
    alpha = np.full((200, 5, 3), 255, np.uint8)
    heights = [figure.height_m for figure in person_cutouts(5, alpha, np.full((200, 2), 3, np.int32))]
    assert heights[::2] == heights[1::2]
    assert len(set(heights)) == 100
    assert PERSON_HEIGHT_M[0] <= min(heights) < 1.63
    assert 1.87 < max(heights) <= PERSON_HEIGHT_M[1]
    assert heights[:4] == [figure.height_m for figure in person_cutouts(5, alpha[:4], np.full((4, 2), 3, np.int32))]
    assert heights != [figure.height_m for figure in person_cutouts(6, alpha, np.full((200, 2), 3, np.int32))]


def test_feet_are_on_the_floor_that_is_seen_and_figures_wholly_in_the_frame() -> None:
    ground, cast = floor_points(), people()
    boxes, _ = PerspectivePlacer(ground, cast, 5, 0, K).place()
    for f, figure in enumerate(cast):
        for box in boxes[f]:
            x, y, w, h = box.tolist()
            foot = foot_pixel(alpha_in(box, figure))
            assert foot is not None
            assert ground.floor.mask[y + foot[0], x + foot[1]]
            assert 0 <= x <= 128 - w
            assert 0 <= y <= 96 - h


def test_a_figure_is_as_high_as_the_pinhole_sees_its_person() -> None:
    ground, cast = floor_points(), people()
    boxes, _ = PerspectivePlacer(ground, cast, 5, 0, K).place()
    rays = CAMERA.rays()
    for f, figure in enumerate(cast):
        for box in boxes[f]:
            alpha = alpha_in(box, figure)
            foot = foot_pixel(alpha)
            assert foot is not None
            row, column = box[1] + foot[0], box[0] + foot[1]
            standing_m = rays[row, column] * CAMERA.eye_m / rays[row, column, 1]
            expected_px = row + 0.5 - CAMERA.row_of(standing_m - [0, figure.height_m, 0])
            opaque = np.flatnonzero((alpha >= 128).any(axis=1))
            assert opaque[-1] - opaque[0] + 1 == pytest.approx(expected_px, abs=2.5)
            assert MIN_SCALE - 0.02 <= box[3] / len(figure.alpha_u8) <= MAX_SCALE + 0.02


def test_at_least_half_is_visible_and_it_is_counted() -> None:
    depth_mm = room_depth_mm(CAMERA, table=True)
    depth_mm[30:70, 60:75] = 900  # a pillar that ends above the floor
    ground, cast = floor_points(depth_mm), people()
    boxes, visible_px = PerspectivePlacer(ground, cast, 5, 0, 40).place()
    hidden = 0
    for f, figure in enumerate(cast):
        for box, seen_px in zip(boxes[f], visible_px[f], strict=True):
            alpha = alpha_in(box, figure)
            seen = BackgroundOccluder(depth_mm).visible_alpha(alpha, int(box[0]), int(box[1]))
            assert seen_px == (seen >= 128).sum()
            assert 2 * seen_px >= (alpha >= 128).sum()
            hidden += seen_px < (alpha >= 128).sum()
    assert hidden > 3


def test_draws_depend_on_seed_background_cutout_and_placement_alone() -> None:
    ground, cast = floor_points(), people()
    boxes, _ = PerspectivePlacer(ground, cast, 5, 3, K).place()
    fewer, _ = PerspectivePlacer(floor_points(), cast[:2], 5, 3, 5).place()
    assert np.array_equal(boxes[:2, :5], fewer)
    for seed, b in ((6, 3), (5, 4)):
        assert (PerspectivePlacer(ground, cast, seed, b, K).place()[0] != boxes).any()
    assert len(np.unique(boxes[0, :, :2], axis=0)) > K / 2


def test_a_background_is_no_stage_where_it_hides_more_than_half_of_somebody_everywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def visible(self: BackgroundOccluder, alpha_u8: NDArray[np.uint8], x: int, y: int) -> tuple[NDArray[np.uint8], int]:
        return (alpha_u8 if alpha_u8.shape[1] * 41 < alpha_u8.shape[0] * 21 else alpha_u8 // 3), 0

    monkeypatch.setattr(BackgroundOccluder, "occlude", visible)  # hides the two wide ones
    slim, (found,) = people()[:2], find_floors(room_depth_mm(CAMERA)[None], people(), CAMERA.fov_deg)
    assert str(found) == "more than half of cut-out 2, counted as they were read, would be hidden wherever it was tried"
    assert isinstance(find_floors(room_depth_mm(CAMERA)[None], slim, CAMERA.fov_deg)[0], Floor)


def test_who_is_seen_at_few_points_stands_at_one_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    ground, cast = floor_points(), people()
    points = StandingPoints(ground, cast)
    only = points.evenly_spread(0)[17]
    paste_at = StandingPoints.paste_at
    monkeypatch.setattr(StandingPoints, "paste_at", lambda self, f, i: paste_at(self, f, i) if i == only else None)
    (boxes,) = PerspectivePlacer(ground, cast[:1], 5, 0, K).place()[0]
    paste = paste_at(points, 0, only)
    assert paste is not None
    assert (boxes == paste.box).all()


def test_a_point_that_hides_too_much_is_drawn_again() -> None:
    depth_mm = room_depth_mm(CAMERA)
    depth_mm[10:60, :90] = 800  # a screen that leaves the floor before it free
    boxes, visible_px = PerspectivePlacer(floor_points(depth_mm), people(), 5, 0, K).place()
    assert visible_px.min() > 0
    assert boxes.shape == (4, K, 4)


def test_a_background_is_no_stage_for_somebody_who_would_be_far_too_large() -> None:
    tiny = [dataclasses.replace(figure, alpha_u8=figure.alpha_u8[::8, ::8]) for figure in people()]
    flat = np.full((96, 128), 3_000, np.uint16)
    found = find_floors(np.stack([room_depth_mm(CAMERA), flat]), tiny, CAMERA.fov_deg)
    assert [str(each) for each in found] == [
        "no free place on its floor where people would be neither too large nor too small",
        "no plane below the camera is found in its depth",
    ]
    assert isinstance(find_floors(room_depth_mm(CAMERA)[None], people(), None)[0], Floor)


def test_who_fits_nowhere_wholly_hangs_over_the_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = PersonCutout(np.full((10, 60), 255, np.uint8), 1.7)
    monkeypatch.setattr(perspective, "MAX_SCALE", 9.0)
    monkeypatch.setattr(FloorPoints, "has_room", lambda self, _left, _right: np.ones(len(self.rows), np.bool_))
    monkeypatch.setattr(perspective, "MIN_SCALE", 3.0)
    boxes, visible_px = PerspectivePlacer(floor_points(room_depth_mm(CAMERA)), [wide], 5, 0, 4).place()
    assert (boxes[0, :, 2] > 128).all()
    assert (2 * visible_px >= boxes[..., 2] * boxes[..., 3]).all()
