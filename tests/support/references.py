"""Slow, obvious versions that the tests hold the fast ones to, and small pictures to try them on."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_KERNEL = ((1, 2, 1), (2, 4, 2), (1, 2, 1))


def blend(fg: int, bg: int, alpha: int) -> int:
    """Return round((fg·a + bg·(255 − a)) / 255), half up, in rational arithmetic."""
    exact = Fraction(fg * alpha + bg * (255 - alpha), 255)
    return int(exact + Fraction(1, 2))  # floor, since it isn't negative


def compose(background: Pixels, rgba: Pixels, x_px: int, y_px: int) -> tuple[Pixels, Pixels]:
    """Compose one sample pixel by pixel."""
    height_px, width_px, _ = background.shape
    image, mask = background.copy(), np.zeros((height_px, width_px), np.uint8)
    for row in range(rgba.shape[0]):
        for column in range(rgba.shape[1]):
            y, x = y_px + row, x_px + column
            if 0 <= y < height_px and 0 <= x < width_px:
                red, green, blue, alpha = (int(value) for value in rgba[row, column])
                image[y, x] = [
                    blend(fg, int(bg), alpha) for fg, bg in zip((red, green, blue), background[y, x], strict=True)
                ]
                mask[y, x] = alpha
    return image, mask


def visible(depth_mm: NDArray[np.uint16], alpha: Pixels, x: int, y: int) -> Pixels:
    """Return what remains of a cut-out's alpha where a background stands in front, pixel by pixel."""
    height_px, width_px = depth_mm.shape
    inside = [
        (row, column)
        for row, column in np.ndindex(*alpha.shape)
        if 0 <= y + row < height_px and 0 <= x + column < width_px
    ]
    opaque = [(row, column) for row, column in inside if alpha[row, column] >= 128]
    remaining = alpha.copy()
    if not opaque:
        return remaining
    lowest = max(row for row, _ in opaque)
    columns = [column for row, column in opaque if row == lowest]
    standing = int(depth_mm[y + lowest, x + (min(columns) + max(columns)) // 2])
    for row, column in inside:
        t = 0
        for i, j in np.ndindex(3, 3):
            near_y = min(max(y + row + i - 1, 0), height_px - 1)
            near_x = min(max(x + column + j - 1, 0), width_px - 1)
            depth = int(depth_mm[near_y, near_x])
            t += _KERNEL[i][j] * (depth > 0 and depth * 20 < standing * 19)
        remaining[row, column] = int(Fraction(int(alpha[row, column]) * (16 - t), 16) + Fraction(1, 2))
    return remaining


def picture(height_px: int, width_px: int, seed: int) -> Pixels:
    """Return a background (H, W, 3) whose channels and corners all differ, with some noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height_px, :width_px]
    ramps = np.stack([y * 200 // height_px, x * 200 // width_px, (x + y) * 100 // (height_px + width_px)], axis=-1)
    return ((ramps + 37 * seed) % 200 + rng.integers(0, 55, ramps.shape)).astype(np.uint8)


def cutout(height_px: int, width_px: int, seed: int) -> Pixels:
    """Return an (h, w, 4) blob: opaque inside, soft at the edge, transparent in the corners, no mirror symmetry."""
    rng = np.random.default_rng(1_000 + seed)
    y, x = np.mgrid[:height_px, :width_px]
    centre_x = width_px * (0.35 + 0.1 * (seed % 3))
    distance = np.hypot((y - height_px / 2) / (height_px / 2), (x - centre_x) / (width_px / 2.5))
    alpha = np.clip((1.1 - distance) * 3, 0, 1)
    rgb = rng.integers(0, 256, 3) * 0.6 + rng.integers(0, 100, (height_px, width_px, 3))
    return np.dstack([np.clip(rgb, 0, 255) * (alpha[..., None] > 0), np.round(alpha * 255)]).astype(np.uint8)


def remaining(shapes: list[tuple[Pixels, int, int]], height_px: int, width_px: int) -> list[Pixels]:
    """Return what later cut-outs leave of the alpha of each, in the whole frame, pixel by pixel.

    shapes: alpha, x and y of each in the order of pasting.
    """
    planes = [np.zeros((height_px, width_px), np.uint8) for _ in shapes]
    for number, (alpha, left, top) in enumerate(shapes):
        for row, column in np.ndindex(*alpha.shape):
            y, x = top + row, left + column
            if not (0 <= y < height_px and 0 <= x < width_px):
                continue
            for before in planes[:number]:
                before[y, x] = blend(0, int(before[y, x]), int(alpha[row, column]))
            planes[number][y, x] = alpha[row, column]
    return planes


def compose_crowd(background: Pixels, crowd: list[tuple[Pixels, Pixels, int, int]]) -> tuple[Pixels, Pixels, Pixels]:
    """Compose one sample of several cut-outs pixel by pixel: image, mask and instance.

    crowd: RGB (h, w, 3), alpha (h, w), x and y of each in the order of pasting.
    """
    height_px, width_px, _ = background.shape
    image, clear = background, np.full((height_px, width_px, 3), 255, np.uint8)
    for rgb, alpha, x, y in crowd:
        image, _ = compose(image, np.dstack([rgb, alpha]), x, y)
        clear, _ = compose(clear, np.dstack([np.zeros_like(rgb), alpha]), x, y)
    planes = remaining([(alpha, x, y) for _, alpha, x, y in crowd], height_px, width_px)
    instance = np.zeros((height_px, width_px), np.uint8)
    for number, plane in enumerate(planes, start=1):
        instance[plane >= 128] = number
    return image, 255 - clear[..., 0], instance
