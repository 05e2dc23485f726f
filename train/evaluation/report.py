"""The report of an evaluation on a corpus: figures with their intervals, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from bgfg.train.augment.stress import COMBINED_DISTURBANCE
from bgfg.train.evaluation.bootstrap import Estimate
from bgfg.train.evaluation.evaluator import CLEAN
from bgfg.train.evaluation.methods import AT_CORPUS, AT_OUTPUT
from bgfg.train.targets.matting_scores import ERROR_TITLES
from bgfg.train.targets.regions import REGIONS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FORMAT = "bgfg-evaluation"
VERSION = 1

MASK_COLUMNS = {
    "iou": "IoU",
    "dice": "Dice",
    "accuracy": "accuracy",
    "boundary_f": "boundary F",
    "iou_band": "IoU in the band",
    "mae": "MAE",
    "sad": "SAD, thousands",
}
DEPTH_COLUMNS = {"delta1": "δ1", "absrel": "AbsRel", "rmse_m": "RMSE, m", "rmse": "RMSE / far", "ssim": "SSIM"}
_PLACES = ("the whole picture", "the foreground", "the 8-px band around the edge", "the background")


@dataclass(frozen=True)
class ReportRow:
    """The figures of one method on the samples of a cell under one condition; its fields are keys of report.json.

    Attributes:
        cell: Letter of the cell.
        title: What the cell is.
        condition: "clean", or the disturbance.
        contestant: Name of the method.
        samples: How many samples were taken.
        total: How many samples the cell has.
        backgrounds: How many identities of backgrounds are among the samples.
        cutouts: How many identities of cut-outs are.
        thresholds: Threshold of the method's mask by the size at which it is scored.
        figures: Figures by name, such as "output.iou", "corpus.iou", "corpus.grad" and "depth.rmse_band".
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
class CorpusReport:
    """The report of an evaluation on a corpus.

    Attributes:
        about: Run, network, corpus and device in words.
        digest: Digest of the corpus.
        output_px: Height and width of the network's output.
        corpus_px: Height and width of the corpus's pictures.
        far_m: The divisor of "RMSE / far", None without depth.
        rows: The figures of each cell, condition and method.
        notes: What is to be known beside the figures.
    """

    about: Mapping[str, str]
    digest: str
    output_px: tuple[int, int]
    corpus_px: tuple[int, int]
    far_m: float | None
    rows: Sequence[ReportRow]
    notes: Sequence[str]

    def as_json(self) -> str:
        """Return the report as JSON, with every figure and interval."""
        return report_json(FORMAT, VERSION, self)

    def markdown(self) -> str:
        """Return the report as Markdown: summary, full tables and notes."""
        return report_page(self.about, self._tables(), _HOW_TO_READ, self.notes)

    def summary(self) -> str:
        """Return the main table as Markdown: each cell, and the combined disturbance."""
        rows = [row for row in self.rows if row.condition in (CLEAN, COMBINED_DISTURBANCE)]
        columns = {
            f"{AT_OUTPUT}.iou": f"mask IoU at {_size(self.output_px)}",
            f"{AT_CORPUS}.iou": f"mask IoU at {_size(self.corpus_px)}",
            "depth.delta1": "depth δ1",
            "depth.rmse": "depth RMSE / far",
        }
        return _table(rows, columns | self._matte_columns())

    def _tables(self) -> Iterator[tuple[str, str]]:
        yield "Summary", self.summary()
        yield "Samples", self._samples()
        sizes = ((AT_OUTPUT, self.output_px, "the network's output"), (AT_CORPUS, self.corpus_px, "the corpus"))
        for place, size, whose in sizes:
            columns = {f"{place}.{name}": title for name, title in MASK_COLUMNS.items()}
            yield f"Mask at {_size(size)}, the size of {whose}", _table(self.rows, columns)
        if self._matte_columns():
            yield f"Matte at {_size(self.corpus_px)}, the size of the corpus", _table(self.rows, self._matte_columns())
        for region, place in zip(("", *REGIONS), _PLACES, strict=True):
            suffix = f"_{region}" if region else ""
            columns = {f"depth.{name}{suffix}": title for name, title in DEPTH_COLUMNS.items()}
            yield f"Depth at {_size(self.output_px)}, {place}", _table(self.rows, columns)

    def _matte_columns(self) -> dict[str, str]:
        """Return the columns of the errors of mattes; {} where no matte was learnt."""
        columns = {f"{AT_CORPUS}.{name}": title for name, title in ERROR_TITLES.items()}
        return columns if any(columns.keys() <= row.figures.keys() for row in self.rows) else {}

    def _samples(self) -> str:
        cells = {
            row.cell: [
                row.cell, f"{row.samples:,} of {row.total:,}", str(row.backgrounds), str(row.cutouts)
            ]
            for row in self.rows
        }  # fmt: skip
        return markdown_table(["cell", "samples", "backgrounds", "cut-outs"], list(cells.values()))


_HOW_TO_READ = """\
- A: backgrounds and cut-outs of the training split, at placements never trained on. B: new cut-outs. C: new
  backgrounds. D: both new, the headline. E: D's samples under disturbances, mostly of the second shot, each alone and
  together, with a fixed seed; "all" is shift, exposure and noise, "harsh" everything but the wrong background.
- Where not all samples of a cell were taken, they are spread evenly over its backgrounds and cut-outs, the same ones
  every time.
- Figures are means over samples; in brackets the interval of 95 % over identities: backgrounds and cut-outs drawn again
  with replacement, both ways (pigeonhole bootstrap; Owen, Annals of Applied Statistics 1, 2007). Near-duplicates, and a
  picture and its flip, are one identity. The fewer the identities, the more an interval is itself a guess.
- SAD, MSE, Grad and Conn of mattes: of the whole picture, after Rhemann et al. (CVPR 2009)."""


def format_estimate(estimate: Estimate | None) -> str:
    """Return a figure with its interval, as in "0.971 (0.962–0.979)"; a dash where there is none."""
    if estimate is None or estimate.mean is None:
        return "–"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.mean:.3f}"
    return f"{estimate.mean:.3f} ({estimate.low:.3f}–{estimate.high:.3f})"


def _table(rows: Sequence[ReportRow], columns: Mapping[str, str]) -> str:
    """Return as Markdown the rows that have a figure of the columns, by name of the figure; "" where none has."""
    rows = [row for row in rows if columns.keys() & row.figures.keys()]
    there = {name: title for name, title in columns.items() if any(name in row.figures for row in rows)}
    body = [[_what(row), row.contestant, *(format_estimate(row.figures.get(name)) for name in there)] for row in rows]
    return markdown_table(["cell", "contestant", *there.values()], body) if rows else ""


def report_json(form: str, version: int, report: DataclassInstance) -> str:
    """Return a report as JSON: its format and version, then its fields."""
    content = {"format": form, "version": version, **asdict(report)}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def report_page(
    about: Mapping[str, str], tables: Iterable[tuple[str, str]], how_to_read: str, notes: Iterable[str]
) -> str:
    """Return a report as Markdown: what it is about, its tables under their titles but for empty ones, and notes."""
    facts = "\n".join(f"- {name}: {value}" for name, value in about.items())
    shown = "\n".join(f"## {title}\n\n{table}" for title, table in tables if table)
    remarks = "\n".join(f"- {note}" for note in notes)
    return f"# Evaluation\n\n{facts}\n\n{shown}\n## Notes\n\n{how_to_read}\n{remarks}\n"


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as Markdown."""
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, ["---"] * len(head), *rows))


def _what(row: ReportRow) -> str:
    return f"{row.cell}: {row.title if row.condition == CLEAN else row.condition}"


def _size(size_px: tuple[int, int]) -> str:
    height_px, width_px = size_px
    return f"{width_px}×{height_px}"
