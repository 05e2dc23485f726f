"""Occlusion order: a person is in front of what they hide, the one thing about a composite's depth that is certain."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.depth_teacher.teachers.teacher import DepthBatch

# A person is at least a tenth nearer than the nearest of what they hide; the nearest 5 % are left out as noise.
_NEAREST_SHARE = 0.05
_CLOSER = 0.9

# What counts as beside a person: within 8 px of the depth map.
_NEIGHBOURHOOD = np.ones((17, 17), np.uint8)


def occluder_limit_m(hidden_m: NDArray) -> float:
    """Return how far away a person may be at most who hides depths (n,) in metres; infinite where n is 0."""
    return _CLOSER * float(np.quantile(hidden_m, _NEAREST_SHARE)) if len(hidden_m) else float("inf")


def enforce_occlusion_order(depth_m: DepthBatch, bare_m: DepthBatch, instances: NDArray[np.uint8]) -> None:
    """Bring people of a composite in front of what they hide, where they aren't; the relief on them stays, scaled.

    What they hide is as far away as it is without them, times the ratio of the two depths beside them: a teacher may
    see the same wall at another distance when a person is before it.

    Args:
        depth_m: Depth of the composite, (h, w) float32 metres, changed in place.
        bare_m: Depth of the background without people, (h, w) metres.
        instances: (H, W) uint8, 0 where no person is seen, else the number of the one that is, from 1 on.
    """
    people = [_shrunk(instances == number, depth_m) for number in range(1, int(instances.max()) + 1)]
    if not people:
        return
    anybody = np.maximum.reduce(people)
    beside = (cv2.dilate(anybody, _NEIGHBOURHOOD) > 0) & (anybody == 0)
    ratio = float(np.median(depth_m[beside] / bare_m[beside])) if beside.any() else 1.0
    for person in people:
        on = person >= OPAQUE_U8
        found_m = depth_m[on]
        if len(found_m):
            scale = ratio * occluder_limit_m(bare_m[on]) / float(np.median(found_m))
            if scale < 1:
                depth_m[on] = found_m * np.float32(scale)


def _shrunk(shape: NDArray[np.bool_], depth_m: DepthBatch) -> NDArray[np.uint8]:
    """Return how much of each pixel of a depth map a shape (H, W) covers, (h, w) uint8, 255 for all."""
    height_px, width_px = depth_m.shape
    pixels = shape.astype(np.uint8) * 255
    return np.asarray(cv2.resize(pixels, (width_px, height_px), interpolation=cv2.INTER_AREA), np.uint8)
