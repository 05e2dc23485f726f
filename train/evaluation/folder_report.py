"""The report of an evaluation on a folder: tables of methods and classes, as Markdown and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bgfg.train.evaluation.folder_baselines import PixelClassifier
from bgfg.train.evaluation.report import markdown_table
from bgfg.train.targets.confusion import ConfusionMatrix
from bgfg.train.targets.matting_scores import ERROR_TITLES

FORMAT = "bgfg-folder-evaluation"
VERSION = 1

_COLUMNS = {
    "iou_image": "IoU per image",
    "iou_pooled": "IoU pooled",
    "dice_image": "Dice per image",
    "dice_pooled": "Dice pooled",
}
_ACCURACY = {"accuracy_image": "accuracy per image", "accuracy_pooled": "accuracy pooled"}


@dataclass(frozen=True)
class FolderResult:
    """The result of one method.

    Attributes:
        classifier: The method.
        counts: The confusion matrix of each picture, as targets/confusion.py has it.
        classes: Figures by class, their mean last.
        matte: Errors of the matte, {} without one.
        sad: SAD of each picture in thousands, [] without a matte.
    """

    classifier: PixelClassifier
    counts: Sequence[ConfusionMatrix]
    classes: Mapping[str, Mapping[str, float]]
    matte: Mapping[str, float]
    sad: Sequence[float]


@dataclass(frozen=True)
class FolderReport:
    """The report of an evaluation on a folder.

    Attributes:
        about: Run, network, data and device in words.
        digest: Digest of the folder.
        target: What was evaluated.
        headline: The class that counts, or "mean".
        pictures: How many pictures were tested.
        results: The result of each method, the network's first.
        notes: What is to be known beside the figures.
    """

    about: Mapping[str, str]
    digest: str
    target: str
    headline: str
    pictures: int
    results: Sequence[FolderResult]
    notes: Sequence[str]

    def as_json(self) -> str:
        """Return the report as JSON, with every figure."""
        content = {
            "format": FORMAT, "version": VERSION, "about": dict(self.about), "digest": self.digest,
            "target": self.target, "headline": self.headline, "pictures": self.pictures,
            "contestants": {
                result.classifier.name: {"classes": {n: _finite(row) for n, row in result.classes.items()},
                                     "matte": dict(result.matte)}
                for result in self.results
            },
            "notes": list(self.notes),
        }  # fmt: skip
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def markdown(self) -> str:
        """Return the report as Markdown: summary, a table of classes for each method, and notes."""
        about = "\n".join(f"- {name}: {value}" for name, value in self.about.items())
        tables = "\n".join(f"## {title}\n\n{table}" for title, table in self._tables())
        notes = "\n".join(f"- {note}" for note in (_HOW_TO_READ, *self.notes))
        return f"# Evaluation\n\n{about}\n\n{tables}\n## Notes\n\n{notes}\n"

    def summary(self) -> str:
        """Return the main table as Markdown: figures of each method for the mask, or the mean of all classes."""
        what = "mean of the classes" if self.headline == "mean" else self.headline
        head = [f"{self.pictures} pictures, {what}", *_COLUMNS.values(), *_ACCURACY.values()]
        rows = [
            [o.classifier.name, *_row(o.classes[self.headline], _COLUMNS), *_row(o.classes["mean"], _ACCURACY)]
            for o in self.results
        ]
        table = markdown_table(head, rows)
        if self.target != "matte":
            return table
        errors = [[result.classifier.name, *_row(result.matte, ERROR_TITLES)] for result in self.results]
        return f"{markdown_table([f'{self.pictures} pictures, the matte', *ERROR_TITLES.values()], errors)}\n{table}"

    def _tables(self) -> Iterator[tuple[str, str]]:
        yield "Summary", self.summary()
        for result in self.results:
            rows = [[name, *_row(figures, _COLUMNS)] for name, figures in result.classes.items()]
            yield f"Classes: {result.classifier.name}", markdown_table(["class", *_COLUMNS.values()], rows)


_HOW_TO_READ = """\
Every figure is taken at the mask's own size, to which what was found is stretched. Per image: of each picture, then
  averaged over those that show the class or in which it was found. Pooled: of the pixels of all pictures together.
  centre ellipse: in the middle, as large as what isn't background is on average in training, and of the commonest
  class there. SAD, MSE, Grad and Conn: of the whole picture, after Rhemann et al. (CVPR 2009)."""


def _row(figures: Mapping[str, float], columns: Mapping[str, str]) -> list[str]:
    return ["–" if math.isnan(figures[name]) else f"{figures[name]:.3f}" for name in columns]


def _finite(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in figures.items()}
