"""The columns of what was drawn for samples and pastes: in their units in the tables, in whole numbers elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.affine_warp import MILLI
from bgfg.data_manifests.placement.variety import (
    AS_BY_DEFAULT,
    BLENDS,
    IN_THOUSANDTHS,
    PASTE_FIELDS,
    SAMPLE_FIELDS,
    SampleVariety,
)

# In the order in which tables have them.
VARIETY_COLUMNS = (*PASTE_FIELDS, *SAMPLE_FIELDS)
_TYPES = {name: pa.float64() if name in IN_THOUSANDTHS else pa.int32() for name in VARIETY_COLUMNS} | {
    "blend": pa.string()
}
_DEFAULTS = vars(AS_BY_DEFAULT) | vars(SampleVariety())


def with_variety(schema: pa.Schema, columns: Sequence[str] = VARIETY_COLUMNS) -> pa.Schema:
    """Return a schema with these columns at its end, all of them by default."""
    return pa.schema([*schema, *(pa.field(name, _TYPES[name]) for name in columns)])


def without_variety(schema: pa.Schema) -> pa.Schema:
    """Return a schema without the columns of variety that it has at its end, in their order and of their types."""
    plain = pa.schema([field for field in schema if field.name not in VARIETY_COLUMNS])
    varying = varying_columns(schema)
    return plain if schema == with_variety(plain, varying) else schema


def varying_columns(schema: pa.Schema) -> tuple[str, ...]:
    """Return the names of the columns of variety that a schema has."""
    return tuple(name for name in schema.names if name in VARIETY_COLUMNS)


def as_column(name: str, drawn: NDArray[np.integer]) -> pa.Array:
    """Return numbers as they were drawn as the column that a table has of them."""
    if name == "blend":
        return pa.DictionaryArray.from_arrays(drawn.astype(np.int8), list(BLENDS)).cast(pa.string())
    return pa.array(drawn / MILLI if name in IN_THOUSANDTHS else drawn, _TYPES[name])


def as_drawn(table: pa.Table, names: Sequence[str] = VARIETY_COLUMNS) -> NDArray[np.int64]:
    """Return the numbers of a table as they were drawn, (rows, names); the default where it hasn't a column.

    Raises:
        ValueError: A way of blending isn't known.
    """
    return np.stack([_drawn(table, name) for name in names], axis=-1) if names else np.empty((len(table), 0), np.int64)


def _drawn(table: pa.Table, name: str) -> NDArray[np.int64]:
    if name not in table.column_names:
        return np.full(len(table), _DEFAULTS[name], np.int64)
    if name == "blend":
        numbers = pc.index_in(table[name], value_set=pa.array(BLENDS))
        if numbers.null_count:
            raise ValueError(f"{table[name].filter(pc.is_null(numbers))[0].as_py()!r} is no way of blending")
        return np.asarray(numbers.to_numpy(), np.int64)
    values = table[name].to_numpy()
    return np.asarray(np.rint(values * MILLI) if name in IN_THOUSANDTHS else values).astype(np.int64)
