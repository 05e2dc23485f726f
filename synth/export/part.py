"""The parts that an export is made in: what one worker does in one go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from bgfg.data_manifests.corpus.manifest import write_whole
from numpy.typing import NDArray


@dataclass(frozen=True)
class Part:
    """Ascending samples that are written together.

    number: among all parts. group: the split or pack it belongs to. index: among the `siblings` parts of its group.
    """

    number: int
    group: str
    index: int
    siblings: int
    samples: tuple[int, ...]

    def save(self, folder: Path) -> None:
        """Write the part where a worker will find it."""
        write_whole(folder / f"{self.number}.json", json.dumps(asdict(self)), folder)

    @classmethod
    def load(cls, folder: Path, number: int) -> Part:
        """Read a part that `save` wrote."""
        content = json.loads((folder / f"{number}.json").read_text(encoding="utf-8"))
        return cls(**content | {"samples": tuple(content["samples"])})

    @property
    def array(self) -> NDArray[np.int64]:
        """Its samples as an array, (n,) int64."""
        return np.array(self.samples, np.int64)


def cut(groups: Mapping[str, NDArray[np.int64]], samples_per_part: int) -> list[Part]:
    """Cut the samples of each group into parts, numbered in the order of the groups."""
    parts: list[Part] = []
    for group, samples in groups.items():
        starts = range(0, len(samples), samples_per_part)
        for index, start in enumerate(starts):
            numbers = tuple(samples[start : start + samples_per_part].tolist())
            parts.append(Part(len(parts), group, index, len(starts), numbers))
    return parts
