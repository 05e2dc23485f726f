"""A background that lies beside its picture is noticed; one that lies over it never is, whatever else differs."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.images.image_reading import read_rgb, read_rgba
from bgfg.train.ops.displacement import displacement_note, find_displacement
from tests.support.project import ROOT
from tests.train.ops.test_align import room, turned

OFFICE = ROOT.parent / "shared" / "office"
Pixels = NDArray[np.uint8]


def displacement_px(background: Pixels, picture: Pixels) -> float:
    found = find_displacement(background, picture)
    return 0.0 if found is None else found.px


def with_person(scene: Pixels, share: float = 0.3) -> Pixels:
    """Put somebody of this share of the width in front."""
    picture, (height_px, width_px) = scene.copy(), scene.shape[:2]
    centre, half = (int(0.55 * width_px), int(0.6 * height_px)), (int(share * width_px / 2), int(0.38 * height_px))
    cv2.ellipse(picture, centre, half, 0, 0, 360, (190, 60, 50), -1)
    return picture


def moved(scene: Pixels, degrees: float, zoom: float, shift_px: tuple[float, float]) -> Pixels:
    size = (scene.shape[1], scene.shape[0])
    matrix = turned(scene, degrees, zoom, shift_px)
    return np.asarray(cv2.warpPerspective(scene, matrix, size, borderMode=cv2.BORDER_REFLECT), np.uint8)


def retaken(scene: Pixels, seed: int) -> Pixels:
    """The same shot with other light, white balance, noise and JPEG's losses."""
    draw = np.random.default_rng(seed)
    levels = scene * draw.uniform(0.75, 1.25) * draw.uniform(0.9, 1.1, 3) + draw.normal(0, 6, scene.shape)
    coded = cv2.imencode(".jpg", np.clip(levels, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


@pytest.mark.parametrize(
    "change", [(0, 1, (8, 0)), (0, 1, (-3, 4)), (2, 1, (0, 0)), (0, 1.04, (0, 0)), (1, 1.02, (30, 9))]
)
@pytest.mark.parametrize("seed", [0, 4])
def test_a_camera_that_moved_is_noticed(seed: int, change: tuple[float, float, tuple[float, float]]) -> None:
    scene = room(seed=seed)
    picture = with_person(retaken(moved(scene, *change), seed))
    corners = np.array([[[x, y]] for x in np.linspace(0, 320, 9) for y in np.linspace(0, 240, 9)])
    true = np.linalg.norm(cv2.perspectiveTransform(corners, turned(scene, *change)) - corners, axis=2)
    assert displacement_px(scene, picture) == pytest.approx(float(np.median(true)), abs=0.7)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("seed", range(4))
def test_one_that_stood_still_is_not(seed: int, share: float) -> None:
    scene = room(seed=seed)
    for picture in (scene, retaken(scene, seed), moved(scene, 0, 1, (0.7, 0.4))):
        assert displacement_px(scene, with_person(picture, share) if share else picture) == 0


def test_where_nothing_can_be_known_nothing_is_said() -> None:
    flat = np.full((240, 320, 3), 120, np.uint8)
    assert displacement_px(flat, with_person(flat)) == 0
    assert displacement_px(flat[:9, :20], flat[:9, :20]) == 0
    assert displacement_px(room(seed=1), room(seed=2)) == 0


@pytest.mark.skipif(not OFFICE.is_dir(), reason="the shared office pictures aren't there")
def test_photographs_with_people_pasted_in_are_never_noticed_and_shifted_ones_are() -> None:
    backgrounds, people = (sorted((OFFICE / kind).iterdir()) for kind in ("bg", "fg"))
    for i in range(0, len(backgrounds), 9):
        scene, person = read_rgb(backgrounds[i]), read_rgba(people[i % len(people)])
        height_px, width_px = scene.shape[:2]
        size = (int(person.shape[1] * 0.8 * height_px / person.shape[0]), int(0.8 * height_px))
        cutout = np.asarray(cv2.resize(person, size), np.uint8)[:, : width_px // 2]
        picture = scene.astype(np.float32)
        part = (slice(height_px - cutout.shape[0], None), slice(9, 9 + cutout.shape[1]))
        alpha = cutout[..., 3:] / np.float32(255)
        picture[part] = picture[part] * (1 - alpha) + cutout[..., :3] * alpha
        shown = np.asarray(picture, np.uint8)
        assert displacement_px(scene, shown) == 0
        assert displacement_px(retaken(scene, i), shown) == 0
        assert displacement_px(moved(scene, 0, 1, (0.04 * width_px, 0)), shown) > 0.03 * width_px, backgrounds[i]


@pytest.mark.parametrize("seed", range(3))
def test_it_is_moved_to_where_it_differs_less(seed: int) -> None:
    scene = room(seed=seed)
    empty = moved(scene, 1, 1.02, (14, 5))
    found = find_displacement(scene, with_person(retaken(empty, seed)))
    assert found is not None
    inside = np.s_[30:-30, 30:-30]
    before, after = (np.abs(shot.astype(float) - empty)[inside].mean() for shot in (scene, found.moved))
    assert after < 0.4 * before


def test_the_note_names_pictures_and_the_option() -> None:
    assert displacement_note([(Path("a.png"), 7.6)], moved=False) == (
        "a.png: the background doesn't lie over the picture (8 px aside): leave --no-align out"
    )
    assert displacement_note([(Path("a.png"), 7.6)], moved=True) == (
        "a.png: the background lay 8 px aside and was moved over the picture: --no-align leaves that out"
    )
    many = [(Path(f"{i}.png"), float(i)) for i in range(1, 9)]
    for done in (False, True):
        note = displacement_note(many, done)
        assert note.startswith("1.png, 2.png, 3.png, 4.png, 5.png and 3 more: backgrounds ")
        assert "up to 8 px" in note
