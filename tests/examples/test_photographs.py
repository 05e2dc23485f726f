"""Photographs become backgrounds and cut-outs: tables are obeyed, and mattes are held to ones that are known."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.images.image_reading import read_rgba
from examples.photographs import backgrounds, blue_screen, cutout, fixed_camera
from tests.support.project import ROOT, SHARED

PHOTOS = SHARED / "photos"


def table(folder: str) -> list[dict[str, str]]:
    with (ROOT / "examples/photographs" / f"{folder}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ellipse(height: int, width: int, centre: tuple[int, int], axes: tuple[int, int]) -> NDArray[np.float32]:
    """Return an ellipse with a soft edge, (H, W) float32 in 0..1."""
    drawn = cv2.ellipse(np.zeros((height, width), np.uint8), centre, axes, 0, 0, 360, 255, -1)
    return np.asarray(cv2.GaussianBlur(drawn, (0, 0), 1.2) / np.float32(255), np.float32)


def over(alpha: NDArray[np.float32], colour: tuple[int, int, int], behind: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(alpha[..., None] * np.array(colour) + (1 - alpha[..., None]) * behind)


def noisy(picture: NDArray[np.float64], seed: int = 0) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).normal(0, 2, picture.shape)
    return np.clip(np.round(picture + noise), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("folder", backgrounds.FOLDERS)
def test_a_table_names_each_picture_once_and_says_what_it_is(folder: str) -> None:
    rows = table(folder)
    assert len({row["picture"] for row in rows}) == len(rows)
    assert {row["what"] for row in rows} <= {"background", "people", "close-up", "other"}


@pytest.mark.parametrize("folder", backgrounds.FOLDERS)
@pytest.mark.skipif(not PHOTOS.is_dir(), reason="no ../shared/photos beside the repository")
def test_a_table_leaves_no_picture_out(folder: str) -> None:
    assert {row["picture"] for row in table(folder)} == {file.stem for file in (PHOTOS / folder).iterdir()}


@pytest.mark.parametrize("kinds", [(), ("close-up",)])
def test_only_backgrounds_are_copied_or_the_kinds_that_are_named(tmp_path: Path, kinds: tuple[str, ...]) -> None:
    for folder in backgrounds.FOLDERS:
        (tmp_path / folder).mkdir()
        for row in table(folder):
            (tmp_path / folder / f"{row['picture']}.jpg").write_text(row["what"])
    backgrounds.main(str(tmp_path), str(tmp_path / "bg"), *kinds)
    copies, wanted = list((tmp_path / "bg").iterdir()), set(kinds or ["background"])
    assert {copy.read_text() for copy in copies} == wanted
    assert len(copies) == sum(row["what"] in wanted for folder in backgrounds.FOLDERS for row in table(folder))


def test_the_largest_figure_is_left_and_nothing_of_nothing() -> None:
    alpha = np.zeros((9, 17), np.float32)
    alpha[1:4, 1:4], alpha[2:8, 6:15] = 1, 0.4
    left = cutout.largest_figure(alpha)
    assert left[:, :5].max() == 0
    assert (left[:, 5:] == alpha[:, 5:]).all()
    assert cutout.largest_figure(np.zeros((3, 5), np.float32)).max() == 0


def test_a_rim_takes_the_colours_of_what_is_inside() -> None:
    alpha = ellipse(81, 73, (36, 40), (20, 27))
    picture = np.round(over(alpha, (200, 40, 30), np.full((81, 73, 3), (20, 210, 60), np.float64))).astype(np.uint8)
    seen = cutout.own_colours(picture, alpha, 5)[alpha > 0.02]
    assert np.abs(seen - np.array([200.0, 40, 30])).max() <= 3
    assert np.abs(picture[alpha > 0.02] - np.array([200.0, 40, 30])).max() > 100


def test_a_cutout_is_cropped_to_what_is_seen(tmp_path: Path) -> None:
    alpha = np.zeros((40, 50), np.float32)
    alpha[7:30, 11:20] = 0.5
    cutout.write_cutout(tmp_path / "cutout.png", np.full((40, 50, 3), 90, np.uint8), alpha)
    assert read_rgba(tmp_path / "cutout.png").shape == (23, 9, 4)


BLUE, GREENISH = (75, 240, 255), (123, 199, 185)
SKIN, HAIR, DENIM = (205, 150, 120), (60, 60, 60), (80, 95, 105)


@pytest.mark.parametrize(
    ("light", "colour"), [(BLUE, SKIN), (BLUE, HAIR), (BLUE, DENIM), (GREENISH, SKIN), (GREENISH, HAIR)]
)
def test_a_person_before_a_wall_of_uneven_light_is_cut_out(
    light: tuple[int, int, int], colour: tuple[int, int, int]
) -> None:
    height, width = 181, 223
    shade = np.linspace(1, 0.6, width)[None, :, None] * np.linspace(1, 0.9, height)[:, None, None]
    wall = shade * np.array(light)
    truth = ellipse(height, width, (112, 150), (60, 90))
    colours, alpha = blue_screen.cut_out(noisy(over(truth, colour, wall)))
    assert np.abs(alpha - truth).mean() < 0.015
    assert ((alpha > 0.5) != (truth > 0.5)).mean() < 0.01
    assert alpha[:20].max() == 0
    rim = (alpha > 0.1) & (alpha < 0.9)
    assert np.abs(colours[rim].mean(axis=0) - colour).max() < 25


def make_room(height: int, width: int) -> NDArray[np.float64]:
    """Return a white wall above a brown floor with boards."""
    room = np.full((height, width, 3), (215.0, 212.0, 220.0))
    room[height // 2 :] = (165.0, 90.0, 55.0)
    room[height // 2 :, ::9] *= 0.85
    return room


@pytest.mark.parametrize("colour", [(8, 8, 14), (110, 110, 115)], ids=["black", "grey"])
def test_a_person_is_told_from_the_shadow_and_from_another_exposure(colour: tuple[int, int, int]) -> None:
    room = make_room(201, 263)
    truth = ellipse(201, 263, (130, 100), (30, 75))
    shadow = 1 - 0.55 * ellipse(201, 263, (160, 175), (60, 14))
    lines = [np.array([0.9, 12.0]), np.array([0.95, 6.0]), np.array([1.02, 2.0])]
    lit = fixed_camera.apply_exposure(over(truth, colour, room * shadow[..., None]), lines)
    found = fixed_camera.match_exposure(room, noisy(lit).astype(np.float64))
    assert np.abs(fixed_camera.apply_exposure(room, found) - fixed_camera.apply_exposure(room, lines)).max() < 3
    mask = fixed_camera.person_mask(fixed_camera.apply_exposure(room, found), noisy(lit).astype(np.float64))
    # What is half black and half brown, along the rim before the floor, may go to the shadow.
    assert (mask & (truth > 0.5)).sum() > 0.91 * (mask | (truth > 0.5)).sum()
    assert not (mask & (truth < 0.01)).any()


def test_frames_that_repeat_a_silhouette_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    room = make_room(121, 151)
    numbers = [*fixed_camera.EMPTY, *(number for person in fixed_camera.PEOPLE for number in person)]
    walks = {80: 40, 180: 60, 245: 90, 860: 110}
    for number in numbers:
        across = walks.get(number, 100)
        empty = number in fixed_camera.EMPTY
        frame = room if empty else over(ellipse(121, 151, (across, 70), (12, 40)), (10, 10, 12), room)
        Image.fromarray(noisy(frame, number)).save(tmp_path / "clip" / f"{number:05d}.jpg", quality=95)
    fixed_camera.main(str(tmp_path / "clip"), str(tmp_path / "fg"))
    names = sorted(file.stem for file in (tmp_path / "fg").iterdir())
    assert names == [
        f"fixed_camera_{name}" for name in ("0_00080", "0_00085", "0_00180", "1_00245", "1_00250", "2_00765", "2_00860")
    ]
