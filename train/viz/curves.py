"""Curves of a run: its metrics over its steps, a panel for those that share a scale, drawn with OpenCV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.panels import blank_paper, draw_text, panel_grid
from bgfg.data_manifests.overview.axis_ticks import axis_ticks, tick_texts

# Title -> the metrics that share the panel's scale; a panel without any is left out.
PANELS = {
    "loss": ("loss", "val_loss", "stress_loss", "real_loss"),
    "mask IoU": ("val_iou", "stress_iou", "real_iou"),
    "classes": ("val_miou", "val_accuracy"),
    "matte": ("val_alpha_mae", "stress_alpha_mae", "real_alpha_mae"),
    "depth RMSE / far": ("val_rmse", "stress_rmse", "real_rmse"),
    "depth delta1": ("val_delta1", "stress_delta1", "real_delta1"),
    "learning rate": ("lr",),
    "samples a second": ("samples_per_s",),
}

_WIDTH_PX, _HEIGHT_PX = 480, 300
_LEFT_PX, _RIGHT_PX, _TOP_PX, _BOTTOM_PX = 64, 16, 40, 30
_COLUMNS = 2
_GRID = (225, 225, 225)
_TEXT_SCALE = 0.38
_COLOURS = ((31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40))

# Nothing that is learnt comes near to it; differences between larger numbers may be infinite.
_MOST = 1e100

Series = Mapping[str, Sequence[tuple[float, float]]]


def draw_curves(rows: Sequence[Mapping[str, float]]) -> NDArray[np.uint8]:
    """Draw the rows of metrics.csv.

    Args:
        rows: "step" and metrics of each row, by name.

    Returns:
        (height, width, 3) uint8 RGB, white where there is nothing to draw.
    """
    panels = [_panel(title, series) for title, series in curve_panels(rows).items()]
    while len(panels) % _COLUMNS or not panels:
        panels.append(blank_paper(_HEIGHT_PX, _WIDTH_PX))
    return panel_grid(panels, _COLUMNS)


def curve_panels(rows: Sequence[Mapping[str, float]]) -> dict[str, Series]:
    """Return the curves of the rows of metrics.csv, without what isn't finite, or so large that no axis has it.

    Args:
        rows: "step" and metrics of each row, by name.

    Returns:
        Title of a panel -> name of a metric -> its points (step, value); panels and metrics without any are left out.
    """
    panels: dict[str, Series] = {}
    for title, names in PANELS.items():
        series = {n: [(r["step"], r[n]) for r in rows if n in r and abs(r[n]) < _MOST] for n in names}
        if there := {name: points for name, points in series.items() if points}:
            panels[title] = there
    return panels


def _panel(title: str, series: Series) -> NDArray[np.uint8]:
    panel = blank_paper(_HEIGHT_PX, _WIDTH_PX)
    points = [point for line in series.values() for point in line]
    across = axis_ticks(min(x for x, _ in points), max(x for x, _ in points))
    up = axis_ticks(min(y for _, y in points), max(y for _, y in points))

    def pixel(x: float, y: float) -> tuple[int, int]:
        width, height = _WIDTH_PX - _LEFT_PX - _RIGHT_PX, _HEIGHT_PX - _TOP_PX - _BOTTOM_PX
        right = (x - across[0]) / (across[-1] - across[0])
        above = (y - up[0]) / (up[-1] - up[0])
        return round(_LEFT_PX + right * width), round(_TOP_PX + (1 - above) * height)

    for y, text in zip(up, tick_texts(up), strict=True):
        cv2.line(panel, pixel(across[0], y), pixel(across[-1], y), _GRID, 1)
        draw_text(panel, text, 6, pixel(0, y)[1] + 4, _TEXT_SCALE)
    for x, text in zip(across, tick_texts(across), strict=True):
        cv2.line(panel, pixel(x, up[0]), pixel(x, up[-1]), _GRID, 1)
        draw_text(panel, text, pixel(x, 0)[0] - 12, _HEIGHT_PX - 10, _TEXT_SCALE)
    draw_text(panel, title, _LEFT_PX, 16, scale=0.5)
    for line, colour in zip(series.values(), _COLOURS, strict=False):
        path = np.array([pixel(x, y) for x, y in line], np.int32)
        cv2.polylines(panel, [path], isClosed=False, color=colour, thickness=1, lineType=cv2.LINE_AA)
        cv2.circle(panel, pixel(*line[-1]), 2, colour, -1, cv2.LINE_AA)
    _legend(panel, series)
    return panel


def _legend(panel: NDArray[np.uint8], series: Series) -> None:
    left = _LEFT_PX
    for (name, line), colour in zip(series.items(), _COLOURS, strict=False):
        text = f"{name} {line[-1][1]:.4g}"
        cv2.line(panel, (left, 28), (left + 14, 28), colour, 2)
        draw_text(panel, text, left + 18, 32, _TEXT_SCALE)
        left += 22 + round(5.5 * len(text))
