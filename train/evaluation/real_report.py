"""The part of a report on real pictures: figures of each method with their intervals, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bgfg.train.evaluation.bootstrap import Estimate
from bgfg.train.evaluation.instance_report import AP_COLUMNS
from bgfg.train.evaluation.report import DEPTH_COLUMNS, MASK_COLUMNS, format_estimate, markdown_table
from bgfg.train.targets.matting_scores import ERROR_TITLES

FORMAT = "bgfg-real-evaluation"
VERSION = 1

# Titles of the tables, with their columns by the names of figures; of classes the figures themselves say what there is.
_TABLES: dict[str, dict[str, str]] = {
    "mask": {f"mask.{name}": title for name, title in MASK_COLUMNS.items()},
    "matte": {f"mask.matte_{name}": title for name, title in ERROR_TITLES.items()},
    "depth": {f"depth.{name}": title for name, title in DEPTH_COLUMNS.items()},
    "depth of what the mask marks": {f"depth.{name}_foreground": title for name, title in DEPTH_COLUMNS.items()},
    "classes": {"classes.miou": "mean IoU", "classes.accuracy": "accuracy"},
    "people one by one": {f"instances.{name}": title for name, title in AP_COLUMNS.items()},
}
_OF_A_CLASS = "classes.iou_"

_HOW_TO_READ = """\
- Each picture is looked at as `bgfg predict` does it: at sizes that suit the network, in the
  picture's proportions, and what is found is brought back to the picture's own size, at which every figure is taken.
  Pixels of which the masks don't say what they are count as right.
- Figures are means over pictures (AP is pooled, as COCO's); in brackets the interval of 95 % by bootstrap.
- Beside a network of two shots, difference: the largest |bg_fg - bg| of the three channels over the threshold that is
  best for these very pictures, which nobody knows beforehand; it has no figures of edges. Beside one of a single
  picture, all foreground. Of depth, its median: the true median of each picture, everywhere. Of classes, the one that
  is none of the others. Of people one by one, the whole picture as one."""


@dataclass(frozen=True)
class RealRow:
    """The figures of one method; its fields are keys of report.json.

    Attributes:
        contestant: Name of the method.
        figures: Figures by name, such as "mask.iou" and "depth.rmse_m".
    """

    contestant: str
    figures: Mapping[str, Estimate]


@dataclass(frozen=True)
class RealReport:
    """What a network is worth on real pictures.

    Attributes:
        about: Pictures, weights, model, how it looks, and what intervals are over, in words.
        digest: Digest of the folder.
        pictures: How many pictures were tested.
        rows: The figures of each method.
        notes: What is to be known beside the figures.
    """

    about: Mapping[str, str]
    digest: str
    pictures: int
    rows: Sequence[RealRow]
    notes: Sequence[str]

    def content(self) -> dict[str, Any]:
        """Return the part as report.json has it, under "real"."""
        return asdict(self)

    def as_json(self) -> str:
        """Return a report of this part alone as JSON."""
        content = {"format": FORMAT, "version": VERSION, "digest": self.digest, "real": self.content()}
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def summary(self) -> str:
        """Return the tables as Markdown."""
        return "\n".join(table for _, table in self._tables())

    def markdown(self) -> str:
        """Return the part of report.md."""
        about = "\n".join(f"- {name}: {value}" for name, value in self.about.items())
        tables = "\n".join(f"### Real pictures: {title}\n\n{table}" for title, table in self._tables())
        notes = "\n".join(f"- {note}" for note in self.notes)
        return f"\n## Real pictures\n\n{about}\n\n{tables}\n### Notes on real pictures\n\n{_HOW_TO_READ}\n{notes}\n"

    def _tables(self) -> Iterator[tuple[str, str]]:
        for title, columns in _TABLES.items():
            rows = [row for row in self.rows if columns.keys() & row.figures.keys()]
            if rows:
                body = [[row.contestant, *(format_estimate(row.figures.get(name)) for name in columns)] for row in rows]
                yield title, markdown_table([f"{self.pictures} real pictures, {title}", *columns.values()], body)
        names = [name for name in (self.rows[0].figures if self.rows else ()) if name.startswith(_OF_A_CLASS)]
        if names:
            body = [
                [name.removeprefix(_OF_A_CLASS), *(format_estimate(row.figures.get(name)) for row in self.rows)]
                for name in names
            ]
            yield "IoU of each class", markdown_table(["IoU", *(row.contestant for row in self.rows)], body)
