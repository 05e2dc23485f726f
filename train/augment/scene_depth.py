"""The depth of bare backgrounds, as parallax needs it: how near each place is, and by which camera it was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bgfg.data_manifests.images.field_of_view import focal_length_of_view
from bgfg.data_manifests.placement.floor import USUAL_FOV_DEG

# What is nearer counts as that near: a background is what people stand before, and phones don't focus much nearer. It
# is also what bounds the time that parallax takes, for the further a place is shifted, the more steps that is.
NEAREST_MM = 300


@dataclass(frozen=True)
class SceneDepth:
    """The depth of m backgrounds.

    Attributes:
        per_m: (m, H, W) float16, the inverse of depth in 1/m, to a 2,000th of itself, of NEAREST_MM at most; all 0 in
            a background of which no depth is known.
        focal: (m, 2) float64, the focal length of each camera as a share of the frame's width, and of its height.
        is_known: (m,) bool, whether any depth of a background is known.
    """

    per_m: Tensor
    focal: NDArray[np.float64]
    is_known: NDArray[np.bool_]

    @classmethod
    def of_maps(
        cls, depth_mm: NDArray[np.uint16], focal_px: Sequence[float | None], device: torch.device | None = None
    ) -> SceneDepth:
        """Prepare depth maps.

        A pixel of unknown depth gets that of the nearest one that is known, lest holes move otherwise than what is
        around them.

        Args:
            depth_mm: (m, H, W) uint16 mm, 0 unknown.
            focal_px: Focal length of each camera in pixels of these maps; None for a usual one.
            device: Where the maps are kept.
        """
        height_px, width_px = depth_mm.shape[1:]
        usual_px = focal_length_of_view(USUAL_FOV_DEG, min(height_px, width_px))
        focal = np.array([usual_px if px is None else px for px in focal_px], np.float64)
        per_m = np.zeros(depth_mm.shape, np.float16)
        is_known = depth_mm.reshape(len(depth_mm), -1).max(axis=1) > 0
        for i in np.flatnonzero(is_known):
            per_m[i] = 1000 / np.maximum(_filled(depth_mm[i]), NEAREST_MM).astype(np.float32)
        return cls(torch.from_numpy(per_m).to(device), focal[:, None] / (width_px, height_px), is_known)


def _filled(depth_mm: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return a map in which each pixel of unknown depth has that of the nearest one whose depth is known."""
    unknown = (depth_mm == 0).astype(np.uint8)
    if not unknown.any():
        return depth_mm
    _, nearest = cv2.distanceTransformWithLabels(unknown, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    of_label = np.zeros(int(nearest.max()) + 1, np.uint16)
    of_label[nearest[unknown == 0]] = depth_mm[unknown == 0]
    return np.asarray(of_label[nearest])


def is_mostly_too_near(depth_mm: NDArray[np.uint16]) -> bool:
    """Say whether more than half of the depth that is known is nearer than NEAREST_MM, as where its unit is wrong."""
    known, near = np.count_nonzero(depth_mm), np.count_nonzero((depth_mm > 0) & (depth_mm < NEAREST_MM))
    return bool(2 * near > known)
