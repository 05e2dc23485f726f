"""Channels that are mixed without being joined."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch.nn.functional as F  # noqa: E402, N812 - its usual name

from bgfg.train.ops.fusion_blocks import mix_channels  # noqa: E402


@pytest.mark.parametrize("side", [1, 3, 5])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_channels_that_are_mixed_apart_are_as_if_they_had_been_joined(times: int, side: int) -> None:
    draw = torch.Generator().manual_seed(0)
    maps, larger = (torch.randn(2, c, 4 * t, 5 * t, generator=draw).double() for c, t in ((3, 1), (2, times)))
    joined = {True: [F.pixel_unshuffle(larger, times), maps], False: [maps, F.pixel_unshuffle(larger, times)]}
    for larger_first, parts in joined.items():
        convolution = torch.nn.Conv2d(3 + 2 * times**2, 7, side, padding=side // 2).double()
        mix = torch.nn.Sequential(convolution, torch.nn.ReLU())
        apart = [(larger, 2, times), (maps, 3, 1)]
        results = [mix_channels(mix, *(apart if larger_first else apart[::-1])), mix(torch.cat(parts, dim=1))]
        torch.testing.assert_close(*results)
        torch.testing.assert_close(
            *(torch.autograd.grad(each.square().sum(), list(convolution.parameters())) for each in results)
        )
