"""The result of an evaluation: a report and a picture, which are saved as files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.files.followed_folder import tell_changed
from bgfg.data_manifests.files.json_form import misfit, read_json
from bgfg.data_manifests.files.origin import holds_nothing
from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.outputs import EVALUATION, folder_kind, require_folder, require_no_strangers
from bgfg.train.evaluation.judged import judged_line, judged_weights
from bgfg.train.evaluation.real_report import RealReport

# What report.json says of the weights, at the top or under "real".
_NAMED = {"about": {"weights": str, "weights_sha256": str}}

_FILES = ("report.md", "report.json", "cases.png", "real.png")


class EvaluationReport(Protocol):
    """The figures of an evaluation: CorpusReport, FolderReport, InstanceReport or ClassReport."""

    @property
    def about(self) -> Mapping[str, str]:
        """What was evaluated on what, in words."""

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
        """Return what was judged, and the main tables as Markdown."""
        return f"{judged_line(self.report.about)}\n\n{self.report.summary()}"

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
        """Return what was judged, and the main tables as Markdown."""
        of_real = "" if self.real is None else f"\n{self.real.summary()}"
        return f"{judged_line(self.report.about)}\n\n{self.report.summary()}{of_real}"

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


def require_report_folder(folder: Path, weights_sha256: str) -> None:
    """Check the place of a report before anything is tested.

    Args:
        folder: The folder.
        weights_sha256: Of the weights that are to be tested: a report on others isn't written over.

    Raises:
        Problem: The report would be a stranger there, would take the place of one on other weights, or can't be
            written.
    """
    require_folder(folder, "--out", EVALUATION)
    require_no_strangers(folder, EVALUATION)
    if folder_kind(folder) != EVALUATION:
        return
    content = read_json(folder / _FILES[1])
    named = [about for about in (content, content.get("real")) if not misfit(about, _NAMED)]
    if not named or named[0]["about"]["weights_sha256"] != weights_sha256:
        whose = judged_weights(named[0]["about"]) if named else "which it doesn't name"
        line = f"--out {folder}: holds a report on other weights ({whose})"
        raise Problem(f"{line}: give another --out", exit_code=2)
