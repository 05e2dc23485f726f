"""The targets of a run, and the arrays that they need."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.synth.store.corpus import Corpus
from bgfg.train.targets.objective import arrays_for, default_targets
from tests.support.stream_corpus import make_stream_corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_stream_corpus(tmp_path_factory.mktemp("objective"))


def test_targets_default_to_what_the_corpus_has(corpus: Corpus, composed: Path) -> None:
    assert default_targets(corpus) == ("mask", "depth")
    assert default_targets(Corpus(composed)) == ("mask",)
    assert arrays_for(("mask",)) == ("image", "mask")
    assert arrays_for(("depth",)) == ("image", "mask", "depth")
