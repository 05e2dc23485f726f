"""Readers of what lies in a folder of cut-outs."""

from __future__ import annotations

from pathlib import Path

from bgfg.data_manifests.files.origin import Origin
from bgfg.train.cutouts.photo_record import CutoutRecord, PhotoRecord, read_record, write_table
from tests.faults.hostile.readers import Reader, Stock, Target, in_file


def _make(folder: Path) -> None:
    cutouts = (
        CutoutRecord("a.png", (), 3, 4, 50, 60, 0.25, 0.03, "0" * 64),
        CutoutRecord("_cutout/doubtful/border/a.2.png", ("border",), 0, 4, 5, 6, 0.02, 0.05, "1" * 64),
    )
    PhotoRecord("a.jpg", "2" * 64, "person", "3" * 64, 1, cutouts).write(folder / "a.json", Origin("cutout"))


CUTOUTS = Stock("cutouts", _make, ("bgfg.train.cutouts.photo_record",))


def _records(folder: Path) -> list[Target]:
    """Whatever a record says, the table that is made of it can be written, and no path in it leads out."""
    path = folder / "a.json"

    def read_and_tabulate() -> None:
        record = read_record(path)
        assert all(".." not in Path(each.file).parts for each in record.cutouts)
        write_table(folder / "cutouts.csv", [record], Origin("cutout"))

    return [in_file(path, read_and_tabulate)]


READERS = [Reader("cutout-records", CUTOUTS, _records)]
