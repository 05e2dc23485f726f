"""Pairs that are too large are refused, and large ones are scored one at a time, in little memory."""

from __future__ import annotations

import tracemalloc
import weakref
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.images.image_writing import save_depth_png, save_png
from bgfg.data_manifests.terminal.progress import no_progress
from bgfg.depth_teacher.evaluation import rgbd
from bgfg.depth_teacher.evaluation.depth_eval import evaluate_depth
from bgfg.depth_teacher.evaluation.metrics import EvalProtocol
from bgfg.depth_teacher.evaluation.pair_sizes import BYTES_PER_PIXEL, MOST_PIXELS, pair_bytes
from bgfg.depth_teacher.evaluation.rgbd import open_rgbd
from bgfg.depth_teacher.evaluation.rgbd_files import BadPair, RgbdPair, read_pair
from bgfg.depth_teacher.teachers.baselines import baseline_teachers
from bgfg.depth_teacher.teachers.compact_weights import open_weights_pair
from tests.support.brightness_teacher import BrightnessTeacher, H, W, save_rgbd_pairs

DEPTH_M = np.linspace(1, 5, H * W, dtype=np.float32).reshape(H, W)


def save_pair(folder: Path, suffix: str) -> None:
    """Write a picture and a depth map of H × W pixels, as a file of this suffix."""
    for name in ("rgb", "depth"):
        (folder / name).mkdir()
    save_png(np.full((H, W, 3), 90, np.uint8), folder / "rgb/a.png")
    path = folder / f"depth/a{suffix}"
    if suffix == ".png":
        save_depth_png((DEPTH_M * 1000).astype(np.uint16), path)
    elif suffix == ".npy":
        np.save(path, DEPTH_M)
    elif suffix == ".npz":
        np.savez_compressed(path, depth=DEPTH_M)
    elif suffix == ".pfm":
        path.write_bytes(b"Pf\n%d %d\n-1.0\n" % (W, H) + DEPTH_M[::-1].astype("<f4").tobytes())
    else:
        pytest.importorskip("scipy.io").savemat(path, {"depth": DEPTH_M})


@pytest.mark.parametrize("suffix", [".png", ".npy", ".npz", ".pfm"])
@pytest.mark.parametrize("kind", MOST_PIXELS)
def test_a_pair_with_too_many_pixels_is_refused_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, kind: str
) -> None:
    save_pair(tmp_path, suffix)
    monkeypatch.setitem(MOST_PIXELS, kind, H * W)
    assert [type(pair) for pair in open_rgbd(tmp_path).read()] == [RgbdPair]
    monkeypatch.setitem(MOST_PIXELS, kind, H * W - 1)
    (pair,) = open_rgbd(tmp_path).read()
    assert isinstance(pair, BadPair)
    (line,) = pair.lines
    assert f"a {kind} of 0.0 megapixels; those of at most 0 are scored. Save it smaller." in line


def test_a_map_in_a_matlab_file_is_refused_before_it_comes_over(tmp_path: Path) -> None:
    scipy_io = pytest.importorskip("scipy.io")
    save_pair(tmp_path, ".mat")
    assert [type(pair) for pair in open_rgbd(tmp_path).read()] == [RgbdPair]
    side = int(MOST_PIXELS["depth map"] ** 0.5) + 1
    scipy_io.savemat(tmp_path / "depth/a.mat", {"depth": np.ones((side, side), np.uint8)}, do_compression=True)
    (pair,) = open_rgbd(tmp_path).read()
    assert isinstance(pair, BadPair)
    assert "a depth map of 30.0 megapixels; those of at most 30 are scored" in pair.lines[0]


@pytest.mark.parametrize(("size_bytes", "most_alive"), [(10, 2), (6 * 10**8, 0)])
def test_large_pairs_are_read_when_the_one_before_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size_bytes: int, most_alive: int
) -> None:
    alive: list[weakref.ref[NDArray[np.uint8]]] = []
    counts = []

    def read(name: str, rgb: Path, depth: Path, scale_m: float | None, key: str | None) -> RgbdPair:
        counts.append(sum(each() is not None for each in alive))
        pair = read_pair(name, rgb, depth, scale_m, key)
        alive.append(weakref.ref(pair.rgb))
        return pair

    monkeypatch.setattr(rgbd, "read_pair", read)
    monkeypatch.setattr(rgbd, "pair_bytes", lambda rgb, depth: size_bytes)
    data = open_rgbd(save_rgbd_pairs(tmp_path / "pairs"), 1 / 5000)
    evaluate_depth(BrightnessTeacher(), data, EvalProtocol(far_m=25.0), no_progress)
    assert len(counts) == 3
    assert max(counts) <= most_alive


def test_the_memory_of_a_pair_is_told_by_headers_and_lengths(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    for suffix, bytes_per_pixel in ((".png", BYTES_PER_PIXEL), (".npz", BYTES_PER_PIXEL), (".npy", 32)):
        folder = tmp_path / suffix
        folder.mkdir()
        save_pair(folder, suffix)
        found = pair_bytes(folder / "rgb/a.png", folder / f"depth/a{suffix}")
        assert bytes_per_pixel * H * W <= found <= bytes_per_pixel * H * W + 1024


@pytest.mark.parametrize("align", [False, True])
def test_a_pair_takes_no_more_bytes_a_pixel_than_is_said(tmp_path: Path, align: bool) -> None:
    height_px, width_px = 1500, 2000
    for name in ("rgb", "depth"):
        (tmp_path / name).mkdir()
    levels = np.broadcast_to(np.linspace(10, 80, width_px).astype(np.uint8), (height_px, width_px))
    save_png(np.dstack([levels] * 3), tmp_path / "rgb/a.png")
    save_depth_png(levels.astype(np.uint16) * 100 + 7, tmp_path / "depth/a.png")
    data, baselines = open_rgbd(tmp_path), baseline_teachers(open_weights_pair().metadata)
    tracemalloc.start()
    try:
        evaluate_depth(BrightnessTeacher(), data, EvalProtocol(align=align), no_progress, tmp_path / "s.png", baselines)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    strips_bytes = 16_000_000
    assert peak_bytes <= BYTES_PER_PIXEL * height_px * width_px + strips_bytes
