"""The depth of samples is that of their maps, and of the person what the mask marks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bgfg.synth.overview.sample_depths import measure_depths
from bgfg.synth.overview.sample_reader import SampleReader
from bgfg.synth.store.corpus import Corpus


def test_depths_are_those_of_the_maps(labelled: Path) -> None:
    corpus, told = Corpus(labelled), list[int]()
    samples = np.array([40, 3, 17])
    found = measure_depths(SampleReader(corpus), samples, told.append)
    assert sum(told) == 3
    for at, sample in enumerate(corpus[int(number)] for number in samples):
        assert sample.depth_m is not None
        known = sample.depth_m[sample.depth_m > 0]
        # The pictures are smaller than the grid, some of whose points fall on the same pixel.
        assert found["near_m"][at] == pytest.approx(known.min())
        assert found["far_m"][at] == pytest.approx(known.max())
        assert found["mean_m"][at] == pytest.approx(known.mean(), rel=0.03)
        person = sample.depth_m[(sample.mask >= 128) & (sample.depth_m > 0)]
        assert found["person_m"][at] == pytest.approx(person.mean(), rel=0.03)


def test_what_is_not_labelled_is_not_known(labelled: Path, composed: Path, copy_of: Callable[[Path], Path]) -> None:
    nothing = measure_depths(SampleReader(Corpus(composed)), np.arange(3))
    assert all(np.isnan(values).all() for values in nothing.values())
    corpus = Corpus(copy_of(labelled))
    corpus.mark_path("depth", 0).unlink()
    found = measure_depths(SampleReader(corpus), np.array([0, len(corpus) - 1]))
    assert all(np.isnan(values).tolist() == [True, False] for values in found.values())
