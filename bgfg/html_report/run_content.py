"""What the report of runs shows: their options, curves, sheets and evaluations, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bgfg.data_manifests.images.decode import PictureError
from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.data_manifests.terminal.errors import told_path
from bgfg.html_report.figures import Chart, line_chart
from bgfg.html_report.pictures import Picture, embedded
from bgfg.train.overview.evaluation_report import EvaluationReport, ReportTable, side_by_side
from bgfg.train.overview.run_overview import RunOverview

# Of all sheets together, and of one; the longer side of one.
_ALL_BYTES, _SHEET_BYTES = 5_000_000, 700_000
_SHEET_PX = 1_800


@dataclass(frozen=True)
class RunFigure:
    """A run with its pictures.

    Attributes:
        label: What it is called in this report.
        run: The run.
        sheet: The last sheet of predictions, or one before it; None where there is none.
        sheet_step: After how many steps it was drawn, as text.
        evaluations: Its evaluations, each with the pictures of its cases.
        notes: What isn't there or can't be read.
    """

    label: str
    run: RunOverview
    sheet: Picture | None
    sheet_step: str
    evaluations: tuple[tuple[EvaluationReport, tuple[Picture, ...]], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class RunsContent:
    """What the report of runs shows.

    Attributes:
        runs: The runs.
        facts: What the runs are: name of a fact -> what it is of each run, "" where one hasn't it.
        options: Name of an option -> its value in each run, likewise.
        different: Names of the options that aren't the same in all of them.
        charts: Curves: a chart for those of a scale, or where there are several runs, for each figure.
        summaries: The main tables of the evaluations of several runs, side by side.
    """

    runs: tuple[RunFigure, ...]
    facts: dict[str, tuple[str, ...]]
    options: dict[str, tuple[str, ...]]
    different: frozenset[str]
    charts: tuple[Chart, ...]
    summaries: tuple[ReportTable, ...]


def runs_content(runs: Sequence[RunOverview], back: int = 0) -> RunsContent:
    """Return what the report of runs shows.

    Args:
        runs: The runs.
        back: How many sheets before the last one the sheets are that are shown.
    """
    labels = _labels(runs)
    sheets = sum(bool(run.sheets) + sum(len(each.pictures) for each in run.evaluations) for run in runs)
    most_bytes = min(_SHEET_BYTES, _ALL_BYTES // max(1, sheets))
    figures = tuple(_figure(label, run, most_bytes, back) for label, run in zip(labels, runs, strict=True))
    facts, options = _beside([dict(run.facts) for run in runs]), _beside([dict(run.options) for run in runs])
    different = frozenset(name for name, values in options.items() if len(set(values)) > 1)
    reports = [(label, report) for label, run in zip(labels, runs, strict=True) for report in run.evaluations]
    summaries = tuple(side_by_side(reports)) if len(runs) > 1 else ()
    return RunsContent(figures, facts, options, different, tuple(_charts(labels, runs)), summaries)


def _beside(of_runs: Sequence[Mapping[str, str]]) -> dict[str, tuple[str, ...]]:
    """Return for each name that any run has what it is of all of them."""
    names = dict.fromkeys(name for of_run in of_runs for name in of_run)
    return {name: tuple(of_run.get(name, "") for of_run in of_runs) for name in names}


def _labels(runs: Sequence[RunOverview]) -> list[str]:
    """Return the names of the folders of runs; where two are the same, with the folder above, and numbered then."""
    times = Counter(run.name for run in runs)
    above = [told_path(run.path).parent.name for run in runs]
    labels = [run.name if times[run.name] == 1 else f"{up}/{run.name}" for run, up in zip(runs, above, strict=True)]
    return [
        label if labels.count(label) == 1 else f"{label} ({labels[: i + 1].count(label)})"
        for i, label in enumerate(labels)
    ]


def _figure(label: str, run: RunOverview, most_bytes: int, back: int) -> RunFigure:
    notes = list(run.notes)
    sheet, step = None, ""
    if back < len(run.sheets):
        file = run.sheets[-1 - back]
        step = file.stem.removeprefix("step_").lstrip("0")
        sheet = _picture(file, f"predictions of {label} after {step} steps", most_bytes, notes)
    evaluations = []
    for report in run.evaluations:
        told = [_picture(path, f"{path.stem} of {label}", most_bytes, notes) for path in report.pictures]
        evaluations.append((report, tuple(picture for picture in told if picture is not None)))
    return RunFigure(label, run, sheet, step, tuple(evaluations), tuple(notes))


def _picture(path: Path, told: str, most_bytes: int, notes: list[str]) -> Picture | None:
    try:
        return embedded(read_rgb(path), told, most_bytes, _SHEET_PX)
    except PictureError as error:
        notes.append(f"{path.name}: can't be read: {error}")
        return None


def _charts(labels: Sequence[str], runs: Sequence[RunOverview]) -> Iterator[Chart]:
    if len(runs) == 1:
        for title, series in runs[0].curves.items():
            yield line_chart(title, "step", series)
        return
    of_runs = [{name: line for panel in run.curves.values() for name, line in panel.items()} for run in runs]
    for name in dict.fromkeys(name for curves in of_runs for name in curves):
        series = {label: curves[name] for label, curves in zip(labels, of_runs, strict=True) if name in curves}
        yield line_chart(name, "step", series)
