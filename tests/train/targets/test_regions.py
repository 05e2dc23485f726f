"""Regions of a mask."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch
from torch import Tensor

from bgfg.train.targets.regions import REGIONS, dilate, edge, regions
from tests.support import references_targets as slow


def blob(seed: int) -> Tensor:
    """Return (2, 1, 13, 17) bool: some rectangles, some of them at the frame."""
    draw = np.random.default_rng(seed)
    mask = np.zeros((2, 1, 13, 17), bool)
    for one in mask[:, 0]:
        for _ in range(3):
            y, x = draw.integers(0, 12), draw.integers(0, 16)
            one[y : y + draw.integers(1, 6), x : x + draw.integers(1, 6)] = True
    return torch.from_numpy(mask)


@pytest.mark.parametrize("radius_px", [1, 1.5, 2, 3.43])
def test_dilating_reaches_what_is_within_the_radius(radius_px: float) -> None:
    mask = blob(0)
    for found, one in zip(dilate(mask, radius_px)[:, 0].numpy(), mask[:, 0].numpy(), strict=True):
        np.testing.assert_array_equal(found, slow.within(one, radius_px))


@pytest.mark.parametrize("seed", range(5))
def test_an_edge_pixel_has_a_neighbour_outside_the_mask(seed: int) -> None:
    mask = blob(seed)
    for found, one in zip(edge(mask)[:, 0].numpy(), mask[:, 0].numpy(), strict=True):
        np.testing.assert_array_equal(found, slow.edge(one))


def test_the_band_is_eight_pixels_wide_at_224_and_as_wide_a_share_elsewhere() -> None:
    for side_px, wide_px in [(224, 8), (448, 16), (112, 4), (56, 2), (24, 2)]:
        mask = torch.zeros(1, 1, side_px, side_px, dtype=torch.bool)
        mask[..., : side_px // 2] = True
        assert regions(mask)["band"][0, 0, side_px // 3].sum() == wide_px


def test_foreground_and_background_are_all_there_is() -> None:
    found = regions(torch.tensor([0.0, 0.4999, 0.5, 1.0]).view(1, 1, 1, 4).expand(1, 1, 3, 4))
    assert tuple(found) == REGIONS
    assert found["foreground"][0, 0, 0].tolist() == [False, False, True, True]
    assert torch.equal(found["background"], ~found["foreground"])


def test_an_empty_frame_has_no_band() -> None:
    assert not regions(torch.zeros(1, 1, 13, 17))["band"].any()
    assert not regions(torch.ones(1, 1, 13, 17))["band"].any()
