"""Runs whose second shots have parallax by the depth that the corpus has of its backgrounds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus
from bgfg.train.augment.config import PAIR_CONFIG
from bgfg.train.config.options import TrainOptions
from bgfg.train.engine import corpus_source
from bgfg.train.engine.batch import Batch
from bgfg.train.engine.build import RunBuilder
from bgfg.train.engine.corpus_source import CorpusSource
from bgfg.train.ops.device import Device, fabric_on
from tests.support.stream_corpus import make_stream_corpus
from tests.support.tiny_runs import TINY

CPU = Device("cpu", "a test's")
PARALLAX_ALONE = replace(PAIR_CONFIG, exposure_share=0.0, colour_share=0.0, parallax_share=1.0, parallax_baseline_m=0.5)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_stream_corpus(tmp_path_factory.mktemp("deep"))


def first_batch(corpus: Corpus, parallax: str) -> Batch:
    options = TrainOptions(
        model=TINY, size_px=16, batch=16, steps=2, epochs=None, threads=1, targets=("mask",), parallax=parallax
    )
    return next(iter(RunBuilder(CorpusSource(corpus, {}), options, fabric_on(CPU, "32-true")).training_batches()))


def test_a_run_takes_the_depth_where_it_is_asked_to_and_else_draws_it(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus_source, "PAIR_CONFIG", PARALLAX_ALONE)
    drawn, by_depth = (first_batch(corpus, parallax) for parallax in ("drawn", "depth"))
    assert drawn.bg is not None
    assert by_depth.bg is not None
    assert (drawn.bg != by_depth.bg).flatten(1).any(1).float().mean() > 0.7
    assert torch.equal(drawn.bg_fg, by_depth.bg_fg)
    assert torch.equal(drawn.truths["mask"], by_depth.truths["mask"])
    again = first_batch(corpus, "depth").bg
    assert again is not None
    assert torch.equal(again, by_depth.bg)


def test_a_corpus_that_has_no_depth_of_its_backgrounds_says_so(tmp_path: Path) -> None:
    corpus = make_stream_corpus(tmp_path, background_depth=False)
    with pytest.raises(Problem, match=r"--parallax depth: .* no depth of its backgrounds: plan a corpus with --bg-dep"):
        first_batch(corpus, "depth")


def test_depth_that_is_not_known_or_too_near_is_refused_or_told(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = CorpusSource(corpus, {})

    def notes_with(depth_mm: list[int]) -> list[str]:
        maps = np.zeros((6, 4, 4), np.uint16) + np.array(depth_mm, np.uint16)[:, None, None]
        monkeypatch.setattr(corpus, "read_prepared", lambda _name: maps)
        source._scene(torch.arange(6), torch.device("cpu"))
        return list(source.notes)

    assert notes_with([900] * 6) == []
    [unknown] = notes_with([900] * 4 + [0] * 2)
    assert unknown.startswith("--parallax depth: of 2 of the 6 backgrounds of ")
    [near] = notes_with([9] * 4 + [900] * 2)
    assert near.endswith("if its unit is wrong, plan the corpus with another --depth-scale")
    with pytest.raises(Problem, match=r"--parallax depth: no depth is known of any of the 6 backgrounds of .*: plan"):
        notes_with([0] * 6)
