"""Figures put values where their axes say."""

from __future__ import annotations

import re

import numpy as np
import pytest

from bgfg.data_manifests.overview.histogram import Histogram
from bgfg.html_report.figures import HEIGHT, WIDTH, colour_chart, histogram_chart, line_chart


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", path)]


def test_a_line_goes_through_its_points() -> None:
    chart = line_chart("loss", "step", {"loss": [(0, 1.0), (50, 0.5), (100, 0.0)], "other": [(0, 0.2)]})
    falling, single = chart.lines
    at = points(falling.path)
    ticks = {tick.text: tick.at for tick in chart.ticks_x}
    assert [x for x, _ in at] == [ticks["0"], pytest.approx((ticks["0"] + ticks["100"]) / 2), ticks["100"]]
    assert at[0][1] < at[1][1] < at[2][1]  # pixels count downwards
    assert {tick.text: tick.at for tick in chart.ticks_y}["1"] == at[0][1]
    assert single.path.endswith("h0.1")  # so that a point is seen
    assert (falling.last, falling.style, single.style) == ("0", "hue0", "hue1")
    assert "loss: from 1 to 0" in chart.told


def test_long_lines_keep_their_highest_and_lowest_points() -> None:
    line = [(float(step), 1.0) for step in range(100_000)]
    line[77_777], line[33_333] = (77_777.0, 9.0), (33_333.0, -9.0)
    (drawn,) = line_chart("loss", "step", {"loss": line}).lines
    at = points(drawn.path)
    assert len(at) <= 400
    assert [x for x, _ in at] == sorted(x for x, _ in at)
    heights = [y for _, y in at]
    assert max(heights) - min(heights) > HEIGHT / 2


def test_many_lines_are_told_apart() -> None:
    lines = line_chart("iou", "step", {str(i): [(0, i), (1, i)] for i in range(9)}).lines
    assert len({line.style for line in lines}) == 9


def test_bars_are_as_high_as_their_share() -> None:
    chart = histogram_chart("height", "px", Histogram(np.array([0.0, 1, 2]), np.array([1, 3]), 1.25))
    low, high = chart.bars
    assert high.height == pytest.approx(3 * low.height, abs=0.5)
    assert low.y + low.height == pytest.approx(high.y + high.height)
    assert low.x + low.width == pytest.approx(high.x, abs=0.2)
    assert (high.text, chart.across) == ("1 to 2: 75 %", "px; mean 1.25")
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH for bar in chart.bars)


def test_of_nothing_there_is_an_empty_chart() -> None:
    chart = histogram_chart("height", "px", Histogram.of([]))
    assert chart.bars[0].height == 0
    assert "unknown" in chart.across


def test_colours_are_three_lines_with_their_means() -> None:
    shares = np.zeros((3, 32))
    shares[0, 31], shares[1, 0], shares[2, 16] = 1, 1, 1
    chart = colour_chart("Backgrounds", shares)
    assert [line.style for line in chart.lines] == ["red", "green", "blue"]
    assert "red 252, green 4, blue 132" in chart.across


@pytest.mark.parametrize(
    "values", [[1e6, 999_999.9999999999], [5e-324, 0.0], [-1e300, 1e300], [0.0010001, 0.00100011], [1e-310, 1e-9]]
)
def test_numbers_however_near_or_large_have_ticks_that_are_told_apart(values: list[float]) -> None:
    line = line_chart("loss", "step", {"loss": list(enumerate(values))})
    bars = histogram_chart("height", "px", Histogram.of(values))
    for ticks in (line.ticks_y, bars.ticks_x):
        assert len({tick.text for tick in ticks}) == len({tick.at for tick in ticks}) == len(ticks)
    assert {y for _, y in points(line.lines[0].path)} <= {y / 10 for y in range(10 * HEIGHT)}
