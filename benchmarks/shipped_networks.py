"""Measure what comes with bgfg in use, beside an earlier build: `label`, `predict`, and `replace` of a video.

`python -m benchmarks.shipped_networks --bg FOLDER --fg FOLDER --before CHECKOUT`, where CHECKOUT is a clone or worktree
of another commit. Seconds of processor of whole processes are told: they hardly depend on what else the machine does.
"""

from __future__ import annotations

import resource
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe_machine
from benchmarks.many_backgrounds import Build
from benchmarks.table import ResultRow, ResultSection, print_report
from benchmarks.timing import measure_in_turns
from bgfg.data_manifests.images.image_io import read_rgb, read_rgba, save_jpeg, save_png
from bgfg.data_manifests.images.listing import list_folders
from bgfg.data_manifests.terminal.errors import Problem

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path, resolve_path=True)
_PICTURE_PX, _FRAME_PX = (1080, 1920), (360, 640)
_FRAMES_PER_S = 25.0
_CUTOUTS_LABELLED = 4


def draw_shot(room: NDArray[np.uint8], rgba: NDArray[np.uint8], left_px: int) -> NDArray[np.uint8]:
    """Return a room (H, W, 3) with a person (h, w, 4) in it, half as high as the frame and a tenth above its border."""
    height_px = len(room) // 2
    width_px = round(rgba.shape[1] * height_px / rgba.shape[0])
    small = cv2.resize(rgba, (width_px, height_px), interpolation=cv2.INTER_AREA)
    shot, top_px = room.copy(), len(room) * 9 // 10 - height_px
    place = np.s_[top_px : top_px + height_px, left_px : left_px + width_px]
    person = small[:, : shot[place].shape[1]]
    share = person[..., 3:] / 255
    shot[place] = np.round(person[..., :3] * share + shot[place] * (1 - share))
    return shot


def draw_sources(work: Path, backgrounds: Path, cutouts: Path, pictures: int, frames: int) -> None:
    """Lay pictures, with and without people, and a video into folders of `work`, and some of the sources to label."""
    (rooms, people), _ = list_folders([("--bg", backgrounds), ("--fg", cutouts)])
    for name in ("pictures", "empty", "bg", "fg"):
        (work / name).mkdir()
    shutil.copy(rooms[0], work / "bg")
    for path in people[:_CUTOUTS_LABELLED]:
        shutil.copy(path, work / "fg")
    for i in range(pictures):
        room, rgba = _enlarged(rooms[i % len(rooms)], _PICTURE_PX), read_rgba(people[i % len(people)])
        save_jpeg(room, work / f"empty/{i}.jpg")
        save_jpeg(draw_shot(room, rgba, 200 + 97 * i % 900), work / f"pictures/{i}.jpg")
    room, rgba = _enlarged(rooms[0], _FRAME_PX), read_rgba(people[0])
    save_png(room, work / "empty.png")
    video = cv2.VideoWriter(
        str(work / "walk.mp4"), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), _FRAMES_PER_S, _FRAME_PX[::-1]
    )
    for i in range(frames):
        video.write(np.ascontiguousarray(draw_shot(room, rgba, 20 + 4 * i % 400)[..., ::-1]))
    video.release()


def _enlarged(path: Path, size_px: tuple[int, int]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(read_rgb(path), size_px[::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


def processor_seconds(build: Build, *arguments: object) -> float:
    """Run a command of a build as a whole process; return the seconds of processor that it took, of all its threads."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    build.run(*arguments)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def label_seconds(build: Build, sources: Path) -> float:
    """Label a composed corpus that is copied for it."""
    corpus = build.work / "corpus"
    shutil.rmtree(corpus, ignore_errors=True)
    shutil.copytree(sources / "corpus", corpus)
    return processor_seconds(build, "label", corpus, "--teacher", "compact", "--device", "cpu")


def predict_seconds(build: Build, sources: Path) -> float:
    """Predict a folder of pictures."""
    out = build.work / "predicted"
    shutil.rmtree(out, ignore_errors=True)
    pictures, empty = sources / "pictures", sources / "empty"
    return processor_seconds(build, "predict", "two_stream", pictures, "--background", empty, "--out", out)


def replace_seconds(build: Build, sources: Path) -> float:
    """Replace the background of a video."""
    out = build.work / "replaced.mp4"
    out.unlink(missing_ok=True)
    shots = (sources / "walk.mp4", "--background", sources / "empty.png")
    return processor_seconds(build, "replace", "two_stream", *shots, "--color", "#0a4678", "--out", out)


def measure(work: Path, builds: list[Build], pictures: int, frames: int, repeats: int) -> ResultSection:
    """Measure every job, the builds in turns; the first of them is held against the second where there is one."""
    builds[0].run("plan", work / "corpus", "--bg", work / "bg", "--fg", work / "fg")
    builds[0].run("compose", work / "corpus")
    samples = 2 * _CUTOUTS_LABELLED * 20
    jobs: dict[str, Callable[[Build, Path], float]] = {
        f"label {samples} samples, compact": label_seconds,
        f"predict {pictures} pictures of 1920×1080, two_stream": predict_seconds,
        f"replace in {frames} frames of 640×360, two_stream": replace_seconds,
    }
    rows = []
    for job, seconds in jobs.items():
        found = measure_in_turns({build.name: partial(seconds, build, work) for build in builds}, repeats)
        own, *others = found
        rows.append(ResultRow(job, own, "s of processor", found[own], {other: found[other] for other in others}))
        rows += [ResultRow(job, other, "s of processor", found[other]) for other in others]
    return ResultSection(tuple(rows), ("Whole processes, start included. A ratio below 1 is faster.",))


@click.command()
@click.option("--bg", "backgrounds", required=True, type=FOLDER, help="Photographs of rooms.")
@click.option("--fg", "cutouts", required=True, type=FOLDER, help="Cut-outs of people.")
@click.option("--before", type=FOLDER, help="Another checkout.")
@click.option("--pictures", default=12, show_default=True, type=click.IntRange(min=1))
@click.option("--frames", default=75, show_default=True, type=click.IntRange(min=1))
@click.option("--repeats", default=5, show_default=True, type=click.IntRange(min=1), help="Turns of each build.")
@click.option("--work", type=FOLDER, help="Folder on the disk to measure on.  [default: the system's temporary folder]")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Also write JSON there.")
def shipped_networks(
    backgrounds: Path, cutouts: Path, before: Path | None, pictures: int, frames: int, repeats: int, work: Path | None,
    json_file: Path | None,
) -> None:  # fmt: skip
    """Measure the networks that come with bgfg in use and print a table in Markdown.

    Example: python -m benchmarks.shipped_networks --bg photos --fg people --before ../earlier
    """
    with tempfile.TemporaryDirectory(prefix="bgfg-shipped-", dir=work) as name:
        folder = Path(name)
        draw_sources(folder, backgrounds, cutouts, pictures, frames)
        builds = Build.link_both(before, folder)
        section = measure(folder, builds, pictures, frames, repeats)
        print_report(describe_machine(folder), [section], json_file)


if __name__ == "__main__":
    try:
        shipped_networks()
    except Problem as problem:
        sys.exit(f"Error: {problem}")
