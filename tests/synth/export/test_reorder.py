"""A belt hands parts out in their order, each as soon as it is there, and never waits for what won't come."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from bgfg.synth.export.part import Part, cut
from bgfg.synth.export.reorder import Belt, Broken

PARTS = cut({"all": np.arange(8)}, 2)


def test_parts_come_in_their_order_whatever_the_order_they_get_ready_in() -> None:
    belt = Belt(PARTS, {"1", "assets"})
    taken: list[Part] = []
    taker = threading.Thread(target=lambda: taken.extend(belt))
    taker.start()
    for number in (3, 0, 2):
        belt.put(PARTS[number])
    taker.join(timeout=10)
    assert taken == PARTS


def test_a_part_is_handed_out_before_the_later_ones_are_there() -> None:
    belt = Belt(PARTS, {"0"})
    assert next(iter(belt)) == PARTS[0]


def test_who_waits_for_what_will_not_come_is_told() -> None:
    belt = Belt(PARTS, {"0", "2"})
    belt.end()
    parts = iter(belt)
    assert next(parts) == PARTS[0]
    with pytest.raises(Broken, match="part 1"):
        next(parts)
