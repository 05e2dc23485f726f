"""People who are outlined are cut out: near an outline colours decide."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from examples.photographs import backgrounds, masked_photographs, outlined_people
from tests.support.project import ROOT, SHARED

PHOTOS = SHARED / "photos"
HEIGHT, WIDTH = 181, 243


def body(across_px: int = 120) -> NDArray[np.uint8]:
    """Return a figure that the lower edge cuts off, (H, W) uint8 of 0 and 1."""
    drawn = cv2.ellipse(np.zeros((HEIGHT, WIDTH), np.uint8), (across_px, 170), (52, 100), 0, 0, 360, 1, -1)
    return np.asarray(cv2.circle(drawn, (across_px, 55), 26, 1, -1), np.uint8)


def seen(figure: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a photograph of it: red before blue, both with some noise."""
    draw = np.random.default_rng(0)
    picture = np.where(figure[..., None] > 0, (190, 60, 50), (60, 80, 170)) + draw.normal(0, 8, (HEIGHT, WIDTH, 3))
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


def by_hand(figure: NDArray[np.uint8], seed: int) -> list[list[tuple[float, float]]]:
    """Return an outline of few corners, each a little beside the true one, in per cent."""
    contours, _ = cv2.findContours(figure, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    corners = cv2.approxPolyDP(max(contours, key=len), 2.5, closed=True)[:, 0]
    shaken = corners + np.random.default_rng(seed).normal(0, 1, corners.shape)
    return [[(x / WIDTH * 100, y / HEIGHT * 100) for x, y in shaken.tolist()]]


@pytest.mark.parametrize("seed", range(3))
def test_the_matte_is_nearer_to_the_truth_than_the_outline(seed: int) -> None:
    figure = body()
    outline = by_hand(figure, seed)
    corners = [np.round(np.array(outline[0]) * (WIDTH / 100, HEIGHT / 100)).astype(np.int32)]
    rough = cv2.fillPoly(np.zeros_like(figure), corners, 1)
    alpha = outlined_people.matte(seen(figure), outline)
    wrong, rough_wrong = ((alpha > 0.5) != (figure > 0)).mean(), (rough != figure).mean()
    assert wrong < 0.5 * rough_wrong
    assert wrong < 0.006


def test_what_lies_in_two_polygons_lies_in_none() -> None:
    figure = body()
    picture = seen(figure)
    picture[100:140, 100:140] = (60, 80, 170)
    hole = [(x / WIDTH * 100, y / HEIGHT * 100) for x, y in ((100, 100), (140, 100), (140, 140), (100, 140))]
    alpha = outlined_people.matte(picture, [*by_hand(figure, 0), hole])
    assert alpha[105:135, 105:135].max() < 0.1
    assert alpha[150:, 100:140].min() > 0.9


def test_specks_and_pinholes_go_and_large_holes_stay() -> None:
    found = np.zeros((80, 90), bool)
    found[10:70, 10:70] = True
    wanted = found.copy()
    wanted[30:45, 30:45] = found[30:45, 30:45] = False
    found[20:22, 20:22], found[3:6, 80:83] = False, True
    assert np.array_equal(outlined_people.whole(found), wanted)


def test_people_apart_are_figures_of_their_own_and_a_hand_is_none() -> None:
    alpha = np.zeros((60, 140), np.float32)
    alpha[10:50, 10:40], alpha[20:50, 60:80], alpha[5:9, 5:9] = 1, 0.5, 1
    first, second = outlined_people.figures(alpha)
    assert np.array_equal(first + second, alpha)
    assert first[5:9, 5:9].all()
    assert not first[:, 60:80].any()


def test_a_cutout_has_a_margin_where_the_photograph_goes_on_and_none_where_it_ends() -> None:
    figure = body()
    cutout = outlined_people.cut_out(seen(figure), figure.astype(np.float32))
    rows, columns = np.nonzero(figure)
    assert cutout.shape[:2] == (rows[-1] - rows.min() + 1 + 2, columns.max() - columns.min() + 1 + 4)
    assert cutout[:2, :, 3].max() == cutout[:, :2, 3].max() == cutout[:, -2:, 3].max() == 0
    assert cutout[-1, :, 3].max() == 255


@pytest.mark.parametrize("table", [outlined_people.OUTLINES, outlined_people.FOUND], ids=lambda table: table.stem)
def test_outlines_are_of_photographs_with_people_and_within_them(table: Path) -> None:
    outlines = outlined_people.read_outlines(table)
    assert outlines.keys() <= on_which("people")
    corners = np.array([corner for outline in outlines.values() for part in outline for corner in part])
    assert corners.min() >= 0
    assert corners.max() <= 100
    assert all(len(part) >= 4 for outline in outlines.values() for part in outline)


def test_nobody_who_was_outlined_by_hand_is_outlined_again() -> None:
    assert not outlined_people.read_outlines().keys() & outlined_people.read_outlines(outlined_people.FOUND).keys()


def test_masked_photographs_have_everybody_outlined_or_nobody_on_them() -> None:
    assert outlined_people.read_outlines(outlined_people.FOUND).keys() >= masked_photographs.NOT_EVERYBODY
    mistaken = {file.stem for file in masked_photographs.mistaken_files(Path()) if file.parent.name == "open_images"}
    assert mistaken
    assert mistaken <= on_which("background", "close-up")


@pytest.mark.skipif(not PHOTOS.is_dir(), reason="no ../shared/photos beside the repository")
def test_no_photograph_that_is_held_out_is_learnt_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masked_photographs, "matte", lambda picture, outline: np.ones(picture.shape[:2], np.float32))
    masked_photographs.main(str(PHOTOS), str(tmp_path))
    levels = {file.stem: np.asarray(Image.open(file)).max() for file in (tmp_path / "masks").iterdir()}
    assert {file.stem for file in (tmp_path / "images").iterdir()} == levels.keys()
    assert not outlined_people.held_out() & levels.keys()
    assert {name for name, level in levels.items() if level == 0} == {
        file.stem for file in masked_photographs.mistaken_files(PHOTOS)
    }


def on_which(*kinds: str) -> set[str]:
    """Return the names of the photographs of Open Images on which something is, by the table."""
    with (ROOT / "examples/photographs" / f"{backgrounds.FOLDERS[0]}.csv").open(encoding="utf-8", newline="") as file:
        return {row["picture"] for row in csv.DictReader(file) if row["what"] in kinds}
