"""Guessed depth is the mean of a network's looks at a picture: plain and mirrored, in several sizes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.images.image_writing import save_png
from bgfg.depth_teacher.teachers.compact import OnnxRunner
from bgfg.depth_teacher.teachers.compact_weights import SHIPPED_WEIGHTS, open_weights_pair
from examples.photographs import guessed_depth

PAIR = open_weights_pair(SHIPPED_WEIGHTS)


class Slanted(OnnxRunner):
    """Sees every picture's left side nearer, and small pictures nearer than large ones."""

    def __init__(self) -> None:
        self.sizes_px: list[tuple[int, int]] = []

    def predict_batches(self, batches: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.float32]]:
        for pictures in batches:
            height_px, width_px = pictures.shape[1:3]
            self.sizes_px.append((height_px, width_px))
            ramp = np.linspace(1.5, 0.5, width_px // 2, dtype=np.float32) * (64 / height_px)
            yield np.ascontiguousarray(np.broadcast_to(ramp, (1, height_px // 2, width_px // 2)))


def drawn(height_px: int, width_px: int) -> NDArray[np.uint8]:
    coarse = np.random.default_rng(3).integers(0, 255, (5, 7, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (width_px, height_px)), np.uint8)


@pytest.mark.parametrize(("size_px", "wanted"), [((90, 90), (64, 64)), ((90, 121), (64, 96)), ((201, 90), (160, 64))])
def test_the_shorter_side_is_what_is_asked_for_and_the_longer_one_rounded_up(
    size_px: tuple[int, int], wanted: tuple[int, int]
) -> None:
    runner = Slanted()
    depth_m = guessed_depth.mean_depth(drawn(*size_px), [64], runner, PAIR.metadata)
    assert runner.sizes_px == [wanted, wanted]
    assert depth_m.shape == size_px


def test_looks_are_averaged_in_the_logarithm() -> None:
    depth_m = guessed_depth.mean_depth(drawn(64, 64), [32, 64], Slanted(), PAIR.metadata)
    ramp = cv2.resize(np.linspace(1.5, 0.5, 32, dtype=np.float32)[None], (64, 1), interpolation=cv2.INTER_LINEAR)[0]
    coarse = cv2.resize(np.linspace(3, 1, 16, dtype=np.float32)[None], (64, 1), interpolation=cv2.INTER_LINEAR)[0]
    middle_m = np.sqrt(PAIR.metadata.near_m * PAIR.metadata.far_m)
    wanted = [
        (middle_m**4 / (ramp[i] * ramp[63 - i] * coarse[i] * coarse[63 - i])) ** 0.25 for i in range(64)
    ]  # a slow reference, pixel by pixel
    np.testing.assert_allclose(depth_m, np.broadcast_to(wanted, (64, 64)), rtol=1e-5)


def test_a_mirrored_photograph_has_mirrored_depth() -> None:
    rgb = drawn(96, 131)
    runner = OnnxRunner(PAIR, 1)
    depth_m = guessed_depth.mean_depth(rgb, [64, 96], runner, PAIR.metadata)
    mirrored_m = guessed_depth.mean_depth(np.ascontiguousarray(rgb[:, ::-1]), [64, 96], runner, PAIR.metadata)
    np.testing.assert_allclose(mirrored_m[:, ::-1], depth_m, rtol=0.02)
    assert depth_m.max() / depth_m.min() > 1.05


@pytest.mark.parametrize("with_masks", [False, True])
def test_a_folder_gets_depth_in_millimetres_and_masks_where_it_has_none(tmp_path: Path, with_masks: bool) -> None:
    rgb = drawn(70, 90)
    (tmp_path / "images").mkdir()
    save_png(rgb, tmp_path / "images" / "room.png")
    somebody = np.full((70, 90), 255, np.uint8)
    if with_masks:
        (tmp_path / "masks").mkdir()
        save_png(somebody, tmp_path / "masks" / "room.png")
    guessed_depth.main(str(SHIPPED_WEIGHTS), str(tmp_path), "64")
    depth_mm = cv2.imread(str(tmp_path / "depth" / "room.png"), cv2.IMREAD_UNCHANGED)
    wanted_m = guessed_depth.mean_depth(rgb, [64], OnnxRunner(PAIR, 1), PAIR.metadata)
    np.testing.assert_allclose(np.asarray(depth_mm), wanted_m * 1000, atol=0.6)
    mask = cv2.imread(str(tmp_path / "masks" / "room.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(np.asarray(mask), somebody if with_masks else 0)
