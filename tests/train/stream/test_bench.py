"""`bgfg bench-stream` says how fast, where the time goes and how well it mixes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops import device
from bgfg.synth.importing.import_corpus import import_corpus
from bgfg.synth.importing.options import ImportOptions
from bgfg.synth.store.corpus import Corpus
from bgfg.train.cli.bench_stream import bench_stream
from bgfg.train.stream.bench import ShuffleQuality, benchmark_stream
from bgfg.train.stream.sampler import WINDOW_BLOCKS
from bgfg.train.stream.stream import Stream
from tests.support.executors import IN_PROCESS
from tests.support.real_folder import make_real
from tests.support.stream_corpus import make_stream_corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_stream_corpus(tmp_path_factory.mktemp("benched"))


def test_a_report_tells_speed_time_and_mixing(corpus: Corpus) -> None:
    report = benchmark_stream(Stream(corpus, batch=16), seconds=0.2)
    assert report.speed.samples_per_s > 0
    assert 0 < report.speed.first_batch_s < 20
    assert 0 < report.speed.processor_us < 1e6
    assert 0 <= report.speed.wait_share <= 1
    assert min(vars(report.speed.threads).values()) >= 0
    assert 1 <= report.mixing.blocks <= 16
    assert len(report.lines()) == 5
    assert "samples/s" in report.lines()[1]


def test_mixing_counts_blocks_and_backgrounds() -> None:
    batches = np.tile(np.array([[0, 1, 5, 41], [0, 1, 2, 3]]), (10, 1))
    assert ShuffleQuality.of(batches, batches // 40, 4) == ShuffleQuality(2.0, 1.5, 3.0)


def test_few_batches_are_no_ten_in_a_row() -> None:
    batches = np.array([[0, 1, 5, 41]] * 9)
    assert ShuffleQuality.of(batches, batches // 40, 4) == ShuffleQuality(3.0, 2.0, None)


def test_the_command_prints_and_writes_what_it_measured(corpus: Corpus, tmp_path: Path) -> None:
    options = ["--batch", "16", "--seconds", "0.1", "--threads", "1", "--json", str(tmp_path / "out.json")]
    done = CliRunner().invoke(bench_stream, [str(corpus.path), *options], catch_exceptions=False)
    assert done.exit_code == 0
    assert "image, mask, depth of train: 96 samples, 6 batches of 16 an epoch" in done.output
    assert "µs of processor time each; first" in done.output
    assert "fewer than 10 batches an epoch" in done.output
    written = json.loads((tmp_path / "out.json").read_text())
    assert written["speed"]["samples_per_s"] > 0
    assert written["mixing"]["blocks_in_10"] is None
    assert written["full_shuffle"]["blocks"] >= written["mixing"]["backgrounds"]


def test_the_command_mixes_as_many_blocks_as_a_stream_does() -> None:
    assert {option.name: option.default for option in bench_stream.params}["window"] == WINDOW_BLOCKS


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_a_device_that_is_not_here_is_refused_at_once(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(device, "is_available", "cpu".__eq__)
    with pytest.raises(Problem, match=f"--device {kind}: PyTorch .* finds none here: leave the option out") as caught:
        bench_stream.main([str(corpus.path), "--device", kind], standalone_mode=False)
    assert caught.value.exit_code == 2
    with pytest.raises(Problem, match=rf"device={kind}:0: PyTorch .* finds none here: give one of cpu$"):
        Stream(corpus, device=f"{kind}:0")


def test_where_no_background_is_known_none_is_read_and_a_line_says_so(tmp_path: Path) -> None:
    make_real(tmp_path / "photos/train", 24, 0)
    make_real(tmp_path / "photos/test", 1, 0, first=30)
    import_corpus(tmp_path / "photos", tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    report = benchmark_stream(Stream(tmp_path / "corpus", batch=8), seconds=0.1)
    assert report.speed.samples_per_s > 0
    assert report.mixing.backgrounds is report.full_shuffle.backgrounds is None
    assert report.lines()[-1] == "of all 24 samples the background isn't known: no background was read"
