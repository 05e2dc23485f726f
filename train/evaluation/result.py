"""The result of an evaluation: a report and a picture, which are saved as files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.files.origin import holds_nothing
from bgfg.data_manifests.images.image_io import save_png
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.outputs import EVALUATION, folder_kind, require_folder, require_no_strangers

_FILES = ("report.md", "report.json", "cases.png")


class EvaluationReport(Protocol):
    """The figures of an evaluation: CorpusReport, FolderReport or InstanceReport."""

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
class EvaluationResult(Generic[T]):
    """The result of an evaluation.

    Attributes:
        report: The figures.
        picture: The best, median and worst cases, (height, width, 3) uint8 RGB.
    """

    report: T
    picture: NDArray[np.uint8]

    def save(self, folder: Path) -> list[Path]:
        """Write report.md, report.json and cases.png to a folder; return their paths.

        Raises:
            Problem: A file of such a name is there, and report.json doesn't say that it is of an evaluation.
        """
        markdown, as_json, picture = (folder / name for name in _FILES)
        if folder_kind(folder) != EVALUATION:
            for path in (markdown, as_json, picture):
                if not holds_nothing(path):
                    raise Problem(f"{path}: would be written over, and isn't of an evaluation: give another --out")
        folder.mkdir(parents=True, exist_ok=True)
        replace_text(as_json, self.report.as_json())  # which tells whose the others are
        replace_text(markdown, self.report.markdown())
        save_png(self.picture, picture)
        return [markdown, as_json, picture]


def require_report_folder(folder: Path) -> None:
    """Raise Problem, before anything is tested, where a report would be a stranger in a folder, or can't be written."""
    require_folder(folder, "--out", EVALUATION)
    require_no_strangers(folder, EVALUATION)
