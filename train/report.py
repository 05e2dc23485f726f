"""What an evaluation found: rows of figures with their intervals, as Markdown for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from train.bootstrap import REPLICATES, Estimate
from train.contestants import CORPUS, OUTPUT
from train.targets.regions import REGIONS
from train.trial import CLEAN

FORMAT = "bgfg-evaluation"
VERSION = 1

_MASK_COLUMNS = {
    "iou": "IoU",
    "dice": "Dice",
    "accuracy": "accuracy",
    "boundary_f": "boundary F",
    "iou_band": "IoU in the band",
    "mae": "MAE",
    "sad": "SAD, thousands",
}
_DEPTH_COLUMNS = {"delta1": "δ1", "absrel": "AbsRel", "rmse_m": "RMSE, m", "rmse": "RMSE / far", "ssim": "SSIM"}
_PLACES = ("the whole picture", "the foreground", "the 8-px band around the edge", "the background")


@dataclass(frozen=True)
class Row:
    """What one contestant did on the samples of a cell, n of `total`, under one condition.

    backgrounds, cutouts: how many identities of each are among the samples. thresholds: of its mask, by where it is
    scored. figures: by name as in "output.iou", "corpus.iou" and "depth.rmse_band".
    """

    cell: str
    title: str
    condition: str
    contestant: str
    samples: int
    total: int
    backgrounds: int
    cutouts: int
    thresholds: Mapping[str, float]
    figures: Mapping[str, Estimate]


@dataclass(frozen=True)
class Report:
    """An evaluation. about: run, corpus and device in plain data. output_px, corpus_px: height and width."""

    about: Mapping[str, Any]
    output_px: tuple[int, int]
    corpus_px: tuple[int, int]
    far_m: float | None
    rows: Sequence[Row]
    notes: Sequence[str]

    def as_json(self) -> str:
        """Return all of it, with every figure and interval."""
        content = {"format": FORMAT, "version": VERSION, **asdict(self)}
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def markdown(self) -> str:
        """Return the summary, the full tables and the notes."""
        about = "\n".join(f"- {name}: {value}" for name, value in self.about.items())
        notes = "\n".join(f"- {note}" for note in self.notes)
        tables = "\n".join(f"## {title}\n\n{table}" for title, table in self._tables())
        return f"# Evaluation\n\n{about}\n\n{tables}\n## Notes\n\n{_HOW_TO_READ}\n{notes}\n"

    def _tables(self) -> Iterator[tuple[str, str]]:
        for place, size in ((OUTPUT, self.output_px), (CORPUS, self.corpus_px)):
            columns = {f"{place}.{name}": title for name, title in _MASK_COLUMNS.items()}
            where = "the network's output" if place == OUTPUT else "the corpus"
            yield from self._table(f"Mask at {_size(size)}, the size of {where}", columns)
        for region, place in zip(("", *REGIONS), _PLACES, strict=True):
            suffix = f"_{region}" if region else ""
            columns = {f"depth.{name}{suffix}": title for name, title in _DEPTH_COLUMNS.items()}
            yield from self._table(f"Depth at {_size(self.output_px)}, {place}", columns)

    def _table(self, title: str, columns: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        rows = [row for row in self.rows if columns.keys() & row.figures.keys()]
        if rows:
            head = ["cell", "contestant", "samples", "backgrounds × cut-outs", *columns.values()]
            yield title, table(head, [[*_what(row), *_figures(row, columns)] for row in rows])


_HOW_TO_READ = """\
- A: seen backgrounds and cut-outs at placements never trained on; B: new cut-outs; C: new backgrounds; D: both new, the
  headline; E: D's samples with the second shot disturbed, each disturbance alone and together, with a fixed seed.
- Figures are means over samples; in brackets the interval of 95 % over identities: backgrounds and cut-outs drawn
  again with replacement, both ways (pigeonhole bootstrap; Owen, 2007). Near-duplicates, and a picture and its flip, are
  one identity."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def written(estimate: Estimate | None) -> str:
    """Return a figure with its interval, as in "0.971 (0.962–0.979)"; a dash where there is none."""
    if estimate is None or estimate.mean is None:
        return "–"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.mean:.3f}"
    return f"{estimate.mean:.3f} ({estimate.low:.3f}–{estimate.high:.3f})"


def _what(row: Row) -> list[str]:
    title = row.title if row.condition == CLEAN else row.condition
    share = f"{row.samples:,}" if row.samples == row.total else f"{row.samples:,} of {row.total:,}"
    return [f"{row.cell}: {title}", row.contestant, share, f"{row.backgrounds} × {row.cutouts}"]


def _figures(row: Row, columns: Mapping[str, str]) -> list[str]:
    return [written(row.figures.get(name)) for name in columns]


def _size(size_px: tuple[int, int]) -> str:
    height_px, width_px = size_px
    return f"{width_px}×{height_px}"
