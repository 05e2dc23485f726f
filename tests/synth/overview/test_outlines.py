"""Outlines lie along the edge of a mask, and leave the rest of the picture alone."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.synth.overview.outlines import outlined
from bgfg.synth.preview import INSTANCE_COLOURS
from bgfg.synth.store.corpus import Corpus
from tests.support.crowd_corpus import make_crowd_corpus


def test_only_pixels_at_an_edge_are_painted(labelled: Path) -> None:
    sample = Corpus(labelled)[9]
    changed = (outlined(sample) != sample.image).any(axis=2)
    person = (sample.mask >= 128).astype(np.uint8)
    inside = cv2.erode(person, np.ones((3, 3)), borderValue=0)
    assert changed.any()
    assert not changed[(person == 0) | (inside > 0)].any()


def test_each_instance_has_its_own_colour(tmp_path: Path) -> None:
    corpus = Corpus(make_crowd_corpus(tmp_path, "random", CutoutsPerSample(2, 3)))
    sample = next(sample for sample in corpus if sample.instance is not None and sample.instance.max() >= 2)
    painted = {tuple(pixel) for pixel in outlined(sample).reshape(-1, 3).tolist()}
    assert tuple(INSTANCE_COLOURS[2].tolist()) in painted
