"""Cut-outs ready to be laid over pictures, and the exact blend of alpha.

In integers: `v = fg·a + bg·(255 − a) + 128; out = (v + (v >> 8)) >> 8` is `round((fg·a + bg·(255 − a)) / 255)`, half
up, for all 2^24 triples (Jim Blinn, "Three wrongs make a right", IEEE CG&A 1995).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Blendable(Protocol):
    """What can be laid over a picture."""

    @property
    def alpha_u8(self) -> NDArray[np.uint8]:
        """Its alpha as masks have it, (h, w) uint8."""

    def lay_over(self, image: NDArray[np.uint8], part: tuple[slice, slice]) -> None:
        """Lay a part of it over (h, w, 3) uint8, in place; the pixels of a row are one after the other."""


@dataclass(frozen=True)
class Cutout:
    """A cut-out ready to blend: the terms of the blend that don't depend on the background.

    Attributes:
        premultiplied: (h, w, 3) uint16, fg·a + 128.
        transparency: (h, w, 3) uint16, 255 − a, repeated for each channel, since a contiguous operand is faster than a
            broadcast one.
        alpha_u8: (h, w) uint8, 0..255.
    """

    premultiplied: NDArray[np.uint16]
    transparency: NDArray[np.uint16]
    alpha_u8: NDArray[np.uint8]

    @classmethod
    def prepare(cls, rgba: NDArray[np.uint8]) -> Cutout:
        """Build the tables of an (h, w, 4) uint8 RGBA picture, not premultiplied."""
        alpha = rgba[..., 3:].astype(np.uint16)
        transparency = np.repeat(255 - alpha, 3, axis=2)
        return cls(rgba[..., :3] * alpha + np.uint16(128), transparency, np.ascontiguousarray(rgba[..., 3]))

    def over(self, under: NDArray[np.uint8], part: tuple[slice, slice]) -> NDArray[np.uint16]:
        """Return what is seen where a part of it lies over (h, w, 3) uint8."""
        blended = under * self.transparency[part]
        blended += self.premultiplied[part]
        blended += blended >> 8
        blended >>= 8
        return blended

    def lay_over(self, image: NDArray[np.uint8], part: tuple[slice, slice]) -> None:
        """Lay a part of it over (h, w, 3) uint8, in place."""
        image[:] = self.over(image, part)


@dataclass(frozen=True)
class PlacedCutout:
    """A cut-out at its place in a frame.

    Attributes:
        cutout: What is to be seen of it.
        amodal_alpha_u8: (h, w) uint8, its alpha before anything of the background hides it.
        x: Left edge in px; may lie outside the frame.
        y: Top edge in px; may lie outside the frame.
    """

    cutout: Blendable
    amodal_alpha_u8: NDArray[np.uint8]
    x: int
    y: int
