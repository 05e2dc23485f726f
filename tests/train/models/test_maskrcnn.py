"""Mask R-CNN is torchvision's, parameter for parameter, and tells its losses without changing."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch
from torchvision.models.detection import maskrcnn_resnet50_fpn_v2

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.models.registry import build_model
from tests.support.instance_corpus import LIGHT_MASKRCNN
from tests.support.noise_inputs import count_parameters, noise_pairs


def truth(side_px: int = 64) -> dict[str, torch.Tensor]:
    numbers = torch.zeros(2, 1, side_px, side_px, dtype=torch.uint8)
    numbers[:, :, 8:40, 5:25] = 1
    numbers[0, :, 30:60, 20:50] = 2
    return {"instances": numbers}


def test_it_is_torchvisions_with_as_many_parameters_as_are_published() -> None:
    with torch.device("meta"):
        net = build_model("maskrcnn", classes=91)
        theirs = maskrcnn_resnet50_fpn_v2(weights=None, weights_backbone=None)
    assert count_parameters(net) == 46_359_409
    shapes = {f"network.{name}": tensor.shape for name, tensor in theirs.state_dict().items()}
    assert {name: tensor.shape for name, tensor in net.state_dict().items()} == shapes


def test_it_finds_boxes_classes_scores_and_masks_at_the_size_of_the_picture() -> None:
    torch.manual_seed(0)
    net = build_model("maskrcnn", **LIGHT_MASKRCNN).eval()
    with torch.no_grad():
        found = net(noise_pairs(2, 64, 96)[1])["instances"]
    assert found.losses == {}
    assert len(found.detections) == 2
    for each in found.detections:
        count = len(each["scores"])
        assert 0 < count <= 6
        assert (each["boxes"].shape, each["masks"].shape) == ((count, 4), (count, 1, 64, 96))
        assert set(each["labels"].tolist()) == {1}
        assert (each["scores"].diff() <= 0).all()


def test_a_fresh_network_is_sure_of_nothing() -> None:
    torch.manual_seed(0)
    net = build_model("maskrcnn", **{**LIGHT_MASKRCNN, "backbone": "resnet50"}).eval()
    logits = []
    head = net.get_submodule("network.roi_heads.mask_predictor")
    head.register_forward_hook(lambda _, __, found: logits.append(found))
    with torch.no_grad():
        found = net(noise_pairs(1, 64, 64)[1])["instances"]
    assert logits[0].abs().max() < 20
    assert found.detections[0]["scores"].max() < 0.9


def test_losses_are_told_of_a_network_at_rest_too_and_leave_it_as_it_was() -> None:
    torch.manual_seed(0)
    net = build_model("maskrcnn", **LIGHT_MASKRCNN)
    _, shot = noise_pairs(2, 64, 64)
    names = {"loss_classifier", "loss_box_reg", "loss_mask", "loss_objectness", "loss_rpn_box_reg"}
    learning = net.train()(shot, truth())["instances"]
    assert set(learning.losses) == names
    assert not learning.detections
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    with torch.no_grad():
        resting = net.eval()(shot, truth())["instances"]
    assert set(resting.losses) == names
    assert len(resting.detections) == 2
    assert not any(part.training for part in net.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


def test_nobody_in_a_picture_is_something_to_learn_too() -> None:
    net = build_model("maskrcnn", **LIGHT_MASKRCNN).train()
    nobody = {"instances": torch.zeros(2, 1, 64, 64, dtype=torch.uint8)}
    losses = net(noise_pairs(2, 64, 64)[1], nobody)["instances"].losses
    assert all(torch.isfinite(loss) for loss in losses.values())


def test_whence_its_weights_are_is_said() -> None:
    assert build_model("maskrcnn", **LIGHT_MASKRCNN).weights_origin.startswith(
        "maskrcnn starts from scratch; --model-option weights=FILE"
    )


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"backbone": "resnet7"}, "no backbone 'resnet7': choose one of resnet18, resnet34"),
        ({"classes": 1}, "classes is 1: give at least 2"),
        ({"detections": 256}, "detections is 256: give at most 255"),
        (
            {"input_px": 100},
            "takes pictures with sides that are multiples of 32 px, not 100 by 100: give another --size",
        ),
    ],
)
def test_wrong_options_are_a_line(options: dict[str, Any], line: str) -> None:
    with pytest.raises(Problem, match=line):
        build_model("maskrcnn", **{**LIGHT_MASKRCNN, **options})
