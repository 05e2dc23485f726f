"""The page of runs: what the report of runs shows, and their sheets of predictions, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.html_report.run_content import runs_content
from bgfg.train.overview.run_overview import RunOverview


def run_values(paths: Sequence[Path], query: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page of runs is filled with; what of a run can't be read is said there.

    Args:
        paths: Folders of the runs.
        query: `sheet` says which sheets are shown, counted from the last ones.
    """
    runs, wrong = [], []
    for path in paths:
        try:
            runs.append(RunOverview.load(path))
        except (Problem, OSError) as error:
            wrong.append(str(error))
    text = query.get("sheet", "0")
    back = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
    most = max((len(run.sheets) for run in runs), default=0)
    return {"content": runs_content(runs, back), "wrong": wrong, "back": back, "sheets": most}
