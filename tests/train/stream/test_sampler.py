"""The order of an epoch: the same samples for any number of ranks and any restart, all of them once, well mixed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bgfg.train.stream.sampler import (
    LANES,
    WINDOW_BLOCKS,
    BatchSampler,
    DecodeSchedule,
    mean_distinct,
    shuffle_into_lanes,
    usual_span,
)

K = 5


def all_of(blocks: int, placements: int = K, left_out: tuple[int, ...] = (K - 1,)) -> NDArray[np.int64]:
    """The samples of some blocks, numbered with gaps, each without some placements: so as a split has them."""
    grid = np.arange(blocks)[:, None] * 3 * placements + np.setdiff1d(np.arange(placements), left_out)
    return grid.ravel()


def order(samples: NDArray[np.int64], **given: Any) -> BatchSampler:
    return BatchSampler(samples, **{"placements": K, "seed": 1, "window": 4, "batch": 16, **given})


def global_batches(samples: NDArray[np.int64], world_size: int, size: int, consumed: int = 0) -> list[set[int]]:
    """The samples of each global batch, gathered from all ranks."""
    parts = [
        order(samples, batch=size // world_size, rank=rank, world_size=world_size).batches(3, consumed)
        for rank in range(world_size)
    ]
    found = [np.concatenate(step).tolist() for step in zip(*parts, strict=True)]
    assert all(len(set(batch)) == len(batch) == size for batch in found)
    return [set(batch) for batch in found]


@given(blocks=st.integers(8, 60), share=st.integers(1, 4), window=st.integers(1, 70), seed=st.integers(0, 2**64 - 1))
def test_an_epoch_has_each_sample_once_or_not_at_all(blocks: int, share: int, window: int, seed: int) -> None:
    samples = all_of(blocks)
    delivered = np.concatenate(order(samples, seed=seed, window=window, batch=share * LANES).batches(0))
    assert len(np.unique(delivered)) == len(delivered)
    assert np.isin(delivered, samples).all()
    assert len(samples) - len(delivered) < share * LANES + (LANES - 1) * (K - 1)


@pytest.mark.parametrize("world_size", [2, 3, 4, 6, 8, 16])
def test_a_global_batch_has_the_same_samples_for_any_number_of_ranks(world_size: int) -> None:
    samples = all_of(83)
    assert global_batches(samples, world_size, 48) == global_batches(samples, 1, 48)


@pytest.mark.parametrize("world_size", [1, 2, 8])
@pytest.mark.parametrize("done", [0, 1, 5])
def test_an_epoch_gone_on_with_has_the_batches_that_were_left(world_size: int, done: int) -> None:
    samples = all_of(83)
    assert global_batches(samples, world_size, 32, consumed=done * 32) == global_batches(samples, 1, 32)[done:]


def test_going_on_with_another_batch_repeats_and_loses_nothing() -> None:
    samples = all_of(80)
    before = order(samples, batch=16).batches(0)[:3]
    after = order(samples, batch=40).batches(0, consumed=48)
    delivered = np.concatenate([*before, *after])
    assert len(np.unique(delivered)) == len(delivered) == 48 + 40 * ((len(samples) - 48) // 40)


def test_ranks_share_no_block() -> None:
    samples = all_of(80)
    blocks = [
        set((np.concatenate(order(samples, batch=2, rank=r, world_size=8).batches(0)) // K).tolist()) for r in range(8)
    ]
    assert sum(map(len, blocks)) == len(set.union(*blocks)) == 80


def test_the_order_is_that_of_seed_and_epoch_alone() -> None:
    samples = all_of(40)
    first = shuffle_into_lanes(samples, K, 7, 2, 4)
    assert np.array_equal(first, shuffle_into_lanes(samples, K, 7, 2, 4))
    for seed, epoch in ((8, 2), (7, 3), (2, 7)):
        assert not np.array_equal(first, shuffle_into_lanes(samples, K, seed, epoch, 4))
    # A known answer: were it to change, runs could not be gone on with.
    assert first[:2, :6].tolist() == [[392, 181, 390, 180, 300, 393], [212, 93, 92, 213, 375, 91]]


def test_a_batch_has_more_blocks_than_if_as_many_were_shuffled_at_a_time() -> None:
    samples = all_of(1_280, 20, (19,))
    blocks = [np.stack(BatchSampler(samples, 20, 0, window, 64).batches(0)) // 20 for window in (WINDOW_BLOCKS, 16)]
    rng = np.random.default_rng(0)
    pools = rng.permutation(samples.reshape(-1, 19)).reshape(-1, LANES * WINDOW_BLOCKS * 19)
    pooled = np.concatenate([rng.permutation(pool) for pool in pools])[: blocks[0].size].reshape(-1, 64) // 20
    whole = rng.permutation(samples)[: blocks[0].size].reshape(-1, 64) // 20
    assert mean_distinct(pooled) < 42 < 53 < mean_distinct(blocks[0])
    assert 60 < mean_distinct(blocks[1]) < 62 < mean_distinct(whole)
    assert sharing(blocks[1]) < 7 < 18 < sharing(blocks[0]) < 21 < 38 < sharing(pooled)


def sharing(blocks: NDArray[np.int64]) -> float:
    """How many samples of a batch share their block with another one of it: (n, batch) blocks."""
    return float(np.mean([(np.bincount(batch)[batch] > 1).sum() for batch in blocks]))


@given(
    blocks=st.integers(64, 500), share=st.integers(1, 64), world_size=st.sampled_from([1, 2, 3, 8]),
    left_out=st.sampled_from([(), (7,)]), seed=st.integers(0, 2**32),
)  # fmt: skip
@settings(max_examples=30)
def test_blocks_of_20_placements_reach_over_no_more_than_is_usual(
    blocks: int, share: int, world_size: int, left_out: tuple[int, ...], seed: int
) -> None:
    samples, size = all_of(blocks, 20, left_out), share * LANES
    ranks = {0, world_size - 1}
    usual = usual_span(size * world_size)
    for rank in ranks:
        sampler = BatchSampler(samples, 20, seed, WINDOW_BLOCKS, size, rank, world_size)
        assert sampler.schedule(0).span <= usual
    assert usual * size * world_size < 1_344 + 2 * size * world_size


def test_a_lane_mixes_a_window_of_blocks_from_start_to_end() -> None:
    lane = shuffle_into_lanes(all_of(800, 20, ()), 20, 0, 0, 16)[0] // 20
    spans = [np.ptp(np.flatnonzero(lane == block)) for block in np.unique(lane)]
    assert min(spans) > 8 * 20 * 0.8  # folded back at either end
    assert max(spans) < 16 * 20 * 1.1
    assert all(len(np.unique(lane[start : start + 200])) >= 12 for start in range(0, len(lane) - 200, 200))


def test_blocks_of_unequal_size_and_few_blocks_are_dealt_too() -> None:
    samples = np.flatnonzero(np.random.default_rng(0).random(1_000) < 0.3).astype(np.int64)
    lanes = shuffle_into_lanes(samples, K, 0, 0, 16)
    assert len(np.unique(lanes)) == lanes.size > 0.7 * len(samples)
    assert shuffle_into_lanes(all_of(5), K, 0, 0, 16).shape == (LANES, 0)
    assert order(all_of(5)).batch_count(0) == 0
    assert order(all_of(5)).batches(0) == ()


@pytest.mark.parametrize("world_size", [1, 2, 3])
def test_the_order_of_the_store_has_every_sample_once_with_a_short_end(world_size: int) -> None:
    samples = all_of(9)  # 36 of them
    orders = [order(samples, window=None, batch=7, rank=rank, world_size=world_size) for rank in range(world_size)]
    parts = [o.batches(0) for o in orders]
    steps = [np.concatenate([p[t] for p in parts if t < len(p)]) for t in range(len(parts[0]))]
    assert np.array_equal(np.concatenate(steps), samples)
    assert [o.batch_count(0) for o in orders] == [len(p) for p in parts]
    assert all(len(batch) == 7 for part in parts for batch in part[:-1])


@given(blocks=st.integers(8, 40), share=st.integers(1, 3), rank=st.integers(0, 3), done=st.integers(0, 2))
def test_a_schedule_delivers_every_sample_at_its_position(blocks: int, share: int, rank: int, done: int) -> None:
    o = order(all_of(blocks), batch=share * 2, rank=rank, world_size=4)
    consumed = min(done, o.batch_count(0)) * share * 8
    delivered = [s for batch in o.batches(0, consumed) for s in batch.tolist()]
    schedule = o.schedule(0, consumed)
    found: dict[int, int] = {}
    for j, block in enumerate(schedule.blocks.tolist()):
        mine = slice(schedule.bounds[j], schedule.bounds[j + 1])
        positions = schedule.positions[mine].tolist()
        steps = [p // schedule.batch_size for p in positions]
        assert positions == sorted(positions)
        assert (steps[0], steps[-1]) == (schedule.first_batch[j], schedule.last_batch[j])
        assert steps[-1] - steps[0] < schedule.span
        for position, placement in zip(positions, schedule.placements[mine].tolist(), strict=True):
            found[position] = block * K + placement
    assert [found[p] for p in range(len(delivered))] == delivered
    assert len(np.unique(schedule.blocks)) == len(schedule.blocks)
    assert (np.diff(schedule.first_batch) >= 0).all()


def test_a_schedule_of_nothing_is_empty() -> None:
    assert DecodeSchedule.of(np.empty(0, np.int64), 8, K).span == 1


def test_distinct_counts_the_different_values_of_a_row() -> None:
    assert mean_distinct(np.array([[1, 1, 1, 1], [4, 3, 4, 1]])) == 2.0
