"""Footprints: upright rectangles on the ground, which builders of rooms and outdoor places keep from overlapping."""

from __future__ import annotations

import numpy as np

Rect = tuple[float, float, float, float]  # x0, y0, x1, y1 in m


def bounding_rect(x: float, y: float, width: float, depth: float, yaw_deg: float) -> Rect:
    """Return the upright rectangle around a footprint of width x depth m, centred on (x, y) and turned by `yaw_deg`."""
    c, s = abs(float(np.cos(np.radians(yaw_deg)))), abs(float(np.sin(np.radians(yaw_deg))))
    w, d = (width * c + depth * s) / 2, (width * s + depth * c) / 2
    return x - w, y - d, x + w, y + d


def overlap(one: Rect, other: Rect, gap_m: float = 0.0) -> bool:
    """Return whether two rectangles overlap, or lie less than `gap_m` apart."""
    x0, y0, x1, y1 = one
    a0, b0, a1, b1 = other
    return x0 < a1 + gap_m and x1 > a0 - gap_m and y0 < b1 + gap_m and y1 > b0 - gap_m
