"""The target `instances`: its truth as torchvision takes it, its loss, what is followed of it."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.train.targets.instances import DetectorOutput, InstancesTarget, detection_truths

H, W = 13, 17


def numbers() -> torch.Tensor:
    """Two people in the first picture, one of them in two parts, nobody in the second."""
    found = torch.zeros(2, 1, H, W, dtype=torch.uint8)
    found[0, 0, 2:6, 3:9] = 4
    found[0, 0, 1:11, 5:7] = 7
    return found


def found_as_true(score: float = 0.9) -> DetectorOutput:
    detections = [
        {"boxes": each["boxes"], "labels": each["labels"], "scores": torch.full((len(each["labels"]),), score),
         "masks": each["masks"][:, None].float()}
        for each in detection_truths(numbers())
    ]  # fmt: skip
    return DetectorOutput({"loss_mask": torch.tensor(0.5), "loss_classifier": torch.tensor(1.0)}, detections)


def test_boxes_are_drawn_around_what_is_visible_of_each() -> None:
    both, nobody = detection_truths(numbers())
    assert both["boxes"].tolist() == [[3, 2, 9, 6], [5, 1, 7, 11]]
    assert both["labels"].tolist() == [1, 1]
    assert both["masks"].dtype == torch.uint8
    assert torch.equal(both["masks"][0], (numbers()[0, 0] == 4).to(torch.uint8))
    assert nobody["boxes"].shape == (0, 4)
    assert nobody["masks"].shape == (0, H, W)


def test_the_slow_way_finds_the_same_boxes() -> None:
    draw = torch.Generator().manual_seed(0)
    picture = torch.randint(0, 4, (1, 1, 5, 7), generator=draw, dtype=torch.uint8)
    (found,) = detection_truths(picture)
    for box, mask in zip(found["boxes"].tolist(), found["masks"], strict=True):
        ys, xs = np.nonzero(mask.numpy())
        assert box == [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]


def test_the_truth_keeps_its_numbers_at_another_size() -> None:
    coded = InstancesTarget().encode(numbers(), (2 * H, 2 * W))
    assert torch.equal(coded[:, :, ::2, ::2], numbers())


def test_the_loss_is_the_sum_of_the_networks_own() -> None:
    assert InstancesTarget().loss(found_as_true(), numbers()).tolist() == [1.5]


def test_what_is_found_as_it_is_has_full_precision() -> None:
    target = InstancesTarget()
    measured = target.measure(found_as_true(), numbers())
    assert len(measured) == 2
    summary = target.summary(measured, None)
    assert list(summary.metrics) == list(target.metric_names)
    assert set(summary.metrics.values()) == {1.0}
    assert summary.ranking_scores == (1.0,)
    assert summary.threshold is None


def test_where_nobody_is_there_is_nothing_to_choose_by() -> None:
    target = InstancesTarget()
    measured = target.measure(found_as_true(), numbers())
    assert target.summary(measured[1:], None).ranking_scores == (0.0,)


def test_only_who_is_likely_is_drawn() -> None:
    target = InstancesTarget()
    for score, seen in ((0.9, True), (0.4, False)):
        panels = target.panels(found_as_true(score), numbers(), 0)
        assert list(panels) == ["true instances", "found instances"]
        assert panels["true instances"].any()
        assert panels["found instances"].any() == seen
