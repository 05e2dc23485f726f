"""The small networks of the exercise."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.models.registry import build_model
from tests.support.noise_inputs import count_parameters, noise_pairs, predict_noise


def test_basic_net_has_its_published_parameters_and_shape() -> None:
    net = build_model("basic_net", ("mask",))
    assert count_parameters(net) == 523_521
    assert predict_noise(net, 64, 64)["mask"].shape == (2, 1, 24, 24)


def test_two_branch_net_has_its_published_parameters_and_shape() -> None:
    net = build_model("two_branch_net", ("mask",))
    assert count_parameters(net) == 386_816
    assert predict_noise(net, 13, 17)["mask"].shape == (2, 1, 13, 17)


@pytest.mark.parametrize(("height_px", "width_px"), [(18, 19), (37, 20), (64, 65)])
def test_basic_net_says_how_large_its_maps_will_be(height_px: int, width_px: int) -> None:
    net = build_model("basic_net", ("mask",))
    assert predict_noise(net, height_px, width_px)["mask"].shape[-2:] == net.output_px(height_px, width_px)


def test_basic_net_refuses_pictures_of_which_nothing_would_be_left() -> None:
    with pytest.raises(Problem, match="basic_net: takes pictures with sides of at least 18 px, not 17 by 40: give"):
        build_model("basic_net", ("mask",)).output_px(17, 40)


@pytest.mark.parametrize("name", ["basic_net", "two_branch_net"])
def test_a_depth_head_is_a_second_map(name: str) -> None:
    maps = predict_noise(build_model(name, ("mask", "depth")), 32, 40)
    assert list(maps) == ["mask", "depth"]
    assert maps["mask"].shape == maps["depth"].shape
    assert not torch.equal(maps["mask"], maps["depth"])


@pytest.mark.parametrize("name", ["basic_net", "two_branch_net"])
def test_both_shots_matter_each_in_its_own_way(name: str) -> None:
    net = build_model(name, ("mask",)).eval()
    bg, bg_fg = noise_pairs(1, 32, 32)
    with torch.no_grad():
        assert not torch.allclose(net(bg, bg_fg)["mask"], net(bg_fg, bg)["mask"])
