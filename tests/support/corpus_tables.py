"""Tables of a corpus of 3 backgrounds and 2 cut-outs at 4 positions, whose rows say what they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bgfg.data_manifests.corpus import asset_table, parquet_table, sample_table
from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.placement.random_grid import draw_boxes

GEOMETRY = CorpusGeometry(3, 2, 4, 13, 17, 7, (7, 9))
LABELS = ["dog", "dog", "cat", "cat"]
(SAMPLES,) = GEOMETRY.index.rectangles


def write_sample_table(path: Path) -> list[np.ndarray]:
    drawn = [draw_boxes("random", 0, b, np.full((4, 2), 7, np.int32), 4, 13, 17) for b in range(3)]
    with parquet_table.TableWriter(path, sample_table.SAMPLE_SCHEMA) as writer:
        for b, boxes in enumerate(drawn):
            visible_px, splits = np.full((4, 4), b, np.int32), np.full((4, 4), b, np.int8)
            writer.add(sample_table.sample_rows(GEOMETRY, SAMPLES.strip(b), boxes, visible_px, splits, LABELS))
    return drawn


def asset_rows(backgrounds: int, cutouts: int) -> list[dict[str, Any]]:
    empty: dict[str, Any] = {
        field.name: 1 if pa.types.is_integer(field.type) else "a" for field in asset_table.ASSET_SCHEMA
    }
    ids = [("background", b) for b in range(backgrounds)] + [("cutout", f) for f in range(2 * cutouts)]
    of_kind: dict[str, dict[str, Any]] = {
        "background": {"label": None, "focal_px": 120.5, "focal_from": "photo"},
        "cutout": {"label": "dog", "focal_px": None, "focal_from": None},
    }
    return [empty | {"kind": kind, "id": number} | of_kind[kind] for kind, number in ids]
