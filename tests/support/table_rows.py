"""Rows of the tables of a corpus, read by pyarrow alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq


def table_rows(corpus: Path, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table; labels and cameras that it doesn't say are those that the format says they are."""
    rows: list[dict[str, Any]] = pq.read_table(corpus / f"manifest/{table}.parquet").to_pylist()
    rows = [row if "label" in row else _labelled(row) for row in rows]
    cameras = ("focal_px", "focal_from") if table == "assets" else ()
    return [row | {name: row.get(name) for name in cameras} for row in rows]


def _labelled(row: dict[str, Any]) -> dict[str, Any]:
    label = None if row.get("kind") == "background" else "foreground"
    names = list(row)
    place = names.index("split") + 1 if "split" in names else len(names)
    return {name: label if name == "label" else row[name] for name in [*names[:place], "label", *names[place:]]}
