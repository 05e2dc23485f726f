"""Layered depth in which people are in front of what they hide, whether or not their feet are on the floor."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.placement.perspective import PERSON_HEIGHT_M
from bgfg.depth_teacher.teachers.layered import LayeredTeacher
from bgfg.depth_teacher.teachers.occlusion_order import occluder_limit_m

_FOV_DEG = 60.0  # across the shorter side, as cameras of rooms have it


class InFrontTeacher(LayeredTeacher):
    """The layered teacher for people at random places, whose feet need not be on the floor.

    The depth of a cut-out is that at which a person of 1.75 m is as tall as it is, for a camera of 60 degrees across
    the shorter side; but never more than under its feet, and at least a tenth nearer than what it hides, be it the
    background or a cut-out pasted before. Elsewhere it is the background's.
    """

    _name = "in_front"

    @cached_property
    def _metres(self) -> NDArray[np.float64]:
        return self.encoding.values_m()

    def cutout_code(
        self, foot: np.uint8, below: NDArray[np.uint8], patch_u8: NDArray[np.uint8], shape_u8: NDArray[np.uint8]
    ) -> np.uint8:
        """Return the code of a cut-out: the nearest of the three limits, in metres."""
        geometry = self._corpus.geometry
        focal_px = min(geometry.height_px, geometry.width_px) / 2 / math.tan(math.radians(_FOV_DEG / 2))
        tall_px = int((shape_u8 >= OPAQUE_U8).any(axis=1).sum())
        limits_m = [focal_px * sum(PERSON_HEIGHT_M) / 2 / tall_px]
        if foot:
            limits_m.append(float(self._metres[foot]))
        limits_m.append(occluder_limit_m(self._metres[below[(patch_u8 >= OPAQUE_U8) & (below > 0)]]))
        return np.uint8(self.encoding.encode(np.array([min(limits_m)]))[0])
