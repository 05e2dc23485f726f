"""Sums and counts of stored pixels are exact, compiled and not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bgfg.synth.verify import stored_levels
from bgfg.synth.verify.stored_levels import code_counts, level_sums


@pytest.fixture(params=["compiled", "OpenCV"], autouse=True)
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stored_levels.library() is not None, "the tests need a C compiler where bgfg is installed"
    if request.param == "OpenCV":
        monkeypatch.setattr(stored_levels, "library", lambda: None)


@settings(max_examples=30)
@given(st.integers(1, 9), st.integers(1, 900), st.sampled_from([1, 3]), st.integers(0, 2**32 - 1))
def test_sums_are_those_of_each_channel(rows: int, columns: int, channels: int, seed: int) -> None:
    block = np.random.default_rng(seed).integers(0, 256, (rows, columns, channels), np.uint8)
    values = block.astype(object)
    expected = [values.sum(axis=(0, 1)).tolist(), (values**2).sum(axis=(0, 1)).tolist()]
    assert level_sums(block, channels).tolist() == expected


@pytest.mark.parametrize("channels", [1, 3])
def test_the_brightest_block_overflows_nothing(channels: int) -> None:
    block = np.full((1_000, 1_100, channels), 255, np.uint8)
    assert level_sums(block, channels).tolist() == [[1_100_000 * 255] * channels, [1_100_000 * 255**2] * channels]


@settings(max_examples=20)
@given(st.integers(1, 3_000), st.sampled_from([np.uint8, np.uint16]), st.integers(0, 2**32 - 1))
def test_counts_are_those_of_each_code(count: int, dtype: type[np.unsignedinteger], seed: int) -> None:
    codes = np.random.default_rng(seed).integers(0, np.iinfo(dtype).max + 1, (1, count)).astype(dtype)
    found, (seen, times) = code_counts(codes), np.unique(codes, return_counts=True)
    assert found.dtype == np.int64
    assert len(found) == np.iinfo(dtype).max + 1
    assert (found[seen] == times).all()
    assert found.sum() == count
