"""Cut-outs are framed as photographs frame people."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.images.image_reading import read_rgba
from examples.photographs import frame_people

SIDE = 97
COLOUR = (180, 90, 40)


def standing(height: int = 150, width: int = 61) -> NDArray[np.uint8]:
    """Return somebody from head to foot in one colour, cropped to what is seen."""
    alpha = np.zeros((height, width), np.uint8)
    cv2.circle(alpha, (width // 2, height // 8), height // 8, 255, -1)
    alpha[height // 4 : height * 2 // 3, width // 6 : -width // 6] = 255
    alpha[height * 2 // 3 :, width // 4 : width // 2 - 2] = alpha[height * 2 // 3 :, width // 2 + 2 : -width // 4] = 255
    return np.dstack([np.broadcast_to(np.array(COLOUR, np.uint8), (height, width, 3)), alpha])


def half(side: str) -> NDArray[np.uint8]:
    """Return somebody whom a photograph cut off at a side and below, with a margin elsewhere."""
    figure = standing(160, 90)[:110]
    figure = figure[:, :60] if side == "right" else figure[:, 30:]
    return np.pad(figure, ((2, 0), (2 * (side == "right"), 2 * (side == "left")), (0, 0)))


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_side_of_which_much_is_opaque_was_cut_off(side: str) -> None:
    sides = frame_people.cut_sides(half(side)[..., 3])
    assert [name for name, is_cut in sides.items() if is_cut] == ["bottom", side]


@pytest.mark.parametrize("side", ["left", "right"])
def test_what_a_photograph_cut_off_stays_at_the_edge(side: str) -> None:
    edge = {"left": 0, "right": -1}[side]
    for seed in range(40):
        alpha = frame_people.frame(half(side), SIDE, np.random.default_rng(seed), whole=False)[..., 3]
        assert alpha[:, edge].max() > 120
        assert alpha[-1].max() > 120


def test_whole_figures_are_seen_from_head_to_foot_or_from_nearer() -> None:
    heights, whole = [], 0
    for seed in range(200):
        rows = np.flatnonzero(
            frame_people.frame(standing(), SIDE, np.random.default_rng(seed), True)[..., 3].max(1) > 120
        )
        whole += rows[-1] < SIDE - 1
        heights.append(len(rows) / SIDE)
    assert 0.3 < whole / 200 < 0.6
    assert min(heights) < 0.45
    assert max(heights) > 0.95


@pytest.mark.parametrize("height", [40, 150, 700])
def test_colours_are_the_figures_own_up_to_the_rim(height: int) -> None:
    for seed in range(10):
        framed = frame_people.frame(standing(height, height // 3), SIDE, np.random.default_rng(seed), True)
        assert framed.shape == (SIDE, SIDE, 4)
        assert np.abs(framed[framed[..., 3] > 20][:, :3] - np.array(COLOUR, np.float64)).max() <= 4


def test_figures_anywhere_are_small_or_large_and_some_are_lying() -> None:
    extents = []
    for seed in range(100):
        square = frame_people.anywhere(standing(), SIDE, np.random.default_rng(seed))
        assert np.abs(square[square[..., 3] > 20][:, :3] - np.array(COLOUR, np.float64)).max() <= 4
        seen = square[..., 3] > 120
        if not (seen[0].any() or seen[-1].any() or seen[:, 0].any() or seen[:, -1].any()):
            extents.append((np.count_nonzero(seen.any(1)), np.count_nonzero(seen.any(0))))
    longest = [max(extent) / SIDE for extent in extents]
    assert min(longest) < 0.35
    assert max(longest) > 0.55
    assert 0 < np.mean([width > height for height, width in extents]) < 0.4


@pytest.mark.parametrize("kind", ["whole", "anywhere"])
def test_a_file_becomes_the_same_squares_again_and_its_squares_differ(tmp_path: Path, kind: str) -> None:
    (tmp_path / "fg").mkdir()
    Image.fromarray(standing()).save(tmp_path / "fg/a.png")
    for out in ("one", "two"):
        frame_people.main(str(tmp_path / "fg"), str(tmp_path / out), "64", "3", kind)
    squares = [read_rgba(tmp_path / f"one/a_{number}.png") for number in range(3)]
    assert all(np.array_equal(read_rgba(tmp_path / f"two/a_{i}.png"), square) for i, square in enumerate(squares))
    assert not np.array_equal(squares[0], squares[1])
