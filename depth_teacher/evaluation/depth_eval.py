"""Score a depth teacher on pictures with measured depth: metrics as Markdown and JSON, and a sheet of errors."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.origin import Origin
from bgfg.data_manifests.images.depth_colours import colour_depth
from bgfg.data_manifests.images.image_io import save_png
from bgfg.data_manifests.images.panels import panel_grid, panel_row
from bgfg.data_manifests.terminal.errors import Problem, folded
from bgfg.data_manifests.terminal.progress import Advance, Progress
from bgfg.depth_teacher.evaluation.metrics import METRICS, EvalProtocol, ScaledEstimate, depth_metrics, mean_metrics
from bgfg.depth_teacher.evaluation.rgbd import RgbdDataset
from bgfg.depth_teacher.evaluation.rgbd_files import BadPair, RgbdPair
from bgfg.depth_teacher.evaluation.scored_pixels import ScoredPixels
from bgfg.depth_teacher.evaluation.truth_signs import TruthSigns
from bgfg.depth_teacher.ops.prefetch import prefetch
from bgfg.depth_teacher.teachers.teacher import PictureTeacher

EVALUATION_SHEET = Origin("depth-eval")

_SHEET_ROWS = 12
_PANEL_PX = 160
_GAP_PX = 4
_PAIRS_AHEAD = 4
_REVERSED = "estimates: farther where the truth is nearer, which no positive scale aligns: scored as one depth"
_WORST_SHARE = 0.5  # an error of this share of the truth has the last colour


@dataclass(frozen=True)
class DepthEvaluation:
    """The metrics of a depth teacher, image by image.

    Attributes:
        teacher: Its description.
        protocol: How it was scored.
        images: Name of an image -> its metrics, by the names in METRICS.
        baselines: Name of a teacher scored in the same way, for comparison -> the mean of its metrics over the images.
        pixels: How much of the measured depth is scored.
        decided: What was found out about the files, and about pictures of which little is scored, in words.
    """

    teacher: dict[str, Any]
    protocol: EvalProtocol
    images: dict[str, dict[str, float]]
    baselines: dict[str, dict[str, float]]
    pixels: ScoredPixels
    decided: tuple[str, ...] = ()

    def average(self) -> dict[str, float]:
        """Return the mean of each metric over the images."""
        return mean_metrics(self.images.values())

    def markdown(self) -> str:
        """Return a table with a row an image, the average, and those of the baselines; then what share was scored."""
        lines = [f"| image | {' | '.join(METRICS)} |", "|---" * (len(METRICS) + 1) + "|"]
        for name, image in {**self.images, "**average**": self.average(), **self.baselines}.items():
            lines.append(f"| {name} | {' | '.join(_format_metric(image[metric]) for metric in METRICS)} |")
        return "\n".join([*lines, "", self.pixels.describe()])

    def as_json(self) -> str:
        """Return the same as JSON, with null for a metric that no pixel gives."""
        crop, align = self.protocol.crop, self.protocol.align
        content = {
            "teacher": self.teacher,
            "protocol": {"near_m": self.protocol.near_m, "far_m": self.protocol.far_m, "crop": crop, "align": align},
            "scored": {
                "share": self.pixels.share,
                "pixels": self.pixels.scored,
                "measured_pixels": self.pixels.measured,
                "truth_median_m": self.pixels.median_m,
            },
            "decided": self.decided,
            "average": _without_nan(self.average()),
            "beside": {name: _without_nan(average) for name, average in self.baselines.items()},
            "images": {name: _without_nan(image) for name, image in self.images.items()},
        }
        return json.dumps(content, indent=1, ensure_ascii=False)


def evaluate_depth(
    teacher: PictureTeacher,
    data: RgbdDataset,
    protocol: EvalProtocol,
    progress: Progress,
    sheet: Path | None = None,
    baselines: Sequence[PictureTeacher] = (),
    skip_bad: bool = False,
) -> DepthEvaluation:
    """Score a teacher on pictures with measured depth, each on its own.

    Args:
        teacher: What sees depth.
        data: The pictures and their measured depth.
        protocol: What of an image is scored.
        progress: What shows progress.
        sheet: A PNG into which the first few are drawn: picture, truth, estimate and error.
        baselines: Teachers that are scored in the same way, for comparison.
        skip_bad: Whether pairs that can't be used are left out, and are no error.

    Raises:
        Problem: Depth without a unit is to be scored without being aligned; pairs can't be used, of which the first few
            are named when all were read; or less than half of the measured pixels are scored, by which nothing would be
            said.
    """
    if not teacher.is_metric and not protocol.align:
        raise Problem(
            "--align: this teacher's depth has no unit, and is scored only when aligned to the truth", exit_code=2
        )
    images: dict[str, dict[str, float]] = {}
    others: dict[str, list[dict[str, float]]] = {other.describe()["name"]: [] for other in baselines}
    rows: list[NDArray[np.uint8]] = []
    pixels, signs, decided = ScoredPixels(protocol), TruthSigns(), Counter[str]()
    bad: list[BadPair] = []
    with progress(f"depth on {teacher.where}", data.count, 0) as advance:
        for pair, depth in _estimate(teacher, data, bad, skip_bad, advance):
            valid = protocol.valid_mask(pair.depth_m)
            scaled = protocol.scale_estimate(depth, pair.depth_m, teacher.is_metric)
            images[pair.name] = depth_metrics(scaled.depth_m, pair.depth_m, valid, order=scaled.order)
            pixels.add(pair.name, pair.depth_m, valid)
            decided.update(f"depth maps: {what}" for what in pair.decided)
            decided.update([_REVERSED] if scaled.is_reversed else [])
            orders = {"": scaled.order}
            for other, (name, found) in zip(baselines, others.items(), strict=True):
                guessed = _scaled(other, pair, protocol)
                found.append(depth_metrics(guessed.depth_m, pair.depth_m, valid, order=guessed.order))
                orders[name] = guessed.order
            signs.add(pair.depth_m, orders)
            if sheet is not None and len(rows) < _SHEET_ROWS:
                rows.append(_sheet_row(pair, scaled.depth_m, valid, (protocol.near_m, protocol.far_m)))
    if bad and not (skip_bad and images):
        hint = "" if skip_bad else ", or pass --skip-bad"
        raise Problem(*folded([f"{line.rstrip('.')}{hint}" for pair in bad for line in pair.lines], data.path))
    is_reversed = signs.reversed_line(data.path)
    pixels.require_enough(data.path, is_reversed)
    if sheet is not None:
        save_png(panel_grid(rows, gap_px=_GAP_PX), sheet, origin=EVALUATION_SHEET)
    left_out = [f"{line.rstrip('.')}: left out" for pair in bad for line in pair.lines]
    averages = {name: mean_metrics(found) for name, found in others.items()}
    doubt = is_reversed
    if not doubt and not protocol.align:
        doubt = signs.too_near_line(data.path, pixels.median_m, [mean_metrics(images.values()), *averages.values()])
    decisions = [f"{count} {what}" for what, count in decided.items()]
    said = (*data.notes, *left_out, *decisions, *pixels.remarks(), *([doubt] if doubt else []))
    return DepthEvaluation(teacher.describe(), protocol, images, averages, pixels, said)


def _estimate(
    teacher: PictureTeacher, data: RgbdDataset, bad: list[BadPair], skip_bad: bool, advance: Advance
) -> Iterator[tuple[RgbdPair, NDArray[np.float32]]]:
    """Yield pairs with estimates, and collect the bad ones; where these are an error, the rest is read alone."""
    for pair in prefetch(data.read(), _PAIRS_AHEAD):
        if isinstance(pair, BadPair):
            bad.append(pair)
        elif skip_bad or not bad:
            yield pair, next(iter(teacher.predict_batches([pair.rgb[None]])))[0]
        advance(1)


def _scaled(teacher: PictureTeacher, pair: RgbdPair, protocol: EvalProtocol) -> ScaledEstimate:
    depth = next(iter(teacher.predict_batches([pair.rgb[None]])))[0]
    return protocol.scale_estimate(depth, pair.depth_m, teacher.is_metric)


def _sheet_row(
    pair: RgbdPair, depth_m: NDArray[np.float64], valid: NDArray[np.bool_], range_m: tuple[float, float]
) -> NDArray[np.uint8]:
    """Draw picture, truth, estimate and error side by side; what isn't scored is grey in truth and error."""
    share = np.where(valid, np.abs(depth_m - pair.depth_m) / np.where(valid, pair.depth_m, 1), 0)
    levels = np.round(255 * np.clip(share / _WORST_SHARE, 0, 1)).astype(np.uint8)
    error = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    error[~valid] = 60
    truth = colour_depth(np.where(valid, pair.depth_m, 0).astype(np.float32), *range_m)
    estimate = colour_depth(depth_m.astype(np.float32), *range_m)
    return panel_row([pair.rgb, truth, estimate, error.astype(np.uint8)], _PANEL_PX)


def _format_metric(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.4f}"


def _without_nan(image: dict[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in image.items()}
