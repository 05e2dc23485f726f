"""Layers that are laid over a picture: cut-outs of premultiplied bytes, which can be turned and blurred, and shades.

The work is done by layers.c, which is compiled when bgfg is installed where there is a C compiler, else by OpenCV.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.machine.compiled import compiled_library

_INTERFACE_VERSION = 2


@cache
def library() -> ctypes.CDLL | None:
    """Return what was compiled of layers.c; None where nothing was, or something else than is to be called."""
    found = compiled_library("bgfg.synth.painting._layers", _INTERFACE_VERSION)
    if found:
        pointer, count = ctypes.c_void_p, ctypes.c_ssize_t
        for lay in (found.lay_cutout, found.lay_shade):
            lay.restype, lay.argtypes = None, [pointer, count, pointer, count, count, count]
        found.multiply_bells.restype = None
        found.multiply_bells.argtypes = [pointer, count, pointer, count, ctypes.c_int32, pointer]
        found.keep_own_colours.restype, found.keep_own_colours.argtypes = None, [pointer, pointer, count]
    return found


@dataclass(frozen=True)
class PremultipliedCutout:
    """A cut-out whose colours are multiplied by alpha already, so that it could be turned and blurred.

    Attributes:
        pixels: (h, w, 4) uint8 RGBA, colours round(c·a / 255), which but for rounding of blurs are nowhere above a.
        alpha_u8: (h, w) uint8, as masks have it; of a feathered one a is another.
    """

    pixels: NDArray[np.uint8]
    alpha_u8: NDArray[np.uint8]

    @classmethod
    def of(cls, pixels: NDArray[np.uint8]) -> PremultipliedCutout:
        """Take (h, w, 4) uint8 premultiplied RGBA, whose alpha masks have."""
        return cls(pixels, np.ascontiguousarray(pixels[..., 3]))

    def lay_over(self, image: NDArray[np.uint8], part: tuple[slice, slice]) -> None:
        """Lay a part of it over (h, w, 3) uint8, in place: c + round(under·(255 − a) / 255)."""
        pixels = self.pixels[part]
        if not image.size:
            return
        if compiled := library():
            compiled.lay_cutout(
                image.ctypes.data, image.strides[0], pixels.ctypes.data, pixels.strides[0], *pixels.shape[:2]
            )
            return
        shining_through = _shaded(image, np.ascontiguousarray(pixels[..., 3]))
        cv2.add(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB), shining_through, dst=shining_through)
        image[:] = shining_through


@dataclass(frozen=True)
class Shade:
    """A black layer.

    Attributes:
        alpha_u8: (h, w) uint8.
    """

    alpha_u8: NDArray[np.uint8]

    def lay_over(self, image: NDArray[np.uint8], part: tuple[slice, slice]) -> None:
        """Lay a part of it over (h, w, 3) uint8, in place: round(under·(255 − a) / 255)."""
        alpha = self.alpha_u8[part]
        if not image.size:
            return
        if compiled := library():
            compiled.lay_shade(image.ctypes.data, image.strides[0], alpha.ctypes.data, alpha.strides[0], *alpha.shape)
            return
        image[:] = _shaded(image, alpha)


def _shaded(under: NDArray[np.uint8], alpha_u8: NDArray[np.uint8]) -> NDArray[np.uint8]:
    transparency = cv2.cvtColor(255 - alpha_u8, cv2.COLOR_GRAY2RGB)
    # Rounded from floating point, but never wrongly: no whole number of 255ths is near a half.
    return np.asarray(cv2.multiply(under, transparency, scale=1 / 255), np.uint8)


def multiplied_bells(down: NDArray[np.int32], across: NDArray[np.int32], darkness: int) -> NDArray[np.uint8]:
    """Return the product of two curves and a darkness, as levels: (h, w) uint8.

    Args:
        down: (h,) int32, from 0 to 1 in 1,024ths.
        across: (w,) int32, so too.
        darkness: Level where both are 1, in 1,024ths, at most 255 of them.
    """
    if compiled := library():
        shade = np.empty((len(down), len(across)), np.uint8)
        compiled.multiply_bells(
            down.ctypes.data, len(down), across.ctypes.data, len(across), darkness, shade.ctypes.data
        )
        return shade
    levels = (down * darkness + (1 << 9) >> 10)[:, None] * across
    return (levels + (1 << 19) >> 20).astype(np.uint8)
