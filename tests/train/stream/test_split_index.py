"""A split's samples, from the splits of the pictures, are those that the table of samples says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from bgfg.data_manifests.corpus.records import CorpusRecords
from bgfg.data_manifests.corpus.summary_counts import count_splits
from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.train.stream.evaluation_cells import REPORTED_CELLS, AssetIdentities
from bgfg.train.stream.split_index import require_done, split_samples


def test_a_split_has_the_samples_of_the_table(composed: Path) -> None:
    rows = pq.read_table(composed / "manifest/samples.parquet", columns=["sample", "split"]).to_pylist()
    for split in ("train", "seen", "test", "mixed"):
        assert split_samples(Corpus(composed), split).tolist() == [
            row["sample"] for row in rows if row["split"] == split
        ]


def test_all_ways_of_blending_a_place_that_was_held_out_are_seen(options: PlanOptions, tmp_path: Path) -> None:
    every = replace(options, split="100/0/0", variety=Variety(blend=("alpha", "gaussian", "poisson"), blend_each=True))
    plan_corpus(tmp_path / "blended", every, replace=False, workers=1)
    corpus = Corpus(tmp_path / "blended")
    rows = pq.read_table(corpus.path / "manifest/samples.parquet", columns=["sample", "split"]).to_pylist()
    of_table = [row["sample"] for row in rows if row["split"] == "seen"]
    assert len(of_table) == 3 * len(rows) // corpus.geometry.placements
    assert split_samples(corpus, "seen").tolist() == of_table
    assert count_splits(CorpusRecords.open(corpus.path))["seen"].samples == len(of_table)
    assert AssetIdentities(corpus).choose(REPORTED_CELLS[0], None).samples.tolist() == of_table


def test_a_split_that_is_none_is_refused(composed: Path) -> None:
    with pytest.raises(Problem, match=r"split='dev': give one of train, seen, val"):
        split_samples(Corpus(composed), "dev")


def test_a_split_without_a_sample_is_refused(composed: Path) -> None:
    with pytest.raises(Problem, match=r"the split val has no sample \(planned with --split 34/33/33\)"):
        split_samples(Corpus(composed), "val")


def test_a_changed_table_is_refused(composed: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = Corpus(copy_of(composed))
    path = corpus.path / "manifest/assets.parquet"
    pq.write_table(pq.read_table(path).slice(1), path)
    with pytest.raises(Problem, match=r"assets.parquet: changed since it was planned"):
        split_samples(corpus, "train")


def test_what_is_not_made_is_refused_with_the_command(planned: Path, composed: Path) -> None:
    samples = np.arange(4)
    with pytest.raises(Problem, match=r"shard 0 of image is not done: run `bgfg compose"):
        require_done(Corpus(planned), ("image",), samples)
    with pytest.raises(Problem, match=r"shard 0 of depth is not done: run `bgfg label"):
        require_done(Corpus(composed), ("image", "depth"), samples)


def test_only_the_shards_that_are_asked_for_need_be_made(composed: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = Corpus(copy_of(composed))
    (corpus.path / "done/mask/1.json").unlink()
    first, second = (np.array([shard * corpus.parts[0].samples_per_shard]) for shard in (0, 1))
    require_done(corpus, ("image", "mask"), first)
    with pytest.raises(Problem, match=r"shard 1 of mask is not done"):
        require_done(corpus, ("image", "mask"), second)


def test_a_shard_of_another_size_is_damaged_and_not_unmade(composed: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = Corpus(copy_of(composed))
    path = corpus.chunk_path("mask", 1)
    content = path.read_bytes()
    path.write_bytes(content[:-40])
    said = rf"mask/c/1/0/0: is damaged \({len(content) - 40:,} bytes, {len(content):,} expected\): run `bgfg compose"
    with pytest.raises(Problem, match=rf"{said} .*`, which makes it anew$"):
        require_done(corpus, ("image", "mask"), np.arange(len(corpus)))
    (corpus.path / "done/mask/1.json").unlink()
    with pytest.raises(Problem, match=r"shard 1 of mask is not done: run `bgfg compose"):
        require_done(corpus, ("image", "mask"), np.arange(len(corpus)))


def test_of_one_cut_out_a_sample_no_command_makes_instances(composed: Path) -> None:
    with pytest.raises(Problem, match=r"has no array instance, for there is one cut-out in each .*: leave it out$"):
        require_done(Corpus(composed), ("instance",), np.arange(4))
