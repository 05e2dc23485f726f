"""Measured depth that isn't what it is taken for is told, and what is right isn't."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import no_progress
from bgfg.depth_teacher.evaluation.depth_eval import DepthEvaluation, evaluate_depth
from bgfg.depth_teacher.evaluation.metrics import EvalProtocol
from bgfg.depth_teacher.evaluation.rgbd import open_rgbd
from bgfg.depth_teacher.teachers.baselines import baseline_teachers
from bgfg.depth_teacher.teachers.compact_weights import open_weights_pair
from tests.support.brightness_teacher import BrightnessTeacher

H, W = 24, 32
ROOM_M = np.broadcast_to(np.linspace(6, 1.5, H)[:, None], (H, W)) + 0.1 * np.sin(np.arange(W))
CLOSE_UP_M = np.broadcast_to(np.linspace(0.55, 0.35, H)[:, None], (H, W)).copy()


def scored(folder: Path, values: np.ndarray, room_m: np.ndarray = ROOM_M, **options: object) -> DepthEvaluation:
    """Score the teacher, which sees the room as it is, on maps of these values."""
    for name in ("rgb", "depth"):
        (folder / name).mkdir()
    red = np.round(room_m * 10).astype(np.uint8)
    for i in range(2):
        np.save(folder / f"rgb/{i}.npy", np.dstack([red] * 3))
        np.save(folder / f"depth/{i}.npy", values)
    baselines = baseline_teachers(open_weights_pair().metadata)
    data = open_rgbd(folder, **options)  # type: ignore[arg-type]
    return evaluate_depth(BrightnessTeacher(), data, EvalProtocol(), no_progress, baselines=baselines)


@pytest.mark.parametrize("values", [1 / ROOM_M, 12 / ROOM_M, (12_000 / ROOM_M).astype(np.uint16)])
def test_near_for_far_is_told_and_the_option_named(tmp_path: Path, values: np.ndarray) -> None:
    (line,) = scored(tmp_path, values).decided
    assert "near and far seem to be swapped" in line
    assert "give --inverse-depth" in line


def test_near_for_far_is_what_is_told_where_little_is_in_range(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"near and far seem to be swapped .* give --inverse-depth"):
        scored(tmp_path, 50 / ROOM_M)


@pytest.mark.parametrize(("values", "scale"), [(1 / ROOM_M, None), (12_800 / ROOM_M, 1 / 12_800)])
def test_inverse_depth_is_scored_as_the_depth_that_it_is(tmp_path: Path, values: np.ndarray, scale: float) -> None:
    done = scored(tmp_path, values, scale_m=scale, inverse=True)
    assert done.decided == ()
    assert done.pixels.median_m == pytest.approx(np.median(ROOM_M), rel=1e-5)
    assert done.average()["delta1"] > 0.9


def test_rooms_in_centimetres_are_told_and_close_ups_are_not(tmp_path: Path) -> None:
    for name in ("room", "close", "right"):
        (tmp_path / name).mkdir()
    (line,) = scored(tmp_path / "room", (ROOM_M * 100).astype(np.uint16)).decided
    assert "a median of 0.3" in line
    assert "give --depth-scale, 0.01 for centimetres" in line
    assert scored(tmp_path / "close", (CLOSE_UP_M * 1000).astype(np.uint16)).decided == ()
    assert scored(tmp_path / "right", (ROOM_M * 1000).astype(np.uint16)).decided == ()
