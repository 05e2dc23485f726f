"""The start of a run: what is refused, and what to do instead; what goes wrong on the way; several ranks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch
from safetensors import safe_open

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.lock import writer_lock
from bgfg.train.config.options import TrainOptions
from bgfg.train.config.presets import PRESETS, with_preset
from bgfg.train.engine.loggers import read_metrics
from bgfg.train.engine.trainer import DEFAULT_VALIDATIONS
from bgfg.train.models.checkpoint import Checkpoint, load_network
from bgfg.train.models.registry import build_model
from bgfg.train.stream.evaluation_cells import VAL_CELL, AssetIdentities, CellSamples
from bgfg.train.targets.objective import Objective
from tests.support.stream_corpus import make_stream_corpus
from tests.support.tiny_runs import losses, start_tiny_training, tiny_options, train_tiny


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_stream_corpus(tmp_path_factory.mktemp("started"))


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory, corpus: Corpus) -> Path:
    """A run of 4 steps."""
    run = tmp_path_factory.mktemp("begun") / "run"
    train_tiny(corpus, run, steps=4)
    return run


def refusal(corpus: Corpus, run: Path, **given: Any) -> str:
    with pytest.raises(Problem) as caught:
        train_tiny(corpus, run, **given)
    assert len(caught.value.lines) == 1
    return caught.value.lines[0]


def test_a_corpus_that_is_not_composed_is_refused_with_the_command(planned: Path, tmp_path: Path) -> None:
    line = refusal(Corpus(planned), tmp_path / "run", targets=("mask",))
    assert not (tmp_path / "run").exists()
    assert line == f"{planned}: shard 0 of image is not done: run `bgfg compose {planned}`"


def test_a_corpus_that_is_not_or_half_labelled_is_refused_with_the_command(
    composed: Path, labelled: Path, copy_of: Callable[[Path], Path], tmp_path: Path
) -> None:
    line = refusal(Corpus(composed), tmp_path / "run")
    assert line.endswith(f"of depth is not done: run `bgfg label {composed}`")
    half = copy_of(labelled)
    for mark in (half / "done/depth").iterdir():
        mark.unlink()
    line = refusal(Corpus(half), tmp_path / "run")
    assert line.endswith(f"of depth is not done: run `bgfg label {half}`")


def test_a_run_keeps_to_its_corpus_and_its_options(begun: Path, corpus: Corpus, labelled: Path) -> None:
    line = refusal(Corpus(labelled), begun, steps=4)
    assert f"trained on the corpus of digest {corpus.manifest.digest[:12]}" in line
    line = refusal(corpus, begun, steps=5, lr=0.5)
    said = "different: --steps 5 (was 4), --lr 0.5 (was 0.01)"
    again = "give the same ones to go on with it, or another folder"
    assert line == f"{begun}: holds a run of other options ({said}): {again}"


def test_what_may_change_may_change(begun: Path, corpus: Corpus) -> None:
    assert train_tiny(corpus, begun, steps=4, log_every=2, checkpoint_every_s=5.0).step == 4


def test_a_folder_that_holds_a_run_is_refused_where_none_is_to_go_on(begun: Path, corpus: Corpus) -> None:
    from bgfg.train.engine.launch import train
    from bgfg.train.ops.device import Device

    with pytest.raises(Problem, match="holds a run already: go on with --resume auto, or give another folder"):
        train(corpus, begun, tiny_options(steps=4), Device("cpu", "a test's"), resume=False)


def test_one_run_has_one_writer(begun: Path, corpus: Corpus) -> None:
    with writer_lock(begun):
        assert "is writing to this run" in refusal(corpus, begun, steps=4)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("{", "not readable as JSON"),
        ("[]", "not the record of a bgfg run"),
        ('{"format": "bgfg-run", "version": 9}', "run version 9; this bgfg knows version 1 only"),
        ('{"format": "bgfg-run", "version": 1, "options": {}}', "changed by hand"),
        ('{"format": "bgfg-run", "version": 1, "options": {"colour": 1}}', "changed by hand"),
        (None, "has checkpoints and no run.json"),
    ],
)
def test_a_damaged_record_is_refused(
    begun: Path, corpus: Corpus, copy_of: Callable[[Path], Path], content: str | None, line: str
) -> None:
    run = copy_of(begun)
    (run / "run.json").unlink()
    if content is not None:
        (run / "run.json").write_text(content, encoding="utf-8")
    assert line in refusal(corpus, run, steps=4)


def test_a_checkpoint_that_is_damaged_or_does_not_fit_is_refused(
    begun: Path, corpus: Corpus, copy_of: Callable[[Path], Path]
) -> None:
    path = copy_of(begun) / "checkpoints/last.safetensors"
    last = Checkpoint.load(path)
    stream = dict(last.description["stream"]) | {"consumed": "some"}
    Checkpoint(last.parts, {**last.description, "stream": stream}).save(path)
    unfit = f"{path}: the run can't go on from it ("
    assert refusal(corpus, path.parents[1], steps=4).startswith(unfit)
    Checkpoint({**last.parts, "optimizer": {"nobody": torch.zeros(1)}}, last.description).save(path)
    assert refusal(corpus, path.parents[1], steps=4).startswith(unfit)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    said = f"{path}: is damaged (not what its SHA-256 says): restore it from a copy, or begin another run with"
    assert refusal(corpus, path.parents[1], steps=4).startswith(said)


def test_a_batch_that_is_too_large_or_that_a_step_cannot_fill_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    assert "too few for a batch of 1024" in refusal(corpus, tmp_path, batch=1024)
    assert "an epoch has 6 batches of 16 and a step takes --accumulate 7" in refusal(corpus, tmp_path, accumulate=7)
    said = "--batch 12: a batch takes as many samples from each of 8 mixed sequences: give a multiple of 8"
    assert refusal(corpus, tmp_path, batch=12) == said


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_batch(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, steps = Objective.losses, 0

    def breaking(self: Objective, *given: Any) -> torch.Tensor:
        nonlocal steps
        steps += 1
        return whole(self, *given) * (float("nan") if steps == 5 else 1.0)

    monkeypatch.setattr(Objective, "losses", breaking)
    line = refusal(corpus, tmp_path, checkpoint_every_s=0.0, validate_every=12)
    assert "at step 5 the loss is no finite number (loss nan, loss_mask nan, loss_depth nan)" in line
    assert "bad_batch_0000005.safetensors: give a lower --lr" in line
    with safe_open(tmp_path / "bad_batch_0000005.safetensors", framework="pt") as file:
        assert json.loads(file.metadata()["about"])["step"] == 5
        assert file.get_tensor("0.bg_fg").shape == (16, 3, 16, 16)
        assert {"0.samples", "0.bg", "0.mask", "0.depth", "0.depth_known"} <= set(file.keys())
    last = Checkpoint.load(tmp_path / "checkpoints/last.safetensors")
    assert last.description["standing"]["step"] == 4
    assert all(torch.isfinite(value).all() for part in last.parts.values() for value in part.values())


def test_several_passes_a_step_learn_as_one_large_one(corpus: Corpus, tmp_path: Path) -> None:
    given = {"steps": 3, "model_options": {"plain": True}, "clip": None, "targets": ("mask",)}
    train_tiny(corpus, tmp_path / "one", batch=32, **given)
    train_tiny(corpus, tmp_path / "two", batch=16, accumulate=2, **given)
    one, two = (read_metrics(tmp_path / name / "metrics.csv") for name in ("one", "two"))
    assert [row["loss"] for row in one] == pytest.approx([row["loss"] for row in two], rel=1e-4)


def test_it_stops_early_where_validations_show_no_more_progress(corpus: Corpus, tmp_path: Path) -> None:
    state = train_tiny(corpus, tmp_path, steps=60, validate_every=2, patience=2, lr=1e-12, average=0.0)
    assert state.step < 60
    assert state.stale == 2
    assert train_tiny(corpus, tmp_path, steps=60, validate_every=2, patience=2, lr=1e-12, average=0.0) == state


def test_without_val_it_trains_and_keeps_the_last_alone(
    tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = np.zeros(0, np.int64)
    none = CellSamples(VAL_CELL, nothing, nothing, nothing, total=0)
    monkeypatch.setattr(AssetIdentities, "choose", lambda self, cell, cap: none)
    state = train_tiny(corpus, tmp_path, steps=3)
    assert "nothing was validated" in state.summary()
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["last.safetensors"]
    assert load_network(tmp_path)[1]["standing"]["step"] == 3


def test_one_batch_over_and_over_is_learnt(corpus: Corpus, tmp_path: Path) -> None:
    train_tiny(corpus, tmp_path, fake_data=True, steps=20, augment=False, lr=0.02)
    rows = read_metrics(tmp_path / "metrics.csv")
    assert rows[-1]["loss"] < 0.8 * rows[0]["loss"]


@pytest.mark.slow
def test_minutes_become_steps_once_and_for_all(corpus: Corpus, tmp_path: Path) -> None:
    given = {"steps": None, "minutes": 0.05}
    state = train_tiny(corpus, tmp_path, **given)
    assert state.step >= 1
    assert 1 <= sum("val_loss" in row for row in read_metrics(tmp_path / "metrics.csv")) <= DEFAULT_VALIDATIONS
    assert train_tiny(corpus, tmp_path, **given).step == state.step


@pytest.mark.slow  # three processes import PyTorch; ranks' shares of batches are tried in the tests of the stream
@pytest.mark.timeout(250)
def test_two_ranks_train_on_the_batches_of_one(corpus: Corpus, tmp_path: Path) -> None:
    given = {"steps": 8, "model_options": {"plain": True}, "targets": ("mask",), "validate_every": 4}
    train_tiny(corpus, tmp_path / "one", **given)
    process = start_tiny_training(corpus, tmp_path / "two", ranks=2, **given)
    printed = process.communicate(timeout=240)[1]
    assert process.returncode == 0, printed
    assert "2 ranks" in printed
    one, two = (losses(read_metrics(tmp_path / name / "metrics.csv")) for name in ("one", "two"))
    for mine, theirs in zip(one, two, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-3)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_builds_its_network_at_its_size(name: str) -> None:
    options = TrainOptions(**with_preset(name, {}))
    size = {} if options.size_px is None else {"input_px": options.size_px}
    net = build_model(options.model, options.targets, **size, **options.model_options)
    assert net.input_px == (options.size_px or net.input_px)
    if options.model == "two_stream":
        assert sum(parameter.numel() for parameter in net.parameters()) <= 5_000_000
