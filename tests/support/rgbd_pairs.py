"""Pairs of pictures and depth, none of which is bad."""

from __future__ import annotations

from bgfg.depth_teacher.evaluation.rgbd import RgbdDataset
from bgfg.depth_teacher.evaluation.rgbd_files import RgbdPair


def pairs_of(data: RgbdDataset) -> list[RgbdPair]:
    """Read all pairs of a data set; fail where one can't be used."""
    pairs = list(data.read())
    good = [pair for pair in pairs if isinstance(pair, RgbdPair)]
    assert len(good) == len(pairs), pairs
    return good
