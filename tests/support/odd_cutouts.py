"""Cut-outs drawn here: a person with soft edges, right or spoilt in one of the ways that people's files are."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Rgba = NDArray[np.uint8]


def soft_person(height_px: int = 120, width_px: int = 60, shirt: tuple[int, int, int] = (220, 180, 150)) -> Rgba:
    """An ellipse with soft edges that fills its frame, with straight colours."""
    y, x = np.mgrid[:height_px, :width_px]
    inside = ((x - width_px / 2) / (width_px * 0.44)) ** 2 + ((y - height_px / 2) / (height_px * 0.47)) ** 2 < 1
    alpha = cv2.GaussianBlur(inside.astype(np.uint8) * 255, (0, 0), 2.5)
    noise = np.random.default_rng(height_px).integers(-12, 13, (height_px, width_px, 3))
    colours = np.clip(np.array(shirt) + noise, 0, 255)
    return np.dstack([colours, alpha]).astype(np.uint8)


def premultiplied(rgba: Rgba) -> Rgba:
    """Colours times alpha, as a compositor keeps them."""
    alpha = rgba[..., 3:] / 255
    return np.dstack([np.round(rgba[..., :3] * alpha), rgba[..., 3:]]).astype(np.uint8)


def on_white(rgba: Rgba) -> Rgba:
    """Colours as they look on white paper, with the alpha of before: what a careless cut-out has."""
    alpha = rgba[..., 3:] / 255
    return np.dstack([np.round(rgba[..., :3] * alpha + 255 * (1 - alpha)), rgba[..., 3:]]).astype(np.uint8)


def with_margins(rgba: Rgba, top_px: int, side_px: int) -> Rgba:
    """The same person in a larger, transparent picture."""
    return np.pad(rgba, ((top_px, top_px), (side_px, side_px), (0, 0)))


def hazy(rgba: Rgba, alpha_u8: int = 6) -> Rgba:
    """A faint veil wherever nothing is."""
    spoilt = rgba.copy()
    spoilt[..., 3] = np.maximum(rgba[..., 3], alpha_u8)
    spoilt[rgba[..., 3] == 0, :3] = (90, 110, 130)
    return spoilt


def ghost(height_px: int = 80, width_px: int = 50) -> Rgba:
    """A person before an old background that is still half there."""
    rgba = soft_person(height_px, width_px)
    rgba[..., 3] = np.where(rgba[..., 3] > 200, 255, 110)
    rgba[10:70, :8, 3] = rgba[10:70, -8:, 3] = 90
    rgba[: height_px // 2, ..., 3] = 120
    return rgba
