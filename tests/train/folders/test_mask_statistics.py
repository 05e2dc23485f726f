"""Statistics of single masks."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest

from bgfg.data_manifests.images import strips
from bgfg.data_manifests.images.label_picture import LabelPicture
from bgfg.train.folders.mask_statistics import TRANSPARENT, MaskStatistics, measure_mask
from tests.support.mask_folders import RED, disc, palette_of, photograph, soft, stripes


def test_values_are_counted_and_those_within_areas() -> None:
    grey = np.full((5, 6), 7, np.uint8)
    grey[2, 3], grey[0, 0] = 9, 200
    found = measure_mask(LabelPicture(grey))
    assert (found.kind, found.counts) == ("grey", {7: 28, 9: 1, 200: 1})
    # The two others, and their neighbours: 4 of one in the middle, 2 of one in a corner.
    assert found.flat == {7: 28 - 4 - 2}
    assert measure_mask(LabelPicture(disc(0).astype(np.uint8))).flat == {}


def test_a_palette_keeps_the_colours_of_its_indices_and_what_is_transparent() -> None:
    palette = palette_of((0, 0, 0), RED)
    palette[0, 3] = 0
    found = measure_mask(LabelPicture(disc(0).astype(np.uint8), palette))
    assert (found.kind, found.palette) == ("palette", {0: TRANSPARENT, 1: 0xC80000})


def test_colours_are_told_from_a_photograph_also_where_that_is_small() -> None:
    flat = np.random.default_rng(1).integers(0, 256, (150, 3)).astype(np.uint8)
    assert not measure_mask(LabelPicture(flat[stripes(range(150), 1)])).is_photograph
    found = measure_mask(LabelPicture(photograph(1)[:9, :9]))
    assert (found.is_photograph, found.colours) == (True, 81)
    cutout = np.dstack([photograph(1), soft(1)])
    assert measure_mask(LabelPicture(cutout)).is_photograph
    assert measure_mask(LabelPicture(cutout)).alpha.total() == soft(1).size


def test_an_opaque_alpha_channel_counts_only_where_it_is_the_mask_in_any_case() -> None:
    grey = np.dstack([disc(0) * 255] * 3 + [np.full((48, 48), 255)]).astype(np.uint8)
    assert measure_mask(LabelPicture(grey)).kind == "grey"
    assert measure_mask(LabelPicture(grey), alpha=True).kind == "alpha"


def test_statistics_go_through_json() -> None:
    masks = [
        LabelPicture(soft(0)), LabelPicture(stripes([0, 7], 1, np.uint16)), LabelPicture(photograph(1), lossy=True),
        LabelPicture(stripes([0, 1], 1), palette_of((0, 0, 0), RED)), LabelPicture(np.dstack([photograph(1), soft(1)])),
    ]  # fmt: skip
    for mask in masks:
        found = measure_mask(mask)
        assert MaskStatistics.of(json.loads(json.dumps(found.content()))) == found


@pytest.mark.parametrize("colours", [False, True])
def test_what_is_counted_by_strips_is_what_is_counted_at_once(monkeypatch: pytest.MonkeyPatch, colours: bool) -> None:
    values = np.random.default_rng(0).integers(0, 20, (61, 17)).repeat(3, 0).repeat(2, 1)
    in_colours = np.dstack([values, values // 2, values * 0]).astype(np.uint8)
    picture = LabelPicture(in_colours) if colours else LabelPicture((values * 1_000).astype(np.uint16))
    at_once = measure_mask(picture)
    monkeypatch.setattr(strips, "_STRIP_VALUES", 100)
    assert measure_mask(picture) == at_once
    assert at_once.counts
    assert colours or (at_once.flat and at_once.between)


def test_colours_of_a_photograph_are_counted_in_little_memory() -> None:
    colours = np.random.default_rng(0).integers(0, 256, (600, 1_000, 3)).astype(np.uint8)
    tracemalloc.start()
    try:
        found = measure_mask(LabelPicture(colours))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (found.colours, found.counts) == (len(np.unique(colours.reshape(-1, 3), axis=0)), {})
    assert peak < 40 * 2**20  # 17 MB say of each colour whether it occurs
