"""Records of what was cut out of photographs: one in JSON for each, and all of them as a table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.files.csv_line import csv_line
from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.files.json_form import is_count, is_share, misfit, read_json
from bgfg.data_manifests.files.origin import ORIGIN_KEY, Origin
from bgfg.data_manifests.terminal.errors import Problem, printable
from bgfg.train.cutouts.doubts import REASONS


@dataclass(frozen=True)
class CutoutRecord:
    """An object that was cut out, or a photograph in which there was none.

    Attributes:
        file: Where it was written, relative to the folder of the cut-outs.
        reasons: Why it is doubtful, that by which it is filed first; none where it isn't.
        left_px: Left border of its box in the photograph.
        top_px: Upper border.
        width_px: Width of the box.
        height_px: Height.
        area_share: Share of the photograph that it covers.
        uncertain: How uncertain its matte is, as `uncertainty` has it.
        sha256: SHA-256 of the file.
    """

    file: str
    reasons: tuple[str, ...]
    left_px: int
    top_px: int
    width_px: int
    height_px: int
    area_share: float
    uncertain: float
    sha256: str


@dataclass(frozen=True)
class PhotoRecord:
    """What was cut out of a photograph.

    Attributes:
        photo: Name of its file.
        sha256: SHA-256 of the file.
        model: Name of the model.
        model_sha256: SHA-256 of the model's file.
        scraps: How many pieces were too small to be anything.
        cutouts: What was cut out, the largest first.
    """

    photo: str
    sha256: str
    model: str
    model_sha256: str
    scraps: int
    cutouts: tuple[CutoutRecord, ...]

    def write(self, path: Path, origin: Origin) -> None:
        """Write it as JSON that says what made it."""
        replace_text(path, json.dumps({ORIGIN_KEY: str(origin), **asdict(self)}, indent=1) + "\n")


_FORM = {
    "photo": str,
    "sha256": str,
    "model": str,
    "model_sha256": str,
    "scraps": is_count,
    "cutouts": [
        {
            "file": lambda value: isinstance(value, str) and _stays_inside(value),
            "reasons": [lambda value: isinstance(value, str) and value in REASONS],
            **dict.fromkeys(("left_px", "top_px", "width_px", "height_px"), is_count),
            "area_share": is_share,
            "uncertain": is_share,
            "sha256": str,
        }
    ],
}
_COLUMNS = ("photo", *(each.name for each in fields(CutoutRecord)), "photo_sha256", "model", "model_sha256")


def read_record(path: Path) -> PhotoRecord:
    """Read a record; raise Problem where it isn't one."""
    try:
        content = read_json(path)
        wrong = misfit(content, _FORM, "it")
    except (OSError, ValueError) as error:
        raise_failed_call(error, path)
        wrong = str(error)
    if wrong:
        raise Problem(f"{path}: isn't a record of a photograph ({wrong}): remove it, and run the same command again")
    found: dict[str, Any] = {each.name: content[each.name] for each in fields(PhotoRecord)}
    found["cutouts"] = tuple(_cutout(each) for each in found["cutouts"])
    return PhotoRecord(**found)


def write_table(path: Path, records: Iterable[PhotoRecord], origin: Origin) -> None:
    """Write records as CSV in UTF-8, a row for each cut-out; the last column says what made it."""
    rows = (csv_line(*row, origin) for record in records for row in _rows(record))
    replace_text(path, csv_line(*_COLUMNS, ORIGIN_KEY) + "".join(rows))


def _rows(record: PhotoRecord) -> Iterable[Sequence[Any]]:
    for cutout in record.cutouts:
        values = {**asdict(cutout), "reasons": " ".join(cutout.reasons)}
        values |= {"photo": record.photo, "photo_sha256": record.sha256}
        values |= {"model": record.model, "model_sha256": record.model_sha256}
        yield [printable(value) if isinstance(value, str) else value for value in map(values.__getitem__, _COLUMNS)]


def _cutout(content: dict[str, Any]) -> CutoutRecord:
    found = {each.name: content[each.name] for each in fields(CutoutRecord)}
    return CutoutRecord(**{**found, "reasons": tuple(found["reasons"])})


def _stays_inside(file: str) -> bool:
    """Say whether a path leads to nothing outside of the folder that it is relative to."""
    path = Path(file)
    return not path.is_absolute() and ".." not in path.parts
