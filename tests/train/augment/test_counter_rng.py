"""Randomness that depends on (seed, epoch, sample, purpose) alone."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.placement.philox import philox4x32
from bgfg.train.augment.counter_rng import CounterRng, DrawPurpose, _mix_, standard_normals

SAMPLES = np.array([5, 0, 399_999, 7, 2**40 + 5], np.int64)


def all_of(rng: CounterRng) -> np.ndarray:
    return np.stack([rng.uniform(purpose, slot) for purpose in DrawPurpose for slot in range(7)], axis=1)


def test_a_samples_numbers_depend_on_nothing_else_in_the_batch() -> None:
    whole = all_of(CounterRng(3, 2, SAMPLES))
    assert (all_of(CounterRng(3, 2, SAMPLES[::-1]))[::-1] == whole).all()
    assert (all_of(CounterRng(3, 2, SAMPLES[2:3])) == whole[2]).all()


def test_seed_epoch_sample_purpose_and_slot_all_count() -> None:
    everything = [all_of(CounterRng(seed, epoch, SAMPLES)) for seed in (0, 1, 2**32) for epoch in (0, 1)]
    numbers = np.concatenate([part.ravel() for part in everything])
    assert len(np.unique(numbers)) == len(numbers)


def test_the_numbers_are_philoxs_under_the_counter_that_is_documented() -> None:
    words = philox4x32(np.array([399_999, 0, 2, 2 * DrawPurpose.CROP + 1]), 3)
    assert CounterRng(3, 2, SAMPLES).uniform(DrawPurpose.CROP, 5)[2] == words[1] / 2**32


def test_no_counter_is_one_of_the_placements() -> None:
    assert min(DrawPurpose) > 0


def test_shares_and_bounds_are_met() -> None:
    rng = CounterRng(1, 0, np.arange(20_000))
    assert rng.bernoulli(DrawPurpose.FLIP, 0.3).mean() == pytest.approx(0.3, abs=0.012)
    assert not rng.bernoulli(DrawPurpose.FLIP, 0.0).any()
    assert rng.bernoulli(DrawPurpose.FLIP, 1.0).all()
    values = rng.between(DrawPurpose.CROP, 1, -2, 3)
    assert (-2 <= values.min() < -1.99, 2.99 < values.max() < 3) == (True, True)
    assert np.abs(np.histogram(values, 20)[0] - 1_000).max() < 150


# MurmurHash3_x86_32 of nothing under seed s is its finaliser of s.
@pytest.mark.parametrize(("word", "expected"), [(0, 0), (1, 0x514E28B7), (0xFFFFFFFF, 0x81F16F39)])
def test_the_hash_gives_the_known_answers(word: int, expected: int) -> None:
    mixed = _mix_(torch.tensor([word], dtype=torch.int64).to(torch.int32))
    assert int(mixed) & 0xFFFFFFFF == expected


def test_the_hash_agrees_with_whole_numbers_of_any_length() -> None:
    words = np.random.default_rng(0).integers(0, 2**32, 1_000)
    mixed = _mix_(torch.from_numpy(words.astype(np.uint32).view(np.int32).copy())).numpy().view(np.uint32)
    for word, found in zip(words.tolist(), mixed.tolist(), strict=True):
        for shift, multiplier in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
            word = (word ^ word >> shift) * multiplier % 2**32
        assert word == found


def keys_of(count: int) -> torch.Tensor:
    return torch.from_numpy(CounterRng(0, 0, np.arange(count)).noise_keys(DrawPurpose.NOISE))


def test_normals_are_normal() -> None:
    values = standard_normals(keys_of(50), 20_001).double().flatten()
    assert values.mean().item() == pytest.approx(0, abs=0.004)
    assert values.std().item() == pytest.approx(1, abs=0.003)
    assert (values**4).mean().item() == pytest.approx(3, abs=0.03)
    edges = torch.tensor([NormalDist().inv_cdf(i / 100) for i in range(1, 100)], dtype=torch.float64)
    counts = torch.bincount(torch.bucketize(values, edges), minlength=100).double()
    chi2 = ((counts - len(values) / 100) ** 2 / (len(values) / 100)).sum().item()
    assert 99 - 4 * np.sqrt(2 * 99) < chi2 < 99 + 4 * np.sqrt(2 * 99)


def test_normals_know_nothing_of_their_neighbours_or_of_other_rows() -> None:
    side = 192
    for keys in (keys_of(24), torch.arange(24, dtype=torch.int32)):  # keys that differ in a bit are no worse
        rows = standard_normals(keys, side * side)
        least = 5 / np.sqrt(rows.numel())
        for lag in (1, 2, side - 1, side, side + 1, side * side // 2):
            assert abs((rows[:, lag:] * rows[:, :-lag]).mean().item()) < least * np.sqrt(
                side * side / (side * side - lag)
            )
        correlations = rows @ rows.T / (side * side)
        assert (correlations - torch.eye(24)).abs().max().item() < 0.025
        # nor is one row another's in disguise: mirrored, or moved
        spectrum = torch.fft.rfft(rows)
        for other in range(1, 8):
            moved = torch.fft.irfft(spectrum[0] * spectrum[other].conj(), n=side * side) / (side * side)
            mirrored = torch.fft.irfft(spectrum[0] * spectrum[other], n=side * side) / (side * side)
            assert max(moved.abs().max().item(), mirrored.abs().max().item()) < 0.035


def test_a_row_of_normals_depends_on_its_key_alone() -> None:
    keys = keys_of(9)
    rows = standard_normals(keys, 221)
    assert torch.equal(standard_normals(keys[4:5], 221)[0], rows[4])
    assert torch.equal(standard_normals(keys.flip(0), 221).flip(0), rows)
    assert standard_normals(keys[:0], 221).shape == (0, 221)


def test_nothing_is_taken_from_torchs_own_generator() -> None:
    state = torch.random.get_rng_state()
    standard_normals(keys_of(3), 100)
    assert torch.equal(torch.random.get_rng_state(), state)
