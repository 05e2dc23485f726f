"""The compact network: sizes, names and what it is at first."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.depth_teacher.teachers.compact_net import CompactNet

THIN: dict[str, Any] = {"backbone": "mobilenetv4_conv_small_050", "width": 4}


@pytest.mark.parametrize(("height_px", "width_px"), [(32, 32), (32, 96), (160, 224), (224, 160)])
def test_the_output_has_half_the_size_at_every_multiple_of_32(height_px: int, width_px: int) -> None:
    with torch.no_grad():
        raw = CompactNet(**THIN).eval()(torch.rand(2, 3, height_px, width_px))
    assert raw.shape == (2, 1, height_px // 2, width_px // 2)
    assert raw.dtype == torch.float32


def test_its_options_build_it_again() -> None:
    net = CompactNet(**THIN)
    assert net.options == THIN
    CompactNet(**net.options).load_state_dict(net.state_dict())


def test_the_default_fits_into_eight_megabytes() -> None:
    assert 4 * sum(tensor.numel() for tensor in CompactNet().state_dict().values()) < 8_000_000


def test_a_backbone_without_every_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        CompactNet("test_vit", 4)
