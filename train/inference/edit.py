"""Edits of the background behind a person: a colour, another picture, or the scene tinted, blurred or out of focus."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.fit_to_frame import fit_background
from bgfg.data_manifests.images.strips import by_strips
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.inference.inputs import Pixels
from bgfg.train.inference.layers import Layers

# Makes of the layers of a picture the new background, (H, W, 3) uint8 RGB.
BackgroundEdit = Callable[[Layers], Pixels]

RgbColour = tuple[int, int, int]

# Default standard deviation of the blur, as a share of the height: 15 px in a picture of 1080.
_BLUR = 15 / 1080

# Nearer depths count as this one.
_NEAREST_M = 0.05

# Steps of sharpness that are mixed to a continuous one, since a blur of its own for each pixel would be slow.
_STEPS = 6

# What is nearer than the person is at most so much more blurred than what is infinitely far.
_MOST = 2.0


def apply_edit(layers: Layers, edit: BackgroundEdit) -> Pixels:
    """Return the person, with soft edges, over the background that an edit makes, (H, W, 3) uint8 RGB."""
    person, behind = layers.person, edit(layers)
    del layers  # of a large picture, what was behind is let go
    return person.over(behind)


def paint_background(colour: RgbColour, strength: float = 1.0) -> BackgroundEdit:
    """Return the edit that paints the background in a colour.

    Args:
        colour: RGB in 0..255.
        strength: Share of the colour in 0..1; the rest is the scene.
    """

    def edit(layers: Layers) -> Pixels:
        share = _own_colour(layers, colour) * strength
        return by_strips(layers.background, lambda strip: np.round(strip * (1 - strength) + share), np.uint8)

    return edit


def replace_background(picture: Pixels) -> BackgroundEdit:
    """Return the edit that puts another picture (h, w, 3) uint8 behind: its middle in the frame's proportions.

    The picture is cropped, never stretched.
    """
    return lambda layers: layers.in_own_colours(fit_background(picture, *layers.background.shape[:2]))


def tint_background(colour: RgbColour, strength: float = 1.0) -> BackgroundEdit:
    """Return the edit that gives the background the hue and saturation of a colour, and leaves its lightness.

    In CIE L*a*b*: a* and b* become the colour's.

    Args:
        colour: RGB in 0..255.
        strength: Share of the change in 0..1.
    """

    def edit(layers: Layers) -> Pixels:
        own = _own_colour(layers, colour).astype(np.float32)[None, None] / 255
        wanted = cv2.cvtColor(own, cv2.COLOR_RGB2Lab)[0, 0]

        def tinted(strip: Pixels) -> NDArray[np.float32]:
            lab = cv2.cvtColor(strip.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
            lab[..., 1:] += strength * (wanted[1:] - lab[..., 1:])
            rgb = cv2.cvtColor(lab, cv2.COLOR_Lab2RGB)
            return np.clip(np.round(rgb * 255), 0, 255)

        return by_strips(layers.background, tinted, np.uint8)

    return edit


def _own_colour(layers: Layers, colour: RgbColour) -> NDArray[np.uint8]:
    """Return a colour of sRGB in the colours of the layers, (3,) uint8."""
    return np.asarray(layers.in_own_colours(np.array([[colour]], np.uint8))[0, 0], np.uint8)


def blur_background(sigma_px: float | None = None) -> BackgroundEdit:
    """Return the edit that blurs the background, with the person left out of it.

    Args:
        sigma_px: Standard deviation of the blur; None for 1/72 of the height.
    """
    return lambda layers: _blurred(layers.background, sigma_px or _BLUR * len(layers.background))


def defocus_background(sigma_px: float | None = None) -> BackgroundEdit:
    """Return the edit that blurs the background by its distance from the person, like a lens focused on the person.

    The circle of confusion of a thin lens is proportional to |1 - person / depth|. The edit raises Problem where the
    model gives no depth.

    Args:
        sigma_px: Standard deviation of the blur at infinity; None for 1/72 of the height.
    """
    return partial(_out_of_focus, sigma_px)


def _out_of_focus(sigma_px: float | None, layers: Layers) -> Pixels:
    if layers.depths is None:
        raise Problem("--depth-of-field: needs the depth of person and scene, which weren't found: leave it out")
    circle = np.abs(1 - layers.depths.person_m / np.maximum(layers.depths.background_m, _NEAREST_M))
    level = np.minimum(circle, _MOST) / _MOST * _STEPS
    farthest_px = (sigma_px or _BLUR * len(layers.background)) * _MOST
    mixed = np.zeros(layers.background.shape, np.float32)
    # Each pixel is a mix of the two nearest steps of sharpness: weights are triangles around the steps.
    for step in range(_STEPS + 1):
        share = np.clip(1 - np.abs(level - step), 0, 1)
        if share.any():
            mixed += share[..., None] * _blurred(layers.background, farthest_px * step / _STEPS)
    return np.round(mixed).astype(np.uint8)


def _blurred(pixels: Pixels, sigma_px: float) -> Pixels:
    if sigma_px <= 0:
        return pixels
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT), np.uint8)
