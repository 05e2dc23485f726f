"""What the test on a folder found: tables of contestants and classes, as Markdown for people and JSON for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bgfg.train.evaluation.folder_baselines import Guess
from bgfg.train.targets.confusion import Counts
from bgfg.train.targets.matting_scores import TITLES

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
class Outcome:
    """What one contestant did. counts: of each picture, as targets/confusion.py has them. classes: figures by class,
    the mean last. matte: errors of the matte, {} without. sad: of each picture, [] without.
    """

    guess: Guess
    counts: Sequence[Counts]
    classes: Mapping[str, Mapping[str, float]]
    matte: Mapping[str, float]
    sad: Sequence[float]


@dataclass(frozen=True)
class FolderReport:
    """A test on a folder.

    about: run, network, data and device in words. digest: of the folder. target: what was tested. headline: the class
    that counts, or "mean". pictures: how many were tested. outcomes: the network's first.
    """

    about: Mapping[str, str]
    digest: str
    target: str
    headline: str
    pictures: int
    outcomes: Sequence[Outcome]
    notes: Sequence[str]

    def as_json(self) -> str:
        """Return all figures."""
        content = {
            "format": FORMAT, "version": VERSION, "about": dict(self.about), "digest": self.digest,
            "target": self.target, "headline": self.headline, "pictures": self.pictures,
            "contestants": {
                outcome.guess.name: {"classes": {n: _finite(row) for n, row in outcome.classes.items()},
                                     "matte": dict(outcome.matte)}
                for outcome in self.outcomes
            },
            "notes": list(self.notes),
        }  # fmt: skip
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def markdown(self) -> str:
        """Return the summary, a table of classes for each contestant, and the notes."""
        about = "\n".join(f"- {name}: {value}" for name, value in self.about.items())
        tables = "\n".join(f"## {title}\n\n{table}" for title, table in self._tables())
        notes = "\n".join(f"- {note}" for note in (_HOW_TO_READ, *self.notes))
        return f"# Evaluation\n\n{about}\n\n{tables}\n## Notes\n\n{notes}\n"

    def summary(self) -> str:
        """Return the table of contestants: the mask, or the mean of all classes."""
        what = "mean of the classes" if self.headline == "mean" else self.headline
        head = [f"{self.pictures} pictures, {what}", *_COLUMNS.values(), *_ACCURACY.values()]
        rows = [
            [o.guess.name, *_row(o.classes[self.headline], _COLUMNS), *_row(o.classes["mean"], _ACCURACY)]
            for o in self.outcomes
        ]
        table = _table(head, rows)
        if self.target != "matte":
            return table
        errors = [[outcome.guess.name, *_row(outcome.matte, TITLES)] for outcome in self.outcomes]
        return f"{_table([f'{self.pictures} pictures, the matte', *TITLES.values()], errors)}\n{table}"

    def _tables(self) -> Iterator[tuple[str, str]]:
        yield "Summary", self.summary()
        for outcome in self.outcomes:
            rows = [[name, *_row(figures, _COLUMNS)] for name, figures in outcome.classes.items()]
            yield f"Classes: {outcome.guess.name}", _table(["class", *_COLUMNS.values()], rows)


_HOW_TO_READ = """\
Every figure is taken at the mask's own size, to which what was found is stretched. Per image: of each picture, then
  averaged over those that show the class or in which it was found. Pooled: of the pixels of all pictures together.
  centre ellipse: in the middle, as large as what isn't background is on average in training, and of the commonest
  class there. SAD, MSE, Grad and Conn: of the whole picture, after Rhemann et al. (CVPR 2009)."""


def _row(figures: Mapping[str, float], columns: Mapping[str, str]) -> list[str]:
    return ["–" if math.isnan(figures[name]) else f"{figures[name]:.3f}" for name in columns]


def _finite(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in figures.items()}


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, ["---"] * len(head), *rows))
