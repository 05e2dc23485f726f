"""Labelling, and layered depth held to the words of the format."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
import zarr

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.depth_shards import depth_statistics
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.depth_code import LogDepth
from bgfg.synth.store.done_marks import level_histograms, marked_shards
from tests.support.executors import IN_PROCESS
from tests.support.tiny_corpus import B


def test_the_array_says_what_made_it_and_how_to_read_it(labelled: Path) -> None:
    attributes: dict[str, Any] = dict(zarr.open_array(labelled / "data.zarr/depth", mode="r").attrs)
    assert attributes["units"] == "m"
    assert attributes["encoding"] == {"kind": "log", "near_m": 0.1, "far_m": 10.0}
    assert attributes["teacher"].keys() == {"name", "version", "weights_sha256", "licence", "input_size_px"}
    assert attributes["teacher"]["name"] == "layered"


def test_layered_depth_is_what_the_format_says(labelled: Path) -> None:
    corpus = Corpus(labelled)
    depth_mm = np.asarray(corpus.array("background_depth"))
    code = corpus.depth_code()
    for row in pq.read_table(labelled / "manifest/samples.parquet").to_pylist()[::5]:
        sample = corpus[row["sample"]]
        expected = code.encode(depth_mm[row["background"]] / 1000)
        opaque_rows, opaque_columns = np.nonzero(sample.mask >= 128)
        lowest = opaque_columns[opaque_rows == opaque_rows.max()]
        expected[sample.mask >= 128] = expected[opaque_rows.max(), (lowest.min() + lowest.max()) // 2]
        assert sample.depth_m is not None
        assert np.array_equal(sample.depth_m, code.decode(expected))


def test_depth_is_true_to_within_one_per_cent(labelled: Path) -> None:
    corpus = Corpus(labelled)
    sample = corpus[0]
    depth_m = np.asarray(corpus.array("background_depth"))[0] / 1000
    bare = sample.mask < 128
    assert sample.depth_m is not None
    assert (np.abs(sample.depth_m - depth_m) / depth_m)[bare].max() <= 0.0092


def test_statistics_are_in_metres(labelled: Path) -> None:
    corpus = Corpus(labelled)
    depths = [corpus[i].depth_m for i in range(len(corpus))]
    found = corpus.manifest.statistics["depth"]
    metres = np.array(depths, np.float64)
    assert found["count"] == (metres > 0).sum()
    assert found["mean"] == pytest.approx([metres[metres > 0].mean()], rel=1e-6)
    assert found["std"] == pytest.approx([metres[metres > 0].std()], rel=1e-5)


def test_a_corpus_without_depth_names_what_it_needs(tmp_path: Path, options: PlanOptions) -> None:
    plan_corpus(tmp_path / "corpus", dataclasses.replace(options, bg_depth=None), False, 1)
    with pytest.raises(Problem, match=r"its backgrounds have no depth.*--bg-depth"):
        label_corpus(tmp_path / "corpus", "layered", IN_PROCESS)
    assert Corpus(tmp_path / "corpus").manifest.teacher is None


def test_labelling_goes_on_where_it_was(labelled: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(labelled)
    whole = {p.name: p.read_bytes() for p in (labelled / "done/depth").iterdir()}
    (corpus / "done/depth/1.json").unlink()
    kept = Corpus(corpus).chunk_path("depth", 0)
    before = kept.stat().st_mtime_ns
    label_corpus(corpus, "layered", IN_PROCESS)
    assert {p.name: p.read_bytes() for p in (corpus / "done/depth").iterdir()} == whole
    assert kept.stat().st_mtime_ns == before
    assert marked_shards(corpus, "depth") == set(range(B))


def test_another_teacher_is_refused(labelled: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = Corpus(copy_of(labelled))
    assert corpus.manifest.teacher is not None
    other = {**corpus.manifest.teacher, "name": "oracle"}
    corpus.save_manifest(dataclasses.replace(corpus.manifest, teacher=other))
    with pytest.raises(Problem, match="labelled with --teacher oracle"):
        label_corpus(corpus.path, "layered", IN_PROCESS)


def test_labelling_a_corpus_changed_by_hand_is_refused(labelled: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(labelled)
    samples = corpus / "manifest/samples.parquet"
    samples.write_bytes(samples.read_bytes()[:-1] + b"x")
    with pytest.raises(Problem, match=r"samples.parquet: changed since it was planned"):
        label_corpus(corpus, "layered", IN_PROCESS)


def test_an_unknown_floor_leaves_the_figure_unknown(tmp_path: Path, options: PlanOptions) -> None:
    depth_mm = np.zeros((options.height_px, options.width_px), np.uint16)
    depth_mm[0] = 2_000
    (tmp_path / "depth").mkdir()
    for b in range(B):
        cv2.imwrite(str(tmp_path / f"depth/room{b + 1}.png"), depth_mm)
    plan_corpus(tmp_path / "corpus", dataclasses.replace(options, bg_depth=tmp_path / "depth"), False, 1)
    label_corpus(tmp_path / "corpus", "layered", IN_PROCESS)
    compose_corpus(tmp_path / "corpus", IN_PROCESS)
    corpus = Corpus(tmp_path / "corpus")
    for i in range(len(corpus)):
        sample = corpus[i]
        assert sample.depth_m is not None
        assert not sample.depth_m[sample.mask >= 128].any()
        assert sample.depth_m[0][sample.mask[0] < 128] == pytest.approx(2.0, rel=0.01)


def test_histogram_and_sums_are_those_of_the_pixels() -> None:
    codes = np.random.default_rng(0).integers(0, 256, (5, 13, 17), dtype=np.uint8)
    histogram = level_histograms(codes, 1)[0]
    assert histogram.tolist() == [int((codes == q).sum()) for q in range(256)]
    metres = LogDepth().decode(codes).astype(np.float64)
    count, sums, squares = depth_statistics(histogram, LogDepth())
    assert count == (codes > 0).sum()
    assert (sums[0], squares[0]) == pytest.approx((metres.sum(), (metres**2).sum()), rel=1e-6)
