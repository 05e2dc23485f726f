"""Doubts: each reason holds where it says, the worst files a cut-out, and what is accepted is none."""

from __future__ import annotations

import numpy as np

from bgfg.train.cutouts.doubts import ACCEPTABLE, BORDER, NOBODY, REASONS, SEVERAL, SMALL, UNCERTAIN, DoubtRules
from bgfg.train.cutouts.regions import Region


def region(area_share: float = 0.2, uncertain: float = 0.0, is_cut: bool = False, is_two: bool = False) -> Region:
    return Region(slice(0, 1), slice(0, 1), np.ones((1, 1), np.float32), area_share, uncertain, is_cut, is_two)


def test_a_whole_large_and_sure_object_is_not_doubtful() -> None:
    assert DoubtRules().doubts(region()) == []


def test_every_reason_is_told_the_one_that_files_it_first() -> None:
    worst = region(0.009, 0.11, True, True)
    assert DoubtRules().doubts(worst) == [SMALL, UNCERTAIN, SEVERAL, BORDER]
    assert DoubtRules().doubts(region(is_cut=True)) == [BORDER]
    assert DoubtRules(accepted=(BORDER, SMALL)).doubts(worst) == [UNCERTAIN, SEVERAL]
    assert DoubtRules(0.001, 0.2).doubts(worst) == [SEVERAL, BORDER]
    assert DoubtRules(0.001, 0.2, (SEVERAL,)).doubts(worst) == [BORDER]


def test_scraps_are_no_objects_however_many_there_are() -> None:
    rules = DoubtRules(least_share=0.01)
    shares = [0.3, 0.02, 0.014, 0.004, 0.001]
    assert [r.area_share for r in rules.without_scraps([region(share) for share in shares])] == [0.3, 0.02]
    assert [r.area_share for r in rules.without_scraps([region(0.003), region(0.002)])] == [0.003]
    assert rules.without_scraps([]) == []


def test_nobody_alone_cant_be_accepted() -> None:
    assert {*ACCEPTABLE, NOBODY} == REASONS.keys()
