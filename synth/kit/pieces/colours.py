"""Random colours of walls, upholstery and printed things. Linear RGB."""

from __future__ import annotations

import numpy as np

from bgfg.synth.kit.render.scene import LinearRGB

# Colours that walls are painted in and chairs are sold in: linear RGB.
ACCENT_COLOURS: tuple[LinearRGB, ...] = (
    (0.03, 0.16, 0.17),  # petrol
    (0.02, 0.06, 0.20),  # navy
    (0.55, 0.30, 0.03),  # mustard
    (0.46, 0.13, 0.06),  # terracotta
    (0.05, 0.16, 0.07),  # forest
    (0.24, 0.03, 0.05),  # burgundy
    (0.62, 0.20, 0.02),  # orange
    (0.12, 0.30, 0.48),  # sky
    (0.20, 0.28, 0.16),  # sage
    (0.50, 0.03, 0.03),  # red
    (0.10, 0.33, 0.31),  # turquoise
    (0.16, 0.07, 0.20),  # plum
    (0.30, 0.42, 0.08),  # apple
    (0.04, 0.14, 0.42),  # blue
    (0.60, 0.42, 0.30),  # sand
)


def sample_accent_colour(rng: np.random.Generator) -> LinearRGB:
    """Return one of `ACCENT_COLOURS`, a little lighter or darker."""
    factor = float(rng.uniform(0.8, 1.35))
    r, g, b = ACCENT_COLOURS[rng.integers(len(ACCENT_COLOURS))]
    return min(r * factor, 0.8), min(g * factor, 0.8), min(b * factor, 0.8)


def sample_hue(rng: np.random.Generator, saturation: float, value: float) -> LinearRGB:
    """Return a colour of random hue, and of the `saturation` and `value` of HSV, 0..1."""
    h = rng.uniform(0, 6)
    channel = [value * (1 - saturation * (1 - min(max(abs((h + k) % 6 - 3) - 1, 0), 1))) for k in (0, 4, 2)]
    return channel[0], channel[1], channel[2]
