"""Edge-preserving blur of the light, and its spreading to pixels between: that of one plane keeps off another's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.render.vectors import FloatArray

# (shift in pixels, weight). A tap at each end counts half, so that every pixel's window holds each place of a 4 x 4
# tile equally often.
KERNEL_TAPS = ((-2, 0.5), (-1, 1.0), (0, 1.0), (1, 1.0), (2, 0.5))
# So many rows are blurred at a time: what is computed of them stays in the processor's cache.
BAND_ROWS = 32
# A pixel whose neighbours lie in its own plane by less than this, of at most 2, takes no light of theirs.
LEAST_WEIGHT = 0.25


@dataclass(frozen=True, eq=False)
class Surfaces:
    """What the H x W pixels of an image show.

    Attributes:
        points: (3, H, W) m, in the world.
        normals: (3, H, W), unit.
        known: (H, W) bool; the other pixels show nothing: they neither give nor take.
        tolerance_m: (H, W), how far off a pixel's plane a neighbour may lie.
    """

    points: FloatArray
    normals: FloatArray
    known: NDArray[np.bool_]
    tolerance_m: FloatArray

    def __getitem__(self, place: tuple[slice, slice]) -> Surfaces:
        every = (slice(None), *place)
        return Surfaces(self.points[every], self.normals[every], self.known[place], self.tolerance_m[place])

    def compact(self) -> Surfaces:
        """Return the same without gaps in memory."""
        return Surfaces(*(np.ascontiguousarray(values) for values in vars(self).values()))


def agreement(here: Surfaces, there: Surfaces) -> FloatArray:
    """Return (H, W) in 0..1: how far pixels lie in the planes of others, and look the same way.

    The weight of a cross bilateral filter (Eisemann and Durand 2004).
    """
    n, m = here.normals, there.normals
    apart = there.points - here.points
    off_plane = np.abs(n[0] * apart[0] + n[1] * apart[1] + n[2] * apart[2])
    alike = n[0] * m[0] + n[1] * m[1] + n[2] * m[2]
    weight: FloatArray = np.clip(np.float32(1.5) - off_plane / here.tolerance_m, 0, 1)
    weight *= np.clip(np.float32(5) * alike - np.float32(4), 0, 1)
    weight *= there.known
    return weight


def cross_bilateral_blur(values: FloatArray, surfaces: Surfaces) -> FloatArray:
    """Return planes `values` (C, H, W) blurred along x, then along y, over five pixels.

    A neighbour counts by its `agreement`, separated in the manner of Pham and van Vliet (2005).
    """
    out = np.empty_like(values)
    height, reach = values.shape[1], KERNEL_TAPS[-1][0]
    for top in range(0, height, BAND_ROWS):
        # The rows around a band are blurred along x with it, for it takes from them along y.
        first, last = max(top - reach, 0), min(top + BAND_ROWS + reach, height)
        band = surfaces[first:last, :]
        blurred = _blur_along(_blur_along(values[:, first:last], band, 1), band, 0)
        bottom = min(top + BAND_ROWS, height)
        out[:, top:bottom] = blurred[:, top - first : bottom - first]
    return out


def _blur_along(values: FloatArray, surfaces: Surfaces, axis: int) -> FloatArray:
    # A little of the pixel itself, so that where nothing counts there is no division by 0.
    weights = np.full(surfaces.known.shape, 1e-6, np.float32)
    total = values * np.float32(1e-6)
    length: int = weights.shape[axis]
    for shift, share in KERNEL_TAPS:
        if abs(shift) >= length:
            continue
        here = _span(axis, max(0, -shift), length - max(0, shift))
        there = _span(axis, max(0, shift), length - max(0, -shift))
        if shift:
            weight = agreement(surfaces[here], surfaces[there])
            weight *= np.float32(share)
        else:
            weight = surfaces.known.astype(np.float32)
        weights[here] += weight
        for plane, source in zip(total, values, strict=True):
            plane[here] += weight * source[there]
    total /= weights
    return total


def spread_between(values: FloatArray, surfaces: Surfaces) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return the light of all H x W pixels from that of every second pixel of every second row.

    Args:
        values: (C, h, w), the light of the pixels [::2, ::2].
        surfaces: Of all pixels.

    Returns:
        The light (C, H, W), and (H, W) which pixels have it: the others' neighbours all lie in other planes.
    """
    wide, lit = _fill_between(values, surfaces.known[::2, ::2], surfaces[::2, :], 1)
    return _fill_between(wide, lit, surfaces, 0)


def _fill_between(
    values: FloatArray, lit: NDArray[np.bool_], surfaces: Surfaces, axis: int
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return `values` with those between them along `axis`, and which pixels have light now."""
    shape = surfaces.known.shape
    out = np.zeros((len(values), *shape), np.float32)
    has_light = np.zeros(shape, bool)
    even, odd = _span(axis, 0, None, 2), _span(axis, 1, None, 2)
    out[(slice(None), *even)], has_light[even] = values, lit
    between, count = surfaces[odd], shape[axis] // 2
    lenders = surfaces[even]
    lenders = Surfaces(lenders.points, lenders.normals, lit, lenders.tolerance_m)
    total, weights = out[(slice(None), *odd)], np.zeros(between.known.shape, np.float32)
    for start in (0, 1):
        stop = min(start + count, lit.shape[axis])
        there, here = _span(axis, start, stop), _span(axis, 0, stop - start)
        weight = agreement(between[here], lenders[there])
        weights[here] += weight
        for plane, source in zip(total, values, strict=True):
            plane[here] += weight * source[there]
    total /= np.maximum(weights, np.float32(1e-6))
    has_light[odd] = (weights > LEAST_WEIGHT) & between.known
    return out, has_light


def _span(axis: int, start: int, stop: int | None, step: int = 1) -> tuple[slice, slice]:
    along = slice(start, stop, step)
    return (along, slice(None)) if axis == 0 else (slice(None), along)
