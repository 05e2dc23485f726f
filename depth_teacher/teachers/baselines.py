"""Baselines: teachers that don't look at the picture. A teacher that doesn't beat them has learnt nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.depth_teacher.teachers.compact import decode_depth
from bgfg.depth_teacher.teachers.compact_weights import CompactMetadata
from bgfg.depth_teacher.teachers.teacher import DepthBatch, RgbBatch

MEAN_DEPTH = "mean depth"
LINEAR_IN_HEIGHT = "linear in height"


class BaselineTeacher:
    """One depth for all pictures, from what the compact teacher was trained on; a PictureTeacher.

    Args:
        name: MEAN_DEPTH for the mean of each place over the training pictures, in inverse depth; LINEAR_IN_HEIGHT for
            the straight line that fits the rows of that mean best.
        metadata: The description of the compact teacher's weights, which has that mean.
    """

    batch = 1
    where = "nothing"
    is_metric = True
    overlooks_people = False

    def __init__(self, name: str, metadata: CompactMetadata) -> None:
        self._name, self._metadata = name, metadata
        self._mean = np.array(metadata.mean_inverse, np.float32)
        self.range_m = (metadata.near_m, metadata.far_m)

    def describe(self) -> dict[str, Any]:
        """Return name and version; it has no weights."""
        return {"name": self._name, "version": 1, "weights_sha256": None, "licence": self._metadata.licence}

    def input_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the picture's own size: nothing is resized."""
        return height_px, width_px

    def predict_batches(self, batches: Iterable[RgbBatch]) -> Iterator[DepthBatch]:
        """Yield the same metres (n, H, W) for each picture of a size."""
        for pictures in batches:
            size = pictures.shape[1:3]
            raw = self._mean if self._name == MEAN_DEPTH else self._linear_ramp(*size)
            yield np.repeat(decode_depth(raw[None], size, self._metadata), len(pictures), axis=0)

    def _linear_ramp(self, height_px: int, width_px: int) -> NDArray[np.float32]:
        rows = len(self._mean)
        slope, level = np.polyfit((np.arange(rows) + 0.5) / rows, self._mean.mean(axis=1), 1)
        line = (level + slope * (np.arange(height_px) + 0.5) / height_px).astype(np.float32)
        return np.repeat(line[:, None], width_px, axis=1)


def baseline_teachers(metadata: CompactMetadata) -> tuple[BaselineTeacher, BaselineTeacher]:
    """Return both baselines of a pair of weights."""
    return BaselineTeacher(MEAN_DEPTH, metadata), BaselineTeacher(LINEAR_IN_HEIGHT, metadata)
