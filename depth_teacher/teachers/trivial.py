"""Teachers that don't look at the picture: one that doesn't beat them has seen nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from bgfg.depth_teacher.teachers.compact import depth_of_raw
from bgfg.depth_teacher.teachers.compact_file import About
from bgfg.depth_teacher.teachers.teacher import Depth, Pictures
from numpy.typing import NDArray

MEAN, LINEAR = "mean depth", "linear in height"


class Trivial:
    """One depth for all pictures, by what the compact teacher was trained on; a PictureTeacher.

    mean depth: the mean of each place over its training pictures, in inverse depth. linear in height: the straight line
    that fits the rows of that mean best.
    """

    batch = 1
    where = "nothing"
    is_metric = True
    overlooks_people = False

    def __init__(self, name: str, about: About) -> None:
        self._name, self._about = name, about
        self._mean = np.array(about.mean_inverse, np.float32)
        self.range_m = (about.near_m, about.far_m)

    def describe(self) -> dict[str, Any]:
        """Return name and version; it has no weights."""
        return {"name": self._name, "version": 1, "weights_sha256": None, "licence": self._about.licence}

    def input_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the picture's own size: nothing is resized."""
        return height_px, width_px

    def stream(self, batches: Iterable[Pictures]) -> Iterator[Depth]:
        """Yield the same metres (n, H, W) for each picture of a size."""
        for pictures in batches:
            size = pictures.shape[1:3]
            raw = self._mean if self._name == MEAN else self._line(*size)
            yield np.repeat(depth_of_raw(raw[None], size, self._about), len(pictures), axis=0)

    def _line(self, height_px: int, width_px: int) -> NDArray[np.float32]:
        rows = len(self._mean)
        slope, level = np.polyfit((np.arange(rows) + 0.5) / rows, self._mean.mean(axis=1), 1)
        line = level + slope * (np.arange(height_px) + 0.5) / height_px
        return np.repeat(line[:, None], width_px, axis=1).astype(np.float32)


def trivial_teachers(about: About) -> tuple[Trivial, Trivial]:
    """Return both, as the training split of a pair of weights has them."""
    return Trivial(MEAN, about), Trivial(LINEAR, about)
