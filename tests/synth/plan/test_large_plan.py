"""Large plans, in several parts: the samples of one part, and every command takes them for one corpus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.data_manifests.corpus.records import CorpusRecords
from bgfg.data_manifests.corpus.sample_table import SAMPLE_SCHEMA, SAMPLES_FILE
from bgfg.data_manifests.corpus.summary import CorpusSummary
from bgfg.data_manifests.corpus.summary_counts import count_splits
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan import large_plan
from bgfg.synth.plan.extend import extend_corpus
from bgfg.synth.plan.large_plan import background_ranges
from bgfg.synth.plan.options import ExtendOptions, PlanOptions
from bgfg.synth.plan.plan import PlanResult, plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.status import corpus_status
from bgfg.synth.verify.verify_plan import find_plan_problems
from tests.support.executors import IN_PROCESS
from tests.support.extended_corpus import contents, finish
from tests.support.killed import steps_killed
from tests.support.tiny_corpus import B, C, K

PER_BACKGROUND = 2 * C * K


def plan(path: Path, options: PlanOptions, replace: bool = False, most: int = PER_BACKGROUND) -> PlanResult:
    """Plan a corpus whose parts have at most so many samples, by default those of one background."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large_plan, "_MOST_SAMPLES", most)
        return plan_corpus(path, options, replace, workers=1)


@pytest.fixture(scope="module")
def in_parts(tmp_path_factory: pytest.TempPathFactory, options: PlanOptions) -> Path:
    path = tmp_path_factory.mktemp("in_parts") / "corpus"
    plan(path, options)
    return path


@pytest.fixture(scope="module")
def made_in_parts(tmp_path_factory: pytest.TempPathFactory, options: PlanOptions) -> Path:
    path = tmp_path_factory.mktemp("made_in_parts") / "corpus"
    plan(path, options)
    finish(path)
    return path


def rows(corpus: Path) -> pa.Table:
    return pa.concat_tables(CorpusRecords.open(corpus).iter_strips(SAMPLE_SCHEMA.names))


def test_corpora_that_are_not_large_have_one_part() -> None:
    assert background_ranges(100, 4_000, 1) == [range(100)]
    assert background_ranges(200, 200_000, 1) == [range(200)]  # 40 million
    assert [len(part) for part in background_ranges(2_000, 200_000, 1)] == [250] * 8
    assert len(background_ranges(200, 200_000, 10)) == 3  # with up to 10 cut-outs a sample


@given(backgrounds=st.integers(1, 300), per_background=st.integers(100_000, 60_000_000))
def test_parts_are_as_many_as_needed_and_alike(backgrounds: int, per_background: int) -> None:
    parts = background_ranges(backgrounds, per_background, 1)
    assert [b for part in parts for b in part] == [*range(backgrounds)]
    most = max(len(part) for part in parts)
    assert most - min(len(part) for part in parts) <= 1
    assert most == 1 or most * per_background <= 50_000_000


def test_the_samples_are_those_of_a_plan_in_one_part_but_for_their_splits(in_parts: Path, planned: Path) -> None:
    manifest = load_manifest(in_parts / "manifest/corpus.json")
    assert (manifest.version, manifest.planned_parts, len(manifest.parts)) == (2, B, B)
    assert all((in_parts / f"parts/{n}/manifest" / SAMPLES_FILE).is_file() for n in range(1, B))
    assert rows(in_parts).drop_columns("split") == rows(planned).drop_columns("split")
    assert [*find_plan_problems(Corpus(in_parts))] == []


def test_the_pixels_are_those_of_a_corpus_in_one_part(made_in_parts: Path, labelled: Path) -> None:
    one, parts = Corpus(labelled), Corpus(made_in_parts)
    assert [*find_plan_problems(parts)] == []
    assert [(status.array, status.samples_left) for status in corpus_status(parts)] == [
        (array, 0) for array in ("image", "mask", "depth")
    ]
    for mine, theirs in zip(parts, one, strict=True):
        assert np.array_equal(mine.image, theirs.image)
        assert np.array_equal(np.asarray(mine.depth_m), np.asarray(theirs.depth_m))
    assert parts.manifest.statistics == one.manifest.statistics


def test_the_same_plan_changes_nothing_and_writes_again_what_is_lost(
    made_in_parts: Path, options: PlanOptions, copy_of: Callable[[Path], Path]
) -> None:
    path = copy_of(made_in_parts)
    before = contents(path)
    assert plan(path, options).unchanged
    assert contents(path) == before
    (path / "parts/1/manifest" / SAMPLES_FILE).write_bytes(b"torn")
    (path / "parts/2/manifest/part.json").unlink()
    again = plan(path, options)
    assert again.unchanged
    assert [note.rpartition("/")[2] for note in again.notes if "written again" in note] == [
        "samples.parquet: was damaged: written again",
        "part.json: was missing: written again",
    ]
    assert contents(path) == before
    (path / "manifest/corpus.json").write_text("{")
    assert plan(path, options).unchanged
    assert contents(path) == before


def test_what_is_lost_of_a_part_is_named_with_the_plan_as_the_way_out(
    in_parts: Path, copy_of: Callable[[Path], Path], options: PlanOptions
) -> None:
    path = copy_of(in_parts)
    (path / "parts/1/manifest" / SAMPLES_FILE).write_bytes(b"torn")
    way_out = r"parts/1/manifest/samples.parquet: changed since it was planned: .*bgfg plan \S+ \.\.\.` again"
    with pytest.raises(Problem, match=way_out):
        CorpusRecords.open(path).sample(PER_BACKGROUND)
    assert CorpusRecords.open(path).sample(0)["sample"] == 0  # whose table is whole
    with pytest.raises(Problem, match=way_out):
        extend_corpus(path, ExtendOptions(options.bg, None, options.bg_depth), False, workers=1)


def test_another_plan_takes_its_place_and_it_that_of_another(
    in_parts: Path,
    planned: Path,
    options: PlanOptions,
    copy_of: Callable[[Path], Path],
) -> None:
    path = copy_of(in_parts)
    with pytest.raises(Problem, match=r"different: --seed 5 \(was 0\)"):
        plan(path, replace(options, seed=5))
    plan(path, options, replace=True, most=1_000)
    assert contents(path) == contents(planned)
    plan(path, options, replace=True)
    assert contents(path) == contents(in_parts)


@pytest.mark.parametrize("every", [60, pytest.param(25, marks=pytest.mark.slow)])
def test_a_plan_that_is_killed_while_it_is_put_in_place_is_gone_on_with(
    in_parts: Path, options: PlanOptions, tmp_path: Path, every: int
) -> None:
    path, killed = tmp_path / "corpus", 0
    for _ in steps_killed(path, lambda: plan(path, options), every):
        killed += 1
        plan(path, options)
        assert contents(path) == contents(in_parts)
        for entry in sorted(path.rglob("*"), reverse=True):
            entry.rmdir() if entry.is_dir() else entry.unlink()
    assert killed > 1


def test_it_is_extended_as_others_are(
    in_parts: Path, more: Path, copy_of: Callable[[Path], Path], options: PlanOptions
) -> None:
    path = copy_of(in_parts)
    compose_corpus(path, IN_PROCESS)
    extend_corpus(path, ExtendOptions(more / "bg", None, more / "depth"), False, workers=1)
    compose_corpus(path, IN_PROCESS)
    manifest = load_manifest(path / "manifest/corpus.json")
    assert (manifest.planned_parts, len(manifest.parts)) == (B, B + 1)
    assert [*find_plan_problems(Corpus(path))] == []
    said = dict(CorpusSummary.from_records(CorpusRecords.open(path)).facts())["parts"]
    assert f", planned in {B} parts; then 2 backgrounds (samples from {B * PER_BACKGROUND:,})" in said
    again = plan(path, options)
    assert again.unchanged
    assert any("was extended since by 2 backgrounds: that stays" in note for note in again.notes)


def test_splits_are_counted_without_the_tables_of_samples(in_parts: Path) -> None:
    records = CorpusRecords.open(in_parts)
    counted = {split: of.samples for split, of in count_splits(records).items() if of.samples}
    names, samples = np.unique(rows(in_parts)["split"].to_numpy(zero_copy_only=False), return_counts=True)
    assert counted == dict(zip(names.tolist(), samples.tolist(), strict=True))
