"""The target of classes."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.train.ops.label_codes import IGNORE_INDEX
from bgfg.train.targets import confusion
from bgfg.train.targets.classes import ClassesTarget

TARGET = ClassesTarget(["pet", "background", "outline"])
H, W = 13, 17


def codes(n: int = 2) -> torch.Tensor:
    draw = np.random.default_rng(3)
    found = torch.from_numpy(draw.integers(0, 3, (n, 1, H, W)).astype(np.uint8))
    found[0, 0, :3] = IGNORE_INDEX
    return found


def logits(n: int = 2) -> torch.Tensor:
    return torch.randn(n, 3, H, W, generator=torch.Generator().manual_seed(1))


def test_codes_are_taken_from_the_nearest_pixel_and_never_mixed() -> None:
    assert torch.equal(TARGET.encode(codes(), (H, W)), codes())
    assert TARGET.encode(torch.tensor([[[[0, 0, 2, 2]]]], dtype=torch.uint8), (1, 2)).tolist() == [[[[0, 2]]]]


def test_the_loss_is_the_cross_entropy_of_what_counts() -> None:
    expected = []
    for raw, truth in zip(logits(), codes()[:, 0], strict=True):
        logs = raw.double().log_softmax(dim=0)
        each = [
            -float(logs[int(truth[y, x]), y, x]) for y in range(H) for x in range(W) if truth[y, x] != IGNORE_INDEX
        ]  # fmt: skip
        expected.append(sum(each) / len(each))
    assert TARGET.loss(logits(), codes()).tolist() == pytest.approx(expected, rel=1e-5)


def test_what_is_ignored_changes_nothing_and_all_ignored_has_no_loss() -> None:
    other = logits()
    other[0, :, :3] = 77
    assert torch.equal(TARGET.loss(other, codes())[:1], TARGET.loss(logits(), codes())[:1])
    raw = logits().requires_grad_()
    nothing = TARGET.loss(raw, torch.full_like(codes(), IGNORE_INDEX))
    assert nothing.tolist() == [0.0, 0.0]
    torch.autograd.backward(nothing.sum())
    assert raw.grad is not None
    assert not raw.grad.isnan().any()


def test_the_summary_is_of_all_pixels_together() -> None:
    raw, truth = logits(5), codes(5)
    found = TARGET.decode(raw)
    pairs = zip(found[:, 0], truth[:, 0], strict=True)
    counts = np.sum([confusion.confusion_matrix(f.numpy(), t.numpy(), 3) for f, t in pairs], axis=0)
    summary = TARGET.summary(TARGET.measure(raw, truth), None)
    assert summary.metrics["miou"] == pytest.approx(float(np.mean(confusion.iou(counts))))
    assert summary.metrics["accuracy"] == pytest.approx(float(confusion.accuracy(counts)))
    assert summary.ranking_scores == (summary.metrics["miou"],)
    assert tuple(summary.metrics) == TARGET.metric_names


def test_truth_and_prediction_are_drawn_in_the_colours_of_their_classes() -> None:
    drawn = TARGET.panels(logits(), codes(), 0)
    assert list(drawn) == ["true classes", "predicted classes"]
    assert drawn["true classes"][0, 0].tolist() == [224, 224, 192]
    at = np.argwhere(codes()[0, 0].numpy() == 1)[0]
    assert drawn["true classes"][tuple(at)].tolist() == [128, 0, 0]
