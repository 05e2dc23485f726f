"""Backbones of timm: what is changed about them changes nothing."""

from __future__ import annotations

import pytest

timm = pytest.importorskip("timm", reason="the extra [train] isn't installed")

import torch  # noqa: E402

from bgfg.depth_teacher.ops.backbone import EvenConv2d, create_backbone  # noqa: E402


@pytest.mark.parametrize(("kernel_px", "stride", "dilation"), [(3, 2, 1), (5, 2, 1), (7, 4, 1), (2, 2, 1), (3, 1, 2)])
@pytest.mark.parametrize("sides_px", [(8, 8), (12, 20), (64, 4)])
def test_padding_that_is_fixed_is_that_of_every_side_that_the_stride_divides(
    kernel_px: int, stride: int, dilation: int, sides_px: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    same = timm.layers.Conv2dSame(4, 6, kernel_px, stride, dilation=dilation, groups=2, bias=True)
    maps = torch.rand(2, 4, *sides_px)
    fixed = EvenConv2d(same)
    assert torch.equal(fixed(maps), same(maps))
    assert fixed.state_dict().keys() == same.state_dict().keys()


def test_no_backbone_computes_its_padding_from_the_picture() -> None:
    backbone = create_backbone("tf_efficientnet_lite0")
    kinds = [type(module) for module in backbone.modules()]
    assert timm.layers.Conv2dSame not in kinds
    assert kinds.count(EvenConv2d) == 5
    assert (
        backbone.state_dict().keys()
        == timm.create_model("tf_efficientnet_lite0", features_only=True).state_dict().keys()
    )
