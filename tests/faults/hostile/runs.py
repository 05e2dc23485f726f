"""Readers of runs, of folders of images and masks, of corpora under a URL, and of videos."""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path

import numpy as np

from bgfg.data_manifests.corpus.digest import SEAL_KEY, content_sha256
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.shard import DamagedShard
from tests.faults.hostile.layers import checked_chunk, checked_index, sealed_json
from tests.faults.hostile.readers import Reader, Stock, Target, in_file
from tests.support.crowd_corpus import make_crowd_corpus
from tests.support.paired_folders import make_pets, make_plain


def _make_runs(folder: Path) -> None:
    from bgfg.train.engine.loggers import CsvLogger
    from bgfg.train.engine.run_dir import RunDir
    from bgfg.train.folders.folder import ImageMaskFolder
    from tests.train.engine.test_run_dir import RECORD
    from tests.train.overview.test_run_overview import make_run

    make_run(folder / "evaluated")
    run = RunDir(folder / "run")
    run.path.mkdir()
    run.write_record(RECORD)
    run.last_checkpoint.parent.mkdir()
    run.last_checkpoint.touch()
    logger = CsvLogger(run.metrics_file, ["loss", "val/iou"])
    for step in (1, 2, 3):
        logger.write(step, {"loss": 1 / step} | ({"val/iou": 0.5} if step == 2 else {}))
    logger.close()
    make_plain(folder / "plain", 4)
    make_pets(folder / "pets", 3, 2)
    ImageMaskFolder(folder / "plain").keep_scans(folder / "scans.json")


RUNS = Stock(
    "runs",
    _make_runs,
    (
        *("bgfg.train.engine.run_dir", "bgfg.train.engine.loggers", "bgfg.train.folders.folder"),
        "bgfg.html_report.report",
    ),
)


def _runs(folder: Path) -> list[Target]:
    from bgfg.train.engine.run_dir import RunDir

    run = RunDir(folder / "run")
    return [in_file(run.path / "run.json", run.read_record)]


def _metrics(folder: Path) -> list[Target]:
    from bgfg.train.engine.loggers import CsvLogger, read_metrics

    path = folder / "run/metrics.csv"

    def resume() -> None:
        CsvLogger(path, ["loss", "val/iou"], 2).close()

    return [in_file(path, lambda: read_metrics(path), resume)]


def _reports(folder: Path) -> list[Target]:
    from bgfg.html_report.page import render_page
    from bgfg.html_report.run_content import runs_content
    from bgfg.train.overview.run_overview import RunOverview

    run = folder / "evaluated"

    def report() -> None:
        render_page("runs.html", "run", runs_content([RunOverview.load(run)]))

    evaluation, sheet = run / "evaluation-0b5b", run / "sheets/step_0000020.png"
    files = (run / "run.json", run / "metrics.csv", evaluation / "report.md", evaluation / "report.json", sheet)
    return [in_file(file, report) for file in files]


def _scans(folder: Path) -> list[Target]:
    from bgfg.train.folders.folder import ImageMaskFolder
    from bgfg.train.folders.kept_scans import KeptScans
    from bgfg.train.folders.kept_scans import _sha256 as digest

    path = folder / "scans.json"
    layers = {"sealed": sealed_json("sha256", lambda content: digest(content["scans"]))}  # type: ignore[arg-type]
    root, pairs = folder / "plain", ImageMaskFolder(folder / "plain").pairs

    def kept() -> None:
        found = KeptScans.load(path, root, False)
        for pair in pairs:
            found.get(pair, True)

    return [in_file(path, kept, lambda: ImageMaskFolder(root, scans_file=path), layers=layers)]


def _lists(folder: Path) -> list[Target]:
    from bgfg.train.folders.discovery import recognise_layout

    pets = folder / "pets"
    return [in_file(pets / f"annotations/{name}.txt", lambda: recognise_layout(pets)) for name in ("trainval", "test")]


def _make_videos(folder: Path) -> None:
    from tests.support.videos import walk, write_video

    frames = walk(4, 32, 32)
    for name, codec in (
        ("a.mp4", "mpeg4"),
        ("b.avi", "mjpeg"),
        ("c.mkv", "ffv1"),
        ("d.mov", "h264"),
        ("e.webm", "vp9"),
    ):
        write_video(folder / name, frames, codec=codec)
    write_video(folder / "tone.mp4", frames, sound="aac")


VIDEOS = Stock("videos", _make_videos, ("av", "bgfg.train.inference.video_reader"))


def _videos(folder: Path) -> list[Target]:
    from bgfg.train.inference.video_losses import VideoLosses
    from bgfg.train.inference.video_reader import Video

    def read(path: Path) -> None:
        losses = VideoLosses(path)
        for _, _ in zip(Video.open(path).read(losses), range(50), strict=False):
            pass
        str(losses)

    return [in_file(path, partial(read, path)) for path in sorted(folder.iterdir())]


def _make_remote(folder: Path) -> None:
    make_crowd_corpus(folder, "random", CutoutsPerSample(1, 2))


REMOTE = Stock("remote", _make_remote, ("bgfg.synth.open_corpus",))


def _remote(folder: Path) -> list[Target]:
    from bgfg.synth.open_corpus import open_corpus

    url, corpus = f"file://{folder}/corpus", Corpus(folder / "corpus")
    blocks = corpus.parts[0].samples_per_shard // corpus.geometry.placements

    def read() -> None:
        remote = open_corpus(url)
        remote.read("background", 0)
        remote.require_done("depth", 0)
        layout = remote.layouts["depth"]
        with contextlib.suppress(DamagedShard):  # which every caller turns into a Problem that names the shard
            shard = remote.open_shard("depth", 0)
            for block in range(blocks):
                shard.read(block, layout.stored_shape, np.dtype(layout.dtype))

    layers = {"frame": checked_chunk(blocks), "index": checked_index(blocks)}
    files = ("data.zarr/zarr.json", "data.zarr/background/zarr.json", "done/depth/0.json")
    return [
        in_file(corpus.path / "manifest/corpus.json", read, layers={"sealed": sealed_json(SEAL_KEY, content_sha256)}),
        in_file(corpus.chunk_path("depth", 0), read, layers=layers),
        *(in_file(corpus.path / name, read) for name in files),
    ]


READERS = [
    Reader("remote-corpora", REMOTE, _remote),
    Reader("run.json", RUNS, _runs),
    Reader("metrics.csv", RUNS, _metrics),
    Reader("run-reports", RUNS, _reports),
    Reader("scans.json", RUNS, _scans),
    Reader("split-lists", RUNS, _lists),
    Reader("videos", VIDEOS, _videos),
]
