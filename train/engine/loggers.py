"""Loggers of the figures of a run: metrics.csv always; TensorBoard and Weights & Biases where asked for."""

from __future__ import annotations

import importlib
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.files.flush import make_folder
from bgfg.data_manifests.files.regular_file import read_regular
from bgfg.data_manifests.terminal.errors import Problem

# What the loggers that bgfg alone doesn't bring are made of.
_MODULES = {"tensorboard": "torch.utils.tensorboard", "wandb": "wandb"}

# Up to here every whole number is one of its own as a float.
_MOST_STEPS = 2.0**53

_MEND = "restore the file, or move it away to go on without the figures of before"


class Logger(Protocol):
    """Records figures of steps."""

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Record the figures of a step by name."""

    def flush(self) -> None:
        """Write what is buffered: a checkpoint is about to count on it."""

    def close(self) -> None:
        """Write what is buffered, and release files."""


class CsvLogger:
    """Writes metrics.csv: a row per logged step, a column per figure, empty where a row has none; the first is `step`.

    Floats are written so that they read back as the same number.
    """

    def __init__(self, path: Path, columns: Sequence[str], step: int = 0) -> None:
        """Open the file, new or where there is one to go on with.

        Args:
            path: The file.
            columns: Names of the figures.
            step: The step that the run resumes from. Rows after it are dropped, for the run will write them again.
        """
        self._columns = ["step", *columns]
        kept = read_metrics(path, step) if path.exists() and step else []
        if unknown := {name for row in kept for name in row} - set(self._columns):
            raise Problem(f"{path}: has a column {min(unknown)!r:.60}, which isn't of this run: {_MEND}")
        lines = [",".join(self._columns), *(_line(self._columns, row) for row in kept)]
        make_folder(path.parent)
        replace_text(path, "\n".join(lines) + "\n")
        self._file = path.open("a", encoding="utf-8")

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Append a row."""
        self._file.write(_line(self._columns, {"step": step, **values}) + "\n")
        self._file.flush()

    def flush(self) -> None:
        """Return once the disk has all rows."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Flush to the disk and close."""
        self.flush()
        self._file.close()


def read_metrics(path: Path, last_step: float = math.inf) -> list[dict[str, float]]:
    """Return the rows of metrics.csv up to a step, each with the figures that it has.

    A last row cut short is left out, and what comes after the step isn't looked at: a power cut may leave anything
    there.

    Raises:
        Problem: A row isn't one of figures.
    """
    header, *lines = read_regular(path).split(b"\n")[:-1] or [b""]
    rows: list[dict[str, float]] = []
    for number, line in enumerate(lines, start=2):
        try:
            names, cells = header.decode("utf-8").rstrip().split(","), line.decode("utf-8").split(",")
            row = {name: float(cell) for name, cell in zip(names, cells, strict=True) if cell}
            if not (row["step"].is_integer() and 0 <= row["step"] <= _MOST_STEPS):
                raise ValueError(f"step {row['step']}")
            if row["step"] > last_step:
                break
        except (ValueError, KeyError) as error:
            raise Problem(f"{path}: line {number} is no row of figures: {_MEND}") from error
        rows.append(row)
        if row["step"] == last_step:
            break
    return rows


class TensorBoardLogger:
    """Writes event files to the folder `tensorboard` of the run."""

    def __init__(self, run: Path, step: int) -> None:
        """Open the folder; what was written after `step`, from which the run resumes, is purged."""
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(str(run / "tensorboard"), purge_step=step + 1 if step else None)

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Add a scalar per figure."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def flush(self) -> None:
        """Flush the file."""
        self._writer.flush()

    def close(self) -> None:
        """Flush and close the file."""
        self._writer.close()


class WandbLogger:
    """Sends figures to a run of the project `bgfg` at Weights & Biases."""

    def __init__(self, run: Path, identity: str, options: Mapping[str, Any]) -> None:
        """Open the run, or resume the one that was first started under the same `identity`."""
        import wandb

        self._run: Any = wandb.init(
            project="bgfg", name=run.name, id=identity, resume="allow", dir=str(run), config=dict(options)
        )

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Send the figures of a step."""
        self._run.log(dict(values), step=step)

    def flush(self) -> None:
        """Do nothing: figures are sent as they come."""

    def close(self) -> None:
        """End the run there."""
        self._run.finish()


def require_loggers(names: Iterable[str]) -> None:
    """Raise Problem where what a logger needs isn't installed, before anything is done for a run."""
    for name in names:
        try:
            if name in _MODULES:
                importlib.import_module(_MODULES[name])
        except ImportError as error:
            line = f"--log {name}: {name} isn't installed: pip install 'bgfg[log]', or leave the option out"
            raise Problem(line, exit_code=2) from error


class Loggers:
    """Several loggers used as one, closed at the end of a `with`."""

    def __init__(self, loggers: Iterable[Logger]) -> None:
        self._loggers = list(loggers)

    def __enter__(self) -> Loggers:
        return self

    def __exit__(self, *_: object) -> None:
        for logger in self._loggers:
            logger.close()

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Record the figures of a step with all of them."""
        for logger in self._loggers:
            logger.write(step, values)

    def flush(self) -> None:
        """Let all of them write what is buffered."""
        for logger in self._loggers:
            logger.flush()


def _line(columns: Sequence[str], row: Mapping[str, float]) -> str:
    unknown = row.keys() - set(columns)
    if unknown:
        raise ValueError(f"no columns for {sorted(unknown)}")
    return ",".join("" if name not in row else _number(row[name]) for name in columns)


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))
