"""The loss of depth that is known but for a scale and a shift of its inverse."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch
from numpy.typing import NDArray
from torch import Tensor

from bgfg.synth.store.depth_code import LinearDepth, RelativeDepth
from bgfg.train.targets.depth import DepthTarget
from bgfg.train.targets.free_depth import free_depth_loss

N, H, W = 3, 17, 23
EVERYWHERE = torch.ones(N, 1, H, W, dtype=torch.bool)


def noise(seed: int) -> Tensor:
    return torch.rand(N, 1, H, W, generator=torch.Generator().manual_seed(seed)) + 0.1


def some_known() -> Tensor:
    return noise(9) > 0.4


def slow_loss(raw: NDArray, true: NDArray, known: NDArray) -> float:
    """Pixel by pixel, as the paper has it."""
    maps = []
    for values in (raw, true):
        own = sorted(values[known])
        centred = values - own[(len(own) - 1) // 2]
        maps.append(centred / (np.mean([abs(v) for v in centred[known]]) + 0.01))
    error = maps[0] - maps[1]
    ascending = sorted(abs(e) for e in error[known])
    total = sum(ascending[: int(0.8 * len(ascending))]) / len(ascending) / 2
    for step in (1, 2, 4, 8):
        part, there = error[::step, ::step], known[::step, ::step]
        for axis in (0, 1):
            steps = [
                abs(part[y, x] - part[y - (axis == 0), x - (axis == 1)])
                for y in range(axis == 0, part.shape[0])
                for x in range(axis == 1, part.shape[1])
                if there[y, x] and there[y - (axis == 0), x - (axis == 1)]
            ]
            total += 0.5 * (np.mean(steps) if steps else 0.0)
    return float(total)


def test_it_agrees_with_a_slow_version() -> None:
    raw, true, known = noise(0), noise(1), some_known()
    losses = free_depth_loss(raw, true, known)
    for i in range(N):
        each = (raw[i, 0].double().numpy(), true[i, 0].double().numpy(), known[i, 0].numpy())
        assert losses[i].item() == pytest.approx(slow_loss(*each), rel=1e-4)


def test_scale_and_shift_of_the_truth_do_not_count() -> None:
    raw, true, known = noise(0), noise(1), some_known()
    scaled = free_depth_loss(raw, 70 * true - 12, known)
    torch.testing.assert_close(scaled, free_depth_loss(raw, 7 * true + 3, known), rtol=5e-3, atol=0)
    assert (free_depth_loss(70 * true - 12, 70 * true, known) < 1e-3).all()
    assert (free_depth_loss(-true, true, known) > 1).all()  # but near is never far


def test_what_is_unknown_counts_neither_in_the_loss_nor_in_its_gradient() -> None:
    raw, true, known = noise(0).requires_grad_(), noise(1), some_known()
    loss = free_depth_loss(raw, true, known)
    other = torch.where(known, true, 1e6)
    assert torch.equal(free_depth_loss(raw, other, known), loss)
    (gradient,) = torch.autograd.grad(loss.sum(), raw)
    assert gradient.isfinite().all()
    assert (gradient[~known] == 0).all()
    assert (gradient[known] != 0).any()


def test_flat_maps_and_nothing_known_give_finite_losses_and_gradients() -> None:
    raw = torch.ones(N, 1, H, W, requires_grad=True)
    for true, known in ((torch.ones(N, 1, H, W), EVERYWHERE), (noise(1), torch.zeros_like(EVERYWHERE))):
        loss = free_depth_loss(raw, true, known)
        assert loss.tolist() == [0.0] * N
        (gradient,) = torch.autograd.grad(loss.sum(), raw)
        assert gradient.isfinite().all()


def test_a_code_without_a_unit_gives_evenly_spaced_inverse_depth() -> None:
    for bits in (8, 16):
        code = RelativeDepth(-3.0, 40.0, bits)
        near_to_far = np.linspace(40.0, -3.0, 12)
        codes = torch.from_numpy(code.encode(near_to_far).astype(np.int32)).view(1, 1, 1, 12)
        target = DepthTarget.up_to_scale_and_shift(code)
        inverse, known = target.encode(codes if bits == 16 else codes.to(torch.uint8), (1, 12))
        steps = inverse.flatten().diff()
        assert known.all()
        np.testing.assert_allclose(steps, steps.mean(), atol=0.02)
        assert (steps < 0).all()


def test_a_code_in_metres_is_learnt_as_it_is() -> None:
    codes = torch.tensor([0, 500, 4_000], dtype=torch.int32).view(1, 1, 1, 3)
    for found, own in zip(
        DepthTarget.up_to_scale_and_shift(LinearDepth()).encode(codes, (1, 3)),
        DepthTarget.from_depth_code(LinearDepth()).encode(codes, (1, 3)),
        strict=True,
    ):
        assert torch.equal(found, own)


def test_free_samples_of_a_batch_have_their_own_loss_and_the_others_theirs() -> None:
    target = DepthTarget.from_depth_code(LinearDepth())
    raw, true, known = noise(0), noise(1), some_known()
    free = torch.tensor([False, True, False])
    mixed = target.loss(raw, (true, known, free))
    expected = torch.where(free, free_depth_loss(raw, true, known), target.loss(raw, (true, known)))
    torch.testing.assert_close(mixed, expected)
