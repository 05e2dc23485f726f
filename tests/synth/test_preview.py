"""Contact sheets."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.preview import contact_sheet, depth_range_m, spread_samples
from bgfg.synth.store.corpus import Corpus
from tests.support.executors import IN_PROCESS
from tests.support.tiny_corpus import H, W


def test_a_sheet_shows_the_pixels_of_the_samples(labelled: Path) -> None:
    corpus = Corpus(labelled)
    sheet = contact_sheet(corpus, [5])
    sample = corpus[5]
    windows = np.lib.stride_tricks.sliding_window_view(sheet, (H, W, 3))[:, :, 0]
    for picture in (sample.background, sample.image, np.repeat(sample.mask[..., None], 3, axis=2)):
        assert (windows == picture).all((2, 3, 4)).any()


def test_another_corpus_of_the_same_pictures_is_drawn_beside(
    tmp_path: Path, labelled: Path, options: PlanOptions
) -> None:
    plan_corpus(tmp_path / "grid", dataclasses.replace(options, rule="grid"), False, 1)
    compose_corpus(tmp_path / "grid", IN_PROCESS)
    corpus, beside = Corpus(labelled), Corpus(tmp_path / "grid")
    sheet = contact_sheet(corpus, [5], beside)
    windows = np.lib.stride_tricks.sliding_window_view(sheet, (H, W, 3))[:, :, 0]
    for picture in (corpus[5].image, beside[5].image):
        assert (windows == picture).all((2, 3, 4)).any()


def test_a_corpus_of_other_pictures_or_counts_is_not_drawn_beside(
    tmp_path: Path, labelled: Path, options: PlanOptions
) -> None:
    plan_corpus(tmp_path / "other", dataclasses.replace(options, placements=2), False, 1)
    with pytest.raises(Problem, match=r"--beside .*other: its pictures, sizes or placements aren't those of"):
        contact_sheet(Corpus(labelled), [5], Corpus(tmp_path / "other"))


def test_the_spread_covers_backgrounds_and_repeats_nothing(labelled: Path) -> None:
    corpus = Corpus(labelled)
    chosen = spread_samples(corpus, 6)
    assert len(set(chosen)) == 6
    assert {corpus.geometry.index.ids(i)[0] for i in chosen} == {0, 1, 2}


def test_nothing_composed_names_the_command(planned: Path) -> None:
    with pytest.raises(Problem, match="nothing is composed yet: run `bgfg compose"):
        spread_samples(Corpus(planned), 3)


@pytest.mark.parametrize("told", [{}, {"range_m": None}, {"range_m": [0.5, 4.0]}])
def test_depth_is_coloured_by_the_range_of_its_teacher_or_of_its_code(labelled: Path, told: dict[str, Any]) -> None:
    corpus = Corpus(labelled)
    corpus.manifest = dataclasses.replace(corpus.manifest, teacher={**(corpus.manifest.teacher or {}), **told})
    code = corpus.depth_code()
    assert depth_range_m(corpus) == tuple(told.get("range_m") or (code.near_m, code.far_m))
