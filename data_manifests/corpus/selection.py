"""Selection of rows of a table: by split, by a range of samples, by filters on columns."""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.corpus.parquet_table import PathOfPart
from bgfg.data_manifests.corpus.sample_table import SAMPLE_SCHEMA, iter_strips
from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.placement.variety import BLENDS, Variety
from bgfg.data_manifests.placement.variety_columns import with_variety
from bgfg.data_manifests.terminal.errors import Problem, first_few

# Columns of all corpora: what varies differs from one to the other.
_ANY_SAMPLES = with_variety(SAMPLE_SCHEMA)

_FILTER = re.compile(r"\s*(\w+)\s*(!=|<=|>=|=|<|>)\s*(.*?)\s*", re.DOTALL)
_ORDERINGS: dict[str, Callable[..., Any]] = {
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
# Columns of text with a fixed set of values.
_WORDS = {"split": SPLITS, "kind": ("background", "cutout"), "blend": BLENDS}


@dataclass(frozen=True)
class Filter:
    """A condition on a column.

    Attributes:
        column: Name of the column.
        operator: =, !=, <, <=, > or >=.
        values: One value; of = and != there may be several, of which any may, or none must, be met.
    """

    column: str
    operator: str
    values: tuple[int | float | bool | str, ...]

    @classmethod
    def parse(cls, text: str, schema: pa.Schema = _ANY_SAMPLES) -> Filter:
        """Parse a condition such as `background=3`, `cutout=0,1` or `visible_px>=500`.

        A name with a comma is quoted, as CSV has it: `label="black, white",tabby`.

        Args:
            text: The condition.
            schema: Of the table that is filtered; its columns of names take no filter. By default that of samples, with
                all columns that some corpora have.

        Returns:
            The filter.

        Raises:
            Problem: It has no such form, or there is no such column or value.
        """
        match = _FILTER.fullmatch(text)
        if match is None:
            raise _wrong(text, "give COLUMN=VALUE, such as background=3, visible_px>=500 or cutout=0,1")
        column, operator, values = match.groups()
        columns = [name for name in schema.names if not name.endswith("_name")]
        if column not in columns:
            raise _wrong(text, f"no column {column!r}; there are {', '.join(columns)}")
        kind = schema.field(column).type
        parsed = tuple(_value(text, column, kind, value.strip()) for value in _parts(text, values))
        is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
        if operator in _ORDERINGS and (len(parsed) > 1 or not is_number):
            raise _wrong(text, f"{operator} takes one number; {column} takes = and !=" if len(parsed) == 1 else
                         f"{operator} takes one number")  # fmt: skip
        return cls(column, operator, parsed)

    def __str__(self) -> str:
        return f"{self.column}{self.operator}{','.join(_text(value) for value in self.values)}"

    def matches(self, table: pa.Table) -> pa.ChunkedArray:
        """Return for each row whether it meets the condition."""
        column = table[self.column]
        if self.operator in _ORDERINGS:
            return _ORDERINGS[self.operator](column, self.values[0])
        among = pc.is_in(column, value_set=pa.array(self.values, column.type))
        return among if self.operator == "=" else pc.invert(among)


@dataclass(frozen=True)
class Selection:
    """Which rows to take; a row must meet all conditions.

    Attributes:
        splits: Names of splits; none for all.
        samples: (start, stop) for the samples start..stop-1; None for all.
        filters: Conditions on columns.
    """

    splits: tuple[str, ...] = ()
    samples: tuple[int, int] | None = None
    filters: tuple[Filter, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the conditions are about."""
        names = [condition.column for condition in self.filters]
        if self.splits:
            names.append("split")
        if self.samples is not None:
            names.append("sample")
        return tuple(dict.fromkeys(names))

    def require_classes(self, classes: Sequence[str]) -> None:
        """Raise Problem where a filter names a class that isn't one of a corpus's."""
        for condition in self.filters:
            for label in condition.values if condition.column == "label" else ():
                if label not in classes:
                    raise _wrong(str(condition), f"no class {label!r}; there are {first_few(classes)}")

    def filter_table(self, table: pa.Table) -> pa.Table:
        """Return the selected rows of a table."""
        conditions = [condition.matches(table) for condition in self.filters]
        if self.splits:
            conditions.append(pc.is_in(table["split"], value_set=pa.array(self.splits, pa.string())))
        if self.samples is not None:
            start, stop = self.samples
            conditions += [pc.greater_equal(table["sample"], start), pc.less(table["sample"], stop)]
        return table.filter(functools.reduce(pc.and_, conditions)) if conditions else table


def sample_fields(variety: Variety | None) -> dict[str, pa.DataType]:
    """Return the columns of samples.parquet that aren't names, with their types, of a corpus in which this varies.

    Those of names repeat what the others say.
    """
    schema = with_variety(SAMPLE_SCHEMA, variety.columns if variety else ())
    return {field.name: field.type for field in schema if not field.name.endswith("_name")}


def parse_range(text: str) -> tuple[int, int]:
    """Parse `0:20000`, the first sample and the one after the last; raise Problem where it isn't a range."""
    match = re.fullmatch(r"(\d{1,18}):(\d{1,18})", text, re.ASCII)
    if match is None or int(match[1]) >= int(match[2]):
        raise Problem(f"--samples {text}: give the first and the one after the last, such as 0:20000", exit_code=2)
    return int(match[1]), int(match[2])


def select_samples(
    corpus: Path, path_of: PathOfPart, geometry: CorpusGeometry, selection: Selection
) -> dict[str, NDArray[np.int64]]:
    """Return the numbers of the selected samples.

    Args:
        corpus: Folder of the corpus, for messages.
        path_of: Path of samples.parquet of a part, by its number.
        geometry: Counts and sizes of the corpus.
        selection: Which samples to take.

    Returns:
        Split -> the numbers of its samples, ascending; splits without any are left out.

    Raises:
        Problem: No sample is selected, the range goes beyond the corpus, or the table names another split.
    """
    start, stop = selection.samples or (0, len(geometry.index))
    if stop > len(geometry.index):
        raise Problem(f"--samples {start}:{stop}: {corpus} has {len(geometry.index):,} samples", exit_code=2)
    found: dict[str, list[NDArray[np.int64]]] = {split: [] for split in SPLITS}
    columns = tuple(dict.fromkeys(["sample", "split", *selection.columns]))
    # Samples are numbered background by background: the range needs these row groups alone.
    for table in iter_strips(path_of, geometry, columns, start, stop):
        meant = selection.filter_table(table)
        numbers, codes = meant["sample"].to_numpy(), split_codes(corpus, meant)
        for code, split in enumerate(SPLITS):
            found[split].append(numbers[codes == code])
    chosen = {split: np.concatenate(samples) for split, samples in found.items()}
    chosen = {split: samples for split, samples in chosen.items() if len(samples)}
    if not chosen:
        raise Problem(f"{corpus}: no sample is selected: widen --split, --samples or --where", exit_code=2)
    return chosen


def split_codes(path: Path, table: pa.Table) -> NDArray[np.int32]:
    """Return the split of each row as an index into SPLITS.

    Args:
        path: The table or its corpus, for errors.
        table: Rows with the column `split`.

    Returns:
        (rows,) int32.

    Raises:
        Problem: The table was made by hand and says something else. This is checked since splits become names of files.
    """
    codes = pc.index_in(table["split"], value_set=pa.array(SPLITS, pa.string()))
    if codes.null_count:
        unknown = table["split"].filter(pc.is_null(codes))[0].as_py()
        raise Problem(f"{path}: {unknown!r} is no split; there are {', '.join(SPLITS)}")
    indices: NDArray[np.int32] = codes.to_numpy()
    return indices


def _parts(text: str, values: str) -> list[str]:
    try:
        return next(csv.reader([values], skipinitialspace=True, strict=True)) or [""]
    except csv.Error as error:
        raise _wrong(text, 'put a name with a comma in double quotes, such as label="black, white"') from error


def _value(text: str, column: str, kind: pa.DataType, value: str) -> int | float | bool | str:
    if pa.types.is_boolean(kind):
        if value.lower() not in ("true", "false"):
            raise _wrong(text, f"{column} is true or false")
        return value.lower() == "true"
    if pa.types.is_integer(kind):
        if not re.fullmatch(r"-?\d{1,9}", value, re.ASCII):
            raise _wrong(text, f"{column} is a whole number, {value!r} isn't one")
        return int(value)
    if pa.types.is_floating(kind):
        if not re.fullmatch(r"-?\d{1,6}(\.\d{1,6})?", value, re.ASCII):
            raise _wrong(text, f"{column} is a number, {value!r} isn't one")
        return float(value)
    if column in _WORDS and value not in _WORDS[column]:
        raise _wrong(text, f"no {column} {value!r}; there are {', '.join(_WORDS[column])}")
    return value


def _text(value: int | float | bool | str) -> str:
    if isinstance(value, str) and ("," in value or value.startswith('"')):
        return '"{}"'.format(value.replace('"', '""'))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _wrong(text: str, reason: str) -> Problem:
    return Problem(f"--where {text}: {reason}", exit_code=2)
