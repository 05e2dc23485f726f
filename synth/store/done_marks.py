"""Done marks: small JSON files that say that a shard is whole, and what was in it.

A mark isn't flushed to disk, since `flush_file_system` does that for all of them before corpus.json tells of them. What
a power cut leaves of one, nothing or a part, is no mark: its shard is made again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.files.json_form import Form, is_count, misfit, read_json
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command

# Where files have temporary names until they are whole; cleared at the start and the end of every run.
PARTIAL_FOLDER = ".partial"

# More than any shard adds up to, and it can be squared.
_MOST_SUM = 1e30


def _is_sum(value: Any) -> bool:
    return isinstance(value, (int, float)) and 0 <= value < _MOST_SUM


_MARK: Form = {
    "array": str, "shard": is_count, "digest": str, "bytes": is_count, "sha256": str, "count": is_count,
    "sums": [_is_sum], "squares": [_is_sum],
}  # fmt: skip


@dataclass(frozen=True)
class DoneMark:
    """The content of done/<array>/<shard>.json, written after its shard.

    Attributes:
        array: Name of the array.
        shard: Number of the shard within its part of the corpus.
        digest: Digest of the corpus up to this part.
        bytes: Size of the shard file.
        sha256: Hex SHA-256 of the shard file.
        count: How many values were counted in each channel.
        sums: Sum of these values, one number a channel: levels 0..255 for image and mask, metres of what is known for
            depth.
        squares: Sum of their squares, one number a channel.
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
        replace_text(path, json.dumps(asdict(self)) + "\n", durable=False)

    @classmethod
    def load(cls, folder: Path, array: str, shard: int, corpus: Path | None = None) -> DoneMark:
        """Read a mark.

        Args:
            folder: Folder of the corpus, or of a further part of it.
            array: Name of the array.
            shard: Number of the shard within the part.
            corpus: Folder of the corpus, for messages, where `folder` is that of a part.

        Raises:
            Problem: The mark can't be read, or isn't this shard's.
        """
        path, command = mark_path(folder, array, shard), "label" if array == "depth" else "compose"
        mend = f"run {bgfg_command(command, corpus or folder)}, which makes the shard again"
        try:
            content = read_json(path)
            if fault := misfit(content, _MARK, "the mark"):
                raise ValueError(fault)
            mark = cls(**content | {name: tuple(map(float, content[name])) for name in ("sums", "squares")})
        except (ValueError, TypeError) as error:
            raise Problem(f"{path}: not a done mark ({error}): {mend}") from error
        if len(mark.sums) != len(mark.squares) or len(mark.sums) != (3 if array == "image" else 1):
            raise Problem(f"{path}: not a done mark (its numbers aren't those of {array}): {mend}")
        if (mark.array, mark.shard) != (array, shard):
            raise Problem(f"{path}: the mark of shard {mark.shard} of {mark.array}: {mend}")
        return mark


def mark_path(corpus: Path, array: str, shard: int) -> Path:
    """Return the path of the mark of a shard."""
    return corpus / "done" / array / f"{shard}.json"


def marked_shards(corpus: Path, array: str) -> set[int]:
    """Return the shards of `array` that have a mark, whatever it says."""
    names = (path.stem for path in (corpus / "done" / array).glob("*.json"))
    return {int(name) for name in names if name.isdecimal() and str(int(name)) == name}


def level_histograms(block: NDArray, channels: int) -> NDArray[np.int64]:
    """Count how often each level occurs in each channel of a block.

    Args:
        block: uint8 or uint16, in stored order; channels, if more than one, last.
        channels: How many channels the block has; uint16 has one.

    Returns:
        (channels, 256) int64, or (1, 65536) for uint16.
    """
    import cv2  # only here: it takes 17 MB, and whoever opens a corpus imports this module

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


def combined_statistics(marks: Iterable[DoneMark]) -> dict[str, Any]:
    """Return count, mean and standard deviation a channel over the shards of one array, from their marks in order."""
    gathered = list(marks)
    count = sum(mark.count for mark in gathered)
    sums = np.array([mark.sums for mark in gathered], np.float64).sum(axis=0)
    squares = np.array([mark.squares for mark in gathered], np.float64).sum(axis=0)
    mean = sums / max(count, 1)
    std = np.sqrt(np.maximum(squares / max(count, 1) - mean**2, 0))
    return {"count": count, "mean": _rounded(mean), "std": _rounded(std)}


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 6) for value in values]
