"""The record of a run is read as it was written, or refused in one line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus
from bgfg.train.config.options import TrainOptions
from bgfg.train.engine.corpus_source import CorpusSource
from bgfg.train.engine.run_dir import RunDir, RunRecord
from bgfg.train.models.checkpoint import Checkpoint
from tests.support.doors import damaged, refusal

RECORD = RunRecord(TrainOptions(), "ab", 3, "cpu", {"bgfg": "0.1.0"}, {"near_m": 0.1, "far_m": 10.0}, ["cd"])


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    run = RunDir(tmp_path)
    run.write_record(RECORD)
    Checkpoint({}, {}).save(run.last_checkpoint)
    return run


def test_a_record_is_read_as_it_was_written(run: RunDir) -> None:
    assert run.read_record() == RECORD


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"files": "cd"}, "the record.files is 'cd'"),
        ({"depth": {"near_m": 0}}, "the record.depth.near_m is 0"),
        ({"options": {"batch": "many"}}, "not supported between"),
        ({"options": {"batch": 10**400}}, "--batch 1000"),
        ({"options": {"steps": 3, "minutes": 3}}, "--epochs, --steps, --minutes: give one of them"),
        ({"options": {"targets": 3}}, "not iterable"),
    ],
)
def test_what_does_not_fit_is_one_line(run: RunDir, changed: dict[str, Any], said: str) -> None:
    content = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    (run.path / "run.json").write_text(json.dumps(content | changed), encoding="utf-8")
    line = refusal(run.read_record)
    assert line.startswith(f"{run.path}/run.json: changed by hand (")
    assert said in line


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_is_read_or_one_line(run: RunDir, data: st.DataObject) -> None:
    run.write_record(RECORD)
    path = run.path / "run.json"
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    line = refusal(run.read_record)
    assert line == "" or line.startswith(f"{path}: ")


@pytest.mark.parametrize("torn", ["", "{", "[" * 100_000])
def test_a_torn_record_of_a_run_that_got_nowhere_is_begun_anew(run: RunDir, torn: str) -> None:
    (run.path / "run.json").write_text(torn, encoding="utf-8")
    with pytest.raises(Problem, match="not readable as JSON"):
        run.read_record()
    run.last_checkpoint.unlink()
    assert run.read_record() is None


def test_what_a_killed_run_left_of_its_record_is_cleared(run: RunDir) -> None:
    (run.path / ".0123456789ab.partial.json").write_text("{", encoding="utf-8")
    run.write_record(RECORD)
    assert not list(run.path.glob(".*.partial*"))


def test_a_checkpoint_of_weights_alone_is_none_to_go_on_from(run: RunDir) -> None:
    Checkpoint(
        {"average": {"a": torch.zeros(1)}}, {"standing": {"step": 3}, "model": {"name": "unet", "options": {}}}
    ).save(run.last_checkpoint)

    class Data:
        digest, classes = "ab", None

    with pytest.raises(Problem, match=r"last\.safetensors: has no net, from which the run would go on: restore it"):
        run.load_for_resume(TrainOptions(), Data(), True)  # type: ignore[arg-type]


def test_a_run_doesnt_go_on_with_a_corpus_that_was_extended_since(tmp_path: Path, extended: Path) -> None:
    corpus = Corpus(extended)
    run = RunDir(tmp_path)
    run.write_record(replace(RECORD, digest=corpus.manifest.parts[0].digest))
    with pytest.raises(Problem, match=rf"trained on {extended} before it was extended, on fewer pictures: begin a run"):
        run.load_for_resume(RECORD.options, CorpusSource(corpus, {}), True)
    run.write_record(replace(RECORD, digest="0" * 64))
    with pytest.raises(Problem, match="trained on the corpus of digest 000000000000"):
        run.load_for_resume(RECORD.options, CorpusSource(corpus, {}), True)
