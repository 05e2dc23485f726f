"""Backbones of timm as encoders."""

from __future__ import annotations

from typing import Any

import pytest

timm = pytest.importorskip("timm", reason="the extra [train] isn't installed")

import torch  # noqa: E402

from bgfg.data_manifests.terminal.errors import Problem  # noqa: E402
from bgfg.train.models.timm_encoder import TimmEncoder  # noqa: E402


@pytest.mark.parametrize(("backbone", "scales"), [("resnet18", [2, 4, 8, 16]), ("convnext_atto", [4, 8, 16])])
def test_it_gives_the_scales_down_to_a_16th_and_no_more(backbone: str, scales: list[int]) -> None:
    encoder = TimmEncoder(backbone, {}, 8, pretrained=False)
    assert encoder.scales == scales
    with torch.no_grad():
        maps = encoder.eval()(torch.rand(1, 8, 64, 96))
    expected = [(1, c, 64 // scale, 96 // scale) for c, scale in zip(encoder.channels, scales, strict=True)]
    assert [map_.shape for map_ in maps] == expected


def test_an_unknown_backbone_names_those_that_are_like_it() -> None:
    with pytest.raises(Problem, match=r"backbone 'resnet17': not known to timm .*: choose one of timm's, such as .*18"):
        TimmEncoder("resnet17", {}, 8, pretrained=False)


def test_an_option_that_the_backbone_does_not_have_is_said() -> None:
    with pytest.raises(Problem, match=r"backbone 'resnet18': timm can't build it \(.*nonsense.*\): choose another"):
        TimmEncoder("resnet18", {"nonsense": 3}, 8, pretrained=False)


def test_published_weights_that_cannot_be_fetched_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    create = timm.create_model

    def offline(*args: Any, pretrained: bool, **options: Any) -> Any:
        if pretrained:
            raise OSError("no connection")
        return create(*args, pretrained=False, **options)

    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(Problem, match=r"timm can't build it \(no connection\): leave the option pretrained out"):
        TimmEncoder("resnet18", {}, 8, pretrained=True)
