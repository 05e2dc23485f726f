"""two_stream: its size, its outputs, and what its options change."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from data_manifests.problem import Problem
from train.models.catalogue import build
from train.presets import PRESETS


def parameters(net: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


def test_the_default_has_at_most_five_million_parameters_and_halves_192() -> None:
    net = build("two_stream").eval()
    assert parameters(net) <= 5_000_000
    shot = torch.rand(1, 3, 192, 192)
    with torch.inference_mode():
        found = net(shot, shot)
    assert {name: tuple(maps.shape) for name, maps in found.items()} == {
        "mask": (1, 1, 96, 96),
        "depth": (1, 1, 96, 96),
    }


SMALL: dict[str, Any] = dict(PRESETS["cpu"]["model_options"])


@pytest.mark.parametrize(
    ("options", "side_px"),
    [
        ({}, 96),
        ({"full_resolution": False}, 48),
        ({"siamese": True}, 96),
        ({"detail": False}, 96),
        ({"fusion": "concat"}, 96),
        ({"convolutions": 2, "widest": 4}, 96),
    ],
)
def test_every_option_gives_maps_of_the_size_that_it_says(options: dict[str, Any], side_px: int) -> None:
    net = build("two_stream", ("mask",), **SMALL | options).eval()
    assert net.output_px(96, 96) == (side_px, side_px)
    with torch.inference_mode():
        found = net(torch.rand(2, 3, 96, 96), torch.rand(2, 3, 96, 96))
    assert {name: tuple(maps.shape) for name, maps in found.items()} == {"mask": (2, 1, side_px, side_px)}


def test_the_shots_are_not_interchangeable_and_both_count() -> None:
    torch.manual_seed(0)
    net = build("two_stream", ("mask",), **SMALL)
    one, other, third = torch.rand(3, 4, 3, 64, 64)
    maps = [net(*pair)["mask"] for pair in ((one, other), (other, one), (one, third), (third, other))]
    for found in maps[1:]:
        assert not torch.allclose(maps[0], found, atol=1e-3)


def test_every_parameter_learns() -> None:
    net = build("two_stream", **SMALL)
    found = net(torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64))
    sum(maps.square().mean() for maps in found.values()).backward()
    assert [name for name, parameter in net.named_parameters() if parameter.grad is None] == []


def test_sides_that_are_no_multiples_of_32_are_refused() -> None:
    net = build("two_stream", ("mask",), **SMALL)
    with pytest.raises(Problem, match="multiples of 32"):
        net(torch.rand(1, 3, 100, 96), torch.rand(1, 3, 100, 96))


def test_an_unknown_fusion_names_the_known_ones() -> None:
    with pytest.raises(Problem, match="choose one of concat, difference, absolute, all"):
        build("two_stream", ("mask",), **SMALL | {"fusion": "product"})
