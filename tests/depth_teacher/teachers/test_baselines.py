"""Teachers that don't look."""

from __future__ import annotations

import numpy as np
import pytest

from bgfg.depth_teacher.teachers.baselines import LINEAR_IN_HEIGHT, MEAN_DEPTH, BaselineTeacher, baseline_teachers
from bgfg.depth_teacher.teachers.compact_weights import CompactMetadata

ABOUT = CompactMetadata({}, 32, 0.1, 10.0, "MIT", "nothing", [[0.2, 0.4], [0.6, 0.8], [1.0, 1.2], [1.4, 1.6]])


def inverse_of(teacher: BaselineTeacher, height_px: int, width_px: int) -> np.ndarray:
    (depth_m,) = teacher.predict_batches([np.zeros((2, height_px, width_px, 3), np.uint8)])
    assert depth_m.shape == (2, height_px, width_px)
    assert np.array_equal(depth_m[0], depth_m[1])
    return np.asarray(ABOUT.middle_m / depth_m[0])


def test_the_mean_is_the_map_itself() -> None:
    assert inverse_of(BaselineTeacher(MEAN_DEPTH, ABOUT), 4, 2) == pytest.approx(np.array(ABOUT.mean_inverse), rel=1e-5)


def test_the_line_is_the_best_through_the_rows() -> None:
    inverse = inverse_of(BaselineTeacher(LINEAR_IN_HEIGHT, ABOUT), 8, 3)
    rows = 0.3 + 0.4 * (np.arange(8) / 2 - 0.25)  # 0.3 in the middle of the first row of four, 0.4 more each
    assert inverse == pytest.approx(np.repeat(rows[:, None], 3, axis=1), rel=1e-4)


def test_both_are_told_apart_by_their_names() -> None:
    assert [teacher.describe()["name"] for teacher in baseline_teachers(ABOUT)] == ["mean depth", "linear in height"]
