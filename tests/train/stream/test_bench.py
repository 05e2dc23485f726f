"""`bgfg bench-stream` says how fast, where the time goes and how well it mixes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.synth.store.store import Corpus  # noqa: E402
from bgfg.train.cli.bench_stream import bench_stream  # noqa: E402
from bgfg.train.stream.bench import Mixing, bench  # noqa: E402
from bgfg.train.stream.stream import Stream  # noqa: E402
from bgfg.train.stream.touch import touch  # noqa: E402

from tests.support.stream_corpus import make_corpus  # noqa: E402


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_corpus(tmp_path_factory.mktemp("benched"))


def test_a_report_tells_speed_time_and_mixing(corpus: Corpus) -> None:
    report = bench(Stream(corpus, batch=16), seconds=0.2)
    assert report.speed.samples_per_s > 0
    assert 0 < report.speed.first_batch_s < 20
    assert 0 <= report.speed.wait_share <= 1
    assert min(vars(report.speed.threads).values()) >= 0
    assert 1 <= report.mixing.blocks <= 16
    assert len(report.lines()) == 5
    assert "samples/s" in report.lines()[1]


def test_mixing_counts_blocks_and_backgrounds() -> None:
    batches = np.tile(np.array([[0, 1, 5, 41], [0, 1, 2, 3]]), (10, 1))
    assert Mixing.of(batches, placements=4, per_background=40) == Mixing(2.0, 1.5, 3.0)


@pytest.mark.parametrize(("height_px", "word"), [(8, np.int64), (7, np.uint8)])
def test_touching_reads_all_of_a_batch_and_its_backgrounds_lines(height_px: int, word: type) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (3, height_px, 9, 3), dtype=np.uint8)
    depth = rng.integers(0, 2**16, (3, 1, height_px, 4), dtype=np.uint16)
    backgrounds = rng.integers(0, 256, (5, height_px, 9, 3), dtype=np.uint8)
    pictures = {"image": torch.from_numpy(image).permute(0, 3, 1, 2), "depth": torch.from_numpy(depth)}
    read = image.reshape(-1).view(word).sum(dtype=np.int64)
    read += depth.reshape(-1).view(np.int64).sum()
    read += backgrounds.reshape(5, -1)[[3, 0, 3], : height_px * 27 // 64 * 64 : 64].sum(dtype=np.int64)
    batch = {**pictures, "background": torch.tensor([3, 0, 3])}
    assert touch(batch, torch.from_numpy(backgrounds).permute(0, 3, 1, 2)) == int(read)


def test_the_command_prints_and_writes_what_it_measured(corpus: Corpus, tmp_path: Path) -> None:
    options = ["--batch", "16", "--seconds", "0.1", "--threads", "1", "--json", str(tmp_path / "out.json")]
    done = CliRunner().invoke(bench_stream, [str(corpus.path), *options], catch_exceptions=False)
    assert done.exit_code == 0
    assert "train: 96 samples, 6 batches of 16 an epoch" in done.output
    written = json.loads((tmp_path / "out.json").read_text())
    assert written["speed"]["samples_per_s"] > 0
    assert written["full_shuffle"]["blocks"] >= written["mixing"]["backgrounds"]
