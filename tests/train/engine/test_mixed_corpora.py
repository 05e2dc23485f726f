"""Samples of other corpora in every batch, and batches of several sizes; a run that is gone on with gives the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus
from bgfg.train.config.options import TrainOptions
from bgfg.train.config.presets import with_preset
from bgfg.train.engine.batch import Batch
from bgfg.train.engine.build import RunBuilder
from bgfg.train.engine.corpus_source import CorpusSource
from bgfg.train.engine.launch import train
from bgfg.train.engine.loggers import read_metrics
from bgfg.train.engine.mixed_stream import MixedStream, Portions
from bgfg.train.engine.run_dir import RunDir
from bgfg.train.models.checkpoint import Checkpoint
from bgfg.train.ops.device import Device, fabric_on
from bgfg.train.stream.stream import Stream
from tests.support.stream_corpus import make_stream_corpus
from tests.support.tiny_runs import losses, stopped_after

CPU = Device("cpu", "a test's")
SIZES_PX = (32, 64)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_stream_corpus(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_stream_corpus(tmp_path_factory.mktemp("real"), seed=1)


def options(**given: Any) -> TrainOptions:
    chosen: dict[str, Any] = {
        "size_px": 32, "sizes_px": SIZES_PX, "batch": 8, "also": (3,), "steps": 6, "lr": 1e-3, "warmup_steps": 2,
        "average": 0.9, "model_options": {"width": 4, "encoder": "mobilenetv4_conv_small_050"}, "validate_every": 3,
        "validation_samples": 4, "threads": 1, "sheet_rows": 1, "log_every": 1,
    }  # fmt: skip
    return TrainOptions(**with_preset("teach", {**chosen, **given}))


def build(drawn: Corpus, others: Sequence[Corpus], **given: Any) -> RunBuilder:
    sources = [CorpusSource(corpus, {}) for corpus in others]
    return RunBuilder(CorpusSource(drawn, {}), options(**given), fabric_on(CPU, "32-true"), sources)


def epoch_of(builder: RunBuilder) -> list[Batch]:
    return list(builder.training_batches())


def test_so_many_samples_of_the_other_corpus_join_each_batch_and_are_free(drawn: Corpus, real: Corpus) -> None:
    batches = epoch_of(build(drawn, [real]))
    alone = epoch_of(build(drawn, [], also=(), sizes_px=(32,)))
    assert len(batches) == len(alone) > 3
    for batch, own in zip(batches, alone, strict=True):
        inverse, known, free = batch.truths["depth"]
        assert torch.equal(batch.samples[:8], own.samples)
        assert free.tolist() == [False] * 8 + [True] * 3
        assert len(batch.bg_fg) == len(inverse) == len(known) == 11


def test_the_other_corpus_is_gone_through_evenly_and_ever_anew(drawn: Corpus, real: Corpus) -> None:
    stream = Stream(real, batch=24, arrays=("image",), threads=1)
    portions = Portions(stream, 3)
    an_epoch = len(stream) * 8
    taken = [[portions.take() for _ in range(an_epoch)] for _ in range(2)]
    indices = [torch.cat([portion["sample"] for portion in epoch]) for epoch in taken]
    assert all(len(each) == len(set(each.tolist())) == 3 * an_epoch for each in indices)
    assert not torch.equal(*indices)
    assert [int(epoch[0]["epoch"]) for epoch in taken] == [0, 1]


@pytest.mark.parametrize("before", [0, 1, 7, 8, 11])
def test_portions_go_on_from_wherever_they_were(real: Corpus, before: int) -> None:
    def opened(window: int | None = None) -> Portions:
        return Portions(Stream(real, batch=24, arrays=("image",), window=window, threads=1), 3)

    whole, resumed = opened(window=1), opened()
    for _ in range(before):
        whole.take()
    resumed.load_state_dict(whole.state_dict())
    for _ in range(12):
        mine, theirs = resumed.take(), whole.take()
        assert all(torch.equal(mine[name], theirs[name]) for name in theirs)


def test_a_mixed_stream_of_none_is_the_stream(drawn: Corpus) -> None:
    def opened() -> Stream:
        return Stream(drawn, batch=8, arrays=("image",), threads=1)

    for mixed, plain in zip(MixedStream(opened(), []), opened(), strict=True):
        assert mixed.keys() == plain.keys()
        assert all(torch.equal(mixed[name], plain[name]) for name in plain)


def test_each_size_comes_and_depends_on_seed_and_samples_alone(drawn: Corpus) -> None:
    first, again, other = (epoch_of(build(drawn, [], also=(), seed=seed)) for seed in (0, 0, 1))
    sides = [[batch.bg_fg.shape[-1] for batch in batches] for batches in (first, again, other)]
    assert set(sides[0]) == set(SIZES_PX)
    assert sides[0] == sides[1] != sides[2]
    assert all(batch.truths["depth"][0].shape[-1] == side // 2 for batch, side in zip(first, sides[0], strict=True))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, drawn: Corpus, real: Corpus) -> Path:
    run = tmp_path_factory.mktemp("undisturbed") / "run"
    train(drawn, run, options(), CPU, also=[real])
    return run


@pytest.mark.parametrize("stop", [2, pytest.param(5, marks=pytest.mark.slow)])
def test_stopped_at_any_step_it_goes_on_the_same(
    tmp_path: Path, drawn: Corpus, real: Corpus, undisturbed: Path, stop: int
) -> None:
    run = tmp_path / "run"
    with stopped_after(stop):
        train(drawn, run, options(checkpoint_every_s=0.0), CPU, also=[real])
    train(drawn, run, options(), CPU, also=[real])
    rows, expected = (losses(read_metrics(each / "metrics.csv")) for each in (run, undisturbed))
    assert rows == expected
    mine, theirs = (Checkpoint.load(RunDir(each).last_checkpoint).parts for each in (run, undisturbed))
    for part in theirs:
        assert all(torch.equal(mine[part][name], tensor) for name, tensor in theirs[part].items())


def test_a_run_says_of_what_it_learnt_and_goes_on_with_that_alone(tmp_path: Path, drawn: Corpus, real: Corpus) -> None:
    train(drawn, tmp_path, options(steps=1), CPU, also=[real])
    record = RunDir(tmp_path).read_record()
    assert record is not None
    assert list(record.also) == [real.manifest.digest]
    assert set(record.files) == {*CorpusSource(drawn, {}).file_digests(), *CorpusSource(real, {}).file_digests()}
    with pytest.raises(Problem, match=r"trained on the corpus of digest .*: give that corpus"):
        train(drawn, tmp_path, options(steps=1), CPU, also=[drawn])
    with pytest.raises(Problem, match=r"different: --also not given \(was 3\)"):
        train(drawn, tmp_path, options(steps=1, also=()), CPU)


def test_a_size_that_the_network_does_not_take_is_told(drawn: Corpus) -> None:
    with pytest.raises(Problem, match="multiples of 32 px, not 48 by 48: give another --size"):
        build(drawn, [], also=(), sizes_px=(32, 48)).training_batches()
    with pytest.raises(Problem, match="--sizes 4: give at least 8"):
        options(sizes_px=(32, 4))
