"""What a run has come to, for people who look at it: read from its folder, whoever made that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.json_form import is_count, misfit, read_json
from bgfg.data_manifests.terminal.console import format_cell
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, told_path
from bgfg.train.engine.loggers import read_metrics
from bgfg.train.overview.evaluation_report import EvaluationReport, find_evaluations
from bgfg.train.viz.curves import Series, curve_panels

_FORM = {
    "format": lambda value: value == "bgfg-run",
    "options": {"model": str, "targets": [str], "size_px": is_count, "batch": is_count},
    "digest": str,
    "steps": is_count,
    "device": str,
    "versions": {str: str},
    "classes?": (None, [str]),
}

# Options that say what a run is; the others follow them.
_FIRST_OPTIONS = ("model", "model_options", "targets", "size_px", "batch", "lr", "augment", "seed")


@dataclass(frozen=True)
class RunOverview:
    """What a run has come to.

    Attributes:
        path: Its folder.
        facts: What it is, as pairs of words.
        options: The options that it began with, likewise.
        rows: The rows of metrics.csv, each with the figures that it has.
        sheets: The sheets of predictions, the first steps first.
        evaluations: Reports of what it was tested on.
        notes: What isn't there or can't be read, in words, with the next step.
    """

    path: Path
    facts: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, str], ...]
    rows: tuple[Mapping[str, float], ...]
    sheets: tuple[Path, ...]
    evaluations: tuple[EvaluationReport, ...]
    notes: tuple[str, ...]

    @classmethod
    def load(cls, path: Path) -> RunOverview:
        """Read what lies in the folder of a run.

        Raises:
            Problem: It is none, or its run.json is damaged. What else can't be read is a note.
        """
        record = _record(path)
        notes: list[str] = []
        rows = _rows(path, notes)
        sheets = tuple(sorted((path / "sheets").glob("step_*.png")))
        if not sheets:
            notes.append("no sheets of predictions yet: they come with the first validation")
        return cls(path, _facts(record, rows), _options(record), rows, sheets, _evaluations(path, notes), tuple(notes))

    @property
    def name(self) -> str:
        """Name of its folder."""
        return told_path(self.path).name

    @property
    def curves(self) -> dict[str, Series]:
        """Title of a panel -> name of a curve -> its points (step, value)."""
        return curve_panels(self.rows)


def _record(path: Path) -> dict[str, Any]:
    file = path / "run.json"
    try:
        content = read_json(file)
    except (FileNotFoundError, NotADirectoryError):
        line = f"{path}: not a run, no run.json in it: give the folder that {bgfg_command('train')} made"
        raise Problem(line, exit_code=2) from None
    except ValueError as error:
        raise Problem(f"{file}: not readable as JSON ({error}): restore it") from error
    if wrong := misfit(content, _FORM, "run"):
        raise Problem(f"{file}: damaged, or of something else ({wrong}): restore it")
    return dict(content)


def _rows(path: Path, notes: list[str]) -> tuple[Mapping[str, float], ...]:
    try:
        rows = tuple(read_metrics(path / "metrics.csv"))
    except FileNotFoundError:
        rows = ()
    except (Problem, OSError) as error:
        notes.append(str(error))
        return ()
    if not rows:
        notes.append("no figures yet: metrics.csv is empty or not there")
    return rows


def _evaluations(path: Path, notes: list[str]) -> tuple[EvaluationReport, ...]:
    found = []
    for folder in find_evaluations(path):
        try:
            found.append(EvaluationReport.load(folder))
        except Problem as problem:
            notes += problem.lines
    if not found:
        notes.append(f"not evaluated yet: run {bgfg_command('evaluate', told_path(path).name, 'CORPUS')}")
    return tuple(found)


def _facts(record: Mapping[str, Any], rows: tuple[Mapping[str, float], ...]) -> tuple[tuple[str, str], ...]:
    options = record["options"]
    reached = int(rows[-1]["step"]) if rows else 0
    facts = {
        "network": options["model"],
        "learns": ", ".join(options["targets"]),
        "classes": ", ".join(record.get("classes") or ()),
        "pictures": f"{options['size_px']} px, {options['batch']} at a time",
        "steps": f"{reached:,} of {record['steps']:,}",
        "data": f"digest {record['digest']}",
        "device": record["device"],
        "made by": ", ".join(f"{name} {version}" for name, version in record["versions"].items()),
    }
    return tuple((name, value) for name, value in facts.items() if value)


def _options(record: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    options = record["options"]
    names = dict.fromkeys((*(name for name in _FIRST_OPTIONS if name in options), *options))
    return tuple((name, _told(options[name])) for name in names if _says_something(options[name]))


def _says_something(value: Any) -> bool:
    return value not in (None, [], {}, "")


def _told(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_told, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_told(inner)}" for name, inner in value.items() if _says_something(inner))
    return format_cell(value)
