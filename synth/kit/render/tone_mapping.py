"""Tone mapping: how bright the light of an image is shown, and as which bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.render.vectors import FloatArray


def auto_exposure(colour: FloatArray, middle: float = 0.42) -> float:
    """Return the factor that brings the geometric mean luminance of `colour` (..., 3) to `middle`."""
    luminance = colour.reshape(-1, 3) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    return float(middle / np.exp(np.log(np.clip(luminance, 1e-2, 4.0)).mean()))


def tone_map(colour: FloatArray, exposure: float = 1.0) -> NDArray[np.uint8]:
    """Return sRGB uint8 of linear `colour` (..., 3) x `exposure`: linear up to 0.6, with a soft shoulder above."""
    light = np.maximum(colour * np.float32(exposure), 0)
    knee = np.float32(0.6)
    above = np.maximum(light - knee, 0)
    light = np.minimum(light, knee) + (1 - knee) * (1 - np.exp(-above / (1 - knee)))
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.power(np.maximum(light, 1e-6), 1 / 2.4) - 0.055)
    return np.asarray(np.clip(encoded, 0, 1) * 255 + 0.5).astype(np.uint8)
