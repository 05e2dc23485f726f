"""Pictures as textures: laid on a face, or seen far away through a pane."""

from __future__ import annotations

import cv2
import numpy as np
from bgfg.synth.kit.render.scene import Floats


class Picture:
    """An image laid on a face: its lower left at `corner`, spanning `edge_u` to the right and `edge_v` upwards (m)."""

    def __init__(
        self,
        image: Floats,
        corner: tuple[float, float, float],
        edge_u: tuple[float, float, float],
        edge_v: tuple[float, float, float],
    ) -> None:
        self.levels = pyramid(image)
        self.corner = np.asarray(corner, np.float32)
        u, v = np.asarray(edge_u, np.float32), np.asarray(edge_v, np.float32)
        self.to_u, self.to_v = u / (u * u).sum(), v / (v * v).sum()
        self.texel_m = float(np.sqrt((u * u).sum())) / image.shape[1]

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """Return the albedo as `Texture` says."""
        off = points - self.corner
        u = off[:, 0] * self.to_u[0] + off[:, 1] * self.to_u[1] + off[:, 2] * self.to_u[2]
        v = off[:, 0] * self.to_v[0] + off[:, 1] * self.to_v[1] + off[:, 2] * self.to_v[2]
        return look_up(self.levels, u, 1 - v, footprint / np.float32(self.texel_m))


def pyramid(image: Floats) -> tuple[Floats, ...]:
    """Return `image` (h, w, 3) and its halvings, down to 4 pixels."""
    levels: list[Floats] = [np.ascontiguousarray(image, np.float32)]
    while min(levels[-1].shape[:2]) > 7:
        h, w = levels[-1].shape[:2]
        levels.append(np.asarray(cv2.resize(levels[-1], (w // 2, h // 2), interpolation=cv2.INTER_AREA), np.float32))
    return tuple(levels)


def look_up(levels: tuple[Floats, ...], u: Floats, v: Floats, texels: Floats) -> Floats:
    """Return the colours (n, 3) at (u, v) in 0..1 (v downwards), from the level where a pixel holds about one texel."""
    level = np.clip(np.round(np.log2(np.maximum(texels, 1e-3))), 0, len(levels) - 1).astype(np.int32)
    out = np.empty((len(u), 3), np.float32)
    for number, image in enumerate(levels):
        rows = np.flatnonzero(level == number)
        if len(rows):
            out[rows] = _bilinear(image, u[rows], v[rows])
    return out


def _bilinear(image: Floats, u: Floats, v: Floats) -> Floats:
    h, w = image.shape[:2]
    x, y = np.clip(u * w - 0.5, 0, w - 1), np.clip(v * h - 0.5, 0, h - 1)
    i, j = np.minimum(x.astype(np.int32), w - 2), np.minimum(y.astype(np.int32), h - 2)
    s, t = (x - i)[:, None].astype(np.float32), (y - j)[:, None].astype(np.float32)
    top = image[j, i] * (1 - s) + image[j, i + 1] * s
    return np.asarray(top * (1 - t) + (image[j + 1, i] * (1 - s) + image[j + 1, i + 1] * s) * t, np.float32)


class Outlook:
    """What lies beyond a window, painted on its pane: a panorama seen from `eye`, as far away as can be.

    `panorama` (h, w, 3) spans 360 degrees across and from 50 degrees up to 40 down.
    """

    UP_DEG, DOWN_DEG = 50.0, 40.0

    def __init__(self, panorama: Floats, eye: tuple[float, float, float]) -> None:
        self.levels = pyramid(panorama)
        self.eye = np.asarray(eye, np.float32)

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """Return the albedo as `Texture` says."""
        off = points - self.eye
        level = np.sqrt(off[:, 0] ** 2 + off[:, 1] ** 2)
        bearing = np.arctan2(off[:, 0], off[:, 1]) / np.float32(2 * np.pi) + np.float32(0.5)
        slope = np.degrees(np.arctan2(off[:, 2], level))
        down = (self.UP_DEG - slope) / (self.UP_DEG + self.DOWN_DEG)
        width = self.levels[0].shape[1]
        texels = footprint / np.maximum(level, 0.1) / np.float32(2 * np.pi) * width
        return look_up(self.levels, bearing, down, texels)
