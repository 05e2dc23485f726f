"""Tables for people, whose cells never wrap or break a line, and the same as JSON for programs."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from bgfg.data_manifests.terminal.errors import printable

_ROWS_PER_PIECE = 1_000


def format_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Format a table as text.

    Each row is whole on one line, however wide the terminal is; columns of numbers are aligned to the right.

    Args:
        columns: Names of the columns; if all are empty, there is no line for them.
        rows: Values of each row, as many as there are columns.

    Returns:
        The lines, joined.
    """
    from rich.cells import cell_len

    lines = [[format_cell(value) for value in row] for row in rows]
    if any(columns):
        lines.insert(0, [format_cell(name) for name in columns])
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    to_the_right = [any(map(_is_number, column)) for column in zip(*rows, strict=True)] or [False] * len(columns)

    def aligned(text: str, width: int, is_number: bool) -> str:
        spaces = " " * (width - cell_len(text))
        return spaces + text if is_number else text + spaces

    return "\n".join("  ".join(map(aligned, line, widths, to_the_right)).rstrip() for line in lines)


def format_cell(value: Any) -> str:
    """Format a value for a table: without line breaks or control characters, empty for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return printable(f"{value:.6g}" if isinstance(value, float) else str(value))


def json_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Write rows as a JSON array, an object for each row on a line of its own.

    Args:
        columns: Names of the columns.
        rows: Values of each row; they are taken as they come, so that any number of rows needs little memory.

    Yields:
        Pieces of the text.
    """
    rows = iter(rows)
    between = "[\n"  # what separates this piece from what was yielded before
    while some := list(itertools.islice(rows, _ROWS_PER_PIECE)):
        yield between + ",\n".join(json_text(dict(zip(columns, row, strict=True)), indent=None) for row in some)
        between = ",\n"
    yield "[]\n" if between == "[\n" else "\n]\n"


def json_text(value: Any, indent: int | None = 1) -> str:
    """Encode a value as JSON that any parser takes.

    Args:
        value: Anything; what JSON doesn't know becomes text, NaN and infinity become null.
        indent: Spaces a level; None for one line.

    Returns:
        The text.
    """
    encode = json.JSONEncoder(indent=indent, allow_nan=False).encode
    try:
        return encode(value)
    except (TypeError, ValueError):
        return encode(_plain(value))


def _plain(value: Any) -> Any:
    """Convert a value to JSON's own types: NaN and infinity to None, keys and whatever is unknown to text."""
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
