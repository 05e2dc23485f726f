"""Statistics of pixels are those of the samples and pictures that they are taken of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.overview.depth_legend import depth_legend, depth_unit
from bgfg.synth.overview.pixel_statistics import PixelStatistics, planned_count
from bgfg.synth.overview.sample_reader import SampleReader
from bgfg.synth.store.corpus import Corpus


def test_of_a_small_corpus_all_blocks_count(labelled: Path) -> None:
    corpus, told = Corpus(labelled), list[int]()
    reader = SampleReader(corpus)
    found = PixelStatistics.of(reader, told.append)
    assert found.samples == sum(told) == planned_count(reader) == len(corpus)
    assert np.allclose(found.mask, corpus.read("mask", slice(None)).mean(axis=0) / 255)
    images = corpus.read("image", slice(None)).reshape(-1, 3)
    for channel, shares in zip(images.T, found.colours["composites"], strict=True):
        assert np.allclose(shares, np.bincount(channel // 8, minlength=32) / len(channel))
    opaque = corpus.read("cutout", slice(None))
    reds = opaque[opaque[..., 3] >= 128][:, 0]
    assert np.allclose(found.colours["cut-outs"][0], np.bincount(reds // 8, minlength=32) / len(reds))
    depth_m = corpus.depth_code().decode(corpus.read("depth", slice(None)))
    assert found.depth is not None
    assert found.person_depth is not None
    assert found.depth.total == (depth_m > 0).sum()
    assert found.depth.mean == pytest.approx(depth_m[depth_m > 0].mean(), rel=1e-4)


def test_without_labels_there_is_no_depth_and_without_images_nothing(composed: Path, planned: Path) -> None:
    found = PixelStatistics.of(SampleReader(Corpus(composed)))
    assert (found.depth, found.person_depth) == (None, None)
    with pytest.raises(Problem, match="nothing is composed yet"):
        PixelStatistics.of(SampleReader(Corpus(planned)))


def test_the_legend_of_depth_goes_from_near_to_far(labelled: Path) -> None:
    corpus = Corpus(labelled)
    legend = depth_legend(corpus, 5)
    metres = [depth_m for depth_m, _ in legend]
    assert metres == sorted(metres)
    assert metres[-1] == pytest.approx(corpus.depth_code().far_m)
    (red, _, blue), (far_red, _, far_blue) = legend[0][1], legend[-1][1]
    assert red > blue
    assert far_blue > 0
    assert far_red < red
    assert depth_unit(corpus) == "m"
