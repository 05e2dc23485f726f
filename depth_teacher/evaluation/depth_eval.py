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
from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.images.panels import panel_grid, panel_row
from bgfg.data_manifests.images.strips import row_strips
from bgfg.data_manifests.terminal.errors import Problem, folded
from bgfg.data_manifests.terminal.progress import Advance, Progress
from bgfg.depth_teacher.evaluation.metrics import METRICS, EvalProtocol, ScaledEstimate, depth_metrics, mean_metrics
from bgfg.depth_teacher.evaluation.rgbd import RgbdDataset
from bgfg.depth_teacher.evaluation.rgbd_files import BadPair, RgbdPair
from bgfg.depth_teacher.evaluation.scored_pixels import ScoredPixels
from bgfg.depth_teacher.evaluation.truth_signs import TruthSigns
from bgfg.depth_teacher.teachers.teacher import PictureTeacher

EVALUATION_SHEET = Origin("depth-eval")

_SHEET_ROWS = 12
_PANEL_PX = 160
_GAP_PX = 4
_REVERSED = "estimates: farther where the truth is nearer, which no positive scale aligns: scored as one depth"
_NOT_SCORED_U8 = 60
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
        """Return a table with a row an image, the average, and those of the baselines; then teacher and share."""
        lines = [f"| image | {' | '.join(METRICS)} |", "|---" * (len(METRICS) + 1) + "|"]
        for name, image in {**self.images, "**average**": self.average(), **self.baselines}.items():
            lines.append(f"| {name} | {' | '.join(_format_metric(image[metric]) for metric in METRICS)} |")
        sha256 = self.teacher["weights_sha256"]
        weights = f"weights of SHA-256 {sha256[:16]}" if sha256 else "no weights"
        return "\n".join([*lines, "", f"teacher: {self.teacher['name']}, {weights}", self.pixels.describe()])

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
    others = {other.describe()["name"]: other for other in baselines}
    scores: dict[str, dict[str, dict[str, float]]] = {name: {} for name in ("", *others)}
    images = scores[""]
    rows: list[NDArray[np.uint8]] = []
    pixels, signs, decided = ScoredPixels(protocol), TruthSigns(), Counter[str]()
    bad: list[BadPair] = []
    with progress(f"depth on {teacher.where}", data.count, 0) as advance:
        for pair in _usable(data, bad, skip_bad, advance):
            valid = protocol.valid_mask(pair.depth_m)
            pixels.add(pair.name, pair.depth_m, valid)
            signs.add_truth(pair.depth_m)
            decided.update(f"depth maps: {what}" for what in pair.decided)
            for name, each in {"": teacher, **others}.items():
                scaled = _scaled(each, pair, protocol)
                scores[name][pair.name] = depth_metrics(scaled.depth_m, pair.depth_m, valid, order=scaled.order)
                signs.add_order(name, scaled.order, pair.depth_m)
                if each is teacher:
                    decided.update([_REVERSED] if scaled.is_reversed else [])
                    if sheet is not None and len(rows) < _SHEET_ROWS:
                        rows.append(_sheet_row(pair, scaled.depth_m, valid, (protocol.near_m, protocol.far_m)))
                del scaled  # before the next one is made
            del pair, valid  # before the next one is read
    if bad and not (skip_bad and images):
        hint = "" if skip_bad else ", or pass --skip-bad"
        raise Problem(*folded([f"{line.rstrip('.')}{hint}" for pair in bad for line in pair.lines], data.path))
    is_reversed = signs.reversed_line(data.path)
    pixels.require_enough(data.path, is_reversed)
    if sheet is not None:
        save_png(panel_grid(rows, gap_px=_GAP_PX), sheet, origin=EVALUATION_SHEET)
    left_out = [f"{line.rstrip('.')}: left out" for pair in bad for line in pair.lines]
    averages = {name: mean_metrics(scores[name].values()) for name in others}
    doubt = is_reversed
    if not doubt and not protocol.align:
        doubt = signs.too_near_line(data.path, pixels.median_m, [mean_metrics(images.values()), *averages.values()])
    decisions = [f"{count} {what}" for what, count in decided.items()]
    said = (*data.notes, *left_out, *decisions, *pixels.remarks(), *([doubt] if doubt else []))
    return DepthEvaluation(teacher.describe(), protocol, images, averages, pixels, said)


def _usable(data: RgbdDataset, bad: list[BadPair], skip_bad: bool, advance: Advance) -> Iterator[RgbdPair]:
    """Yield the good pairs and collect the bad ones; where these are an error, the rest is read alone."""
    for pair in data.read():
        if isinstance(pair, BadPair):
            bad.append(pair)
        elif skip_bad or not bad:
            handed = [pair]
            del pair
            yield handed.pop()  # nothing here holds it while it is used
        advance(1)


def _scaled(teacher: PictureTeacher, pair: RgbdPair, protocol: EvalProtocol) -> ScaledEstimate:
    return protocol.scale_estimate(
        next(iter(teacher.predict_batches([pair.rgb[None]])))[0], pair.depth_m, teacher.is_metric
    )


def _sheet_row(
    pair: RgbdPair, depth_m: NDArray[np.float32], valid: NDArray[np.bool_], range_m: tuple[float, float]
) -> NDArray[np.uint8]:
    """Draw picture, truth, estimate and error side by side; what isn't scored is grey in truth and error."""

    def panels() -> Iterator[NDArray[np.uint8]]:
        yield pair.rgb
        yield colour_depth(np.where(valid, pair.depth_m, np.float32(0)), *range_m)
        yield colour_depth(depth_m, *range_m)
        yield _error_colours(depth_m, pair.depth_m, valid)

    return panel_row(panels(), _PANEL_PX)


def _error_colours(
    depth_m: NDArray[np.float32], truth_m: NDArray[np.float32], valid: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Return the error as a share of the truth in colours, (H, W, 3) uint8 RGB."""
    colours = np.empty((*valid.shape, 3), np.uint8)
    for rows in row_strips(*valid.shape):
        truth = np.where(valid[rows], truth_m[rows], np.float32(1))
        share = np.where(valid[rows], np.abs(depth_m[rows] - truth) / truth, 0)
        levels = np.round(255 * np.clip(share / _WORST_SHARE, 0, 1)).astype(np.uint8)
        colours[rows] = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
        colours[rows][~valid[rows]] = _NOT_SCORED_U8
    return colours


def _format_metric(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.4f}"


def _without_nan(image: dict[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in image.items()}
