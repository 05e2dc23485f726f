"""The benchmark of edge colours measures what it says, and finds bgfg no worse than the picture's own colours."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from benchmarks import foreground
from bgfg.train.inference.foreground import estimate_foreground
from tests.support import references


def test_colours_are_estimated_better_than_by_leaving_them(tmp_path: Path) -> None:
    background, cutout = references.picture(61, 83, 1), references.cutout(40, 30, 2)
    for name, pixels in (("bg.png", background), ("fg.png", cutout[..., [2, 1, 0, 3]])):
        cv2.imwrite(str(tmp_path / name), pixels)
    estimators: dict[str, foreground.Estimator] = {
        "left": lambda picture, _, __: picture,
        "known": estimate_foreground,
        "solved": foreground._solved,
    }
    found = {}
    for edge in foreground.EDGES:
        given = list(foreground.make_cases([tmp_path / "fg.png"], [tmp_path / "bg.png"], 2, 1.0, edge))
        assert [case.picture.shape for case in given] == [(61, 83, 3)] * 2
        found[edge] = foreground.measure(given, estimators)
    assert found["true alpha"]["solved"][0] < found["true alpha"]["known"][0] < found["true alpha"]["left"][0]
    assert found["and a second shot"]["known"][1] < found["and a second shot"]["left"][1]


@pytest.mark.slow
@pytest.mark.timeout(900)  # numba compiles all of it at its first import, for a minute or more
def test_pymatting_takes_part() -> None:
    pytest.importorskip("pymatting", reason="the extra [bench] isn't installed")
    assert "pymatting, multi-level" in foreground.make_estimators()
