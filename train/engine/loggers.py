"""Where the figures of a run go: metrics.csv always; TensorBoard and Weights & Biases where asked for."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from bgfg.data_manifests.corpus.manifest import write_whole
from bgfg.data_manifests.terminal.errors import Problem


class Log(Protocol):
    """Takes the figures of a step."""

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Take figures by name."""

    def close(self) -> None:
        """Write what is left."""


class Metrics:
    """metrics.csv: a row per written step, a column per figure, empty where a row has none; the first is `step`.

    Opened at a step, it loses the rows after that: what a run that goes on from there will write again. Floats are
    written so that they read back as the same number.
    """

    def __init__(self, path: Path, columns: Sequence[str], step: int = 0) -> None:
        self._columns = ["step", *columns]
        kept = [row for row in read_metrics(path) if row["step"] <= step] if path.exists() and step else []
        lines = [",".join(self._columns), *(_line(self._columns, row) for row in kept)]
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, "\n".join(lines) + "\n", path.parent)
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


class TensorBoard:
    """Event files in the folder `tensorboard` of the run; opened at a step, what comes after it is purged."""

    def __init__(self, run: Path, step: int) -> None:
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
        """Write what is left."""
        self._writer.close()


class WeightsAndBiases:
    """A run of the project `bgfg` at Weights & Biases; it goes on under the id of its first start."""

    def __init__(self, run: Path, identity: str, options: Mapping[str, Any]) -> None:
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
        """Send what is left."""
        self._run.finish()


class Logs:
    """Several logs written as one, closed at the end of a `with`."""

    def __init__(self, logs: Iterable[Log]) -> None:
        self._logs = list(logs)

    def __enter__(self) -> Logs:
        return self

    def __exit__(self, *_: object) -> None:
        for log in self._logs:
            log.close()

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Write figures by name to all of them."""
        for log in self._logs:
            log.write(step, values)


def _line(columns: Sequence[str], row: Mapping[str, float]) -> str:
    unknown = row.keys() - set(columns)
    if unknown:
        raise ValueError(f"no columns for {sorted(unknown)}")
    return ",".join("" if name not in row else _number(row[name]) for name in columns)


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))


def _missing(name: str) -> Problem:
    return Problem(f"--log {name}: {name} isn't installed: pip install 'bgfg[log]', or leave the option out")
