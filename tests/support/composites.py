"""Composites of a red person before noise, with their backgrounds and true masks, in memory and on disk."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.support import references

Pixels = NDArray[np.uint8]


def composite(height_px: int, width_px: int, seed: int) -> tuple[Pixels, Pixels, Pixels]:
    """Return a picture with a person, its background, and the true mask (H, W) uint8."""
    background = (references.picture(height_px, width_px, seed) // 2 + 20).astype(np.uint8)
    person = references.cutout(2 * height_px // 3, width_px // 3, seed)
    person[..., :3] = np.clip(person[..., :3] // 4 + [190, 20, 30], 0, 255)
    picture, mask = references.compose(background, person, width_px // 4, height_px // 5)
    return picture, background, mask


def write_composites(folder: Path, count: int = 2, height_px: int = 61, width_px: int = 83) -> tuple[Path, Path]:
    """Write pictures and their backgrounds as p0.png ...; return the two folders."""
    pictures, backgrounds = folder / "pictures", folder / "empty"
    for path in (pictures, backgrounds):
        path.mkdir(parents=True)
    for i in range(count):
        picture, background, _ = composite(height_px, width_px, i)
        cv2.imwrite(str(pictures / f"p{i}.png"), picture[..., ::-1])
        cv2.imwrite(str(backgrounds / f"p{i}.png"), background[..., ::-1])
    return pictures, backgrounds


def far_from_edges(mask: Pixels, reach_px: int) -> NDArray[np.bool_]:
    """Return the pixels farther than that from every one that is neither wholly the person's nor wholly not."""
    person = (mask == 255).astype(np.uint8)
    empty = (mask == 0).astype(np.uint8)
    kernel = np.ones((2 * reach_px + 1,) * 2, np.uint8)
    both = cv2.erode(person, kernel, borderValue=1) + cv2.erode(empty, kernel, borderValue=1)
    return np.asarray(both > 0)
