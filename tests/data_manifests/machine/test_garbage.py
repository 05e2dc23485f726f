"""Garbage collection where many rows and names are made that stay."""

from __future__ import annotations

import gc

import pytest

from bgfg.data_manifests.machine.garbage import collected_seldom


def test_garbage_is_collected_as_before_whatever_ends_what_is_done_within() -> None:
    before, within = gc.get_threshold(), []

    @collected_seldom()
    def fail() -> None:
        within.append(gc.get_threshold())
        raise ValueError("end")

    with pytest.raises(ValueError, match="end"):
        fail()
    assert gc.get_threshold() == before
    assert within[0][0] > 10 * before[0]
