"""Which samples an export takes: splits, a range, filters on the columns of samples.parquet."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data_manifests.problem import Problem
from data_manifests.splits import SPLITS
from data_manifests.tables import SAMPLE_SCHEMA, SAMPLES, read_background
from synth.store import Corpus

# Names are what other columns say in other words, and no filter needs them.
COLUMNS = tuple(field.name for field in SAMPLE_SCHEMA if not field.name.endswith("_name"))

_FILTER = re.compile(r"\s*(\w+)\s*(!=|<=|>=|=|<|>)\s*(.*?)\s*", re.DOTALL)
_ORDERINGS: dict[str, Callable[..., Any]] = {
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}


@dataclass(frozen=True)
class Filter:
    """One condition on a column; = and != take several values, any of which may (or none of which must) be met."""

    column: str
    operator: str
    values: tuple[int | bool | str, ...]

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Parse `background=3`, `cutout=0,1`, `visible_px>=500`; raise Problem where that can't be."""
        match = _FILTER.fullmatch(text)
        if match is None:
            raise _wrong(text, "give COLUMN=VALUE, such as background=3, visible_px>=500 or cutout=0,1")
        column, operator, values = match.groups()
        if column not in COLUMNS:
            raise _wrong(text, f"no column {column!r}; there are {', '.join(COLUMNS)}")
        kind = SAMPLE_SCHEMA.field(column).type
        parsed = tuple(_value(text, column, kind, value.strip()) for value in values.split(","))
        if operator in _ORDERINGS and (len(parsed) > 1 or not pa.types.is_integer(kind)):
            raise _wrong(text, f"{operator} takes one number; {column} takes = and !=" if len(parsed) == 1 else
                         f"{operator} takes one number")  # fmt: skip
        return cls(column, operator, parsed)

    def __str__(self) -> str:
        return f"{self.column}{self.operator}{','.join(str(value).lower() for value in self.values)}"

    def matches(self, table: pa.Table) -> pa.ChunkedArray:
        """Return for each row whether it meets the condition."""
        column = table[self.column]
        if self.operator in _ORDERINGS:
            return _ORDERINGS[self.operator](column, self.values[0])
        among = pc.is_in(column, value_set=pa.array(self.values, column.type))
        return among if self.operator == "=" else pc.invert(among)


@dataclass(frozen=True)
class Selection:
    """What to take: the splits (none: all), the samples start..stop-1 (None: all), and who meets every filter."""

    splits: tuple[str, ...] = ()
    samples: tuple[int, int] | None = None
    filters: tuple[Filter, ...] = ()


def parse_range(text: str) -> tuple[int, int]:
    """Parse `0:20000`, the first sample and the one after the last; raise Problem where it isn't a range."""
    match = re.fullmatch(r"(\d+):(\d+)", text, re.ASCII)
    if match is None or int(match[1]) >= int(match[2]):
        raise Problem(f"--samples {text}: give the first and the one after the last, such as 0:20000", exit_code=2)
    return int(match[1]), int(match[2])


def select(corpus: Corpus, selection: Selection) -> dict[str, NDArray[np.int64]]:
    """Return the numbers of the selected samples, ascending, split by split; splits without any are left out.

    Raises Problem where there is none, where the range goes beyond the corpus, or where the table has another split.
    """
    start, stop = selection.samples or (0, len(corpus))
    if stop > len(corpus):
        raise Problem(f"--samples {start}:{stop}: {corpus.path} has {len(corpus):,} samples", exit_code=2)
    found: dict[str, list[NDArray[np.int64]]] = {split: [] for split in SPLITS}
    for b in range(corpus.geometry.backgrounds):
        table = read_background(corpus.path / "manifest" / SAMPLES, b)
        _check_splits(corpus, table)
        for split, samples in found.items():
            if not selection.splits or split in selection.splits:
                samples.append(_among(table, split, start, stop, selection.filters))
    chosen = {split: np.concatenate(samples) for split, samples in found.items() if samples}
    chosen = {split: samples for split, samples in chosen.items() if len(samples)}
    if not chosen:
        raise Problem(f"{corpus.path}: no sample is selected: widen --split, --samples or --where", exit_code=2)
    return chosen


def _among(table: pa.Table, split: str, start: int, stop: int, filters: tuple[Filter, ...]) -> NDArray[np.int64]:
    keep = pc.equal(table["split"], split)
    keep = pc.and_(keep, pc.and_(pc.greater_equal(table["sample"], start), pc.less(table["sample"], stop)))
    for condition in filters:
        keep = pc.and_(keep, condition.matches(table))
    samples: NDArray[np.int64] = table["sample"].filter(keep).to_numpy()
    return samples


def _check_splits(corpus: Corpus, table: pa.Table) -> None:
    """Refuse splits of a table made by hand: they become names of files."""
    unknown = sorted(set(table["split"].unique().to_pylist()) - set(SPLITS))
    if unknown:
        raise Problem(
            f"{corpus.path / 'manifest' / SAMPLES}: {unknown[0]!r} is no split; there are {', '.join(SPLITS)}"
        )


def _value(text: str, column: str, kind: pa.DataType, value: str) -> int | bool | str:
    if pa.types.is_boolean(kind):
        if value.lower() not in ("true", "false"):
            raise _wrong(text, f"{column} is true or false")
        return value.lower() == "true"
    if pa.types.is_integer(kind):
        if not re.fullmatch(r"-?\d{1,9}", value, re.ASCII):
            raise _wrong(text, f"{column} is a whole number, {value!r} isn't one")
        return int(value)
    if value not in SPLITS:
        raise _wrong(text, f"no split {value!r}; there are {', '.join(SPLITS)}")
    return value


def _wrong(text: str, reason: str) -> Problem:
    return Problem(f"--where {text}: {reason}", exit_code=2)
