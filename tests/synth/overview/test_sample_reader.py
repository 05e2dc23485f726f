"""Any samples are read in the order in which they were asked for, and it is known which are made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.overview.sample_reader import SampleReader
from bgfg.synth.store.corpus import Corpus


@pytest.mark.parametrize("threads", [1, 3])
def test_samples_come_in_the_order_asked_for_through_all_parts(extended: Path, threads: int) -> None:
    corpus = Corpus(extended)
    samples = np.random.default_rng(5).integers(0, len(corpus), 17)
    samples[4] = samples[9]  # one twice
    found = SampleReader(corpus, threads).read(["image", "mask", "depth"], samples)
    for array, pixels in found.items():
        expected = np.stack([corpus.read(array, int(sample)) for sample in samples])
        assert np.array_equal(pixels, expected)
        assert pixels.dtype == expected.dtype
    assert SampleReader(corpus).read(["mask"], samples[:0])["mask"].shape[0] == 0


def test_what_is_not_made_is_told(labelled: Path, composed: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = Corpus(copy_of(labelled))
    corpus.mark_path("image", 1).unlink()
    reader, samples = SampleReader(corpus), np.arange(len(corpus))
    of_shard = corpus.samples_of(1)
    assert np.flatnonzero(~reader.is_made("image", samples)).tolist() == list(of_shard)
    assert reader.is_made("depth", samples).all()
    assert not SampleReader(Corpus(composed)).is_made("depth", samples).any()


def test_damage_is_told_from_whatever_thread(labelled: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = Corpus(copy_of(labelled))
    path = corpus.chunk_path("mask", 2)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(Problem, match="mask/c/2/0/0"):
        SampleReader(corpus, 4).read(["mask"], np.arange(len(corpus)))
