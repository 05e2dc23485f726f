"""People against what is seen beside them."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.occlusion_order import neighbour_depth_ratio, occlusion_order


def test_people_are_compared_with_what_is_beside_them_row_by_row() -> None:
    depth_m = np.repeat(np.linspace(9, 1, 26)[:, None], 34, axis=1)  # a floor that recedes
    mask = np.zeros((52, 68), np.uint8)
    mask[11:40, 30:41] = 255
    assert neighbour_depth_ratio(depth_m, mask) == pytest.approx(1)
    on = cv2.resize(mask, (34, 26), interpolation=cv2.INTER_AREA) >= 128
    assert neighbour_depth_ratio(np.where(on, 0.6 * depth_m, depth_m), mask) == pytest.approx(0.6)
    assert neighbour_depth_ratio(np.where(on, 1.5 * depth_m, depth_m), mask) == pytest.approx(1.5)
    assert np.isnan(neighbour_depth_ratio(depth_m, np.full((52, 68), 255, np.uint8)))


def test_the_share_of_people_before_what_is_beside_them_is_told(labelled: Path) -> None:
    told = CliRunner().invoke(occlusion_order, [str(labelled), "--samples", "9"], catch_exceptions=False).stdout
    shares = (
        r"of 9 samples people are nearer than what is beside them in \d+%, farther in \d+%; .* median \d\.\d\d, .*\n"
    )
    assert re.fullmatch(shares, told)
