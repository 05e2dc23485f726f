"""Depth as a target."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch
from torch import Tensor

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.depth_code import LogDepth
from bgfg.train.targets.depth import DepthTarget
from bgfg.train.targets.regions import regions
from tests.support import references_targets as slow

CODE = LogDepth(0.1, 10.0)
TARGET = DepthTarget.from_depth_code(CODE)
N, H, W = 3, 13, 17


def codes() -> Tensor:
    """Return depth codes (N, 1, H, W) uint8: slopes with noise, some unknown."""
    draw = np.random.default_rng(0)
    y, x = np.mgrid[:H, :W]
    found = 130 + 5 * y + 2 * x + draw.integers(0, 9, (N, 1, H, W))
    found[draw.random(found.shape) < 0.1] = 0
    return torch.from_numpy(found.astype(np.uint8))


def guess() -> Tensor:
    """Return raw outputs (N, 1, H, W) that are near the truth."""
    inverse, _ = TARGET.encode(codes(), (H, W))
    return inverse + 0.1 * torch.randn(inverse.shape, generator=torch.Generator().manual_seed(0))


def test_codes_become_inverse_depth_over_that_of_the_middle_of_the_range() -> None:
    inverse, known = TARGET.encode(codes(), (H, W))
    metres = CODE.decode(codes().numpy())
    np.testing.assert_array_equal(known.numpy(), metres > 0)
    np.testing.assert_allclose(inverse.numpy()[metres > 0], 1 / metres[metres > 0], rtol=1e-5)
    assert (inverse[~known] == 0).all()


def test_encoding_takes_the_nearest_code_and_never_a_mean_of_two() -> None:
    inverse, known = TARGET.encode(codes(), (5, 7))
    taken = codes().numpy()[:, :, [int((i + 0.5) * H / 5) for i in range(5)]]
    taken = taken[..., [int((j + 0.5) * W / 7) for j in range(7)]]
    np.testing.assert_array_equal(known.numpy(), taken > 0)
    metres = torch.where(known, TARGET.decode(inverse), 0.0).numpy()
    np.testing.assert_allclose(metres, CODE.decode(taken), rtol=1e-5)


def test_codes_of_16_bits_are_looked_up_too() -> None:
    values_m = np.arange(65_536) * 0.001
    target = DepthTarget(values_m, 0.1, 20.0)
    millimetres = torch.tensor([0, 1, 2_500, 19_999, 60_000], dtype=torch.int32).to(torch.uint16).view(1, 1, 1, 5)
    inverse, known = target.encode(millimetres, (1, 5))
    assert known.flatten().tolist() == [False, True, True, True, True]
    assert target.decode(inverse).flatten().tolist()[1:] == pytest.approx([0.1, 2.5, 19.999, 20.0])


def test_the_loss_agrees_with_a_slow_version_of_densedepths() -> None:
    inverse, known = TARGET.encode(codes(), (H, W))
    losses = TARGET.loss(guess(), (inverse, known))
    for i in range(N):
        found, true = guess()[i, 0].double().numpy(), inverse[i, 0].double().numpy()
        expected = slow.depth_loss(found, true, known[i, 0].numpy())
        assert losses[i].item() == pytest.approx(expected, rel=1e-4)


def test_the_loss_of_the_truth_is_nothing_and_so_is_that_of_nothing_known() -> None:
    inverse, known = TARGET.encode(codes(), (H, W))
    assert TARGET.loss(inverse, (inverse, known)).tolist() == pytest.approx([0.0] * N, abs=1e-6)
    assert TARGET.loss(guess(), (inverse, torch.zeros_like(known))).tolist() == [0.0] * N


def test_unknown_depth_counts_neither_in_the_loss_nor_in_its_gradient_nor_in_scores() -> None:
    inverse, known = TARGET.encode(codes(), (H, W))
    raw = guess().requires_grad_()
    other = torch.where(known, guess(), 7.0)
    loss = TARGET.loss(raw, (inverse, known))
    torch.testing.assert_close(TARGET.loss(other, (inverse, known)), loss)
    (slope,) = torch.autograd.grad(loss.sum(), raw)
    assert (slope[~known] == 0).all()
    assert slope[known].abs().min() > 0
    truth_m = TARGET.decode(inverse)
    parts = regions(codes() > 180)
    scores = TARGET.scores(TARGET.decode(guess()), truth_m, known, parts)
    others = TARGET.scores(TARGET.decode(other), torch.where(known, truth_m, 3.0), known, parts)
    assert all(torch.equal(score, others[name]) for name, score in scores.items())


def test_scores_agree_with_slow_versions_everywhere_and_on_regions() -> None:
    inverse, known = TARGET.encode(codes(), (H, W))
    found_m, true_m = TARGET.decode(guess()), TARGET.decode(inverse)
    parts = regions(codes() > 180)
    scores = TARGET.scores(found_m, true_m, known, parts)
    wholes = {"": torch.ones_like(known)} | {f"_{name}": where for name, where in parts.items()}
    for i in range(N):
        a, b = (map_[i, 0].double().numpy() for map_ in (found_m, true_m))
        similarity = slow.ssim_map(a / 10, b / 10, known[i, 0].numpy())
        for suffix, whole in wholes.items():
            where = (known & whole)[i, 0].numpy()
            expected = slow.depth_scores(a, b, where, 10.0) | {"ssim": slow.mean(similarity, where[5:-5, 5:-5])}
            got = {name: scores[name + suffix][i].item() for name in expected}
            assert got == pytest.approx(expected, rel=2e-4, abs=1e-5, nan_ok=True)


def test_absolute_relative_error_divides_by_the_truth() -> None:
    two, one = torch.full((1, 1, H, W), 2.0), torch.ones(1, 1, H, W)
    known = torch.ones(1, 1, H, W, dtype=torch.bool)
    assert TARGET.scores(two, one, known, {})["absrel"].item() == 1.0
    assert TARGET.scores(one, two, known, {})["absrel"].item() == 0.5


def test_scores_of_a_frame_with_nothing_known_are_nan() -> None:
    metres = torch.ones(1, 1, H, W)
    scores = TARGET.scores(metres, metres, torch.zeros(1, 1, H, W, dtype=torch.bool), {})
    assert set(scores) == {"delta1", "absrel", "rmse_m", "rmse", "ssim"}
    assert all(score.isnan().all() for score in scores.values())


def test_decoding_stays_within_the_range_whatever_a_network_says() -> None:
    assert TARGET.decode(torch.tensor([-3.0, 0.0, 0.05, 0.5, 10.0, 99.0])).tolist() == pytest.approx(
        [10.0, 10.0, 10.0, 2.0, 0.1, 0.1]
    )


def test_losses_and_metres_are_float32_under_bfloat16_autocast_and_in_channels_last() -> None:
    target = TARGET.encode(codes(), (H, W))
    raw = guess().bfloat16().to(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        losses, metres = TARGET.loss(raw, target), TARGET.decode(raw)
    assert losses.dtype == metres.dtype == torch.float32
    torch.testing.assert_close(losses, TARGET.loss(raw.float(), target))


def test_maps_too_small_for_the_window_of_ssim_are_refused() -> None:
    target = TARGET.encode(codes(), (10, 17))
    with pytest.raises(Problem, match="a depth map of 10 by 17 px: needs at least 11 px a side"):
        TARGET.loss(torch.zeros(N, 1, 10, 17), target)
