"""Augmentation of pairs: the same for a sample in whatever batch it comes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.augment.config import PAIR_CONFIG, AugmentConfig
from bgfg.train.augment.geometry import resize
from bgfg.train.augment.pairs import AugmentedPair, PairAugmentation
from bgfg.train.augment.stress import stress
from tests.support.pair_batch import N, make_pair_batch

SIZE = (31, 45)
EVERYTHING = replace(
    PAIR_CONFIG, empty_share=0.2, wrong_share=0.2, shadow_share=0.6, jpeg_share=0.5, composite_jpeg_share=0.5
)


def augmented(given: dict[str, Any], config: AugmentConfig, epoch: int = 0, seed: int = 0) -> AugmentedPair:
    given = dict(given)
    augment = PairAugmentation(SIZE, config, seed, given.pop("others"))
    return augment(**given, epoch=epoch)


def part_of(given: dict[str, Any], index: torch.Tensor) -> dict[str, Any]:
    return {name: values if name == "others" else values[index] for name, values in given.items()}


def depth_of(pair: AugmentedPair) -> torch.Tensor:
    assert pair.depth is not None
    return pair.depth


def assert_same(pair: AugmentedPair, other: AugmentedPair, index: torch.Tensor | slice = slice(None)) -> None:
    """Hold all that belongs to `pair` to the samples `index` of the other, bit for bit."""
    assert torch.equal(depth_of(pair), depth_of(other)[index])
    for name in ("bg", "bg_fg", "mask", "known"):
        assert torch.equal(getattr(pair, name), getattr(other, name)[index]), name


def test_a_sample_becomes_the_same_in_every_batch_bit_for_bit() -> None:
    given = make_pair_batch()
    whole = augmented(given, EVERYTHING)
    for index in (torch.arange(N).flip(0), torch.tensor([17]), torch.tensor([3, 11, 12, 20, 4]), torch.arange(1, N)):
        assert_same(augmented(part_of(given, index), EVERYTHING), whole, index)


def test_threads_make_no_difference() -> None:
    given, threads = make_pair_batch(), torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = augmented(given, EVERYTHING)
        torch.set_num_threads(3)
        assert_same(augmented(given, EVERYTHING), one)
    finally:
        torch.set_num_threads(threads)


def test_a_trainers_mixed_precision_makes_no_difference() -> None:
    given = make_pair_batch()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = augmented(given, EVERYTHING)
    assert_same(mixed, augmented(given, EVERYTHING))


def test_every_epoch_and_seed_differs_and_torchs_own_generator_is_left_alone() -> None:
    given, state = make_pair_batch(), torch.random.get_rng_state()
    first = augmented(given, EVERYTHING)
    assert_same(augmented(given, EVERYTHING), first)
    for other in (augmented(given, EVERYTHING, epoch=1), augmented(given, EVERYTHING, seed=1)):
        assert ((other.bg != first.bg).flatten(1).any(1) | (other.bg_fg != first.bg_fg).flatten(1).any(1)).all()
    assert torch.equal(torch.random.get_rng_state(), state)


def test_what_is_given_is_left_as_it_was() -> None:
    given = make_pair_batch()
    augmented(given, EVERYTHING)
    assert all(torch.equal(values, given[name]) for name, values in make_pair_batch().items())


def test_shapes_ranges_and_types_are_as_said() -> None:
    pair = augmented(make_pair_batch(), EVERYTHING)
    assert pair.depth is not None
    assert (pair.bg.shape, pair.bg.dtype) == (pair.bg_fg.shape, pair.bg_fg.dtype) == ((N, 3, *SIZE), torch.float32)
    assert (pair.mask.shape, pair.mask.dtype, pair.mask.max().item()) == ((N, 1, *SIZE), torch.uint8, 255)
    assert (pair.depth.shape, pair.depth.dtype) == ((N, 1, 30, 44), torch.uint8)
    assert (pair.known.shape, pair.known.dtype) == ((N,), torch.bool)
    for shot in (pair.bg, pair.bg_fg):
        assert shot.min() >= 0
        assert shot.max() <= 1
        assert 0.2 < shot.mean() < 0.8
        torch.testing.assert_close(shot * 255, (shot * 255).round(), atol=1e-3, rtol=0)


def test_switched_off_it_is_the_plain_resize() -> None:
    given = make_pair_batch()
    pair = augmented(given, AugmentConfig())
    assert torch.equal(pair.bg, resize(given["bg"], SIZE) / 255)
    assert torch.equal(pair.bg_fg, resize(given["bg_fg"], SIZE) / 255)
    assert torch.equal(pair.mask, resize(given["mask"], SIZE))
    assert torch.equal(depth_of(pair), given["depth"])
    assert pair.known.all()


def test_geometry_is_joint() -> None:
    """Bare background, composite, mask and depth all show the same blob: it must stay in one place."""
    given = make_pair_batch()
    blob = given["mask"]
    given |= {
        "bg": blob.expand(-1, 3, -1, -1),
        "bg_fg": blob.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last),
    }
    given["depth"] = blob.clone()
    plain = augmented(given, AugmentConfig())
    pair = augmented(given, AugmentConfig(flip_share=0.5, crop_share=0.8, crop_side=(0.5, 1.0)))
    assert pair.depth is not None
    assert torch.equal(pair.bg, pair.bg_fg)
    assert torch.equal(pair.mask.expand(-1, 3, -1, -1), (pair.bg * 255).round().to(torch.uint8))
    assert (resize(pair.depth, SIZE).float() - pair.mask.float()).abs().mean() < 4
    assert ((pair.mask != plain.mask).flatten(1).any(1)).float().mean() > 0.8


def test_the_second_shot_moves_and_the_composite_with_its_mask_does_not() -> None:
    given = make_pair_batch()
    pair = augmented(given, AugmentConfig(shift_share=1.0, rotate_share=1.0))
    assert torch.equal(pair.bg_fg, resize(given["bg_fg"], SIZE) / 255)
    assert torch.equal(pair.mask, resize(given["mask"], SIZE))
    assert (pair.bg != resize(given["bg"], SIZE) / 255).flatten(1).any(1).all()


def test_where_nobody_is_there_the_mask_is_empty_and_depth_is_not_to_be_learnt() -> None:
    given = make_pair_batch()
    pair = augmented(given, AugmentConfig(empty_share=0.4, noise_share=1.0))
    assert pair.depth is not None
    empty = ~pair.known
    assert 0 < empty.sum() < N
    assert pair.mask[empty].max() == 0
    assert pair.depth[empty].max() == 0
    assert torch.equal(pair.bg_fg[empty], (resize(given["bg"], SIZE) / 255)[empty])
    assert (pair.bg != pair.bg_fg).flatten(1).any(1).all()
    assert torch.equal(pair.bg_fg[~empty], (resize(given["bg_fg"], SIZE) / 255)[~empty])
    assert torch.equal(pair.depth[~empty], given["depth"][~empty])


@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16])
def test_depth_keeps_its_type(dtype: torch.dtype) -> None:
    given = make_pair_batch()
    given["depth"] = given["depth"].to(torch.int32).mul_(200 if dtype is torch.uint16 else 1).to(dtype)
    pair = augmented(given, replace(EVERYTHING, flip_share=0.0, crop_share=0.0))
    assert depth_of(pair).dtype == dtype
    assert torch.equal(depth_of(pair)[pair.known].int(), given["depth"][pair.known.nonzero()[:, 0].tolist()].int())
    assert depth_of(pair)[~pair.known].int().max() == 0


def test_a_wrong_background_is_another_one_and_the_composite_keeps_its_own() -> None:
    given = make_pair_batch()
    rooms, own = resize(given["others"], SIZE) / 255, given["own"]
    pair = augmented(given, AugmentConfig(wrong_share=1.0))
    shown = [next(b for b in range(5) if torch.equal(room, rooms[b])) for room in pair.bg]
    assert all(b != mine for b, mine in zip(shown, own.tolist(), strict=True))
    assert set(shown) == set(range(5))
    assert torch.equal(pair.bg_fg, resize(given["bg_fg"], SIZE) / 255)
    assert pair.known.all()


def test_wrong_backgrounds_must_be_given() -> None:
    with pytest.raises(Problem, match=r"wrong_share 0\.02: give two or more"):
        PairAugmentation(96, PAIR_CONFIG)
    with pytest.raises(Problem, match="wrong_share"):
        stress("wrong background", *(make_pair_batch()[name] for name in ("bg", "bg_fg", "mask", "samples")))
