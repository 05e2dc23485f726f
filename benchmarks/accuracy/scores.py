"""Scores: figures of a network on a set of pictures with their intervals, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.evaluation.bootstrap import Estimate, PigeonholeBootstrap

# What is between them in a page is made by the command that the first one names.
BEGIN, END = "<!-- the scores: made by `python -m benchmarks.accuracy` -->\n", "<!-- end of the scores -->"
_HEAD = "| set | measure | network | figure | pictures |\n|---|---|---|---|---|\n"


@dataclass(frozen=True)
class Score:
    """One figure of one network, or of a baseline, on one set.

    Attributes:
        set_name: The set, in words.
        measure: What is measured, such as "delta1".
        contestant: The network's name, or the baseline's.
        figure: The mean over the pictures and its interval.
    """

    set_name: str
    measure: str
    contestant: str
    figure: Estimate


@dataclass(frozen=True)
class ScoredSet:
    """The scores on a set, and what is to be known beside them.

    Attributes:
        scores: The figures.
        note: What the set is, over what its intervals are drawn, and what was chosen on it.
    """

    scores: tuple[Score, ...]
    note: str


def over_scenes(values: Sequence[float] | NDArray, scenes: Sequence[str], seed: int = 0) -> Estimate:
    """Return the mean of values and its interval by a bootstrap over scenes, since pictures of one are alike.

    Args:
        values: One a picture; NaN is a picture without a value.
        scenes: The scene of each.
        seed: Seed of the draws.
    """
    known = ~np.isnan(np.asarray(values, np.float64))
    kept = np.asarray(values, np.float64)[known]
    if not len(kept):
        return Estimate(None, None, None, 0)
    return PigeonholeBootstrap(np.asarray(scenes)[known], seed=seed).estimate(kept)


def markdown(sets: Sequence[ScoredSet]) -> str:
    """Return one table of all scores, contestants below one another, and the notes."""
    lines = "".join(line for each in sets for line in _lines(each.scores))
    notes = "".join(f"- {each.note}\n" for each in sets)
    return f"{_HEAD}{lines}\n{notes}"


def page_with(table: str, page: str, begin: str = BEGIN, end: str = END) -> str:
    """Return the text of a page with the table between its marks.

    Raises:
        Problem: The page hasn't both marks.
    """
    before, begun, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not (begun and ended):
        raise Problem(
            f"--page: no place for the scores: give a page with the lines {begin.strip()} and {end}", exit_code=2
        )
    return f"{before}{begun}{table}{ended}{after}"


def as_json(sets: Sequence[ScoredSet], files: Sequence[dict[str, Any]]) -> str:
    """Return the same as JSON, with the files that were scored."""
    scores = [asdict(score) for each in sets for score in each.scores]
    return json.dumps({"files": files, "scores": scores, "notes": [each.note for each in sets]}, indent=1) + "\n"


def _lines(scores: Sequence[Score]) -> Iterator[str]:
    for (set_name, measure), group in groupby(scores, lambda score: (score.set_name, score.measure)):
        for score in group:
            yield f"| {set_name} | {measure} | {score.contestant} | {_figure(score.figure)} | {score.figure.n} |\n"
            set_name = measure = ""


def _figure(estimate: Estimate) -> str:
    if estimate.mean is None:
        return "none"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.mean:.3f}"
    return f"{estimate.mean:.3f} ({estimate.low:.3f}–{estimate.high:.3f})"
