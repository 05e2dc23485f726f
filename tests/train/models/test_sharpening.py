"""Sharpening learns to bring a coarse mask to the edges of the shots."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor

from bgfg.train.models.sharpening import Sharpening


def shots(n: int = 8, side_px: int = 32, seed: int = 0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return coarse logits of disks, the shots without and with them, and the true masks."""
    draw = torch.Generator().manual_seed(seed)
    centre, radius = 8 + 16 * torch.rand(2, n, 1, 1, generator=draw), 4 + 6 * torch.rand(n, 1, 1, generator=draw)
    y, x = torch.meshgrid(*2 * [torch.arange(side_px).float()], indexing="ij")
    true = (((x - centre[0]) ** 2 + (y - centre[1]) ** 2).sqrt() < radius).float()[:, None]
    bg = torch.rand(n, 3, 1, 1, generator=draw) + 0.05 * torch.randn(n, 3, side_px, side_px, generator=draw)
    colour = (bg.mean((2, 3), keepdim=True) + 0.5) % 1.0
    coarse = torch.logit(F.avg_pool2d(true, 2).clamp(0.02, 0.98))
    return coarse, bg, torch.where(true > 0, colour, bg), true


def error(found: Tensor, true: Tensor) -> float:
    return float((torch.sigmoid(found) - true).abs().mean())


def test_at_first_it_enlarges_and_then_it_learns_the_edges() -> None:
    torch.manual_seed(0)
    step = Sharpening(1, width=8)
    coarse, bg, bg_fg, true = shots()
    large = F.interpolate(coarse, scale_factor=2, mode="bilinear")
    torch.testing.assert_close(step(coarse, bg, bg_fg), large)
    optimizer = torch.optim.Adam(step.parameters(), 0.02)
    for _ in range(40):
        optimizer.zero_grad()
        torch.autograd.backward(F.binary_cross_entropy_with_logits(step(coarse, bg, bg_fg), true))
        optimizer.step()
    coarse, bg, bg_fg, true = shots(seed=1)
    with torch.inference_mode():
        found = step.eval()(coarse, bg, bg_fg)
    assert error(found, true) < 0.5 * error(F.interpolate(coarse, scale_factor=2, mode="bilinear"), true)


@pytest.mark.parametrize("maps", [1, 2])
def test_it_takes_any_size_and_number_of_maps(maps: int) -> None:
    found = Sharpening(maps)(torch.rand(2, maps, 5, 9), torch.rand(2, 3, 10, 18), torch.rand(2, 3, 10, 18))
    assert found.shape == (2, maps, 10, 18)
