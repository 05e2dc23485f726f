"""What an export of bgfg says beside its pictures: the classes of cut-outs, who each instance is, and the cameras.

The lists may have come from anywhere: what isn't as exports write it is refused with the line that it is in.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from sys import intern

from bgfg.data_manifests.assets.cameras import FOCAL_SOURCES
from bgfg.data_manifests.assets.classes import sorted_classes
from bgfg.data_manifests.corpus.manifest_file import EXPORT_FILE
from bgfg.data_manifests.corpus.splits import ASSET_SPLITS, SPLITS
from bgfg.data_manifests.files.json_form import Form, is_distance_m, misfit, read_json
from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.imports.foreign_set import ForeignCamera
from bgfg.data_manifests.terminal.errors import Problem, printable

LABELS_FILE, INSTANCES_FILE, CAMERAS_FILE = "labels.csv", "instances.csv", "cameras.csv"
SAMPLES_FILE = "samples.csv"

_EXPORT: Form = {"format": lambda value: value == "bgfg-export", "asked": {"as": str, "depth_member?": (str, None)},
                 "corpus": {"classes?": [str]}}  # fmt: skip
_DEPTH: Form = {"depth": {"scale_m": is_distance_m}}
_LABEL_COLUMNS = ("cutout", "class", "label")
_CAMERA_COLUMNS = ("background", "width_px", "height_px", "fx_px", "fy_px", "cx_px", "cy_px", "from")
_INSTANCE_COLUMNS = ("image", "instance", "cutout")
_SAMPLE_COLUMNS = ("image", "background", "cutout", "flipped", "split")
_FLIPPED = {"": None, "0": False, "1": True}
_TOLD_TO_THE_EXPORT = "export"  # of focal lengths, beside the sources of a corpus
_MOST_INSTANCES = 255
_LONGEST_LINE = 100_000


@dataclass(frozen=True)
class ListedInstance:
    """An instance that instances.csv lists.

    Attributes:
        image: File name of the composite.
        number: Its number in that, from 1 on.
        cutout: File name of its cut-out; "" where that isn't known.
        label: Its class; None where the list doesn't say classes.
    """

    image: str
    number: int
    cutout: str
    label: str | None


@dataclass(frozen=True, slots=True)
class ListedSample:
    """A sample that samples.csv lists.

    Attributes:
        background: File name of its background; "" where that isn't known.
        cutout: File name of its cut-out, likewise.
        flipped: Whether the cut-out is mirrored; None where that isn't known.
        split: One of train, val and test; None where it is in none of them.
        label: Its class; None where that isn't said.
    """

    background: str
    cutout: str
    flipped: bool | None
    split: str | None
    label: str | None


class ExportLists:
    """The lists of an export; of a folder that is none, nothing.

    Attributes:
        form: What `--as` was; "" where the folder is no export.
        classes: The classes of the corpus that was exported; none where it had none.
        depth_scale_m: Metres of one unit of the depth maps; None where that isn't said.
        depth_in_arrays: Whether depth maps lie there as arrays of NumPy, which aren't read.
    """

    def __init__(self, root: Path) -> None:
        self._root, self.form, self.classes = root, "", tuple[str, ...]()
        self.depth_in_arrays = False
        self.depth_scale_m: float | None = None
        try:
            told = read_json(root / EXPORT_FILE)
        except (OSError, ValueError):
            return  # no export
        if not misfit(told, _DEPTH):
            self.depth_scale_m = float(told["depth"]["scale_m"])
        if not misfit(told, _EXPORT):
            self.form = told["asked"]["as"]
            self.depth_in_arrays = told["asked"].get("depth_member") == "npy"
            self.classes = sorted_classes(map(printable, told["corpus"].get("classes", [])))

    def labels(self) -> dict[str, str]:
        """Return the class of each cut-out by its file name; raise Problem where the list isn't an export's."""
        found: dict[str, str] = {}
        for line, row in self._rows(LABELS_FILE, _LABEL_COLUMNS):
            label = self._label(LABELS_FILE, line, row["label"])
            if found.setdefault(row["cutout"], label) != label:
                raise self._fault(LABELS_FILE, line, f"{row['cutout']} has two classes")
        return found

    def cameras(self) -> dict[str, ForeignCamera]:
        """Return the camera of each background by its file name; raise Problem where the list isn't an export's."""
        found = {}
        for line, row in self._rows(CAMERAS_FILE, _CAMERA_COLUMNS):
            try:
                width_px, height_px = int(row["width_px"]), int(row["height_px"])
                fx_px, fy_px, cx_px, cy_px = (float(row[name]) for name in _CAMERA_COLUMNS[3:7])
            except ValueError:
                raise self._fault(CAMERAS_FILE, line, "a camera that isn't told in numbers") from None
            source = "told" if row["from"] == _TOLD_TO_THE_EXPORT else row["from"]
            is_centred = (cx_px, cy_px) == (width_px / 2, height_px / 2)
            if not (0 < fx_px < math.inf and fx_px == fy_px and min(width_px, height_px) > 0 and is_centred):
                raise self._fault(CAMERAS_FILE, line, "no camera with square pixels and its axis through the middle")
            if source not in FOCAL_SOURCES:
                raise self._fault(CAMERAS_FILE, line, f"a focal length from {row['from']!r}")
            found[row["background"]] = ForeignCamera(fx_px, source, (height_px, width_px))
        return found

    def instances(self) -> Iterator[ListedInstance]:
        """Yield the instances of all composites; raise Problem where the list isn't an export's."""
        for line, row in self._rows(INSTANCES_FILE, _INSTANCE_COLUMNS):
            number = int(row["instance"]) if row["instance"].isascii() and row["instance"].isdecimal() else 0
            if not 1 <= number <= _MOST_INSTANCES:
                raise self._fault(INSTANCES_FILE, line, f"instance {row['instance']!r}, which isn't 1 to 255")
            label = None if "label" not in row else self._label(INSTANCES_FILE, line, row["label"])
            yield ListedInstance(row["image"], number, row["cutout"], label)

    def samples(self) -> dict[str, ListedSample]:
        """Return what is listed of each composite by its file name; raise Problem where the list isn't an export's."""
        found: dict[str, ListedSample] = {}
        for line, row in self._rows(SAMPLES_FILE, _SAMPLE_COLUMNS):
            if row["flipped"] not in _FLIPPED or row["split"] not in SPLITS:
                raise self._fault(SAMPLES_FILE, line, f"flipped {row['flipped']!r}, split {row['split']!r}")
            if row["image"] in found:
                raise self._fault(SAMPLES_FILE, line, f"{row['image']} is listed twice")
            label = self._label(SAMPLES_FILE, line, row["label"]) if row.get("label") else None
            split = row["split"] if row["split"] in ASSET_SPLITS else None
            names = intern(row["background"]), intern(row["cutout"])  # there are many samples of each
            found[row["image"]] = ListedSample(*names, _FLIPPED[row["flipped"]], split, label)
        return found

    def columns(self, file: str) -> Sequence[str]:
        """Return the columns of a list; none where it isn't there."""
        return next((row for _, row in self._lines(file)), [])

    def _rows(self, file: str, columns: Sequence[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
        """Yield number and cells of each line of a list that has to have these columns, and may have others."""
        lines = self._lines(file)
        for _, head in lines:
            if list(head[: len(columns)]) != list(columns) or len(set(head)) != len(head):
                raise self._fault(file, 1, f"not the columns {','.join(columns)}")
            for line, cells in lines:
                if len(cells) != len(head):
                    raise self._fault(file, line, f"{len(cells)} cells, not {len(head)}")
                yield line, dict(zip(head, cells, strict=True))

    def _lines(self, file: str) -> Iterator[tuple[int, list[str]]]:
        """Yield number and cells of each line of a list; nothing where there is none, or no export."""
        if not (self.form and (self._root / file).exists()):
            return
        line = 0
        with open_regular(self._root / file) as stream:
            try:
                bounded = iter(partial(stream.readline, _LONGEST_LINE), b"")
                for line, cells in enumerate(csv.reader((text.decode() for text in bounded), strict=True), start=1):
                    yield line, cells
            except (csv.Error, UnicodeDecodeError) as error:
                raise self._fault(file, line + 1, f"not readable as CSV ({error})") from error

    def _label(self, file: str, line: int, label: str) -> str:
        if not label or not label.isprintable():
            raise self._fault(file, line, f"a class called {label!r}")
        return label

    def _fault(self, file: str, line: int, reason: str) -> Problem:
        path = self._root / file
        return Problem(f"{path}: line {line}: {reason}: restore it, or move it away to import without it", exit_code=2)
