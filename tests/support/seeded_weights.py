"""Weights of a network drawn by the names of its layers, so that Keras and PyTorch can be given the same ones."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Mean and spread, or the ends of a range, of each variable: signals neither die nor explode.
_NORMAL = {"bias": (0.0, 0.1), "beta": (0.0, 0.2), "moving_mean": (0.0, 0.2)}
_UNIFORM = {"gamma": (0.7, 1.3), "moving_variance": (0.5, 1.5)}


def seeded_weight(layer: str, variable: str, shape: Sequence[int]) -> NDArray[np.float32]:
    """Return the values of one variable of a Keras layer, kernels as (height, width, inputs, outputs)."""
    rng = np.random.default_rng(zlib.crc32(f"{layer}/{variable}".encode()))
    if variable == "kernel":
        values = rng.normal(0, np.sqrt(2 / np.prod(shape[:3])), shape)
    elif variable in _UNIFORM:
        values = rng.uniform(*_UNIFORM[variable], shape)
    else:
        values = rng.normal(*_NORMAL[variable], shape)
    return values.astype(np.float32)


def seeded_picture(height_px: int, width_px: int) -> NDArray[np.float32]:
    """Return a picture (1, H, W, 3) in 0..1."""
    return np.random.default_rng(3).random((1, height_px, width_px, 3), np.float32)
