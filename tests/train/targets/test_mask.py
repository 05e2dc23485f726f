"""The mask as a target."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch
from scipy.spatial import distance
from torch import Tensor

from bgfg.train.targets.mask import THRESHOLDS, MaskTarget, PartialMaskTarget, best_threshold
from bgfg.train.targets.regions import regions
from tests.support import references_targets as slow

TARGET = MaskTarget()
N, H, W = 6, 13, 17


def alphas() -> tuple[Tensor, Tensor]:
    """Return predicted and true alpha, (N, 1, H, W): blobs; the last frame all empty, the one before truly so."""
    draw = np.random.default_rng(0)
    y, x = np.mgrid[:H, :W]
    true = np.zeros((N, 1, H, W), np.float32)
    for one in true[: N - 2, 0]:
        far = np.hypot(y - draw.uniform(2, 10), x - draw.uniform(3, 14))
        one[:] = np.clip((draw.uniform(3, 6) - far) / 2, 0, 1)
    found = np.clip(np.roll(true, 1, axis=2) + draw.normal(0, 0.15, true.shape), 0, 1).astype(np.float32)
    found[-1] = 0
    found[-2, 0, 3:6, 4] = 0.9
    return torch.from_numpy(found), torch.from_numpy(true)


def test_the_target_is_the_coverage_at_the_size_of_the_output() -> None:
    mask = torch.zeros(1, 1, 4, 6, dtype=torch.uint8)
    mask[..., :3] = 255
    assert TARGET.encode(mask, (2, 2))[0, 0].tolist() == [[1.0, 0.0], [1.0, 0.0]]
    assert TARGET.encode(mask, (1, 4))[0, 0].tolist() == [pytest.approx([1.0, 1.0, 0.0, 0.0])]


@pytest.mark.parametrize("threshold", [0.3, 0.5])
def test_scores_agree_with_slow_versions(threshold: float) -> None:
    found, true = alphas()
    scores = TARGET.scores(found, true, threshold)
    for i in range(N):
        p, t = found[i, 0].double().numpy(), true[i, 0].double().numpy()
        a, b, error = p >= np.float32(threshold), t >= 0.5, np.abs(p - t)
        expected = {
            "iou": slow.iou(a, b), "dice": slow.dice(a, b), "accuracy": (a == b).mean(), "mae": error.mean(),
            "sad": error.sum() / 1000, "boundary_f": slow.boundary_f(a, b),
        }  # fmt: skip
        band = slow.within(b, 1) & slow.within(~b, 1)
        for region, where in {"foreground": b, "band": band, "background": ~b}.items():
            expected[f"accuracy_{region}"] = slow.mean((a == b).astype(float), where)
            expected[f"mae_{region}"] = slow.mean(error, where)
        expected["iou_band"] = slow.iou(a & band, b & band) if band.any() else math.nan
        assert {name: score[i].item() for name, score in scores.items()} == pytest.approx(
            expected, rel=1e-5, abs=1e-6, nan_ok=True
        )


def test_scores_are_float64_of_each_sample() -> None:
    scores = TARGET.scores(*alphas(), 0.5)
    assert {(score.dtype, score.shape) for score in scores.values()} == {(torch.float64, (N,))}


def test_an_empty_frame_is_right_when_nothing_is_found_and_wrong_when_something_is() -> None:
    scores = TARGET.scores(*alphas(), 0.5)
    for name in ("iou", "dice", "boundary_f"):
        assert scores[name][-2:].tolist() == [0.0, 1.0]
    assert scores["mae_foreground"][-1].isnan()


def test_all_mask_against_nothing_has_no_boundary_and_is_wrong_all_the_same() -> None:
    full, empty = torch.ones(1, 1, H, W), torch.zeros(1, 1, H, W)
    assert TARGET.scores(full, empty, 0.5)["boundary_f"].item() == 0.0
    assert TARGET.scores(full, full, 0.5)["boundary_f"].item() == 1.0


def test_iou_and_dice_are_those_of_scipy() -> None:
    found, true = (alpha[: N - 2] for alpha in alphas())
    scores = TARGET.scores(found, true, 0.5)
    for i in range(N - 2):
        said, truth = ((alpha[i] >= 0.5).numpy().ravel() for alpha in (found, true))
        assert scores["iou"][i].item() == pytest.approx(1 - distance.jaccard(said, truth))
        assert scores["dice"][i].item() == pytest.approx(1 - distance.dice(said, truth))


def test_counts_give_the_iou_at_every_threshold() -> None:
    found, true = alphas()
    found[0, 0, :3, :4] = torch.tensor(THRESHOLDS[:12]).view(3, 4)
    intersections, unions = TARGET.threshold_counts(found, true)
    assert intersections.shape == unions.shape == (N, len(THRESHOLDS))
    assert intersections.dtype == unions.dtype == torch.int64
    for i, threshold in enumerate(THRESHOLDS):
        iou = TARGET.scores(found, true, threshold)["iou"]
        counted = torch.where(unions[:, i] > 0, intersections[:, i] / unions[:, i].clamp(min=1), 1.0)
        torch.testing.assert_close(counted.double(), iou, rtol=1e-6, atol=1e-6)


def test_the_best_threshold_has_the_highest_mean_iou_and_of_equals_is_nearest_to_a_half() -> None:
    found, true = alphas()
    counts = TARGET.threshold_counts(found, true)
    best = best_threshold(*counts)
    means = {threshold: TARGET.scores(found, true, threshold)["iou"].mean().item() for threshold in THRESHOLDS}
    assert means[best] == pytest.approx(max(means.values()))
    nothing = torch.zeros(1, len(THRESHOLDS), dtype=torch.int64)
    assert best_threshold(nothing, nothing) == 0.5


def test_the_loss_is_cross_entropy_and_dice_of_each_sample() -> None:
    found, true = alphas()
    logits = torch.logit(found.clamp(0.01, 0.99))
    losses = TARGET.loss(logits, true)
    for i in range(N):
        p, t = found[i, 0].clamp(0.01, 0.99).double().numpy(), true[i, 0].double().numpy()
        cross_entropy = -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean()
        dice = (2 * (p * t).sum() + 1) / ((p**2).sum() + (t**2).sum() + 1)
        assert losses[i].item() == pytest.approx(cross_entropy + 1 - dice, rel=1e-4)


def test_the_loss_of_a_soft_target_is_least_at_the_target() -> None:
    true = torch.rand(1, 1, H, W, generator=torch.Generator().manual_seed(0)).clamp(0.05, 0.95)
    at = torch.logit(true).requires_grad_()
    (slope,) = torch.autograd.grad(TARGET.loss(at, true).sum(), at)
    assert slope.abs().max() < 1e-6


def test_loss_and_probability_are_float32_of_bfloat16_logits() -> None:
    found, true = alphas()
    logits = torch.logit(found.clamp(0.01, 0.99)).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        losses, probability = TARGET.loss(logits, true), TARGET.decode(logits)
    assert losses.dtype == probability.dtype == torch.float32
    torch.testing.assert_close(losses, TARGET.loss(logits.float(), true))


def test_regions_of_the_scores_are_those_of_the_true_mask() -> None:
    _, true = alphas()
    scores = TARGET.scores(1 - true, true, 0.5)
    inverted = (1 - true >= 0.5) == (true >= 0.5)
    for region, where in regions(true).items():
        expected = [slow.mean(inverted[i, 0].double().numpy(), where[i, 0].numpy()) for i in range(N)]
        assert scores[f"accuracy_{region}"].tolist() == pytest.approx(expected, nan_ok=True)


def test_what_is_not_known_changes_neither_loss_nor_scores() -> None:
    partly = PartialMaskTarget()
    draw = np.random.default_rng(4)
    mask = torch.from_numpy((draw.random((2, 1, 13, 17)) < 0.4).astype(np.uint8) * 255)
    known = torch.from_numpy((draw.random((2, 1, 13, 17)) < 0.8).astype(np.uint8) * 255)
    logits = torch.from_numpy(draw.normal(size=(2, 1, 13, 17))).float()
    unknown = known == 0
    losses, measures = [], []
    for other in (mask, torch.where(unknown, 255 - mask, mask)):
        for raw in (logits, torch.where(unknown, 9.0, logits)):
            truth = partly.encode(other, known, (13, 17))
            losses.append(partly.loss(raw, truth))
            measures.append(partly.measure(raw, truth))
    assert all(torch.equal(loss, losses[0]) for loss in losses)
    assert all(torch.equal(measure, measures[0]) for measure in measures)
    inside = torch.where(unknown, 0.0, partly.decode(logits))
    met, either = TARGET.threshold_counts(inside, (mask * ~unknown).float() / 255)
    assert torch.equal(measures[0], torch.cat([met, either], dim=1))


def test_where_all_is_known_a_partly_known_mask_is_a_mask() -> None:
    partly = PartialMaskTarget()
    mask = torch.from_numpy(np.random.default_rng(4).integers(0, 256, (2, 1, 13, 17)).astype(np.uint8))
    logits = torch.linspace(-3, 3, 2 * 7 * 9).view(2, 1, 7, 9)
    truth = partly.encode(mask, torch.full_like(mask, 255), (7, 9))
    assert truth[1].all()
    assert torch.equal(partly.loss(logits, truth), TARGET.loss(logits, TARGET.encode(mask, (7, 9))))
