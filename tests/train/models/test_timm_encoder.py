"""Backbones of timm as encoders."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

timm = pytest.importorskip("timm", reason="the extra [train] isn't installed")

import torch  # noqa: E402

from bgfg.data_manifests.terminal.errors import Problem  # noqa: E402
from bgfg.train.models.timm_encoder import TimmEncoder  # noqa: E402


@pytest.mark.parametrize(("backbone", "scales"), [("resnet18", [2, 4, 8, 16]), ("convnext_atto", [4, 8, 16])])
def test_it_gives_the_scales_down_to_a_16th_and_no_more(backbone: str, scales: list[int]) -> None:
    encoder = TimmEncoder(backbone, {}, 8)
    assert encoder.scales == scales
    with torch.no_grad():
        maps = encoder.eval()(torch.rand(1, 8, 64, 96))
    expected = [(1, c, 64 // scale, 96 // scale) for c, scale in zip(encoder.channels, scales, strict=True)]
    assert [map_.shape for map_ in maps] == expected


def test_an_unknown_backbone_names_those_that_are_like_it() -> None:
    with pytest.raises(Problem, match=r"encoder 'resnet17': not known to timm .*: choose one of timm's, such as .*18"):
        TimmEncoder("resnet17", {}, 8)


def test_an_option_that_the_backbone_does_not_have_is_said() -> None:
    with pytest.raises(Problem, match=r"encoder 'resnet18': timm can't build it \(.*nonsense.*\): choose another"):
        TimmEncoder("resnet18", {"nonsense": 3}, 8)


SMALL_SWIN = {"embed_dim": 16, "depths": [1, 1, 1, 1], "num_heads": [1, 1, 1, 1]}
SMALL_HIERA = {"embed_dim": 24, "stages": [1, 1, 1, 1]}


@pytest.mark.parametrize(
    ("backbone", "options"),
    [
        ("test_mambaout", {}),
        ("swin_tiny_patch4_window7_224", SMALL_SWIN | {"img_size": 64}),
        ("swinv2_cr_tiny_224", SMALL_SWIN | {"img_size": 64}),
    ],
)
def test_maps_of_backbones_with_channels_last_are_turned(backbone: str, options: dict[str, Any]) -> None:
    encoder = TimmEncoder(backbone, options, 8, side_px=64)
    with torch.no_grad():
        maps = encoder.eval()(torch.rand(1, 8, 64, 64))
    expected = [(1, c, 64 // scale, 64 // scale) for c, scale in zip(encoder.channels, encoder.scales, strict=True)]
    assert [map_.shape for map_ in maps] == expected


@pytest.mark.parametrize(
    ("backbone", "options"),
    [
        ("test_vit3", {}),
        ("swin_tiny_patch4_window7_224", SMALL_SWIN),
        ("hiera_tiny_224", SMALL_HIERA),
        ("test_maxvit", {}),
        ("levit_128s", {}),
    ],
)
def test_a_backbone_of_a_fixed_size_is_one_line_and_its_advice_works(backbone: str, options: dict[str, Any]) -> None:
    with pytest.raises(Problem) as caught:
        TimmEncoder(backbone, options, 8, side_px=96)
    [line] = caught.value.lines
    assert line.startswith(f"encoder '{backbone}': can't take maps of 96 by 96 px (")
    [told] = re.findall(r"\): give --model-option 'encoder_options=(.*)', or choose another, such as resnet18$", line)
    encoder = TimmEncoder(backbone, json.loads(told), 8, side_px=96)
    assert encoder.scales[-1] == 16


def test_only_a_backbone_of_a_fixed_size_takes_no_other() -> None:
    takes = [
        TimmEncoder(name, options, 8, side_px=64).takes_any_size
        for name, options in (("test_resnet", {}), ("test_mambaout", {}), ("test_vit3", {"img_size": 64}))
    ]
    assert takes == [True, True, False]


def test_a_backbone_that_no_option_helps_names_another() -> None:
    with pytest.raises(Problem, match=r"^encoder 'test_convnext': can't take maps of 2 by 2 px .*: choose another, "):
        TimmEncoder("test_convnext", {}, 8, side_px=2)


def test_a_backbone_that_is_all_coarse_says_so() -> None:
    with pytest.raises(Problem, match="all its features are coarser than 1/16 of its input: choose another"):
        TimmEncoder("vit_small_patch32_224", {"depth": 3, "embed_dim": 24, "num_heads": 1}, 8)


def test_the_trial_leaves_no_trace() -> None:
    torch.manual_seed(0)
    timm.create_model("test_resnet", features_only=True, in_chans=8)  # which tells the levels
    timm.create_model("test_resnet", features_only=True, in_chans=8, out_indices=(0, 1, 2, 3))
    drawn = torch.rand(1)
    torch.manual_seed(0)
    encoder = TimmEncoder("test_resnet", {}, 8)
    assert torch.rand(1) == drawn
    assert encoder.training
    assert all(int(count) == 0 for name, count in encoder.named_buffers() if name.endswith("num_batches_tracked"))
