"""The floor of a background, found in its depth map: a plane below the camera with nothing under it.

A plane is linear in inverse depth: 1/z = a·u + b·v + c, u and v being the pixel's distance from the middle of the
picture, to the right and down (Labayrade et al., "Real time obstacle detection [...] through v-disparity", IV 2002, for
the stereo case). So it is found without knowing the camera, by RANSAC (Fischler and Bolles, CACM 1981), drawing from
the counter-based generator, and by least squares. With a focal length f in pixels, (a·f, b·f, c) is the floor's normal
divided by the height of the camera above it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.field_of_view import field_of_view_deg, focal_length_of_view
from bgfg.data_manifests.placement.philox import philox4x32

# A picture says little of its focal length. Where the user doesn't tell it, two priors are weighed: pictures are mostly
# taken with about this field of view, and from about this height (eye level). Either is off by a like factor, so the
# estimate goes half the way from one to the other in the logarithm.
USUAL_FOV_DEG = 55.0
_USUAL_HEIGHT_M = 1.5
_HEIGHTS_M = (0.4, 5.0)

_TOLERANCE = 0.04  # share of a floor's depth: 6 cm above a floor seen from 1.5 m
_UPRIGHT = math.cos(math.radians(50))
_MOST_ROLL = math.sin(math.radians(20))

_KEY = 0x666C6F6F72  # fixed, not the corpus's seed: a floor depends on nothing but the picture
_HYPOTHESES = 3_000
_POINTS = 2_000
_TOP = 0.35  # share of the picture's height, from the top, in which no floor is looked for
_LEAST_SHARE = 0.03  # share of the other pixels that a floor must have
_UNDER_COUNTS = 3.0  # a point under a plane speaks against its being the floor as much as 3 on it speak for it


class NoFloor(ValueError):
    """No floor is found in a depth map; the message says why."""


@dataclass(frozen=True)
class Floor:
    """The floor of one background.

    Attributes:
        plane: a, b, c of 1/z; a and b in 1/m per px, c in 1/m.
        focal_px: Focal length of the camera, as told or estimated.
        mask: (H, W) bool, the pixels that show the floor.
    """

    plane: tuple[float, float, float]
    focal_px: float
    mask: NDArray[np.bool_]

    @property
    def camera_height_m(self) -> float:
        """Height of the camera above the floor."""
        return _camera_height_m(np.array(self.plane), self.focal_px)

    @property
    def fov_deg(self) -> float:
        """Field of view across the picture's shorter side."""
        return field_of_view_deg(self.focal_px, min(self.mask.shape))

    def depth_m(self, rows: NDArray[np.integer], columns: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return the floor's depth at pixels (n,); not positive where they are above its horizon."""
        u, v = self._offsets(rows, columns)
        a, b, c = self.plane
        return np.asarray(1 / (a * u + b * v + c), np.float64)

    def projected_height_px(
        self, rows: NDArray[np.integer], columns: NDArray[np.integer], height_m: float
    ) -> NDArray[np.float64]:
        """Return how many rows above a point of the floor the point `height_m` over it is seen.

        The exact answer of a pinhole camera, whatever its pitch and roll.

        Args:
            rows: Rows of points of the floor, (n,).
            columns: Their columns, (n,).
            height_m: Height over the floor.

        Returns:
            (n,) px; infinite where the upper point is behind the camera.
        """
        _, v = self._offsets(rows, columns)
        z = self.depth_m(rows, columns)
        a, b, c = self.plane
        down = np.array([a * self.focal_px, b * self.focal_px, c]) * self.camera_height_m
        depth = z - height_m * down[2]
        with np.errstate(divide="ignore"):
            head_v = np.where(depth > 0, (z * v - height_m * down[1] * self.focal_px) / depth, -np.inf)
        return np.asarray(v - head_v, np.float64)

    def _offsets(
        self, rows: NDArray[np.integer], columns: NDArray[np.integer]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        height_px, width_px = self.mask.shape
        return columns + 0.5 - width_px / 2, rows + 0.5 - height_px / 2


def find_floor(depth_mm: NDArray[np.uint16], fov_deg: float | None = None) -> Floor:
    """Find the floor in a depth map.

    Args:
        depth_mm: (H, W) uint16, 0 unknown.
        fov_deg: Field of view across the shorter side of the picture; None to estimate it.

    Returns:
        The floor.

    Raises:
        NoFloor: Too little depth is known, no plane below the camera is found, or it is at an impossible distance.
    """
    height_px, width_px = depth_mm.shape
    usual_px = focal_length_of_view(USUAL_FOV_DEG if fov_deg is None else fov_deg, min(depth_mm.shape))
    rows, columns = np.nonzero(depth_mm)
    below = rows >= _TOP * height_px
    if below.sum() < max(16, 0.1 * (1 - _TOP) * depth_mm.size):
        raise NoFloor("its depth is unknown in nearly all of its lower part")
    points = np.stack([columns + 0.5 - width_px / 2, rows + 0.5 - height_px / 2, np.ones(len(rows))], axis=1)
    z_m = depth_mm[rows, columns] / 1000
    plane = _refined(_best_plane(depth_mm, points[below], z_m[below], usual_px), points[below], z_m[below])
    focal_px = usual_px if fov_deg is not None else usual_px * _focal_factor(_camera_height_m(plane, usual_px))
    on_it = _deviation(plane, points, z_m) <= _TOLERANCE
    if not _is_floor(plane[None], focal_px)[0] or on_it.sum() < _LEAST_SHARE * below.sum():
        raise NoFloor("no plane below the camera is found in its depth")
    height_m = _camera_height_m(plane, usual_px)
    if not _HEIGHTS_M[0] <= height_m <= _HEIGHTS_M[1]:
        raise NoFloor(f"its floor would be {height_m:.1f} m below the camera: is the scale of its depth right?")
    seen = np.zeros(depth_mm.shape, np.bool_)
    seen[rows[on_it], columns[on_it]] = True
    a, b, c = plane.tolist()
    return Floor((a, b, c), focal_px, seen)


def _best_plane(
    depth_mm: NDArray[np.uint16], points: NDArray[np.float64], z_m: NDArray[np.float64], focal_px: float
) -> NDArray[np.float64]:
    """Return the plane (3,) of three pixels that has the most pixels on it, and few under it."""
    planes = _hypotheses(depth_mm)
    planes = planes[_is_floor(planes, focal_px)]
    if len(planes) == 0:
        raise NoFloor("no plane below the camera is found in its depth")
    step = max(1, len(points) // _POINTS)
    ratio = (planes @ points[::step].T) * z_m[::step]  # 1 on the plane, above 1 where a pixel is farther: under it
    on_it = (np.abs(ratio - 1) <= _TOLERANCE).sum(axis=1)
    under = (ratio > 1 + 2 * _TOLERANCE).sum(axis=1)
    return np.asarray(planes[np.argmax(on_it - _UNDER_COUNTS * under)], np.float64)


def _hypotheses(depth_mm: NDArray[np.uint16]) -> NDArray[np.float64]:
    """Return planes (n, 3), each through three pixels.

    The three are near one another, since neighbours lie on one surface more often than pixels from anywhere.
    """
    height_px, width_px = depth_mm.shape
    top = int(_TOP * height_px)
    counters = np.zeros((2, _HYPOTHESES, 4), np.int64)
    counters[..., 0], counters[1, :, 1] = np.arange(_HYPOTHESES), 1
    words = philox4x32(counters, _KEY).astype(np.float64) / 2**32
    shares = words.transpose(1, 0, 2).reshape(_HYPOTHESES, 4, 2)[:, :3]
    rows, columns = top + shares[..., 0] * (height_px - top), shares[..., 1] * width_px
    rows[:, 1:] = rows[:, :1] + (shares[:, 1:, 0] - 0.5) * height_px * 0.4
    columns[:, 1:] = columns[:, :1] + (shares[:, 1:, 1] - 0.5) * width_px * 0.6
    y, x = np.clip(rows, top, height_px - 1).astype(int), np.clip(columns, 0, width_px - 1).astype(int)
    # A plane through (u, v, 1/z) of three pixels: a linear system, left out where they nearly lie on one line.
    triples = np.stack([x + 0.5 - width_px / 2, y + 0.5 - height_px / 2, np.ones(x.shape)], axis=-1)
    sound = (depth_mm[y, x] > 0).all(axis=1) & (np.abs(np.linalg.det(triples)) > 0.002 * depth_mm.size)
    inverse_m = 1000.0 / depth_mm[y, x][sound]
    return np.asarray(np.linalg.solve(triples[sound], inverse_m[..., None])[..., 0], np.float64)


def _refined(plane: NDArray[np.float64], points: NDArray[np.float64], z_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fit the plane to the pixels on it, by least squares of relative deviation, six times over."""
    for _ in range(6):
        on_it = _deviation(plane, points, z_m) <= _TOLERANCE
        if on_it.sum() < 16:
            raise NoFloor("no plane below the camera is found in its depth")
        weighted = points[on_it] * z_m[on_it, None]
        plane = np.linalg.solve(weighted.T @ weighted, weighted.sum(axis=0))
    return plane


def _deviation(
    plane: NDArray[np.float64], points: NDArray[np.float64], z_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(np.abs((points @ plane) * z_m - 1), np.float64)


def _is_floor(planes: NDArray[np.float64], focal_px: float) -> NDArray[np.bool_]:
    """Say of planes (n, 3) whether they face up as a floor does before a camera that is held more or less level."""
    normals = planes * [focal_px, focal_px, 1]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray((normals[:, 1] >= _UPRIGHT) & (np.abs(normals[:, 0]) <= _MOST_ROLL), np.bool_)


def _focal_factor(height_m: float) -> float:
    """Return the factor for the usual focal length, given the camera's height that it leads to."""
    return math.sqrt(height_m / _USUAL_HEIGHT_M)


def _camera_height_m(plane: NDArray[np.float64], focal_px: float) -> float:
    return float(1 / np.linalg.norm(plane * [focal_px, focal_px, 1]))
