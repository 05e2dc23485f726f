"""Pairs of shots made into the batches of a network."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.synth.store.corpus import Corpus
from tests.support.stream_batches import load_batches
from tests.support.stream_corpus import make_stream_corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_stream_corpus(tmp_path_factory.mktemp("transformed"))


def test_undisturbed_a_batch_is_what_the_corpus_holds(corpus: Corpus) -> None:
    for batch in load_batches(corpus):
        for j, i in enumerate(batch.samples.tolist()):
            sample = corpus[i]
            for shot, picture in zip(batch.shots, (sample.background, sample.image), strict=True):
                assert np.allclose(shot[j].permute(1, 2, 0).numpy() * 255, picture, atol=1e-3)
            assert np.allclose(batch.truths["mask"][j, 0].numpy() * 255, sample.mask, atol=1e-3)
            target, known = (part[j, 0].numpy() for part in batch.truths["depth"])
            assert sample.depth_m is not None
            assert np.array_equal(known, sample.depth_m > 0)
            assert np.allclose(1 / target[known], sample.depth_m[known], rtol=1e-5)
        assert batch.shots[0].is_contiguous(memory_format=torch.channels_last)


def test_a_condition_of_the_evaluation_disturbs_the_shots_and_not_the_truth(corpus: Corpus) -> None:
    plain, harsh = (next(iter(load_batches(corpus, condition=condition))) for condition in (None, "harsh"))
    assert torch.equal(plain.samples, harsh.samples)
    assert not torch.allclose(plain.shots[0], harsh.shots[0], atol=0.01)
    assert torch.equal(plain.truths["mask"], harsh.truths["mask"])
