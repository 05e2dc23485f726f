"""matting_unet."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.models.registry import build_model
from tests.support.noise_inputs import count_parameters, predict_noise


def test_it_has_its_published_parameters_and_shape() -> None:
    net = build_model("matting_unet")
    assert count_parameters(net) == 2_444_600
    assert (net.input_px, net.targets, net.shots) == (128, ("matte",), 1)
    matte = predict_noise(net, 128, 128)["matte"]
    assert matte.shape == (2, 4, 128, 128)
    assert matte.abs().max() < 1


def test_it_takes_other_sizes_that_it_can_halve_three_times() -> None:
    net = build_model("matting_unet")
    assert predict_noise(net, 24, 40)["matte"].shape == (2, 4, 24, 40)
    with pytest.raises(Problem, match="takes pictures with sides that are multiples of 8 px, not 20 by 24"):
        net.output_px(20, 24)


def test_it_begins_with_the_guess_that_nobody_is_there() -> None:
    matte = predict_noise(build_model("matting_unet"), 32, 32)["matte"]
    assert -0.95 < matte.mean() < -0.6
    assert matte.mean((0, 2, 3)).max() < -0.5  # each of red, green, blue and alpha


def test_it_sees_the_picture_from_minus_one_to_one() -> None:
    net = build_model("matting_unet").eval()
    seen = []
    net.get_submodule("down.0").register_forward_pre_hook(lambda _net, given: seen.append(given[0]))
    net(torch.tensor([0.0, 0.5, 1.0]).view(1, 3, 1, 1).expand(1, 3, 8, 8))
    assert [float(channel.mean()) for channel in seen[0][0]] == [-1.0, 0.0, 1.0]


def test_it_learns_nothing_but_mattes() -> None:
    with pytest.raises(Problem, match="--targets mask: matting_unet learns matte: choose of these, each once"):
        build_model("matting_unet", ("mask",))
