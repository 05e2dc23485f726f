"""The pool: a batch that is held is never written over, and what is let go makes room."""

from __future__ import annotations

import numpy as np
import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.stream.buffer_pool import BufferPool

ITEMS: dict[str, tuple[tuple[int, ...], np.dtype]] = {
    "image": ((3, 2, 3), np.dtype(np.uint8)),
    "depth": ((3, 2), np.dtype(np.uint16)),
}


def test_rows_are_of_the_size_that_is_said() -> None:
    pool = BufferPool(ITEMS, batch_size=4, rows=5)
    assert pool.size_bytes == 5 * 4 * (3 * 2 * 3 + 3 * 2 * 2)
    assert pool.slots(np.array([0, 7, 19])).tolist() == [0, 7, 19]


def test_a_batch_is_held_by_any_view_of_it() -> None:
    pool = BufferPool(ITEMS, batch_size=4, rows=5)
    batch = pool.lend(4)
    row = batch["depth"][2, 1:]
    del batch
    assert pool.assigned == 5
    del row
    assert pool.assigned == 6


def test_a_row_that_is_let_go_is_the_next_one_used() -> None:
    pool = BufferPool(ITEMS, batch_size=4, rows=5)
    first, second = pool.lend(4), pool.lend(3)
    assert second["image"].shape == (3, 3, 2, 3)
    del second
    assert pool.assigned == 6
    assert pool.slots(np.arange(8, 24)).tolist() == [*range(8, 20), *range(4, 8)]
    del first
    assert pool.slots(np.array([24])).tolist() == [0]


def test_what_is_lent_is_the_memory_of_its_slots() -> None:
    pool = BufferPool(ITEMS, batch_size=4, rows=3)
    for number in range(7):
        pool.arrays["image"][pool.slots(number * 4 + np.arange(4))] = number
        assert (pool.lend(4)["image"] == number).all()


def test_holding_too_many_batches_is_refused_with_what_to_do() -> None:
    pool = BufferPool(ITEMS, batch_size=4, rows=5)
    held = [pool.lend(4) for _ in range(3)]
    pool.require_room(ahead=2)
    with pytest.raises(Problem, match=r"3 batches .* still held.*copy.*spare=4"):
        pool.require_room(ahead=3)
    del held[0]
    pool.require_room(ahead=3)


def test_what_only_a_cycle_holds_is_let_go() -> None:
    pool = BufferPool(ITEMS, batch_size=4, rows=2)
    cycle: list[object] = [pool.lend(4)]
    cycle.append(cycle)
    del cycle
    pool.require_room(ahead=2)
