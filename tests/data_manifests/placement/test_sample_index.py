"""Sample numbers and what they stand for."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bgfg.data_manifests.placement.sample_index import SampleIndex


@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 50), st.data())
def test_index_and_ids_are_inverse(B: int, F: int, K: int, data: st.DataObject) -> None:
    index = SampleIndex(B, F, K)
    i = data.draw(st.integers(0, len(index) - 1))
    b, f, k = index.ids(i)
    assert (b < B, f < F, k < K) == (True, True, True)
    assert index.sample(b, f, k) == i == (b * F + f) * K + k


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.lists(st.tuples(st.booleans(), st.integers(1, 3))))
def test_what_was_added_is_numbered_on_and_covers_every_pair_once(
    B: int, F: int, K: int, steps: list[tuple[bool, int]]
) -> None:
    added = tuple((n, 0) if is_background else (0, n) for is_background, n in steps)
    B, F = B + sum(b for b, _ in added), F + sum(f for _, f in added)
    index = SampleIndex(B, F, K, added)
    ids = [index.ids(i) for i in range(len(index))]
    assert sorted(ids) == [(b, f, k) for b in range(B) for f in range(F) for k in range(K)]
    assert [index.sample(*each) for each in ids] == list(range(len(index)))
    backgrounds, cutouts = index.ids_of(np.arange(len(index)))
    assert list(zip(backgrounds.tolist(), cutouts.tolist(), strict=True)) == [(b, f) for b, f, _ in ids]
    if added:  # what there was before a part was added is numbered as it was
        before = SampleIndex(B - added[-1][0], F - added[-1][1], K, added[:-1])
        assert ids[: len(before)] == [before.ids(i) for i in range(len(before))]


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.data())
def test_strips_are_the_samples_of_a_background_in_a_part(B: int, F: int, K: int, data: st.DataObject) -> None:
    index = SampleIndex(B + 2, F + 3, K, ((2, 0), (0, 3)))
    strips = list(index.strips())
    assert [i for strip in strips for i in strip.samples] == list(range(len(index)))
    for strip in strips:
        assert [index.ids(i)[:2] for i in strip.samples[::K]] == [(strip.background, f) for f in strip.cutouts]
    start = data.draw(st.integers(0, len(index) - 1))
    stop = data.draw(st.integers(start + 1, len(index)))
    there = [strip for strip in strips if strip.samples.start < stop and strip.samples.stop > start]
    assert list(index.strips(start, stop)) == there
