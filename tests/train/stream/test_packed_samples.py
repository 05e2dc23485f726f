"""Samples that waited packed are what they were, whatever their block shows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bgfg.train.stream.packed_samples import SamplePacker, library


def packer() -> SamplePacker:
    compiled = library()
    assert compiled is not None, "the tests need a C compiler where bgfg is installed"
    return SamplePacker(compiled)


def block_of(rng: np.random.Generator, K: int, height: int, width: int, dtype: str, shared: bool) -> NDArray:
    """A block (K, height, width) of samples that share all but a box each, or nothing."""
    most = np.iinfo(dtype).max + 1
    samples = rng.integers(0, most, (1 if shared else K, height, width)).repeat(K if shared else 1, axis=0)
    for sample in samples if shared else ():
        top, left = rng.integers(0, height), rng.integers(0, width)
        sample[top : top + 5, left : left + 7] = rng.integers(0, most)
    return samples.astype(dtype)


@settings(max_examples=40)
@given(
    st.integers(1, 9), st.integers(1, 20), st.integers(1, 150), st.sampled_from(["uint8", "uint16"]), st.booleans(),
    st.booleans(), st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_unpacked_samples_are_those_that_were_packed(
    K: int, height: int, width: int, dtype: str, shared: bool, row_by_row: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    ours, pool = packer(), np.full((2 * K, height, width), 77, dtype)
    for _ in range(3):  # of the same background, and in memory that was used before
        samples = block_of(rng, K, height, width, dtype, shared)
        stored = np.ascontiguousarray(samples.transpose(1, 0, 2)).transpose(1, 0, 2) if row_by_row else samples
        placements = rng.permutation(K)[: rng.integers(1, K + 1)]
        packed = ours.pack("image", stored, placements, background=3)
        slots = rng.permutation(2 * K)[: len(placements)]
        expected = pool.copy()
        expected[slots] = samples[placements]
        ours.unpack(packed.packed, slots, pool)
        assert np.array_equal(pool, expected)
        ours.release(packed)


def test_memory_is_of_so_few_sizes_that_it_serves_again() -> None:
    ours, samples = packer(), block_of(np.random.default_rng(0), 200, 40, 2_000, "uint8", shared=False)
    sizes = set()
    for count in range(1, 200):
        packed = ours.pack("image", samples, np.arange(count), background=0)
        assert len(packed.differing) <= 1.5 * samples[:count].nbytes + 2**15
        sizes.add(len(packed.differing))
        ours.release(packed)
    assert len(sizes) <= 2 * 8


@pytest.mark.parametrize("array", ["image", "mask"])
def test_samples_that_share_a_background_take_what_they_differ_in(array: str) -> None:
    rng = np.random.default_rng(0)
    samples = block_of(rng, 20, 224, 672, "uint8", shared=True)
    packed = packer().pack(array, samples, np.arange(20), background=0)
    assert len(packed.differing) < samples.nbytes / 20
