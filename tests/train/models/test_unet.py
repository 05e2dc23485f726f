"""The U-Net without padding on its way up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import timm
import torch
from safetensors.torch import save_file
from torch import Tensor

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.models.network import BaseNetwork
from bgfg.train.models.registry import build_model
from tests.support.noise_inputs import count_parameters, predict_noise


@pytest.fixture(scope="module")
def net() -> BaseNetwork:
    """The network of the published widths, without numbers: what it computes has a shape alone."""
    with torch.device("meta"):
        return build_model("unet_valid", ("mask",))


def shape_of_mask(net: BaseNetwork, height_px: int, width_px: int) -> torch.Size:
    """Return the shape of what a network on the meta device makes of two pictures, or of two pairs of them."""
    picture = torch.empty(2, 3, height_px, width_px, device="meta")
    maps: dict[str, Tensor] = net(*[picture] * net.shots)
    return maps["mask"].shape


def test_it_has_its_published_parameters_and_shape(net: BaseNetwork) -> None:
    assert count_parameters(net) == 34_520_514
    assert net.output_px(224, 224) == (98, 98)
    assert net.input_px == 224


@pytest.mark.parametrize(("height_px", "width_px"), [(128, 144), (224, 224)])
def test_it_says_how_large_its_maps_will_be(net: BaseNetwork, height_px: int, width_px: int) -> None:
    assert shape_of_mask(net, height_px, width_px) == (2, 1, *net.output_px(height_px, width_px))


@pytest.mark.parametrize(("height_px", "width_px"), [(112, 224), (224, 230)])
def test_it_refuses_sizes_that_it_cannot_halve_or_that_leave_nothing(
    net: BaseNetwork, height_px: int, width_px: int
) -> None:
    with pytest.raises(Problem, match="sides that are multiples of 16 px from 128 up, not"):
        net.output_px(height_px, width_px)


def test_the_original_final_relu_has_no_parameters() -> None:
    with torch.device("meta"):
        original = build_model("unet_valid", ("mask",), final_activation="relu")
    assert count_parameters(original) == 34_520_514


def test_logits_can_be_negative_unless_the_original_final_relu_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bgfg.train.models.unet._WIDTHS", (2, 4, 8, 16, 32))
    net = build_model("unet_valid", ("mask",))
    original = build_model("unet_valid", ("mask",), final_activation="relu")
    with torch.no_grad():  # so that the logits lie around 0
        net.get_parameter("last.1.bias").sub_(predict_noise(net, 128, 128)["mask"].mean())
    original.load_state_dict(net.state_dict())
    logits, rectified = predict_noise(net, 128, 128)["mask"], predict_noise(original, 128, 128)["mask"]
    assert logits.min() < 0
    torch.testing.assert_close(rectified, logits.clamp(min=0))


def test_another_final_activation_is_refused() -> None:
    with pytest.raises(Problem, match="unet_valid: final_activation is 'tanh': choose none or relu"):
        build_model("unet_valid", ("mask",), final_activation="tanh")


def test_the_one_of_a_picture_has_its_published_parameters_and_shape() -> None:
    with torch.device("meta"):
        unet = build_model("unet")
    assert count_parameters(unet) == 21_597_377
    assert (unet.input_px, unet.targets, unet.shots) == (256, ("mask",), 1)
    assert shape_of_mask(unet, 256, 256) == (2, 1, 256, 256)


def test_the_one_of_a_picture_has_a_map_for_each_class() -> None:
    unet = build_model("unet", ("classes",), classes=3, width=4)
    assert predict_noise(unet, 32, 48)["classes"].shape == (2, 3, 32, 48)
    assert unet.options["classes"] == 3


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"width": 0}, "unet: width is 0: give a whole number from 1 to 65,536"),
        ({"dropout": 1.0}, "unet: dropout is 1.0: give a share from 0 to below 1"),
        ({"targets": ("classes",)}, "unet: classes is None: give how many there are, at least 2"),
        ({"input_px": 100}, "unet: takes pictures with sides that are multiples of 16 px, not 100 by 100"),
        ({"targets": ("depth",)}, "--targets depth: unet learns mask, classes"),
    ],
)
def test_the_one_of_a_picture_refuses_what_it_cannot_be(options: dict, line: str) -> None:
    with pytest.raises(Problem) as caught:
        build_model("unet", **options)
    assert caught.value.lines[0].startswith(line)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(("encoder", "scales"), [("test_resnet", [2, 4, 8, 16, 32]), ("test_convnext", [4, 8, 16, 32])])
def test_the_one_of_a_picture_has_an_encoder_that_starts_from_weights(
    tmp_path: Path, encoder: str, scales: list[int]
) -> None:
    published = timm.create_model(encoder).state_dict()
    save_file(published, tmp_path / "w.safetensors")
    weights = str(tmp_path / "w.safetensors")
    net: Any = build_model("unet", ("classes",), input_px=64, classes=3, width=4, encoder=encoder, weights=weights)
    assert net.encoded.encoder.scales == scales
    assert predict_noise(net, 64, 96)["classes"].shape == (2, 3, 64, 96)
    first = next(iter(published.values()))
    assert torch.equal(next(iter(net.encoder_part().state_dict().values())), first)
    assert net.origin.content() == net.options["weights"]
    with pytest.raises(Problem, match="multiples of 32 px, not 64 by 80"):
        net.output_px(64, 80)


def test_weights_without_an_encoder_are_refused() -> None:
    with pytest.raises(Problem, match="unet: weights are for an encoder: give encoder=NAME of timm too"):
        build_model("unet", weights="imagenet")
