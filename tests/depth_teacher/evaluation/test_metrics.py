"""Figures of depth against slow versions pixel by pixel, and against what they must be in plain cases."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.evaluation.metrics import (
    EIGEN_CROP,
    METRICS,
    EvalProtocol,
    _aligned,
    _fitted_line,
    depth_metrics,
    mean_metrics,
    ordinal_agreement,
)

H, W = 13, 17


@pytest.fixture
def truth() -> NDArray[np.float32]:
    rng = np.random.default_rng(1)
    truth_m = rng.uniform(0.5, 9, (H, W)).astype(np.float32)
    truth_m[rng.random((H, W)) < 0.2] = 0
    return truth_m


@pytest.fixture
def estimate(truth: NDArray[np.float32]) -> NDArray[np.float32]:
    return (np.maximum(truth, 1) * np.random.default_rng(2).uniform(0.6, 1.7, (H, W))).astype(np.float32)


def slow_scores(depth_m: NDArray, truth_m: NDArray) -> dict[str, float]:
    """The definitions, one pixel after the other; the ordinal figure over all pairs, not random ones."""
    pairs = [(float(d), float(t)) for d, t in zip(depth_m.ravel(), truth_m.ravel(), strict=True) if 1e-3 < t < 10]
    n = len(pairs)
    logs = [math.log(d) - math.log(t) for d, t in pairs]
    mean_log = sum(logs) / n
    found = {f"delta{k}": sum(max(d / t, t / d) < 1.25**k for d, t in pairs) / n for k in (1, 2, 3)}
    found["absrel"] = sum(abs(d - t) / t for d, t in pairs) / n
    found["rmse_m"] = math.sqrt(sum((d - t) ** 2 for d, t in pairs) / n)
    found["log10"] = sum(abs(math.log10(d) - math.log10(t)) for d, t in pairs) / n
    found["silog"] = 100 * math.sqrt(sum((x - mean_log) ** 2 for x in logs) / n)
    right, count = 0.0, 0
    for d1, t1 in pairs:
        for d2, t2 in pairs:
            if max(t1 / t2, t2 / t1) > 1.02:
                count += 1
                right += 0.5 if d1 == d2 else float((d1 < d2) == (t1 < t2))
    found["ordinal"] = right / count
    return found


def test_figures_are_those_of_the_definitions(estimate: NDArray[np.float32], truth: NDArray[np.float32]) -> None:
    found, wanted = depth_metrics(estimate, truth, EvalProtocol().valid_mask(truth)), slow_scores(estimate, truth)
    assert tuple(found) == METRICS
    for name in METRICS:
        assert found[name] == pytest.approx(wanted[name], abs=0.015 if name == "ordinal" else 1e-6), name


def test_absrel_divides_by_the_truth() -> None:
    truth_m, depth_m = np.full((3, 3), 4.0), np.full((3, 3), 2.0)
    assert depth_metrics(depth_m, truth_m, truth_m > 0)["absrel"] == pytest.approx(0.5)


def test_a_perfect_estimate_has_perfect_figures(truth: NDArray[np.float32]) -> None:
    perfect = dict.fromkeys(METRICS, 0) | {"delta1": 1, "delta2": 1, "delta3": 1, "ordinal": 1}
    assert depth_metrics(truth, truth, truth > 0) == perfect


def test_a_wrong_scale_leaves_silog_and_order(truth: NDArray[np.float32]) -> None:
    found = depth_metrics(3 * truth.astype(np.float64), truth, truth > 0)
    assert found["silog"] == pytest.approx(0, abs=1e-5)
    assert found["ordinal"] == 1
    assert found["delta3"] == 0


def test_order_is_taken_from_what_says_it(truth: NDArray[np.float32]) -> None:
    flat = np.full((H, W), 2.0)
    assert depth_metrics(flat, truth, truth > 0)["ordinal"] == 0.5
    assert depth_metrics(flat, truth, truth > 0, order=truth)["ordinal"] == 1


def test_near_taken_for_far_agrees_with_no_pair_and_flat_depth_with_half() -> None:
    truth_m = np.random.default_rng(0).uniform(1, 9, 500)
    assert ordinal_agreement(-truth_m, truth_m) == 0
    assert ordinal_agreement(np.ones(500), truth_m) == 0.5
    assert math.isnan(ordinal_agreement(truth_m, np.ones(500)))


def test_no_valid_pixel_gives_no_figures_and_counts_in_no_average(truth: NDArray[np.float32]) -> None:
    nothing = depth_metrics(truth, truth, np.zeros_like(truth, bool))
    assert all(math.isnan(value) for value in nothing.values())
    assert mean_metrics([nothing, depth_metrics(truth, truth, truth > 0)])["delta1"] == 1
    assert math.isnan(mean_metrics([nothing])["delta1"])


def test_images_have_the_same_weight_whatever_their_size() -> None:
    small, large = np.full((1, 1), 2.0), np.full((9, 9), 4.0)
    images = [depth_metrics(small, small, small > 0), depth_metrics(large / 2, large, large > 0)]
    assert mean_metrics(images)["absrel"] == pytest.approx(0.25)


def align_disparity(
    disparity: NDArray[np.float64], truth: NDArray[np.float32], valid: NDArray[np.bool_], far_m: float
) -> NDArray[np.float32]:
    return _aligned(disparity, _fitted_line(disparity, truth, valid), far_m)


def test_scale_and_shift_are_found_in_disparity(truth: NDArray[np.float32]) -> None:
    valid = truth > 0
    inverse = np.where(valid, 1 / np.where(valid, truth, 1), 0.2).astype(np.float64)
    found = align_disparity(7 * inverse - 3, truth, valid, far_m=10.0)
    assert found[valid] == pytest.approx(truth[valid], rel=1e-5)


def test_scale_and_shift_are_those_of_numpy(truth: NDArray[np.float32], estimate: NDArray[np.float32]) -> None:
    valid = truth > 0
    x, y = 1 / estimate[valid].astype(np.float64), 1 / truth[valid].astype(np.float64)
    scale, shift = np.linalg.lstsq(np.stack([x, np.ones_like(x)], axis=1), y, rcond=None)[0]
    wanted = 1 / np.maximum(scale / estimate.astype(np.float64) + shift, 0.1)
    assert align_disparity(1 / estimate.astype(np.float64), truth, valid, 10.0) == pytest.approx(wanted)


def test_a_negative_scale_is_never_used(truth: NDArray[np.float32]) -> None:
    valid = truth > 0
    inverse = np.where(valid, 1 / np.where(valid, truth, 1), 0.2).astype(np.float64)
    found = align_disparity(3 - 7 * inverse, truth, valid, far_m=10.0)
    assert np.ptp(found) == 0
    assert found[0, 0] == pytest.approx(1 / inverse[valid].mean())


def test_flat_disparity_is_aligned_to_one_depth(truth: NDArray[np.float32]) -> None:
    found = align_disparity(np.ones((H, W)), truth, truth > 0, far_m=10.0)
    assert np.ptp(found) == 0
    assert align_disparity(np.ones((H, W)), truth, truth > 99, far_m=10.0).min() == 10


def test_the_crop_of_eigen_is_rows_45_to_470_and_columns_41_to_600() -> None:
    valid = EvalProtocol(crop=EIGEN_CROP).valid_mask(np.ones((480, 640), np.float32))
    rows, columns = np.nonzero(valid)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (45, 470, 41, 600)
    assert valid.sum() == 426 * 560
    with pytest.raises(Problem, match="a picture of 17x13: the crop is of 640x480"):
        EvalProtocol(crop=EIGEN_CROP).valid_mask(np.ones((H, W), np.float32))
    assert EvalProtocol(crop=(2, 10, 3, 13)).valid_mask(np.ones((H, W), np.float32)).sum() == 8 * 10
    with pytest.raises(Problem, match="a picture of 17x13: the crop is of at least 18x10"):
        EvalProtocol(crop=(2, 10, 3, 18)).valid_mask(np.ones((H, W), np.float32))


def test_truth_beyond_the_cap_and_unknown_truth_do_not_count() -> None:
    truth_m = np.array([[0, 0.0005, 0.5, 9.9, 10, 12, np.nan]], np.float32)
    assert EvalProtocol().valid_mask(truth_m).tolist() == [[False, False, True, True, False, False, False]]


def test_an_estimate_is_brought_to_the_truths_size_and_range() -> None:
    truth_m = np.ones((4, 6), np.float32)
    found = EvalProtocol().to_metres(np.array([[np.nan, 50.0, -1.0]], np.float32)[:, [1, 1, 2]], truth_m, True)
    assert found.shape == (4, 6)
    assert found.max() == 10
    assert found.min() == 1e-3
    assert EvalProtocol().to_metres(np.full((2, 2), np.nan, np.float32), truth_m, True).max() == pytest.approx(1e-3)


def test_relative_depth_is_inverse_and_aligned(truth: NDArray[np.float32]) -> None:
    protocol = EvalProtocol(align=True)
    inverse = np.where(truth > 0, 100 / np.where(truth > 0, truth, 1) + 5, 0).astype(np.float32)
    fitted = protocol.to_metres(inverse, truth, is_metric=False)
    assert depth_metrics(fitted, truth, protocol.valid_mask(truth))["absrel"] < 1e-4


def whole_scores(d: NDArray, t: NDArray) -> dict[str, float]:
    """The figures of many pixels at once, in 64 bits."""
    d, t = d.astype(np.float64), t.astype(np.float64)
    ratio, logs = np.maximum(d / t, t / d), np.log(d) - np.log(t)
    return {
        **{f"delta{k}": float((ratio < 1.25**k).mean()) for k in (1, 2, 3)},
        "absrel": float((np.abs(d - t) / t).mean()),
        "rmse_m": float(np.sqrt(((d - t) ** 2).mean())),
        "log10": float(np.abs(logs).mean() / np.log(10)),
        "silog": float(100 * logs.std()),
        "ordinal": ordinal_agreement(d, t),
    }


@pytest.mark.parametrize("align", [False, True])
def test_figures_of_a_large_picture_are_those_of_all_its_pixels_at_once(align: bool) -> None:
    rng, (height_px, width_px) = np.random.default_rng(5), (701, 803)  # more than two strips
    truth_m = rng.uniform(0.5, 12, (height_px, width_px)).astype(np.float32)
    truth_m[rng.random(truth_m.shape) < 0.2] = 0
    estimate = (np.maximum(truth_m, 1) * rng.uniform(0.6, 1.7, truth_m.shape)).astype(np.float32)
    protocol = EvalProtocol(align=align)
    valid = protocol.valid_mask(truth_m)
    wanted = np.clip(estimate.astype(np.float64), 1e-3, 10)
    if align:
        x, y = 1 / estimate[valid].astype(np.float64), 1 / truth_m[valid].astype(np.float64)
        scale, shift = np.polyfit(x, y, 1)
        wanted = np.clip(1 / np.maximum(scale / estimate.astype(np.float64) + shift, 0.1), 1e-3, 10)
    scaled = protocol.scale_estimate(estimate, truth_m, True)
    found = depth_metrics(scaled.depth_m, truth_m, valid)
    assert found == pytest.approx(whole_scores(wanted[valid], truth_m[valid]), rel=1e-6, abs=1e-7)
