"""The result of an evaluation: a report and a picture, which are saved as files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.files.followed_folder import tell_changed
from bgfg.data_manifests.files.origin import holds_nothing
from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.outputs import EVALUATION, folder_kind, require_folder, require_no_strangers
from bgfg.train.evaluation.real_report import RealReport

_FILES = ("report.md", "report.json", "cases.png", "real.png")


class EvaluationReport(Protocol):
    """The figures of an evaluation: CorpusReport, FolderReport, InstanceReport or ClassReport."""

    @property
    def digest(self) -> str:
        """Digest of the data."""

    def summary(self) -> str:
        """Return the main table as Markdown."""

    def markdown(self) -> str:
        """Return all as Markdown, for people."""

    def as_json(self) -> str:
        """Return all as JSON, for programs."""


T = TypeVar("T", bound=EvaluationReport, covariant=True)


@dataclass(frozen=True)
class RealResult:
    """The result of an evaluation on real pictures.

    Attributes:
        report: The figures.
        picture: The best, median and worst cases, (height, width, 3) uint8 RGB.
    """

    report: RealReport
    picture: NDArray[np.uint8]

    def summary(self) -> str:
        """Return the main tables as Markdown."""
        return self.report.summary()

    def save(self, folder: Path) -> list[Path]:
        """Write report.md, report.json and real.png of real pictures alone; otherwise as EvaluationResult.save."""
        _require_own_files(folder)
        markdown, as_json, cases, picture = (folder / name for name in _FILES)
        replace_text(as_json, self.report.as_json())
        replace_text(markdown, f"# Evaluation\n{self.report.markdown()}")
        _remove(cases)  # of an earlier report, which this one takes the place of
        save_png(self.picture, picture)
        return [markdown, as_json, picture]


@dataclass(frozen=True)
class EvaluationResult(Generic[T]):
    """The result of an evaluation.

    Attributes:
        report: The figures.
        picture: The best, median and worst cases, (height, width, 3) uint8 RGB.
        real: What was found on real pictures, as a part of the same report; None where there are none.
    """

    report: T
    picture: NDArray[np.uint8]
    real: RealResult | None = None

    def summary(self) -> str:
        """Return the main tables as Markdown."""
        tables = [self.report.summary(), *([self.real.report.summary()] if self.real else [])]
        return "\n".join(tables)

    def save(self, folder: Path) -> list[Path]:
        """Write report.md, report.json, cases.png, and of real pictures real.png, to a folder; return their paths.

        Raises:
            Problem: A file of such a name is there, and report.json doesn't say that it is of an evaluation.
        """
        _require_own_files(folder)
        markdown, as_json, picture, real = (folder / name for name in _FILES)
        replace_text(as_json, self._as_json())  # which tells whose the others are
        replace_text(markdown, self.report.markdown() + (self.real.report.markdown() if self.real else ""))
        save_png(self.picture, picture)
        if self.real is None:
            _remove(real)  # of an earlier report, which this one takes the place of
            return [markdown, as_json, picture]
        save_png(self.real.picture, real)
        return [markdown, as_json, picture, real]

    def _as_json(self) -> str:
        if self.real is None:
            return self.report.as_json()
        content = json.loads(self.report.as_json()) | {"real": self.real.report.content()}
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    tell_changed(path)


def _require_own_files(folder: Path) -> None:
    """Make a folder for a report; raise Problem where files of such names are there, and aren't of an evaluation."""
    if folder_kind(folder) != EVALUATION:
        for path in (folder / name for name in _FILES):
            if not holds_nothing(path):
                raise Problem(f"{path}: would be written over, and isn't of an evaluation: give another --out")
    folder.mkdir(parents=True, exist_ok=True)


def require_report_folder(folder: Path) -> None:
    """Raise Problem, before anything is tested, where a report would be a stranger in a folder, or can't be written."""
    require_folder(folder, "--out", EVALUATION)
    require_no_strangers(folder, EVALUATION)
