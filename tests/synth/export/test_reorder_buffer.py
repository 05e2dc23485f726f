"""A buffer hands parts out in their order, each as soon as it is there, and never waits for what won't come."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from bgfg.synth.export.part import ExportPart, split_into_parts
from bgfg.synth.export.reorder_buffer import BufferClosed, ReorderBuffer

PARTS = split_into_parts({"all": np.arange(8)}, 2)


def test_parts_come_in_their_order_whatever_the_order_they_get_ready_in() -> None:
    buffer = ReorderBuffer(PARTS, {"1", "assets"})
    taken: list[ExportPart] = []
    taker = threading.Thread(target=lambda: taken.extend(buffer))
    taker.start()
    for number in (3, 0, 2):
        buffer.put(PARTS[number])
    taker.join(timeout=10)
    assert taken == PARTS


def test_a_part_is_handed_out_before_the_later_ones_are_there() -> None:
    buffer = ReorderBuffer(PARTS, {"0"})
    assert next(iter(buffer)) == PARTS[0]


def test_who_waits_for_what_will_not_come_is_told() -> None:
    buffer = ReorderBuffer(PARTS, {"0", "2"})
    buffer.close()
    parts = iter(buffer)
    assert next(parts) == PARTS[0]
    with pytest.raises(BufferClosed, match="part 1"):
        next(parts)
