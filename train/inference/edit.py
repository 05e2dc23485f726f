"""Another background behind the person: a colour, a picture, the same scene tinted, blurred, or out of focus."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from bgfg.data_manifests.images.fit import fit_background
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.inference.layers import Scene
from bgfg.train.inference.predictor import Pixels

# From a scene to what is to be behind its person, (H, W, 3) uint8 RGB.
Edit = Callable[[Scene], Pixels]

Colour = tuple[int, int, int]

# Of the blur where none is asked for: 15 px in a picture of 1080.
_BLUR = 15 / 1080

# Depths nearer than this are taken for it.
_NEAREST_M = 0.05

# How many steps of sharpness are mixed to a continuous one.
_STEPS = 6

# What is before the person gets at most so much more blurred than what is infinitely far.
_MOST = 2.0


def edited(scene: Scene, edit: Edit) -> Pixels:
    """Return the person, with soft edges, over what an edit puts behind, (H, W, 3) uint8 RGB."""
    return scene.person.over(edit(scene))


def plain(colour: Colour, strength: float = 1.0) -> Edit:
    """Paint the background in a colour; strength: its share, in 0..1, the rest is the scene."""

    def edit(scene: Scene) -> Pixels:
        mixed = scene.bare * (1 - strength) + np.array(colour) * strength
        return np.round(mixed).astype(np.uint8)

    return edit


def other(picture: Pixels) -> Edit:
    """Put another picture (h, w, 3) uint8 behind: its middle in the frame's proportions, never stretched."""
    return lambda scene: fit_background(picture, *scene.bare.shape[:2])


def tinted(colour: Colour, strength: float = 1.0) -> Edit:
    """Give the background the hue and saturation of a colour, and leave its lightness; strength: in 0..1.

    In CIE L*a*b*: a* and b* become the colour's.
    """
    wanted = cv2.cvtColor(np.array([[colour]], np.float32) / 255, cv2.COLOR_RGB2Lab)[0, 0]

    def edit(scene: Scene) -> Pixels:
        lab = cv2.cvtColor(scene.bare.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
        lab[..., 1:] += strength * (wanted[1:] - lab[..., 1:])
        rgb = cv2.cvtColor(lab, cv2.COLOR_Lab2RGB)
        return np.clip(np.round(rgb * 255), 0, 255).astype(np.uint8)

    return edit


def blurred(sigma_px: float | None = None) -> Edit:
    """Blur the background, the person left out of it; sigma_px: standard deviation, None for 1/72 of the height."""
    return lambda scene: _blurred(scene.bare, sigma_px or _BLUR * len(scene.bare))


def out_of_focus(sigma_px: float | None = None) -> Edit:
    """Blur the background by how far it is from the person, as a lens focused on the person does.

    sigma_px: standard deviation at infinity, None for 1/72 of the height. The circle of confusion of a thin lens is
    proportional to |1 - person / depth|. Raises Problem where the model gives no depth.
    """
    return partial(_out_of_focus, sigma_px)


def _out_of_focus(sigma_px: float | None, scene: Scene) -> Pixels:
    if scene.depths is None:
        raise Problem("--depth-of-field: needs the depth of person and scene, which weren't found: give --blur instead")
    circle = np.abs(1 - scene.depths.person_m / np.maximum(scene.depths.bare_m, _NEAREST_M))
    level = np.minimum(circle, _MOST) / _MOST * _STEPS
    farthest_px = (sigma_px or _BLUR * len(scene.bare)) * _MOST
    mixed = np.zeros(scene.bare.shape, np.float32)
    for step in range(_STEPS + 1):
        share = np.clip(1 - np.abs(level - step), 0, 1)
        if share.any():
            mixed += share[..., None] * _blurred(scene.bare, farthest_px * step / _STEPS)
    return np.round(mixed).astype(np.uint8)


def _blurred(pixels: Pixels, sigma_px: float) -> Pixels:
    if sigma_px <= 0:
        return pixels
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT), np.uint8)
