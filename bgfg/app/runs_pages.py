"""The page of runs: what they are, their curves in one frame, their sheets and evaluations side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bgfg.app.data_urls import data_url
from bgfg.data_manifests.files.regular_file import read_regular
from bgfg.data_manifests.overview.axis_ticks import axis_ticks
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.overview.evaluation_report import side_by_side
from bgfg.train.overview.run_overview import RunOverview

_MOST_BYTES = 2**25
# Of a chart, in units of its drawing: its frame, and what its numbers take beside it.
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 396, 8, 168
_MOST_POINTS = 400


@dataclass(frozen=True)
class Curve:
    """One curve of a chart.

    Attributes:
        run: Number of its run, from 0 on.
        name: Names of run and figure.
        style: Number of the figure in its panel, from 0 on.
        points: As SVG has them.
        last: Its last value.
    """

    run: int
    name: str
    style: int
    points: str
    last: float


@dataclass(frozen=True)
class Chart:
    """A panel of curves of several runs.

    Attributes:
        title: What it shows.
        curves: The curves.
        ticks: Place and text of the marks of its height.
        steps: The last step.
    """

    title: str
    curves: tuple[Curve, ...]
    ticks: tuple[tuple[float, str], ...]
    steps: int


def run_values(paths: Sequence[Path], query: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page of runs is filled with; what of a run can't be read is said there.

    Args:
        paths: Folders of the runs.
        query: `sheet` says which sheets are shown, counted from the last one.
    """
    runs, wrong = [], []
    for path in paths:
        try:
            runs.append(RunOverview.load(path))
        except (Problem, OSError) as error:
            wrong.append(str(error))
    names = _names(runs)
    text = query.get("sheet", "0")
    back = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
    most = max((len(run.sheets) for run in runs), default=0)
    reports = [(name, report) for name, run in zip(names, runs, strict=True) for report in run.evaluations]
    return {
        "runs": list(zip(names, runs, strict=True)), "wrong": wrong, "charts": _charts(names, runs),
        "facts": _aligned([dict(run.facts) for run in runs]), "options": _aligned([dict(run.options) for run in runs]),
        "sheets": [(name, *_sheet(run, back)) for name, run in zip(names, runs, strict=True)],
        "earlier": back + 1 if back + 1 < most else None, "later": back - 1 if back else None,
        "tables": side_by_side(reports),
        "reports": [(name, report, [*map(_png, report.pictures)]) for name, report in reports],
    }  # fmt: skip


def _names(runs: Sequence[RunOverview]) -> list[str]:
    """Return the names of runs: their folders', with as much of what they lie in as tells them apart."""
    parts = [run.path.resolve().parts for run in runs]
    for depth in range(1, max(map(len, parts), default=1) + 1):
        names = ["/".join(part[-depth:]) for part in parts]
        if len(set(names)) == len(names):
            return names
    return [str(run.path) for run in runs]


def _aligned(tables: Sequence[Mapping[str, str]]) -> list[tuple[str, list[str], bool]]:
    """Return the names of several tables, the value of each for each of them, and whether these differ."""
    names = dict.fromkeys(name for table in tables for name in table)
    rows = [(name, [table.get(name, "") for table in tables]) for name in names]
    return [(name, values, len(set(values)) > 1) for name, values in rows]


def _charts(names: Sequence[str], runs: Sequence[RunOverview]) -> list[Chart]:
    panels = [run.curves for run in runs]
    titles = dict.fromkeys(title for panel in panels for title in panel)
    return [
        _chart(title, [(name, panel.get(title, {})) for name, panel in zip(names, panels, strict=True)])
        for title in titles
    ]


def _chart(title: str, series: Sequence[tuple[str, Mapping[str, Sequence[tuple[float, float]]]]]) -> Chart:
    points = [point for _, curves in series for curve in curves.values() for point in curve]
    steps, values = [step for step, _ in points], [value for _, value in points]
    ticks = axis_ticks(min(values), max(values))
    low, high, longest = ticks[0], ticks[-1], max(*steps, 1)

    def place(step: float, value: float) -> str:
        x = _LEFT + (_RIGHT - _LEFT) * step / longest
        return f"{x:.1f},{_BOTTOM - (_BOTTOM - _TOP) * (value - low) / (high - low):.1f}"

    figures = list(dict.fromkeys(figure for _, curves in series for figure in curves))
    curves = [
        Curve(
            run, f"{name}: {figure}", figures.index(figure),
            " ".join(place(*point) for point in curve[:: -(-len(curve) // _MOST_POINTS)]), curve[-1][1],
        )
        for run, (name, panel) in enumerate(series) for figure, curve in panel.items()
    ]  # fmt: skip
    marks = tuple((_BOTTOM - (_BOTTOM - _TOP) * (tick - low) / (high - low), f"{tick:.4g}") for tick in ticks)
    return Chart(title, tuple(curves), marks, int(longest))


def _sheet(run: RunOverview, back: int) -> tuple[str, str]:
    """Return the name of a sheet of a run, counted from the last one, and the sheet; "" where there is none."""
    if back >= len(run.sheets):
        return "", ""
    path = run.sheets[-1 - back]
    return path.stem.replace("_", " "), _png(path)


def _png(path: Path) -> str:
    """Return a PNG as an address that holds it; "" where it can't be read."""
    try:
        return data_url(read_regular(path, _MOST_BYTES), "png")
    except (OSError, ValueError):
        return ""  # it is being written, or was taken away: the page says that it isn't there
