"""What commands print: tables for people, whose cells never wrap or break a line, and the same as JSON for programs."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from bgfg.data_manifests.terminal.errors import printable

_ROWS_PER_PIECE = 1_000


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table as text, each row whole on one line however wide the terminal is, numbers to the right.

    Columns without any name have no line for their names.
    """
    from rich.cells import cell_len

    lines = [[cell(value) for value in row] for row in rows]
    if any(columns):
        lines.insert(0, [cell(name) for name in columns])
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    to_the_right = [any(map(_is_number, column)) for column in zip(*rows, strict=True)] or [False] * len(columns)

    def aligned(text: str, width: int, is_number: bool) -> str:
        spaces = " " * (width - cell_len(text))
        return spaces + text if is_number else text + spaces

    return "\n".join("  ".join(map(aligned, line, widths, to_the_right)).rstrip() for line in lines)


def cell(value: Any) -> str:
    """Return a value as it stands in a table: without line breaks or control characters, empty for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return printable(f"{value:.6g}" if isinstance(value, float) else str(value))


def json_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield, piece by piece, a JSON array with an object for each row, each on a line of its own."""
    rows = iter(rows)
    between = "[\n"
    while some := list(itertools.islice(rows, _ROWS_PER_PIECE)):
        yield between + ",\n".join(json_text(dict(zip(columns, row, strict=True)), indent=None) for row in some)
        between = ",\n"
    yield "[]\n" if between == "[\n" else "\n]\n"


def json_text(value: Any, indent: int | None = 1) -> str:
    """Return a value as JSON that any parser takes: what JSON doesn't know is told in words."""
    encode = json.JSONEncoder(indent=indent, allow_nan=False).encode
    try:
        return encode(value)
    except (TypeError, ValueError):
        return encode(_plain(value))


def _plain(value: Any) -> Any:
    """Return a value of JSON's own types: no NaN and no infinity, keys and whatever is unknown as text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.hex() if isinstance(value, bytes) else str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
