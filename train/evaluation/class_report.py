"""The report of an evaluation of classes on a corpus: their IoU in each cell, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bgfg.train.evaluation.bootstrap import Estimate
from bgfg.train.evaluation.report import format_estimate, markdown_table, report_json, report_page

FORMAT = "bgfg-class-evaluation"
VERSION = 1

_HOW_TO_READ = """\
- A: backgrounds and cut-outs of the training split, at placements never trained on. B: new cut-outs. C: new
  backgrounds. D: both new, the headline. The further cut-outs of a sample are of the split of its first.
- The network sees pictures at the size of its training; what it finds is brought back to the size of the corpus. IoU is
  that of the pixels of all pictures together, the mean over the classes that occur; so are the values of validation.
  Beside the network stands the class that is none of the others, everywhere.
- In brackets the interval of 95 % over identities: backgrounds and cut-outs, the first of each picture, drawn again
  with replacement, both ways (pigeonhole bootstrap; Owen, Annals of Applied Statistics 1, 2007). The fewer the
  identities, the more an interval is itself a guess.
- Where not all samples of a cell were taken, they are spread evenly over its backgrounds and cut-outs, the same ones
  every time."""


@dataclass(frozen=True)
class ClassRow:
    """The figures of one method on the samples of a cell; its fields are keys of report.json.

    Attributes:
        cell: Letter of the cell.
        title: What the cell is.
        contestant: Name of the method.
        samples: How many samples were taken.
        total: How many samples the cell has.
        figures: Figures by name: "miou", "accuracy", and "iou_NAME" of each class.
    """

    cell: str
    title: str
    contestant: str
    samples: int
    total: int
    figures: Mapping[str, Estimate]


@dataclass(frozen=True)
class ClassReport:
    """The report of an evaluation of classes.

    Attributes:
        about: Run, network, corpus and device in words.
        digest: Digest of the corpus.
        names: Names of the classes, the background first.
        rows: The figures of each cell and method.
        notes: What is to be known beside the figures.
    """

    about: Mapping[str, str]
    digest: str
    names: Sequence[str]
    rows: Sequence[ClassRow]
    notes: Sequence[str]

    def as_json(self) -> str:
        """Return the report as JSON, with every figure and interval."""
        return report_json(FORMAT, VERSION, self)

    def markdown(self) -> str:
        """Return the report as Markdown: summary, the IoU of each class, and notes."""
        classes = self._table({f"iou_{name}": name for name in self.names})
        tables = (("Summary", self.summary()), ("IoU of each class", classes))
        return report_page(self.about, tables, _HOW_TO_READ, self.notes)

    def summary(self) -> str:
        """Return the table of the cells as Markdown."""
        return self._table({"miou": "mean IoU", "accuracy": "accuracy"})

    def _table(self, columns: Mapping[str, str]) -> str:
        body = [
            [f"{row.cell}: {row.title}", row.contestant, f"{row.samples:,} of {row.total:,}",
             *(format_estimate(row.figures[name]) for name in columns)]
            for row in self.rows
        ]  # fmt: skip
        return markdown_table(["cell", "contestant", "samples", *columns.values()], body)
