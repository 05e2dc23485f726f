"""Layered depth of cut-outs that stand on holes of their background's measured depth."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.depth_teacher.labelling.by_layers import relabel_layered
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.depth_teacher.teachers.foot_depth import nearest_known, reach_px
from bgfg.depth_teacher.teachers.layered import LayeredTeacher
from bgfg.synth.compose.executor import Executor
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.verify import verify_corpus
from tests.support.executors import IN_PROCESS
from tests.support.tiny_corpus import B

H, W = 52, 68
FLOOR_MM = np.repeat((5_000 - 60 * np.arange(H))[:, None], W, axis=1).astype(np.uint16)


def planned(folder: Path, options: PlanOptions, depth_mm: NDArray[np.uint16]) -> Path:
    """Plan and compose a corpus whose backgrounds all have this depth."""
    (folder / "depth").mkdir()
    for b in range(B):
        cv2.imwrite(str(folder / f"depth/room{b + 1}.png"), depth_mm)
    larger = dataclasses.replace(
        options, bg_depth=folder / "depth", height_px=H, width_px=W, cutout_height_px=24, placements=2
    )
    plan_corpus(folder / "corpus", larger, False, 1)
    compose_corpus(folder / "corpus", IN_PROCESS)
    return folder / "corpus"


def people(corpus: Corpus) -> list[tuple[NDArray[np.float32], int]]:
    """Return the depth of each sample's person, and the row of the feet."""
    found = []
    for i in range(len(corpus)):
        sample = corpus[i]
        assert sample.depth_m is not None
        mask = sample.mask >= 128
        found.append((sample.depth_m[mask], int(np.flatnonzero(mask.any(axis=1))[-1])))
    return found


def with_stripes() -> NDArray[np.uint16]:
    """The floor, known in every fifth column only."""
    return np.where(np.arange(W) % 5 == 0, FLOOR_MM, 0).astype(np.uint16)


@pytest.mark.parametrize("teacher", ["layered", "in_front"])
def test_feet_on_a_hole_get_the_nearest_known_depth(tmp_path: Path, options: PlanOptions, teacher: str) -> None:
    path = planned(tmp_path, options, with_stripes())
    said = label_corpus(path, teacher, Executor(2, "threading"))
    corpus = Corpus(path)
    assert (corpus.manifest.teacher or {})["version"] == 2
    for depth_m, row in people(corpus):
        assert np.unique(depth_m).size == 1
        if teacher == "layered":
            assert depth_m[0] == pytest.approx(FLOOR_MM[row, 0] / 1000, rel=0.01)
        else:
            assert 0 < depth_m[0] <= FLOOR_MM[row, 0] / 1000 * 1.01
    (line,) = said
    assert "stand on holes of their background's depth: they get the nearest known depth, at most 6 px away" in line
    assert 0.5 * len(corpus) < int(line.split()[0]) < len(corpus)
    assert verify_corpus(path, IN_PROCESS, True, relabel_layered).problems == []


def test_feet_far_from_all_known_depth_are_counted(tmp_path: Path, options: PlanOptions) -> None:
    path = planned(tmp_path, options, np.where(np.arange(H)[:, None] < 9, FLOOR_MM, 0).astype(np.uint16))
    said = label_corpus(path, "layered", IN_PROCESS)
    corpus = Corpus(path)
    assert not any(depth_m.any() for depth_m, _ in people(corpus))
    (line,) = said
    assert line.startswith(f"{len(corpus)} cut-outs are without depth: they stand on holes of their background's")
    assert "none is known within 6 px" in line


def test_depth_without_holes_says_nothing_and_is_of_the_first_version(tmp_path: Path, options: PlanOptions) -> None:
    path = planned(tmp_path, options, FLOOR_MM)
    said = label_corpus(path, "layered", IN_PROCESS)
    assert said == ()
    assert (Corpus(path).manifest.teacher or {})["version"] == 1


def test_labels_begun_before_go_on_as_they_were(
    tmp_path: Path, options: PlanOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = planned(tmp_path, options, with_stripes())
    with monkeypatch.context() as of_before:
        of_before.setattr(LayeredTeacher, "_version", 1)
        label_corpus(path, "layered", IN_PROCESS)
    marks = {mark.name: mark.read_bytes() for mark in (path / "done/depth").iterdir()}
    (path / "done/depth/1.json").unlink()
    said = label_corpus(path, "layered", IN_PROCESS)
    assert {mark.name: mark.read_bytes() for mark in (path / "done/depth").iterdir()} == marks
    assert "are without depth" in said[0]
    assert verify_corpus(path, IN_PROCESS, True, relabel_layered).problems == []
    label_corpus(path, "layered", IN_PROCESS, replace=True)
    assert (Corpus(path).manifest.teacher or {})["version"] == 2
    assert all(depth_m.all() for depth_m, _ in people(Corpus(path)))


def test_along_a_row_is_nearer_than_across_rows() -> None:
    codes = np.zeros((40, 60), np.uint8)
    codes[20, 26], codes[16, 30], codes[5, 5] = 7, 9, 3
    assert nearest_known(codes, 20, 30) == 7  # four columns away, as many as the rows to the other
    assert nearest_known(codes, 18, 30) == 9
    assert nearest_known(codes, 5, 5) == 3
    assert nearest_known(codes, 5, 5 + reach_px(40, 60)) == 3
    assert nearest_known(codes, 5, 6 + reach_px(40, 60)) == 0
    assert nearest_known(codes, 39, 59) == 0
