"""Panoramas: what is seen through windows and glass, 360 degrees around. Linear RGB float32."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from bgfg.synth.kit.pieces.colours import sample_hue
from bgfg.synth.kit.pieces.graphics import blank_image
from bgfg.synth.kit.render.image_textures import PanoramaTexture
from bgfg.synth.kit.render.scene import LinearRGB, Material, Mesh, scale_colour
from bgfg.synth.kit.render.vectors import FloatArray

PANORAMA_SIZE_PX = (2048, 512)  # 360 degrees across; from 50 degrees above the horizon to 40 below


def outdoor_panorama(rng: np.random.Generator, dusk: bool = False) -> FloatArray:
    """Return the world outside, all around: sky with clouds, then towers or trees, lit windows; (512, 2048, 3)."""
    width, height = PANORAMA_SIZE_PX
    horizon = int(height * 50 / 90)  # 50 of its 90 degrees lie above the horizon
    sky_kind = 4 if dusk else rng.integers(4)
    # Overhead and at the horizon: clear, overcast, evening, bright, dusk.
    tops: tuple[LinearRGB, ...] = (
        (0.16, 0.36, 0.78),
        (0.55, 0.6, 0.66),
        (0.30, 0.36, 0.6),
        (0.22, 0.45, 0.8),
        (0.03, 0.06, 0.2),
    )
    lows: tuple[LinearRGB, ...] = (
        (0.72, 0.84, 0.95),
        (0.85, 0.87, 0.9),
        (0.98, 0.72, 0.48),
        (0.9, 0.93, 0.96),
        (0.55, 0.3, 0.22),
    )
    fall = np.linspace(0, 1, horizon)[:, None, None] ** 1.4
    sky = np.asarray(tops[sky_kind]) + fall * (np.asarray(lows[sky_kind]) - np.asarray(tops[sky_kind]))
    image = np.empty((height, width, 3), np.float32)
    for c in range(3):
        image[:horizon, :, c], image[horizon:, :, c] = sky[..., c], lows[sky_kind][c] * 0.45
    _clouds(image[:horizon], rng, 0.75 if sky_kind == 1 else rng.uniform(0.2, 0.7), 0.35 if dusk else 0.95)
    haze = np.asarray(lows[sky_kind], np.float32)
    city = rng.random() < 0.65
    if city:
        for distance in (0.75, 0.5, 0.2):
            _towers(image, rng, horizon, haze, distance, dusk)
    if not city or rng.random() < 0.6:
        _trees(image, rng, horizon, haze * (0.4 if dusk else 1.0))
    return image


def room_panorama(rng: np.random.Generator, wall: LinearRGB) -> FloatArray:
    """Return a blurred room all around, as seen through a glass partition.

    Args:
        rng: Draws lamps, people and furniture as spots.
        wall: The colour of its walls.

    Returns:
        (256, 1024, 3); angles as in `outdoor_panorama`.
    """
    width, height = PANORAMA_SIZE_PX
    horizon = int(height * 50 / 90)
    tone = np.asarray(wall, np.float32)
    bands = ((horizon - 90, 0.75), (170, 0.6), (height - horizon - 80, 0.22))
    image = np.concatenate([blank_image(width, high, scale_colour(wall, share)) for high, share in bands])
    for _ in range(60):  # lamps
        x, y = int(rng.integers(width)), int(rng.integers(20, horizon - 100))
        image[y : y + 9, x : x + int(rng.integers(30, 80))] = 1.5
    for _ in range(26):  # cupboards and doors
        x, w = int(rng.integers(width)), int(rng.integers(24, 70))
        image[horizon - 70 : horizon + int(rng.integers(10, 60)), x : x + w] = tone * rng.uniform(0.3, 2.2)
    for _ in range(70):  # furniture
        x, w = int(rng.integers(width)), int(rng.integers(15, 80))
        y = horizon + int(rng.integers(15, 60))
        image[y : y + int(rng.integers(12, 70)), x : x + w] = sample_hue(rng, 0.25, rng.uniform(0.03, 0.3))
    # Half the size is enough for what is out of focus.
    small = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 1.25), np.float32)


def _clouds(sky: FloatArray, rng: np.random.Generator, amount: float, tone: float) -> None:
    height, width = sky.shape[:2]
    cover = np.zeros((height, width), np.float32)
    for cells, weight in ((6, 1.0), (14, 0.5), (34, 0.25), (80, 0.12)):
        coarse = rng.uniform(-1, 1, (cells, cells * 2)).astype(np.float32)
        cover += weight * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    share = np.clip((cover - 0.9 + 1.4 * amount) * 0.9, 0, 1) * 0.85
    for c in range(3):
        sky[..., c] += share * (np.float32(tone) - sky[..., c])


def _towers(
    image: FloatArray, rng: np.random.Generator, horizon: int, haze: FloatArray, distance: float, dusk: bool
) -> None:
    width = image.shape[1]
    x = 0
    while x < width:
        w = int(rng.integers(26, 90) * (1.2 - 0.6 * distance))
        high = int(rng.uniform(15, 150) * (1.25 - 0.7 * distance))
        wall = np.asarray(sample_hue(rng, 0.12, rng.uniform(0.12, 0.5)), np.float32)
        wall = wall * (0.12 if dusk else 1.0)
        wall = wall + np.float32(distance) * (haze * (0.25 if dusk else 0.8) - wall)
        foot = horizon + int((1 - distance) * 60) + 15
        image[max(horizon - high, 0) : foot, x : x + w] = wall
        pitch, glass = int(rng.integers(5, 9)), wall * np.float32(0.62) + haze * np.float32(0.12 * distance)
        for y in range(horizon - high + 4, foot - 3, pitch + 2):
            if rng.random() < 0.96:
                for column in range(x + 3, min(x + w, width) - 3, pitch):
                    lamp = dusk and rng.random() < 0.35
                    image[y : y + pitch - 2, column : column + pitch - 3] = (1.6, 1.15, 0.6) if lamp else glass
        x += w + int(rng.integers(0, 30))


def _trees(image: FloatArray, rng: np.random.Generator, horizon: int, haze: FloatArray) -> None:
    """Paint rows of trees on a lawn, the far ones first."""
    width = image.shape[1]
    lawn = np.array([0.10, 0.17, 0.05], np.float32) * np.float32(1.2 * haze.mean())
    image[horizon + 22 :] = 0.5 * image[horizon + 22 :] + 0.5 * lawn
    crowns = [_crown(rng) for _ in range(3)]
    for row in range(3):
        for _ in range(int(rng.integers(16, 34))):
            size = int(rng.uniform(26, 44) * (1 + 0.55 * row))
            x, y = int(rng.integers(width - size)), horizon + 6 + 14 * row - size + int(rng.integers(-6, 10))
            tone = np.array([rng.uniform(0.05, 0.13), rng.uniform(0.12, 0.24), rng.uniform(0.02, 0.06)])
            tone = tone * np.float32(1.2 * haze.mean()) + (0.14 - 0.06 * row) * haze
            trunk = (np.array([0.09, 0.06, 0.04]) + 0.06 * haze).tolist()
            middle = x + size // 2
            cv2.line(image, (middle, y + size // 2), (middle, y + int(size * 1.25)), trunk, max(2, size // 16))
            crown = cv2.resize(crowns[rng.integers(3)], (size, size), interpolation=cv2.INTER_AREA)
            light, cover = cv2.split(crown)
            for c in range(3):
                under = image[y : y + size, x : x + size, c]
                under += cover * (np.float32(tone[c]) * light - under)


def _crown(rng: np.random.Generator) -> FloatArray:
    """Return a tree's crown as (128, 128, 2): how light its leaves are, lit from above, and how much they cover."""
    leaves = np.zeros((128, 128), np.float32)
    for cells, weight in ((5, 0.8), (11, 0.55), (26, 0.45), (60, 0.3)):
        coarse = rng.uniform(-1, 1, (cells, cells)).astype(np.float32)
        leaves += weight * cv2.resize(coarse, (128, 128), interpolation=cv2.INTER_CUBIC)
    y, x = np.meshgrid(np.linspace(-1, 1, 128), np.linspace(-1, 1, 128), indexing="ij")
    cover = np.clip((0.78 - np.hypot(x, y) + 0.22 * leaves) * 6, 0, 1)
    light = np.clip(1.05 - 0.45 * y + 0.5 * leaves, 0.35, 2.0)
    return np.stack([light, cover], axis=-1).astype(np.float32)


def in_world_frame(meshes: Sequence[Mesh], pane: Material) -> tuple[Mesh, ...]:
    """Return the meshes; those of the material `pane` are baked into the world's frame, in which its texture lives."""
    return tuple(p.baked() if p.material is pane else p for p in meshes)


def panorama_material(image: PanoramaTexture, emission: float, gloss: float = 0.25) -> Material:
    """Return the material of a pane that shows `image`."""
    return Material(image, emission=emission, gloss=gloss, roughness=0.02)
