"""second_look: the light and the place of the first shot are found again, whoever stands in it."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody knows
from torch import Tensor

from bgfg.train.models.registration import (
    _solved,
    fit_geometry,
    fit_photometry,
    min_neighbour_difference,
    register_background,
    warp_similarity,
)


def scene(n: int = 2, height: int = 96, width: int = 128, seed: int = 0) -> Tensor:
    """Smooth pictures with structure everywhere, (n, 3, height, width) in 0.2..0.8."""
    noise = torch.randn(n, 3, height // 8, width // 8, generator=torch.Generator().manual_seed(seed))
    picture = F.interpolate(noise, size=(height, width), mode="bicubic", align_corners=False)
    return 0.5 + 0.3 * torch.tanh(picture)


def with_person(picture: Tensor) -> Tensor:
    """The pictures with somebody striped in a fifth of them."""
    height, width = picture.shape[-2:]
    out = picture.clone()
    stripes = (torch.arange(height) // 3 % 2).float().view(-1, 1)
    out[..., height // 4 :, width // 3 : width // 3 + width // 4] = stripes[height // 4 :]
    return out


def match_photometry(bg: Tensor, bg_fg: Tensor) -> Tensor:
    """The pictures in the light that is found for them."""
    gain, offset = fit_photometry(F.avg_pool2d(bg, 8), F.avg_pool2d(bg_fg, 8))
    return gain * bg + offset


def match_geometry(bg: Tensor, bg_fg: Tensor) -> Tensor:
    """The pictures in the place that is found for them."""
    return warp_similarity(bg, fit_geometry(F.avg_pool2d(bg, 2), F.avg_pool2d(bg_fg, 2)))


def test_gain_and_offset_of_each_channel_are_found_beside_a_person() -> None:
    bg = scene()
    gain, offset = torch.tensor([0.9, 1.05, 1.1]).view(3, 1, 1), torch.tensor([0.05, -0.02, 0.0]).view(3, 1, 1)
    under_its_light = gain * bg + offset
    torch.testing.assert_close(match_photometry(bg, with_person(under_its_light)), under_its_light, atol=5e-3, rtol=0)


def test_somebody_who_fills_most_of_the_frame_does_not_pull_the_light() -> None:
    bg, gain = scene(), torch.tensor([0.92, 1.0, 1.06]).view(3, 1, 1)
    near = (gain * bg).clone()
    near[..., 16:, 16:112] = torch.tensor([0.9, 0.1, 0.1]).view(3, 1, 1)  # 5 of 8 of the frame, and plain
    found = match_photometry(bg, near)
    assert (found - gain * bg).abs().mean() < 0.3 * (bg - gain * bg).abs().mean()


def test_the_same_light_stays() -> None:
    bg = scene()
    torch.testing.assert_close(match_photometry(bg, bg), bg, atol=1e-5, rtol=0)


def test_a_flat_picture_keeps_its_level() -> None:
    flat = torch.full((1, 3, 32, 32), 0.4)
    torch.testing.assert_close(match_photometry(flat, flat), flat, atol=1e-3, rtol=0)
    torch.testing.assert_close(register_background(flat, flat), flat, atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    "motion",
    [(2.5, -1.5, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.2), (1.0, 2.0, -0.7, -1.0)],
    ids=["shifted", "zoomed", "turned", "all"],
)
def test_a_camera_that_moved_is_brought_back_beside_a_person(motion: tuple[float, ...]) -> None:
    bg_fg = scene()
    bg = warp_similarity(bg_fg, -torch.tensor([motion] * 2))
    inside = (..., slice(8, -8), slice(8, -8))
    before = (bg - bg_fg)[inside].abs().mean()
    after = (match_geometry(bg, with_person(bg_fg)) - bg_fg)[inside].abs().mean()
    assert after < before / 4


def test_shots_from_the_same_place_stay_where_they_are() -> None:
    bg = scene()
    torch.testing.assert_close(match_geometry(bg, with_person(bg)), bg, atol=1e-5, rtol=0)


def test_light_and_place_are_found_one_after_the_other_and_light_once_more() -> None:
    bg, bg_fg = scene(2, 97, 131, seed=1), with_person(scene(2, 97, 131, seed=1).roll((1, 2), dims=(2, 3)) * 0.9)
    in_turn = match_photometry(match_geometry(match_photometry(bg, bg_fg), bg_fg), bg_fg)
    torch.testing.assert_close(register_background(bg, bg_fg), in_turn, atol=1e-4, rtol=0)


def test_a_pair_is_looked_at_alone() -> None:
    bg, bg_fg = scene(3, seed=1), with_person(scene(3, seed=1).roll((1, 2), dims=(2, 3)) * 0.9)
    together = register_background(bg, bg_fg)
    alone = torch.cat([register_background(bg[i : i + 1], bg_fg[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_a_shift_by_whole_pixels_is_a_copy() -> None:
    picture = scene(1, 13, 17)
    right, down = 2, 3
    found = warp_similarity(picture, torch.tensor([[float(right), float(down), 0.0, 0.0]]))
    torch.testing.assert_close(found[..., : 13 - down, : 17 - right], picture[..., down:, right:], atol=1e-5, rtol=0)


def test_a_turn_moves_the_middle_of_the_right_edge_down() -> None:
    width = 64
    column = torch.zeros(1, 1, 32, width)
    column[..., 20, :] = 1.0
    found = warp_similarity(column, torch.tensor([[0.0, 0.0, 0.0, 4.0]]))
    # What is at row 20 comes from p + d(p): at the right edge from 4 px above the row where it is seen.
    assert found[0, 0, :, -1].argmax() == 16
    assert found[0, 0, :, 0].argmax() == 24


def test_the_least_difference_is_that_of_the_best_neighbour() -> None:
    bg, bg_fg = torch.rand(2, 1, 2, 7, 5)
    expected = torch.empty_like(bg)
    for y in range(7):
        for x in range(5):
            near = [
                (bg_fg[..., y, x] - bg[..., min(max(y + dy, 0), 6), min(max(x + dx, 0), 4)]).abs()
                for dy in (-1, 0, 1)
                for dx in (-1, 0, 1)
            ]
            expected[..., y, x] = torch.stack(near).amin(0)
    torch.testing.assert_close(min_neighbour_difference(bg, bg_fg), expected)


def test_the_solver_solves() -> None:
    root = torch.randn(5, 4, 6)
    normal, right = root @ root.transpose(1, 2) + 0.1 * torch.eye(4), torch.randn(5, 4)
    torch.testing.assert_close(_solved(normal, right), torch.linalg.solve(normal, right), atol=1e-3, rtol=1e-3)


def test_no_gradient_and_no_half_precision_gets_in() -> None:
    bg = scene(1).requires_grad_()
    assert not register_background(bg, scene(1, seed=2)).requires_grad
    assert math.isfinite(float(register_background(bg.half(), bg.half()).sum()))
