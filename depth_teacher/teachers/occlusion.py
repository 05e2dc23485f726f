"""Who hides something is in front of it: the one thing about the depth of a composite that is certain."""

from __future__ import annotations

import cv2
import numpy as np
from bgfg.data_manifests.placement.occlusion import OPAQUE_U8
from bgfg.depth_teacher.teachers.teacher import Depth
from numpy.typing import NDArray

# The nearest of what is hidden, but for a few pixels of noise, and how much nearer than that somebody is at least.
_NEAREST_SHARE = 0.05
_CLOSER = 0.9

# What is beside somebody: within 8 px of the depth map.
_NEIGHBOURHOOD = np.ones((17, 17), np.uint8)


def farthest_m(hidden_m: NDArray) -> float:
    """Return how far away somebody may be at most who hides depths (n,) in metres; infinite where n is 0."""
    return _CLOSER * float(np.quantile(hidden_m, _NEAREST_SHARE)) if len(hidden_m) else float("inf")


def bring_forward(depth_m: Depth, bare_m: Depth, who: NDArray[np.uint8]) -> None:
    """Bring people of a composite in front of what they hide, where they aren't; the relief on them stays, scaled.

    depth_m: (h, w) float32, of the composite, changed in place; bare_m: (h, w), of the background without them. who:
    (H, W), 0 where nobody is seen, else the number of who is, from 1 on.
    What they hide is as far away as it is without them, times what the composite says of what is beside them: of the
    same wall a teacher may think otherwise when somebody is before it.
    """
    people = [_shrunk(who == number, depth_m) for number in range(1, int(who.max()) + 1)]
    if not people:
        return
    anybody = np.maximum.reduce(people)
    beside = (cv2.dilate(anybody, _NEIGHBOURHOOD) > 0) & (anybody == 0)
    otherwise = float(np.median(depth_m[beside] / bare_m[beside])) if beside.any() else 1.0
    for person in people:
        on = person >= OPAQUE_U8
        found_m = depth_m[on]
        if len(found_m):
            scale = otherwise * farthest_m(bare_m[on]) / float(np.median(found_m))
            if scale < 1:
                depth_m[on] = found_m * np.float32(scale)


def _shrunk(shape: NDArray[np.bool_], depth_m: Depth) -> NDArray[np.uint8]:
    """Return how much of each pixel of a depth map a shape (H, W) covers, (h, w) uint8, 255 for all."""
    height_px, width_px = depth_m.shape
    pixels = shape.astype(np.uint8) * 255
    return np.asarray(cv2.resize(pixels, (width_px, height_px), interpolation=cv2.INTER_AREA), np.uint8)
