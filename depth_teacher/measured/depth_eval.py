"""A teacher against measured depth: figures an image and averaged, as Markdown and JSON, and a picture of both."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from bgfg.data_manifests.images.pictures import save_png
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.depth_teacher.measured.metrics import METRICS, Protocol, averaged, scores
from bgfg.depth_teacher.measured.rgbd import Pair, PairSet
from bgfg.depth_teacher.measured.sheet import side_by_side, stacked
from bgfg.depth_teacher.ops.prefetch import ahead
from bgfg.depth_teacher.teachers.teacher import PictureTeacher
from bgfg.synth.preview import colour_depth
from numpy.typing import NDArray

_SHEET_ROWS = 12
_PAIRS_AHEAD = 4
_WORST_SHARE = 0.5  # an error of this share of the truth has the last colour


@dataclass(frozen=True)
class Evaluation:
    """What evaluating gave: the teacher's description, how it was scored, and the figures of each image by name.

    beside: the mean of each figure over the images for teachers scored beside it, by their names.
    """

    teacher: dict[str, Any]
    protocol: Protocol
    images: dict[str, dict[str, float]]
    beside: dict[str, dict[str, float]]

    def average(self) -> dict[str, float]:
        """Return the mean of each figure over the images."""
        return averaged(self.images.values())

    def markdown(self) -> str:
        """Return a table with a row an image, then the average, and last the averages of those beside it."""
        lines = [f"| image | {' | '.join(METRICS)} |", "|---" * (len(METRICS) + 1) + "|"]
        for name, image in {**self.images, "**average**": self.average(), **self.beside}.items():
            lines.append(f"| {name} | {' | '.join(_figure(image[metric]) for metric in METRICS)} |")
        return "\n".join(lines)

    def as_json(self) -> str:
        """Return the same as JSON, with null for a figure that no pixel gives."""
        crop, align = self.protocol.crop, self.protocol.align
        content = {
            "teacher": self.teacher,
            "protocol": {"near_m": self.protocol.near_m, "far_m": self.protocol.far_m, "crop": crop, "align": align},
            "average": _plain(self.average()),
            "beside": {name: _plain(average) for name, average in self.beside.items()},
            "images": {name: _plain(image) for name, image in self.images.items()},
        }
        return json.dumps(content, indent=1, ensure_ascii=False)


def evaluate_depth(
    teacher: PictureTeacher,
    pairs: PairSet,
    protocol: Protocol,
    progress: Progress,
    sheet: Path | None = None,
    beside: Sequence[PictureTeacher] = (),
) -> Evaluation:
    """Score a teacher on pictures with measured depth, each on its own; draw the first few into `sheet`, a PNG.

    beside: teachers that are scored in the same way, for comparison.
    Raises Problem where depth without a unit is to be scored without being aligned.
    """
    if not teacher.is_metric and not protocol.align:
        raise Problem(
            "--align: this teacher's depth has no unit, and is scored only when aligned to the truth", exit_code=2
        )
    images: dict[str, dict[str, float]] = {}
    others: dict[str, list[dict[str, float]]] = {other.describe()["name"]: [] for other in beside}
    rows: list[NDArray[np.uint8]] = []
    with progress(f"depth on {teacher.where}", pairs.count, 0) as advance:
        for pair, depth in _estimated(teacher, pairs):
            depth_m, valid = protocol.fitted(depth, pair.depth_m, teacher.is_metric), protocol.valid(pair.depth_m)
            images[pair.name] = scores(depth_m, pair.depth_m, valid)
            for other, found in zip(beside, others.values(), strict=True):
                found.append(scores(_fitted(other, pair, protocol), pair.depth_m, valid))
            if sheet is not None and len(rows) < _SHEET_ROWS:
                rows.append(_row(pair, depth_m, valid, (protocol.near_m, protocol.far_m)))
            advance(1)
    if sheet is not None:
        save_png(stacked(rows), sheet)
    return Evaluation(teacher.describe(), protocol, images, {name: averaged(found) for name, found in others.items()})


def _estimated(teacher: PictureTeacher, pairs: PairSet) -> Iterator[tuple[Pair, NDArray[np.float32]]]:
    for pair in ahead(pairs.read(), _PAIRS_AHEAD):
        yield pair, next(iter(teacher.stream([pair.rgb[None]])))[0]


def _fitted(teacher: PictureTeacher, pair: Pair, protocol: Protocol) -> NDArray[np.float64]:
    depth = next(iter(teacher.stream([pair.rgb[None]])))[0]
    return protocol.fitted(depth, pair.depth_m, teacher.is_metric)


def _row(
    pair: Pair, depth_m: NDArray[np.float64], valid: NDArray[np.bool_], range_m: tuple[float, float]
) -> NDArray[np.uint8]:
    """Draw picture, truth, estimate and error side by side; what isn't scored is grey in truth and error."""
    share = np.where(valid, np.abs(depth_m - pair.depth_m) / np.where(valid, pair.depth_m, 1), 0)
    levels = np.round(255 * np.clip(share / _WORST_SHARE, 0, 1)).astype(np.uint8)
    error = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    error[~valid] = 60
    truth = colour_depth(np.where(valid, pair.depth_m, 0).astype(np.float32), *range_m)
    return side_by_side([pair.rgb, truth, colour_depth(depth_m.astype(np.float32), *range_m), error.astype(np.uint8)])


def _figure(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.4f}"


def _plain(image: dict[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in image.items()}
