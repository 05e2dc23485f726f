"""Sample numbers and what they stand for."""

from __future__ import annotations

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
