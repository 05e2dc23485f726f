"""Loggers of the figures of a run: metrics.csv always; TensorBoard and Weights & Biases where asked for."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.terminal.errors import Problem


class Logger(Protocol):
    """Records figures of steps."""

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Record the figures of a step by name."""

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
        kept = [row for row in read_metrics(path) if row["step"] <= step] if path.exists() and step else []
        lines = [",".join(self._columns), *(_line(self._columns, row) for row in kept)]
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, "\n".join(lines) + "\n")
        self._file = path.open("a", encoding="utf-8")

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Append a row."""
        self._file.write(_line(self._columns, {"step": step, **values}) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Flush to the disk and close."""
        os.fsync(self._file.fileno())
        self._file.close()


def read_metrics(path: Path) -> list[dict[str, float]]:
    """Return the rows of metrics.csv, each with the figures that it has; a last row cut short is left out."""
    whole = path.read_text(encoding="utf-8").rpartition("\n")[0]
    rows = csv.DictReader(whole.splitlines())
    return [{name: float(text) for name, text in row.items() if text} for row in rows]


class TensorBoardLogger:
    """Writes event files to the folder `tensorboard` of the run."""

    def __init__(self, run: Path, step: int) -> None:
        """Open the folder; what was written after `step`, from which the run resumes, is purged."""
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise _missing("tensorboard") from error
        self._writer: Any = SummaryWriter(str(run / "tensorboard"), purge_step=step + 1 if step else None)

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Add a scalar per figure."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Flush and close the file."""
        self._writer.close()


class WandbLogger:
    """Sends figures to a run of the project `bgfg` at Weights & Biases."""

    def __init__(self, run: Path, identity: str, options: Mapping[str, Any]) -> None:
        """Open the run, or resume the one that was first started under the same `identity`."""
        try:
            import wandb
        except ImportError as error:
            raise _missing("wandb") from error
        self._run: Any = wandb.init(
            project="bgfg", name=run.name, id=identity, resume="allow", dir=str(run), config=dict(options)
        )

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Send the figures of a step."""
        self._run.log(dict(values), step=step)

    def close(self) -> None:
        """End the run there."""
        self._run.finish()


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


def _line(columns: Sequence[str], row: Mapping[str, float]) -> str:
    unknown = row.keys() - set(columns)
    if unknown:
        raise ValueError(f"no columns for {sorted(unknown)}")
    return ",".join("" if name not in row else _number(row[name]) for name in columns)


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))


def _missing(name: str) -> Problem:
    return Problem(f"--log {name}: {name} isn't installed: pip install 'bgfg[log]', or leave the option out")
