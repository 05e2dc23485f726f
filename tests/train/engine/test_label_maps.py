"""The class of each pixel of a corpus's samples, against the tables read one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.synth.store.corpus import Corpus
from bgfg.train.engine.label_maps import ClassMaps, instance_arrays, instance_classes
from bgfg.train.stream.stream import Stream
from tests.support.class_corpus import CLASSES, make_class_corpus


@pytest.fixture(scope="module", params=[None, CutoutsPerSample(1, 3)], ids=["single", "crowded"])
def corpus(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(make_class_corpus(tmp_path_factory.mktemp("classes"), request.param))


def reference(corpus: Corpus, i: int) -> np.ndarray:
    """Slow and obvious: the classes of the pixels of a sample, (H, W), from its rows."""
    sample = corpus[i]
    if sample.instance is None:
        return (sample.mask >= 128) * np.uint8(CLASSES.index(sample.label) + 1)
    classes = np.zeros_like(sample.instance)
    for paste in sample.pastes:
        classes[sample.instance == paste["instance"]] = CLASSES.index(paste["label"]) + 1
    return classes


def test_each_pixel_has_the_class_of_whoever_is_seen_there(corpus: Corpus) -> None:
    maps = ClassMaps(corpus)
    seen = 0
    stream = Stream(corpus, batch=8, arrays=instance_arrays(corpus), samples=range(len(corpus)), shuffle=False)
    for raw in stream:
        for i, classes in zip(raw["sample"].tolist(), maps(raw)[:, 0].numpy(), strict=True):
            assert np.array_equal(classes, reference(corpus, i))
            seen += 1
    assert seen == len(corpus)


def test_numbers_that_no_instance_has_are_of_no_class(corpus: Corpus) -> None:
    classes = instance_classes(corpus)
    assert not classes[:, 0].any()
    counts = (classes > 0).sum(axis=1)
    assert counts.tolist() == [max(1, len(corpus[i].pastes)) for i in range(len(corpus))]


def test_a_corpus_without_classes_has_one(composed: Path) -> None:
    assert set(np.unique(instance_classes(Corpus(composed))[:, 1])) == {1}
