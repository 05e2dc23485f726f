"""The field of view of a pinhole camera and its focal length in pixels, each from the other."""

from __future__ import annotations

import math


def focal_length_of_view(fov_deg: float, side_px: int) -> float:
    """Return the focal length, in pixels, by which `side_px` pixels take up a field of view."""
    return side_px / 2 / math.tan(math.radians(fov_deg) / 2)


def field_of_view_deg(focal_px: float, side_px: int) -> float:
    """Return the field of view that `side_px` pixels take up."""
    return math.degrees(2 * math.atan(side_px / 2 / focal_px))
