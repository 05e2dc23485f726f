"""Images as textures: laid on a face, or seen far away through a window pane."""

from __future__ import annotations

import cv2
import numpy as np

from bgfg.synth.kit.render.vectors import FloatArray, Vec3


class ImageTexture:
    """An image laid on a face: its lower left at `corner`, spanning `edge_u` to the right and `edge_v` upwards (m)."""

    def __init__(
        self,
        image: FloatArray,
        corner: Vec3,
        edge_u: Vec3,
        edge_v: Vec3,
    ) -> None:
        self.levels = mip_pyramid(image)
        self.corner = np.asarray(corner, np.float32)
        u, v = np.asarray(edge_u, np.float32), np.asarray(edge_v, np.float32)
        self.to_u, self.to_v = u / (u * u).sum(), v / (v * v).sum()
        self.texel_m = float(np.sqrt((u * u).sum())) / image.shape[1]

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo (n, 3) as a `Texture` does."""
        off = points - self.corner
        u = off[:, 0] * self.to_u[0] + off[:, 1] * self.to_u[1] + off[:, 2] * self.to_u[2]
        v = off[:, 0] * self.to_v[0] + off[:, 1] * self.to_v[1] + off[:, 2] * self.to_v[2]
        return sample_mipmap(self.levels, u, 1 - v, footprint / np.float32(self.texel_m))


def mip_pyramid(image: FloatArray) -> tuple[FloatArray, ...]:
    """Return `image` (h, w, 3) and its halvings (a mipmap), down to 4 pixels."""
    levels: list[FloatArray] = [np.ascontiguousarray(image, np.float32)]
    while min(levels[-1].shape[:2]) > 7:
        h, w = levels[-1].shape[:2]
        levels.append(np.asarray(cv2.resize(levels[-1], (w // 2, h // 2), interpolation=cv2.INTER_AREA), np.float32))
    return tuple(levels)


def sample_mipmap(levels: tuple[FloatArray, ...], u: FloatArray, v: FloatArray, texels: FloatArray) -> FloatArray:
    """Return the colours (n, 3) at (u, v) in 0..1 (v downwards), from the level where a pixel holds about one texel.

    `texels` (n,) is how many texels of the full image a pixel is wide.
    """
    level = np.clip(np.round(np.log2(np.maximum(texels, 1e-3))), 0, len(levels) - 1).astype(np.int32)
    out = np.empty((len(u), 3), np.float32)
    for number, image in enumerate(levels):
        rows = np.flatnonzero(level == number)
        if len(rows):
            out[rows] = _bilinear(image, u[rows], v[rows])
    return out


def _bilinear(image: FloatArray, u: FloatArray, v: FloatArray) -> FloatArray:
    h, w = image.shape[:2]
    x, y = np.clip(u * w - 0.5, 0, w - 1), np.clip(v * h - 0.5, 0, h - 1)
    i, j = np.minimum(x.astype(np.int32), w - 2), np.minimum(y.astype(np.int32), h - 2)
    s, t = (x - i)[:, None].astype(np.float32), (y - j)[:, None].astype(np.float32)
    top = image[j, i] * (1 - s) + image[j, i + 1] * s
    return np.asarray(top * (1 - t) + (image[j + 1, i] * (1 - s) + image[j + 1, i + 1] * s) * t, np.float32)


class PanoramaTexture:
    """A panorama painted on a window pane: what lies beyond, seen from `eye`, as far away as can be.

    `panorama` (h, w, 3) spans 360 degrees across and from 50 degrees up to 40 down.
    """

    UP_DEG, DOWN_DEG = 50.0, 40.0

    def __init__(self, panorama: FloatArray, eye: Vec3) -> None:
        self.levels = mip_pyramid(panorama)
        self.eye = np.asarray(eye, np.float32)

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo (n, 3) as a `Texture` does."""
        off = points - self.eye
        level = np.sqrt(off[:, 0] ** 2 + off[:, 1] ** 2)
        bearing = np.arctan2(off[:, 0], off[:, 1]) / np.float32(2 * np.pi) + np.float32(0.5)
        slope = np.degrees(np.arctan2(off[:, 2], level))
        down = (self.UP_DEG - slope) / (self.UP_DEG + self.DOWN_DEG)
        width = self.levels[0].shape[1]
        texels = footprint / np.maximum(level, 0.1) / np.float32(2 * np.pi) * width
        return sample_mipmap(self.levels, bearing, down, texels)
