"""The report of an evaluation of instances: COCO's figures of each cell, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bgfg.train.evaluation.bootstrap import Estimate
from bgfg.train.evaluation.report import format_estimate, markdown_table, report_json, report_page

FORMAT = "bgfg-instance-evaluation"
VERSION = 1

AP_COLUMNS = {
    "mask_ap": "mask AP",
    "mask_ap50": "mask AP50",
    "mask_ap75": "mask AP75",
    "box_ap": "box AP",
    "box_ap50": "box AP50",
    "box_ap75": "box AP75",
}

_HOW_TO_READ = """\
- A: backgrounds and cut-outs of the training split, at placements never trained on. B: new cut-outs. C: new
  backgrounds. D: both new, the headline. The further people of a sample are of the split of its first.
- AP is COCO's, by pycocotools: the mean precision over recall, averaged over the IoU thresholds 0.50, 0.55 ... 0.95;
  AP50 and AP75 are at one of them. Truth is what is visible of each person, boxes are drawn around it; all sizes count,
  and at most 100 detections a picture. It is pooled over pictures.
- In brackets the interval of 95 % over identities: backgrounds and cut-outs, the first of each picture, drawn again
  with replacement, both ways (pigeonhole bootstrap; Owen, Annals of Applied Statistics 1, 2007); AP is that of pictures
  that count as often as they were drawn. Further people of a picture aren't drawn on their own, and the fewer the
  identities, the more an interval is itself a guess.
- Where not all samples of a cell were taken, they are spread evenly over its backgrounds and cut-outs, the same ones
  every time."""


@dataclass(frozen=True)
class InstanceRow:
    """COCO's figures on the samples of a cell, or on those of them that show the same number of people.

    Attributes:
        cell: Letter of the cell.
        title: What the cell is.
        people: How many people each picture shows; None for all pictures of the cell.
        samples: How many samples there are.
        total: How many samples the cell has, of which not all may have been taken.
        instances: How many people they show in all.
        figures: Figures by name; without a mean where nobody is shown.
    """

    cell: str
    title: str
    people: int | None
    samples: int
    total: int
    instances: int
    figures: Mapping[str, Estimate]


@dataclass(frozen=True)
class InstanceReport:
    """The report of an evaluation of instances.

    Attributes:
        about: Run, network, corpus and device in words.
        digest: Digest of the corpus.
        rows: The figures of each cell.
        notes: What is to be known beside the figures.
    """

    about: Mapping[str, str]
    digest: str
    rows: Sequence[InstanceRow]
    notes: Sequence[str]

    def as_json(self) -> str:
        """Return the report as JSON, with every figure and interval."""
        return report_json(FORMAT, VERSION, self)

    def markdown(self) -> str:
        """Return the report as Markdown: summary, table by number of people, and notes."""
        by_people = _table([row for row in self.rows if row.people is not None])
        tables = (("Summary", self.summary()), ("By how many people a picture shows", by_people))
        return report_page(self.about, tables, _HOW_TO_READ, self.notes)

    def summary(self) -> str:
        """Return the table of the cells as Markdown."""
        return _table([row for row in self.rows if row.people is None])


def _table(rows: Sequence[InstanceRow]) -> str:
    """Return rows as Markdown; "" where there are none."""
    lines = []
    for row in rows:
        figures = (row.figures[name] for name in AP_COLUMNS)
        what = f"{row.cell}: {row.title}" + ("" if row.people is None else f", {row.people} in each")
        counted = f"{row.samples:,}" if row.people is not None else f"{row.samples:,} of {row.total:,}"
        lines.append([what, counted, f"{row.instances:,}", *map(format_estimate, figures)])
    return markdown_table(["cell", "samples", "people", *AP_COLUMNS.values()], lines) if rows else ""
