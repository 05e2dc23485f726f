"""two_stream: its size, its outputs, and what its options change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import timm
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from safetensors.torch import save_file

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.config.presets import PRESETS
from bgfg.train.models.checkpoint import BEST, Checkpoint, checkpoint_path, load_weights_from
from bgfg.train.models.registry import build_model
from tests.support.noise_inputs import predict_noise


def parameters(net: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


def test_the_default_has_at_most_five_million_parameters_and_halves_192() -> None:
    net = build_model("two_stream").eval()
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
        ({}, 64),
        ({"full_resolution": True}, 128),
        ({"stride": 2}, 64),
        ({"stride": 2, "full_resolution": True}, 128),
        ({"siamese": True}, 64),
        ({"detail": False}, 64),
        ({"align": False}, 64),
        ({"sharpen": True}, 128),
        ({"sharpen": True, "detail": False}, 128),
        ({"fusion": "concat"}, 64),
        ({"convolutions": 2, "widest": 4}, 64),
    ],
)
def test_every_option_gives_maps_of_the_size_that_it_says(options: dict[str, Any], side_px: int) -> None:
    net = build_model("two_stream", ("mask",), **SMALL | options).eval()
    assert net.output_px(128, 128) == (side_px, side_px)
    with torch.inference_mode():
        found = net(torch.rand(2, 3, 128, 128), torch.rand(2, 3, 128, 128))
    assert {name: tuple(maps.shape) for name, maps in found.items()} == {"mask": (2, 1, side_px, side_px)}


def test_sharpening_adds_nothing_before_it_has_learnt_and_can_be_left_out_again(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = build_model("two_stream", ("mask",), **SMALL).eval()
    shots = torch.rand(2, 2, 3, 64, 128)
    checkpoint = {"model": {"name": net.name, "options": net.options}}
    Checkpoint({"average": net.state_dict()}, checkpoint).save(checkpoint_path(tmp_path, BEST))
    sharpened = build_model("two_stream", ("mask",), **SMALL, sharpen=True).eval()
    load_weights_from(sharpened, tmp_path)
    with torch.inference_mode():
        coarse, fine = net(*shots)["mask"], sharpened(*shots)["mask"]
    torch.testing.assert_close(fine, F.interpolate(coarse, scale_factor=2, mode="bilinear"))
    more = {"model": {"name": net.name, "options": sharpened.options}}
    Checkpoint({"average": sharpened.state_dict()}, more).save(checkpoint_path(tmp_path, BEST))
    without = build_model("two_stream", ("mask",), **SMALL).eval()
    load_weights_from(without, tmp_path)
    torch.testing.assert_close(without.state_dict(), net.state_dict())
    wider = build_model("two_stream", ("mask",), **SMALL | {"width": 16})
    with pytest.raises(Problem, match=r"--start .*: it is two_stream .*sharpen=True.*, and this run's is two_stream"):
        load_weights_from(wider, tmp_path)
    with pytest.raises(Problem, match="full_resolution and sharpen both"):
        build_model("two_stream", ("mask",), **SMALL, sharpen=True, full_resolution=True)


def test_the_shots_are_not_interchangeable_and_both_count() -> None:
    torch.manual_seed(0)
    net = build_model("two_stream", ("mask",), **SMALL)
    one, other, third = torch.rand(3, 4, 3, 64, 64)
    maps = [net(*pair)["mask"] for pair in ((one, other), (other, one), (one, third), (third, other))]
    for found in maps[1:]:
        assert not torch.allclose(maps[0], found, atol=1e-3)


def test_every_parameter_learns() -> None:
    net = build_model("two_stream", **SMALL)
    found = net(torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64))
    sum(maps.square().mean() for maps in found.values()).backward()
    assert [name for name, parameter in net.named_parameters() if parameter.grad is None] == []


@pytest.mark.parametrize(("stride", "step_px"), [(2, 32), (4, 64)])
def test_sides_that_the_strides_do_not_divide_are_refused(stride: int, step_px: int) -> None:
    net = build_model("two_stream", ("mask",), **SMALL | {"stride": stride})
    shot = torch.rand(1, 3, 128, 128 + step_px // 2)
    with pytest.raises(Problem, match=f"multiples of {step_px}"):
        net(shot, shot)


def test_an_unknown_stride_names_the_known_ones() -> None:
    with pytest.raises(Problem, match="choose 2 or 4"):
        build_model("two_stream", ("mask",), **SMALL | {"stride": 3})


def test_an_aligned_network_sees_through_another_exposure() -> None:
    torch.manual_seed(0)
    scene = torch.nn.functional.interpolate(torch.rand(2, 3, 16, 16), size=(128, 128), mode="bicubic").clamp(0.1, 0.8)
    changes = []
    for align in (False, True):
        net = build_model("two_stream", ("mask",), **SMALL | {"align": align}).eval()
        with torch.inference_mode():
            changes.append(float((net(0.8 * scene, scene)["mask"] - net(scene, scene)["mask"]).abs().mean()))
    assert changes[1] < changes[0] / 5


def test_an_unknown_fusion_names_the_known_ones() -> None:
    with pytest.raises(Problem, match="choose one of concat, difference, absolute, all"):
        build_model("two_stream", ("mask",), **SMALL | {"fusion": "product"})


def test_a_backbone_of_a_fixed_size_fixes_the_size_of_the_network() -> None:
    options = {"encoder": "vit_tiny_patch16_224", "encoder_options": {"img_size": 64}, "input_px": 128}
    net = build_model("two_stream", ("mask",), **SMALL | {"stride": 2} | options).eval()
    assert (net.step_px, net.output_px(128, 128)) == (None, (64, 64))
    with torch.inference_mode():
        assert net(torch.rand(1, 3, 128, 128), torch.rand(1, 3, 128, 128))["mask"].shape == (1, 1, 64, 64)
    with pytest.raises(
        Problem, match="takes pictures with sides of 128 px, as its encoder was made for, not 192 by 128"
    ):
        net.output_px(192, 128)


def test_an_encoder_that_starts_from_weights_sees_both_pictures_through_first_convolutions_of_their_own(
    tmp_path: Path,
) -> None:
    published = timm.create_model("test_resnet").state_dict()
    save_file(published, tmp_path / "w.safetensors")
    options: dict[str, Any] = {"encoder": "test_resnet", "weights": str(tmp_path / "w.safetensors"), "width": 8}
    net: Any = build_model("two_stream", ("mask",), input_px=64, stride=4, **options)
    tensors = net.encoder.state_dict()
    for half in ("first", "second"):
        own = next(tensor for name, tensor in tensors.items() if name.endswith(f".{half}.weight"))
        assert torch.equal(own, published["conv1.0.weight"])
    assert predict_noise(net, 64, 96)["mask"].shape == (2, 1, 32, 48)
    assert (net.step_px, net.options["weights"]["mean"]) == (32, [0.5, 0.5, 0.5])
    assert net.standardise.mean.flatten().tolist() == [0.5, 0.5, 0.5]
    fresh = build_model("two_stream", ("mask",), input_px=64, stride=4, encoder="test_resnet", stem="encoder", width=8)
    assert {n: t.shape for n, t in fresh.state_dict().items()} == {n: t.shape for n, t in net.state_dict().items()}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"stem": "trunk"}, "stem is 'trunk': choose one of convolutions, encoder"),
        ({"weights": "imagenet", "stem": "convolutions"}, "published weights are for pictures, not for maps"),
        ({"stem": "encoder", "siamese": False}, "is one for both: give siamese=true"),
        ({"stem": "encoder", "stride": 2, "encoder": "test_convnext"}, r"its finest features are of 1/4, not 1/2"),
    ],
)
def test_a_stem_that_does_not_go_with_the_other_options_is_one_line(options: dict[str, Any], said: str) -> None:
    with pytest.raises(Problem, match=said):
        build_model("two_stream", ("mask",), input_px=64, **options)
