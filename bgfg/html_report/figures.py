"""Figures of a report as SVG: where lines, bars and ticks lie; their colours are the page's, in light and dark.

Drawn here, not by a plotting library: the page's own style sheet colours them, their words are the page's words, and
each takes a few kilobytes. Matplotlib would add 72 MB, half a second of start, and figures of one colour scheme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.overview.axis_ticks import axis_ticks, number, tick_texts
from bgfg.data_manifests.overview.histogram import Histogram

WIDTH, HEIGHT = 480, 260

# Where the axes begin and end.
LEFT, RIGHT, TOP, BOTTOM = 58, 460, 14, 216

# Points of a line that are drawn, at most: its lowest and highest of each stretch.
_MOST_POINTS = 400

# Hues of lines, by classes of the style sheet; further lines are dashed.
_HUES = 6


@dataclass(frozen=True)
class Tick:
    """A round number along an axis.

    Attributes:
        at: Where it is, in units of the figure.
        text: The number.
    """

    at: float
    text: str


@dataclass(frozen=True)
class Line:
    """A line of a chart.

    Attributes:
        name: What it shows.
        path: It, as the `d` of an SVG path.
        style: Class of its colour.
        last: Its last value, as text; "" where that says nothing.
    """

    name: str
    path: str
    style: str
    last: str = ""


@dataclass(frozen=True)
class Bar:
    """A bar of a chart.

    Attributes:
        x: Left edge.
        y: Upper edge.
        width: Width.
        height: Height.
        text: What it stands for.
    """

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True)
class Chart:
    """A chart, laid out.

    Attributes:
        title: What it shows, in a few words.
        told: What is seen in it, for those who can't see it.
        across: What lies along the axis below.
        ticks_x: Numbers along it.
        ticks_y: Numbers up the axis at the left.
        lines: Its lines.
        bars: Its bars.
    """

    title: str
    told: str
    across: str
    ticks_x: tuple[Tick, ...]
    ticks_y: tuple[Tick, ...]
    lines: tuple[Line, ...] = ()
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True)
class _Axes:
    """Axes between round numbers, by which values become places."""

    x: Sequence[float]
    y: Sequence[float]

    def at_x(self, value: float) -> float:
        share = (value - self.x[0]) / (self.x[-1] - self.x[0])
        return round(LEFT + share * (RIGHT - LEFT), 1)

    def at_y(self, value: float) -> float:
        share = (value - self.y[0]) / (self.y[-1] - self.y[0])
        return round(BOTTOM - share * (BOTTOM - TOP), 1)

    def ticks_x(self) -> tuple[Tick, ...]:
        return tuple(Tick(self.at_x(value), text) for value, text in zip(self.x, tick_texts(self.x), strict=True))

    def ticks_y(self, unit: str = "") -> tuple[Tick, ...]:
        texts = tick_texts(self.y)
        return tuple(Tick(self.at_y(value), f"{text}{unit}") for value, text in zip(self.y, texts, strict=True))


def line_chart(title: str, across: str, series: Mapping[str, Sequence[tuple[float, float]]]) -> Chart:
    """Lay out lines.

    Args:
        title: What they show.
        across: What lies along the axis below.
        series: Name -> points (x, y) from left to right, at least one each, all finite.
    """
    points = [point for line in series.values() for point in line]
    axes = _Axes(axis_ticks(*_ends([x for x, _ in points])), axis_ticks(*_ends([y for _, y in points])))
    lines = []
    for i, (name, line) in enumerate(series.items()):
        style = f"hue{i % _HUES}" + (" dashed" if i >= _HUES else "")
        path = "M" + " ".join(f"{axes.at_x(x)} {axes.at_y(y)}" for x, y in _thinned(line))
        lines.append(Line(name, f"{path} h0.1" if len(line) == 1 else path, style, number(line[-1][1])))
    told = "; ".join(f"{name}: from {number(line[0][1])} to {number(line[-1][1])}" for name, line in series.items())
    return Chart(title, told, across, axes.ticks_x(), axes.ticks_y(), tuple(lines))


def histogram_chart(title: str, across: str, histogram: Histogram) -> Chart:
    """Lay out a histogram: the share of values in each interval, in percent."""
    percent = 100 * histogram.shares
    edges = histogram.edges.tolist()
    axes = _Axes(axis_ticks(edges[0], edges[-1]), axis_ticks(0.0, float(percent.max())))
    floor = axes.at_y(0)
    bars = []
    for low, high, height in zip(edges, edges[1:], percent.tolist(), strict=False):
        left, top = axes.at_x(low), axes.at_y(height)
        words = f"{number(low)} to {number(high)}: {number(height)} %"
        bars.append(Bar(left, top, round(axes.at_x(high) - left, 1), round(floor - top, 1), words))
    told = f"mean {number(histogram.mean)}, from {number(edges[0])} to {number(edges[-1])}"
    return Chart(
        title, told, f"{across}; mean {number(histogram.mean)}", axes.ticks_x(), axes.ticks_y(" %"), (), tuple(bars)
    )


def colour_chart(title: str, shares: NDArray[np.float64]) -> Chart:
    """Lay out which share of the red, green and blue values lies in each step of brightness.

    Args:
        title: Whose colours they are.
        shares: (3, steps), as `PixelStatistics.colours` has them.
    """
    levels = (np.arange(shares.shape[1]) + 0.5) * 256 / shares.shape[1]
    percent = 100 * shares
    axes = _Axes([0, 64, 128, 192, 256], axis_ticks(0.0, float(percent.max()), 4))
    lines = tuple(
        Line(name, "M" + " ".join(f"{axes.at_x(x)} {axes.at_y(y)}" for x, y in zip(levels, of, strict=True)), name)
        for name, of in zip(("red", "green", "blue"), percent, strict=True)
    )
    means = ", ".join(
        f"{name} {levels @ of / max(of.sum(), 1e-9):.0f}"
        for name, of in zip(("red", "green", "blue"), shares, strict=True)
    )
    return Chart(title, f"mean levels: {means}", f"level; means: {means}", axes.ticks_x(), axes.ticks_y(" %"), lines)


def _ends(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)


def _thinned(line: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """Return a line of few points that looks the same: of each stretch what is lowest and what is highest."""
    if len(line) <= _MOST_POINTS:
        return line
    kept: list[tuple[float, float]] = []
    for stretch in np.array_split(np.arange(len(line)), _MOST_POINTS // 2):
        own = [line[i] for i in stretch.tolist()]
        kept += sorted({min(own, key=lambda point: point[1]), max(own, key=lambda point: point[1])})
    return kept
