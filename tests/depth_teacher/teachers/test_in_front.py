"""People in front of what they hide, held to the words of the teacher."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.depth_teacher.labelling.by_layers import relabel_layered
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.depth_teacher.teachers.in_front import InFrontTeacher
from bgfg.synth.compose.recipe import ShardRecipe
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.verify import verify_corpus
from tests.support import crowd_corpus
from tests.support.executors import IN_PROCESS
from tests.support.tiny_corpus import H, W

FOCAL_PX = min(H, W) / 2 / math.tan(math.radians(30))


@pytest.fixture(scope="module")
def in_front(tmp_path_factory: pytest.TempPathFactory, options: PlanOptions) -> Corpus:
    path = tmp_path_factory.mktemp("in_front") / "corpus"
    plan_corpus(path, dataclasses.replace(options, depth_scale_m=0.002), replace=False, workers=1)
    compose_corpus(path, IN_PROCESS)
    label_corpus(path, "in_front", IN_PROCESS)
    return Corpus(path)


def test_the_depth_of_a_person_is_the_least_of_three(in_front: Corpus) -> None:
    code = in_front.depth_code()
    depth_mm = np.asarray(in_front.array("background_depth"))
    least_of = []
    for row in pq.read_table(in_front.path / "manifest/samples.parquet").to_pylist():
        sample = in_front[row["sample"]]
        expected_m = code.decode(code.encode(depth_mm[row["background"]] / 1000))
        opaque = sample.mask >= 128
        lowest = np.flatnonzero(opaque[np.flatnonzero(opaque.any(axis=1)).max()])
        foot_m = expected_m[np.flatnonzero(opaque.any(axis=1)).max(), (lowest.min() + lowest.max()) // 2]
        by_size_m = FOCAL_PX * 1.75 / opaque.any(axis=1).sum()
        before_m = 0.9 * np.quantile(expected_m[opaque], 0.05)
        least_of.append(int(np.argmin([foot_m, by_size_m, before_m])))
        assert sample.depth_m is not None
        assert np.array_equal(sample.depth_m[~opaque], expected_m[~opaque])
        assert np.unique(sample.depth_m[opaque]).size == 1
        assert sample.depth_m[opaque][0] == pytest.approx(min(foot_m, by_size_m, before_m), rel=0.0093)
    assert len(set(least_of)) > 1  # else the pictures would prove little


def test_who_is_taller_in_the_picture_is_nearer_and_nothing_known_under_the_feet_is_no_limit(in_front: Corpus) -> None:
    teacher, metres = InFrontTeacher(in_front), in_front.depth_code().values_m()
    nothing, far = np.zeros((9, 5), np.uint8), np.uint8(255)
    tall, small = (np.full((rows, 5), 255, np.uint8) for rows in (40, 20))
    assert metres[teacher.cutout_code(far, nothing, nothing, tall)] == pytest.approx(FOCAL_PX * 1.75 / 40, rel=0.0093)
    assert metres[teacher.cutout_code(far, nothing, nothing, small)] == pytest.approx(FOCAL_PX * 1.75 / 20, rel=0.0093)
    unknown = teacher.cutout_code(np.uint8(0), nothing, np.full((9, 5), 255, np.uint8), tall)
    assert unknown == teacher.cutout_code(far, nothing, nothing, tall)
    assert teacher.cutout_code(np.uint8(9), nothing, nothing, tall) == 9


def test_of_several_people_each_is_before_whom_it_hides(tmp_path: Path) -> None:
    path = crowd_corpus.make_crowd_corpus(tmp_path, "random", CutoutsPerSample(2, 4))
    label_corpus(path, "in_front", IN_PROCESS, replace=True)
    corpus, compared = Corpus(path), 0
    alpha = np.asarray(corpus.array("cutout"))[..., 3]
    boxes = pq.read_table(path / "manifest/instances.parquet").to_pylist()
    for one, other in pairwise(boxes):
        if one["sample"] != other["sample"]:
            continue
        instance, depth_m = corpus.read("instance", one["sample"]), corpus[one["sample"]].depth_m
        assert depth_m is not None
        behind, before = (depth_m[instance == row["instance"]] for row in (one, other))
        assert np.unique(before).size <= 1
        hidden, hiding = _opaque(alpha, one), _opaque(alpha, other)
        if len(behind) and len(before) and (hidden & hiding).sum() > 0.1 * hiding.sum():
            assert before[0] < behind[0]
            compared += 1
    assert compared > 3


def _opaque(alpha: NDArray[np.uint8], row: dict[str, int]) -> NDArray[np.bool_]:
    x, y, w, h = row["x_px"], row["y_px"], row["width_px"], row["height_px"]
    frame = np.zeros((crowd_corpus.H, crowd_corpus.W), np.bool_)
    frame[y : y + h, x : x + w] = alpha[row["cutout"], :h, :w] >= 128
    return frame


def test_its_labels_are_made_again_byte_by_byte(in_front: Corpus, copy_of: Callable[[Path], Path]) -> None:
    assert in_front.manifest.teacher is not None
    assert in_front.manifest.teacher["name"] == "in_front"
    path = copy_of(in_front.path)
    assert verify_corpus(path, IN_PROCESS, True, relabel_layered).problems == []
    blocks = np.concatenate([codes.copy() for codes in relabel_layered(in_front, ShardRecipe(in_front, 0))])
    stored = np.stack([in_front.read("depth", i) for i in range(len(blocks))])
    assert np.array_equal(blocks, stored)
