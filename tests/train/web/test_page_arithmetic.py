"""The page computes what `bgfg predict` computes: its functions beside those of Python, on odd sizes."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.train.inference.foreground import estimate_foreground
from bgfg.train.inference.guided_filter import refine_alpha
from bgfg.train.inference.holes import fill_holes
from bgfg.train.models.model_card import ModelCard
from bgfg.train.ops.array_resize import resize_bilinear
from tests.support import references

DRIVER = Path(__file__).parent / "arithmetic.mjs"


Call = tuple[str, Sequence[Any]]


def called(*calls: Call) -> list[Any]:
    """What functions of the page return, each given as its name and its arguments."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js isn't installed, which runs the page's arithmetic")
    command = [node, "--no-warnings", str(DRIVER)]
    done = subprocess.run(command, input=json.dumps(calls), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers


def floats(values: NDArray[Any]) -> dict[str, Any]:
    return {"f32": values.ravel().astype(float).tolist()}


def levels(values: NDArray[np.uint8]) -> dict[str, Any]:
    return {"u8": values.ravel().tolist()}


def rgba(picture: NDArray[Any]) -> NDArray[np.uint8]:
    return np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])


def blob(height_px: int, width_px: int) -> NDArray[np.float32]:
    """Alpha of a disc with a soft rim, a doubtful dip and a gap."""
    rows, columns = np.mgrid[:height_px, :width_px]
    radius = np.hypot(rows / height_px - 0.5, columns / width_px - 0.5)
    alpha = np.clip((0.38 - radius) * 8, 0, 1)
    alpha[height_px // 3 : height_px // 3 + 3, width_px // 2 : width_px // 2 + 4] = 0.3
    alpha[height_px // 2 : height_px // 2 + 3, width_px // 3 : width_px // 3 + 3] = 0.01
    return np.asarray(alpha, np.float32)


def test_pictures_are_resized_alike() -> None:
    sizes = [((37, 53), (16, 24)), ((37, 53), (64, 96)), ((20, 90), (33, 31)), ((5, 3), (1, 1)), ((1, 1), (4, 3))]
    pictures = [references.picture(*before, 1) for before, _ in sizes]
    found = called(*(
        ("resize", [levels(rgba(picture)), before, after, 4, 3])
        for picture, (before, after) in zip(pictures, sizes, strict=True)
    ))  # fmt: skip
    for picture, (_, after), values in zip(pictures, sizes, found, strict=True):
        wanted = resize_bilinear(picture, after)
        assert np.abs(np.reshape(values, wanted.shape) - wanted).max() < 1e-3


def test_holes_are_filled_alike() -> None:
    draw = np.random.default_rng(3)
    noise = cv2.blur(draw.random((37, 41)).astype(np.float32), (3, 3))
    maps = [blob(31, 45), noise / noise.max(), np.zeros((1, 1), np.float32), np.ones((4, 5), np.float32)]
    for alpha, values in zip(
        maps, called(*(("fillHoles", [floats(alpha), alpha.shape]) for alpha in maps)), strict=True
    ):
        assert np.abs(np.reshape(values, alpha.shape) - fill_holes(alpha)).max() < 1e-6
    assert fill_holes(maps[0])[11, 23] > 0.5  # there was something to fill


def drawing(
    name: str,
    alpha: NDArray[np.float32],
    seen: NDArray[np.float32],
    picture: NDArray[np.uint8],
    empty: NDArray[np.uint8] | None,
) -> Call:
    """The call that draws the matte of a picture."""
    shots = [shot if shot is None else shot_of(shot, seen) for shot in (picture, empty)]
    return name, [{"alpha": floats(alpha), "size_px": alpha.shape}, *shots]


def shot_of(picture: NDArray[Any], seen: NDArray[np.float32]) -> dict[str, Any]:
    """A picture as the page's worker has it."""
    return {
        "rgba": levels(rgba(picture)), "size_px": picture.shape[:2], "seen": floats(seen), "seenSize_px": seen.shape[:2]
    }  # fmt: skip


@pytest.mark.parametrize("size_px", [(93, 61), (20, 17)])  # larger and smaller than the network's map
def test_masks_and_cutouts_are_those_of_predict(size_px: tuple[int, int]) -> None:
    picture, empty = (references.picture(*size_px, seed) for seed in (2, 5))
    seen = resize_bilinear(picture, (64, 48))
    alpha = blob(32, 24)
    person = resize_bilinear(alpha, size_px)[..., None]
    composite = np.round(picture * person + empty * (1 - person)).astype(np.uint8)
    mask, cutout, alone = called(
        drawing("drawMask", alpha, seen, composite, empty),
        drawing("drawCutout", alpha, seen, composite, empty),
        drawing("drawCutout", alpha, seen, composite, None),
    )
    refined = refine_alpha(alpha, composite, seen)
    wanted = np.round(255 * refined)
    assert np.abs(np.reshape(mask, (*size_px, 4))[..., 0] - wanted).max() <= 1
    for found, background in ((cutout, empty), (alone, None)):
        pixels = np.reshape(found, (*size_px, 4))
        assert np.abs(pixels[..., 3] - wanted).max() <= 1
        solid = wanted == 255
        assert (pixels[solid][:, :3] == composite[solid]).all()
        # Colours at soft edges are worked out in a simpler way: nearer to those of predict than the picture's own are.
        colours, soft = estimate_foreground(composite, refined, background).astype(int), (wanted > 25) & (wanted < 230)
        apart, before = (np.abs(each[soft][:, :3] - colours[soft]).mean() for each in (pixels, composite))
        assert apart < (before / 4 if background is not None else before)


def test_networks_see_pictures_at_the_size_of_predict() -> None:
    sizes = [(480, 640), (640, 480), (224, 224), (1080, 1920), (100, 250), (96, 352), (7, 3000)]
    for step_px in (64, None):
        card = ModelCard("n", {}, ("image",), ("mask",), 192, step_px, 1, "MIT")
        given = [(size, shorter) for size in sizes for shorter in (None, 96, 160, 192)]
        described = {"input_px": card.input_px, "step_px": step_px}
        found = called(*(("sizeFor", [described, *each]) for each in given))
        assert found == [list(card.inference_size_px(*size, shorter)) for size, shorter in given]


@pytest.mark.slow
def test_a_camera_that_has_moved_is_told_and_one_that_stands_still_is_not() -> None:
    draw = np.random.default_rng(8)
    scene = cv2.resize(draw.integers(0, 255, (34, 44, 3)).astype(np.uint8), (440, 340), interpolation=cv2.INTER_CUBIC)
    empty = np.ascontiguousarray(scene[50:290, 60:380])

    def seen_aside(down_px: int, right_px: int, person_px: int) -> Call:
        picture = scene[50 + down_px : 290 + down_px, 60 + right_px : 380 + right_px].copy()
        cv2.rectangle(picture, (160 - person_px // 2, 60), (160 + person_px // 2, 239), (20, 90, 60), -1)
        brighter = np.clip(picture * 0.9 + 20 + draw.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)
        shots = [shot_of(shot, resize_bilinear(shot, (192, 256))) for shot in (empty, brighter)]
        return "displacement_px", shots

    still, hidden, jitter, aside, down = called(
        seen_aside(0, 0, 90),
        seen_aside(0, 0, 230),
        seen_aside(1, 2, 90),
        seen_aside(0, 17, 90),
        seen_aside(20, -10, 90),
    )
    assert (still, hidden, jitter) == (0, 0, 0)
    assert abs(aside - 17) < 4
    assert abs(down - np.hypot(20, 10)) < 4
    flat = np.full_like(empty, 90)
    assert called(("displacement_px", [shot_of(flat, resize_bilinear(flat, (192, 256)))] * 2)) == [0]
