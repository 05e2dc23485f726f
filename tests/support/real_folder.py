"""Small folders of pictures with masks, second shots of their scenes, and depth maps, as people keep real ones."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.support.paired_folders import disc, save

HEIGHT_PX, WIDTH_PX = 40, 56


def scene(seed: int) -> NDArray[np.uint8]:
    """Return an empty scene, (HEIGHT_PX, WIDTH_PX, 3): smooth colours of its own."""
    draw = np.random.default_rng(seed).integers(0, 160, (5, 7, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(draw, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC))


def inside(seed: int) -> NDArray[np.bool_]:
    """Return where somebody stands in a picture."""
    return disc(seed, HEIGHT_PX, WIDTH_PX)


def picture(seed: int, shot: int) -> NDArray[np.uint8]:
    """Return a scene with somebody in it."""
    pixels = scene(shot)
    pixels[inside(seed)] = (230, 40 + 10 * (seed % 8), 200)
    return pixels


def depth_mm(seed: int) -> NDArray[np.uint16]:
    """Return the depth of a picture in millimetres, 0 in a corner, where nothing is known."""
    depth = np.tile(np.linspace(6000, 2000, HEIGHT_PX)[:, None], WIDTH_PX)
    depth[inside(seed)] = 1500 + 10 * seed
    depth[:4, :4] = 0
    return depth.astype(np.uint16)


def make_real(root: Path, count: int = 8, scenes: int = 4, depth: bool = False, first: int = 0) -> Path:
    """Write images/N.png, masks/N.png, backgrounds/N.png (of so many scenes; 0 for none), depth/N.png where wanted."""
    for seed in range(first, first + count):
        save(picture(seed, seed % scenes if scenes else seed), root / f"images/{seed:03}.png")
        save(inside(seed).astype(np.uint8) * 255, root / f"masks/{seed:03}.png")
        if scenes:
            save(scene(seed % scenes), root / f"backgrounds/{seed:03}.png")
        if depth:
            save(depth_mm(seed), root / f"depth/{seed:03}.png")
    return root
