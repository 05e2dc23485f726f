"""A COCO file of instances, read in bounded memory: pictures and categories in memory, annotations in a file beside.

Source: the data format of COCO, https://cocodataset.org/#format-data. A file of a gigabyte is read in pieces; of an
annotation no more stays in memory than where it lies.
"""

from __future__ import annotations

import json
import os
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.json_form import Form, is_count, misfit
from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.machine.resident_memory import resident_bytes
from bgfg.data_manifests.terminal.errors import Problem, printable
from bgfg.data_manifests.terminal.progress import Advance, Progress, no_progress

_IMAGE: Form = {"id": int, "file_name": str, "width?": is_count, "height?": is_count, "depth_file?": str,
                "background?": (str, None)}  # fmt: skip
_CATEGORY: Form = {"id": int, "name": str}
_ANNOTATION: Form = {"image_id": int, "category_id": int, "iscrowd?": (int, bool)}

# Reading such a file takes a second and more: it is worth telling how far it is.
_TOLD_BYTES = 50_000_000
_MEGABYTE = 1_000_000

# Of one polygon of a hundred thousand corners; read and painted, a longer one may take all memory there is.
_LONGEST_BYTES = 4_000_000
_MOST_MEMORY_BYTES = 200_000_000  # of a longer one, as it is read; what is passed over takes none


@dataclass(frozen=True)
class CocoImage:
    """A picture that a COCO file lists.

    Attributes:
        id: Its number there.
        file_name: Its file as given, not to be trusted.
        depth_file: Its depth map, as exports of bgfg say it; None where nobody does.
        background: Its background, likewise.
    """

    id: int
    file_name: str
    depth_file: str | None
    background: str | None


class CocoFile:
    """A COCO file.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, progress: Progress = no_progress) -> None:
        """Set up to read a file.

        Args:
            path: The file.
            progress: Shows how far a long file is read.

        Raises:
            Problem: ijson isn't installed.
        """
        try:
            import ijson
        except ImportError as error:
            raise Problem(f"{path}: a COCO file needs ijson: pip install 'bgfg[import]'") from error
        self.path, self._ijson, self._progress = path, ijson, progress

    def images(self) -> list[CocoImage]:
        """Return the pictures, in the order of the file."""
        found = (self._held(row, _IMAGE, "images") for row in self._items("images"))
        return [CocoImage(r["id"], r["file_name"], r.get("depth_file"), r.get("background")) for r in found]

    def categories(self) -> dict[int, str]:
        """Return the name of each category by its number; control characters are escaped."""
        found = (self._held(row, _CATEGORY, "categories") for row in self._items("categories"))
        return {row["id"]: printable(row["name"]) for row in found}

    def annotations(self) -> Iterator[dict[str, Any]]:
        """Yield the annotations."""
        for row in self._items("annotations"):
            yield self._held(row, _ANNOTATION, "annotations")

    def _items(self, name: str) -> Iterator[Any]:
        with self._opened(name) as file:
            try:
                for item in self._ijson.items(file, f"{name}.item", use_float=True):
                    file.end_item()
                    yield item
            except (self._ijson.JSONError, UnicodeDecodeError, OverflowError, RecursionError) as error:
                raise Problem(f"{self.path}: not readable as JSON ({error}): restore it") from error

    @contextmanager
    def _opened(self, name: str) -> Iterator[_BoundedReading]:
        """Open the file; where it is long, tell how many of its megabytes are read."""
        with open_regular(self.path) as file:
            size_bytes = os.fstat(file.fileno()).st_size
            if size_bytes < _TOLD_BYTES:
                yield _BoundedReading(file, self.path)
                return
            title = f"{self.path.name}, {name} (MB)"
            with self._progress(title, size_bytes // _MEGABYTE, 0) as advance:
                yield _BoundedReading(_ToldReading(file, advance), self.path)

    def _held(self, row: Any, form: Form, name: str) -> dict[str, Any]:
        if fault := misfit(row, form, f"one of {name}"):
            raise Problem(f"{self.path}: not COCO's form ({fault}): mend it")
        held: dict[str, Any] = row
        return held


class _BoundedReading:
    """A file that is refused where one thing in it is long, and is held in memory whole.

    Either it has no `}` for megabytes, or memory grows for as long as no item ends.
    """

    def __init__(self, file: BinaryIO | _ToldReading, path: Path) -> None:
        self._file, self._path = file, path
        self._open_bytes = self._item_bytes = self._before_bytes = 0

    def read(self, size_bytes: int = -1) -> bytes:
        data = self._file.read(size_bytes)
        self._open_bytes = len(data) - 1 - last if (last := data.rfind(b"}")) >= 0 else self._open_bytes + len(data)
        self._item_bytes += len(data)
        if self._open_bytes > _LONGEST_BYTES or self._takes_memory():
            line = f"an annotation, or something else, of more than {_LONGEST_BYTES / _MEGABYTE:g} MB"
            raise Problem(f"{self._path}: {line}: take it out, or give it fewer corners")
        return data

    def end_item(self) -> None:
        """Take what is read from now on for another item."""
        self._item_bytes = self._before_bytes = 0

    def _takes_memory(self) -> bool:
        if self._item_bytes <= _LONGEST_BYTES:
            return False
        self._before_bytes = self._before_bytes or resident_bytes()
        return resident_bytes() - self._before_bytes > _MOST_MEMORY_BYTES


class _ToldReading:
    """A file that tells of each megabyte that is read of it."""

    def __init__(self, file: BinaryIO, advance: Advance) -> None:
        self._file, self._advance, self._read_bytes = file, advance, 0

    def read(self, size_bytes: int = -1) -> bytes:
        data = self._file.read(size_bytes)
        before = self._read_bytes // _MEGABYTE
        self._read_bytes += len(data)
        if made := self._read_bytes // _MEGABYTE - before:
            self._advance(made)
        return data


class AnnotationsBySample:
    """The annotations of all samples, a line of JSON for each in a file."""

    def __init__(self, path: Path) -> None:
        """Open what `write_annotations` wrote; raise OSError where there is none."""
        self._file = open_regular(path)
        weakref.finalize(self, self._file.close)
        with open_regular(path.with_suffix(".places")) as places:
            self._places = np.frombuffer(places.read(), np.int64)

    def line(self, sample: int) -> bytes:
        """Return the annotations of a sample as JSON: a list of [category, iscrowd, segmentation]."""
        start, stop = self._places[sample : sample + 2].tolist()
        return os.pread(self._file.fileno(), stop - start, start)


def write_annotations(
    path: Path, files: list[tuple[CocoFile, dict[int, int]]], samples: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Write the annotations of all samples, gathered by sample; return how many objects and crowds each has.

    Args:
        path: The file; places lie beside it.
        files: COCO files, each with the number of the sample of each of its pictures by the picture's id.
        samples: How many samples there are.
    """
    spool = path.with_suffix(".spool")
    numbers, starts = [], [0]
    objects, crowds = np.zeros((2, samples), np.int64)
    with spool.open("wb") as out:
        for file, sample_of in files:
            for row in file.annotations():
                number = sample_of.get(row["image_id"])
                if number is None:
                    continue
                kept = [row["category_id"], int(row.get("iscrowd", 0)), row.get("segmentation")]
                line = json.dumps(kept, separators=(",", ":")).encode()
                out.write(line)
                numbers.append(number)
                objects[number] += not kept[1]
                crowds[number] += bool(kept[1])
                starts.append(starts[-1] + len(line))
    order = np.argsort(np.array(numbers, np.int64), kind="stable")
    with open_regular(spool) as lines, path.open("wb") as out:
        places = _gather(lines, out, np.array(numbers, np.int64)[order], np.array(starts, np.int64), order, samples)
    path.with_suffix(".places").write_bytes(places.tobytes())
    spool.unlink()
    return objects, crowds


def keep_annotations(path: Path, kept: Sequence[int]) -> None:
    """Leave in what `write_annotations` wrote the samples that are kept, in this order."""
    everything, fewer, places = AnnotationsBySample(path), path.with_suffix(".fewer"), [0]
    with fewer.open("wb") as out:
        for sample in kept:
            places.append(places[-1] + out.write(everything.line(sample)))
    fewer.replace(path)
    path.with_suffix(".places").write_bytes(np.array(places, np.int64).tobytes())


def _gather(
    lines: BinaryIO,
    out: BinaryIO,
    numbers: NDArray[np.int64],
    starts: NDArray[np.int64],
    order: NDArray[np.intp],
    samples: int,
) -> NDArray[np.int64]:
    """Write a line for each sample; return where each begins, and where the last one ends."""
    places, edges = [0], np.searchsorted(numbers, np.arange(samples + 1))
    for sample in range(samples):
        parts = []
        for which in order[edges[sample] : edges[sample + 1]].tolist():
            lines.seek(int(starts[which]))
            parts.append(lines.read(int(starts[which + 1] - starts[which])))
        line = b"[" + b",".join(parts) + b"]"
        out.write(line)
        places.append(places[-1] + len(line))
    return np.array(places, np.int64)
