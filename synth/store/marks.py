"""Done marks: what says that a shard is whole, and what was in it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from bgfg.data_manifests.corpus.manifest import write_whole
from bgfg.data_manifests.terminal.errors import Problem
from numpy.typing import NDArray

# Where files have temporary names until they are whole; cleared at the start and the end of every run.
PARTIAL = ".partial"


@dataclass(frozen=True)
class Mark:
    """The content of done/<array>/<shard>.json, written after its shard.

    digest: of the corpus. bytes, sha256: of the shard file. count: values a channel that were counted. sums, squares:
    their sums and sums of squares a channel; levels 0..255 for image and mask, metres of what is known for depth.
    """

    array: str
    shard: int
    digest: str
    bytes: int
    sha256: str
    count: int
    sums: tuple[float, ...]
    squares: tuple[float, ...]

    def save(self, corpus: Path) -> None:
        """Write the mark into the corpus, whole or not at all."""
        path = mark_path(corpus, self.array, self.shard)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(asdict(self)) + "\n", corpus / PARTIAL)

    @classmethod
    def load(cls, corpus: Path, array: str, shard: int) -> Mark:
        """Read a mark; raise Problem where it can't be read or isn't this shard's."""
        path = mark_path(corpus, array, shard)
        mend = "delete it, and the shard is made again"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            mark = cls(**content | {name: tuple(map(float, content[name])) for name in ("sums", "squares")})
            sound = all(type(number) is int for number in (mark.shard, mark.bytes, mark.count))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise Problem(f"{path}: not a done mark ({error}): {mend}") from error
        if not sound or len(mark.sums) != len(mark.squares) or len(mark.sums) != (3 if array == "image" else 1):
            raise Problem(f"{path}: not a done mark (its numbers aren't those of {array}): {mend}")
        if (mark.array, mark.shard) != (array, shard):
            raise Problem(f"{path}: the mark of shard {mark.shard} of {mark.array}: {mend}")
        return mark


def mark_path(corpus: Path, array: str, shard: int) -> Path:
    """Return where the mark of a shard lies."""
    return corpus / "done" / array / f"{shard}.json"


def marked(corpus: Path, array: str) -> set[int]:
    """Return the shards of `array` that have a mark, whatever it says."""
    names = (path.stem for path in (corpus / "done" / array).glob("*.json"))
    return {int(name) for name in names if name.isdecimal() and str(int(name)) == name}


def level_histograms(block: NDArray, channels: int) -> NDArray[np.int64]:
    """Count each level of each channel of a block in stored order: (channels, 256) int64, 65,536 levels for uint16."""
    if block.dtype == np.uint16:
        return np.bincount(block.ravel(), minlength=65_536).astype(np.int64)[None]
    rows = block.reshape(len(block), -1, channels)
    found = np.zeros((channels, 256), np.int64)
    at_a_time = max(1, 2**24 // rows[0].size)  # float32 counts exactly up to 2^24
    for start in range(0, len(rows), at_a_time):
        for channel in range(channels):
            counts = cv2.calcHist([rows[start : start + at_a_time]], [channel], None, [256], [0, 256])
            found[channel] += counts.ravel().astype(np.int64)
    return found


def statistics(marks: Iterable[Mark]) -> dict[str, Any]:
    """Return count, mean and standard deviation a channel over the shards of one array, from their marks alone."""
    gathered = sorted(marks, key=lambda mark: mark.shard)
    count = sum(mark.count for mark in gathered)
    sums = np.array([mark.sums for mark in gathered], np.float64).sum(axis=0)
    squares = np.array([mark.squares for mark in gathered], np.float64).sum(axis=0)
    mean = sums / max(count, 1)
    std = np.sqrt(np.maximum(squares / max(count, 1) - mean**2, 0))
    return {"count": count, "mean": _rounded(mean), "std": _rounded(std)}


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 6) for value in values]
