"""Channels that are mixed without being joined."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch.nn.functional as F  # noqa: E402, N812 - its usual name

from bgfg.train.ops.fusion_blocks import mix_channels  # noqa: E402


@pytest.mark.parametrize("times", [1, 2, 3])
def test_channels_that_are_mixed_apart_are_as_if_they_had_been_joined(times: int) -> None:
    draw = torch.Generator().manual_seed(0)
    maps, extra = (torch.randn(2, c, 4 * t, 5 * t, generator=draw).double() for c, t in ((3, 1), (2, times)))
    convolution = torch.nn.Conv2d(3 + 2 * times**2, 7, 1, bias=False).double()
    mix = torch.nn.Sequential(convolution, torch.nn.ReLU())
    apart = mix_channels(mix, maps, [extra], times)
    (of_apart,) = torch.autograd.grad(apart.square().sum(), convolution.weight)
    joined = mix(torch.cat([maps, F.pixel_unshuffle(extra, times)], dim=1))
    (of_joined,) = torch.autograd.grad(joined.square().sum(), convolution.weight)
    torch.testing.assert_close(apart, joined)
    torch.testing.assert_close(of_apart, of_joined)
