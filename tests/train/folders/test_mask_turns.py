"""Which way masks lie over photos that EXIF turns: edges under outlines, of masks of any size."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.images.orientation import turn_upright
from bgfg.train.folders.mask_turns import vote_on_turn


def whole_vote(image: NDArray[np.uint8], mask: NDArray[np.uint8], orientation: int) -> float:
    """The definition, of all pixels at once."""
    grey = image[..., :3].mean(axis=2).astype(np.float32)
    edges = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    means = []
    for each in (mask, turn_upright(mask, orientation)):
        outline = np.zeros(each.shape, np.uint8)
        outline[1:] |= each[1:] != each[:-1]
        outline[:, 1:] |= each[:, 1:] != each[:, :-1]
        size = edges.shape[1], edges.shape[0]
        means.append(edges[cv2.resize(outline, size, interpolation=cv2.INTER_NEAREST) > 0].mean())
    return math.log(means[1] / means[0])


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_mask_of_several_strips_votes_as_all_its_pixels_do(orientation: int) -> None:
    rng = np.random.default_rng(orientation)
    mask = np.zeros((601, 907), np.uint8)
    mask[101:290, 222:601] = 255
    image = rng.integers(0, 256, (*(mask.shape if orientation < 5 else mask.shape[::-1]), 3)).astype(np.uint8)
    assert vote_on_turn(image, mask, orientation) == pytest.approx(whole_vote(image, mask, orientation), abs=1e-6)


def test_a_mask_of_one_row_votes_for_nothing() -> None:
    assert vote_on_turn(np.zeros((1, 9, 3), np.uint8), np.zeros((1, 9), np.uint8), 3) == 0
