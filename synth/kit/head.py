"""A head: skull, face and neck as a field, and the face as paint in the head's own coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.kit.figure import SIGN, Skeleton
from synth.kit.scene import Colour, Floats
from synth.kit.solids import Ellipsoid, Tube, unit
from synth.kit.surface import Field, cut, joined, merged, sampled

HEAD_VOXEL_M = 0.007


@dataclass(frozen=True)
class Features:
    """What makes one face unlike another; shares around 1 unless they say metres."""

    jaw: float = 1.0
    nose: float = 1.0
    lips: float = 1.0
    eyes: float = 1.0


def head_axes(figure: Skeleton) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return the middle of the head (3,), its frame (3, 3; right, ahead, up) and its size beside the reference."""
    return figure.joints["head"], figure.frames["head"], figure.build.blend(0.6, 0.58) + 0.41


def cranium(figure: Skeleton, thicker_m: float = 0.0) -> Ellipsoid:
    """Return the skull's vault, grown by `thicker_m`: the head above the ears, and the hair on it."""
    centre, frame, size = head_axes(figure)
    radii = [size * r + thicker_m for r in (0.077, 0.098, 0.086)]
    return Ellipsoid(centre + size * (np.array([0, -0.012, 0.029]) @ frame), radii, frame)


def head(figure: Skeleton, features: Features) -> Field:
    """Return the head with neck, ears and a modelled face."""
    centre, frame, size = head_axes(figure)

    def at(x: float, y: float, z: float) -> NDArray[np.float64]:
        return np.asarray(centre + size * (np.array([x, y, z]) @ frame))

    def egg(x: float, y: float, z: float, a: float, b: float, c: float) -> Ellipsoid:
        return Ellipsoid(at(x, y, z), (a * size, b * size, c * size), frame)

    jaw, stout = features.jaw, 1 + 0.25 * (figure.build.girth - 1)
    face = Tube(
        at(0, 0.022, 0.03),
        at(0, 0.045, -0.088),
        frame[1],
        [(0, 0.069 * size, 0.064 * size), (0.45, 0.063 * stout * size, 0.056 * size),
         (0.8, 0.050 * jaw * stout * size, 0.047 * size), (1, 0.034 * jaw * size, 0.038 * size)],
        (0.03, 0.018),
    )  # fmt: skip
    field = merged([cranium(figure), face], HEAD_VOXEL_M, 0.03)
    for solid, blend in (
        (egg(0.036, 0.048, -0.018, 0.026 * stout, 0.032, 0.026), 0.02),
        (egg(-0.036, 0.048, -0.018, 0.026 * stout, 0.032, 0.026), 0.02),
        (egg(0, 0.070, 0.024, 0.046, 0.018, 0.012), 0.02),
        (egg(0, 0.076, -0.094, 0.023 * jaw, 0.018, 0.015), 0.02),
        (egg(0, 0.083, -0.056, 0.023, 0.010 * features.lips, 0.011 * features.lips), 0.012),
    ):
        field = joined(field, sampled(solid, HEAD_VOXEL_M, 0.02), blend)
    for sign in SIGN.values():
        field = cut(field, egg(sign * 0.032, 0.102, 0.008, 0.017, 0.017, 0.010), 0.012)
    nose = features.nose
    bridge = Tube(at(0, 0.080, 0.012), at(0, 0.092 + 0.012 * nose, -0.026), frame[1],
                  [(0, 0.008, 0.010), (1, 0.011 * nose, 0.012)], (0.008, 0.009))  # fmt: skip
    lobes = [egg(x, 0.090, -0.029, 0.0095 * nose, 0.011, 0.008) for x in (-0.010 * nose, 0.010 * nose)]
    field = joined(field, merged([bridge, *lobes], HEAD_VOXEL_M, 0.010), 0.010)
    for sign in SIGN.values():
        tilted = np.stack([unit(frame[0] + sign * 0.35 * frame[1]), unit(frame[1] - sign * 0.35 * frame[0]), frame[2]])
        ear = Ellipsoid(at(sign * 0.079, -0.010, -0.004), (0.008 * size, 0.020 * size, 0.031 * size), tilted)
        field = joined(field, sampled(ear, HEAD_VOXEL_M, 0.01), 0.008)
    return joined(field, sampled(neck_tube(figure, 0.0), HEAD_VOXEL_M, 0.03), 0.025)


def neck_tube(figure: Skeleton, ease_m: float, share: float = 1.0) -> Tube:
    """Return the neck from between the shoulders up; `share` of it, for a collar."""
    centre, frame, size = head_axes(figure)
    build, s = figure.build, figure.build.scale
    chest = figure.frames["chest"]
    low = figure.joints["neck"] + s * (-0.05 * chest[2] - 0.004 * chest[1])
    high = centre + size * (np.array([0, -0.018, -0.04]) @ frame)
    radius = build.blend(0.057, 0.046) * (1 + 0.35 * (build.girth - 1)) + ease_m
    rows = [(0, radius * 1.22, radius * 1.18), (0.4, radius * 1.02, radius * 1.04), (1, radius, radius * 1.06)]
    return Tube(low, low + share * (high - low), chest[1], rows, (0.01, 0.005))


@dataclass(frozen=True)
class Complexion:
    """The colours of a face; `brow` is their thickness beside the usual, `age` 0..1 deepens the folds.

    `beard` is "none", "full", "stubble", "goatee" or "moustache".
    """

    skin: Colour
    hair: Colour
    lips: Colour
    iris: Colour
    brow: float = 1.0
    beard: str = "none"
    glasses: bool = False
    age: float = 0.0


@dataclass(frozen=True, eq=False)
class FacePaint:
    """The skin of the head with eyes, brows, lips and beard, as a texture of points in figure space."""

    centre: Floats
    frame: Floats
    size: float
    of: Complexion
    eyes: float

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """Return the albedo (n, 3), linear."""
        x, y, z = (((points - self.centre) @ self.frame.T) / self.size).T
        soft = np.maximum(footprint, 0.0015)
        colour = np.broadcast_to(np.asarray(self.of.skin, np.float32), (len(points), 3)).copy()
        ahead = y > 0.03
        across = np.abs(x)

        def paint(inside: Floats, tone: Colour | Floats, share: float = 1.0) -> None:
            cover = np.clip(0.5 + inside / soft, 0, 1) * ahead * share
            colour[:] += cover[:, None] * (np.asarray(tone, np.float32) - colour)

        def oval(px: float, pz: float, a: float, b: float) -> Floats:
            reach = np.sqrt(((across - px) / a) ** 2 + ((z - pz) / b) ** 2)
            return np.asarray((1 - reach) * min(a, b), np.float32)

        skin = np.asarray(self.of.skin, np.float32)
        flush = (skin * [1.0, 0.72, 0.68]).astype(np.float32)
        paint(oval(0.040, -0.022, 0.024, 0.020) * 0.5, flush, 0.35)
        paint(oval(0.0, -0.024, 0.014, 0.014) * 0.5, flush, 0.25)
        if self.of.age > 0.3:
            fold = 0.0016 - np.abs(across - 0.024 + (z + 0.03) * 0.35)
            paint(np.where((z < -0.028) & (z > -0.056), fold, -1), skin * 0.62, 0.6 * self.of.age)
        self._paint_beard(paint, oval, across, z)
        paint(oval(0, -0.0535, 0.023, 0.0052), self.of.lips)
        paint(oval(0, -0.0605, 0.018, 0.0062), self.of.lips)
        line = -0.0555 + 0.10 * across**1.5
        paint(np.where(across < 0.024, 0.0017 - np.abs(z - line), -1), np.asarray(self.of.lips) * 0.32)
        self._paint_eyes(paint, oval, x, across, z)
        return colour

    def _paint_eyes(self, paint, oval, x: Floats, across: Floats, z: Floats) -> None:  # type: ignore[no-untyped-def]
        e = self.eyes
        skin = np.asarray(self.of.skin, np.float32)
        paint(oval(0.032, 0.010, 0.019, 0.012), skin * 0.72, 0.7)
        # Under the lids even the white of an eye is no brighter than the skin allows.
        white = (0.40 + 0.45 * skin[0]) * np.array([1.0, 0.97, 0.94], np.float32)
        paint(oval(0.032, 0.0065, 0.0155 * e, 0.0076 * e), white)
        looks = np.sqrt((x - np.sign(x) * 0.032) ** 2 + (z - 0.0068) ** 2)
        paint(np.where(oval(0.032, 0.0065, 0.0155 * e, 0.0082 * e) > 0, 0.0072 * e - looks, -1), self.of.iris)
        lid = 0.0066 + 0.0078 * e * np.sqrt(np.clip(1 - ((across - 0.032) / (0.0172 * e)) ** 2, 0, 1))
        paint(np.where(np.abs(across - 0.032) < 0.017 * e, 0.0021 - np.abs(z - lid), -1), (0.012, 0.009, 0.008))
        arch = 0.0265 + 0.012 * (across - 0.032) - 9.0 * (across - 0.034) ** 2
        reach = np.where(np.abs(across - 0.0325) < 0.0205, 0.0034 * self.of.brow - np.abs(z - arch), -1)
        paint(reach, np.asarray(self.of.hair) * 0.7, 0.92)
        if self.of.glasses:
            rim = 0.0022 - np.abs(oval(0.033, 0.006, 0.024, 0.018))
            bridge = np.where(across < 0.011, 0.002 - np.abs(z - 0.010), -1)
            temple = np.where(across > 0.055, 0.0025 - np.abs(z - 0.010), -1)
            paint(np.maximum(np.maximum(rim, bridge), temple), (0.02, 0.02, 0.025))

    def _paint_beard(self, paint, oval, across: Floats, z: Floats) -> None:  # type: ignore[no-untyped-def]
        if self.of.beard == "none":
            return
        jaw = np.minimum(-0.034 - 0.25 * np.maximum(0.05 - across, 0) - z, 1.0)
        cheek = np.where(across > 0.058, 0.004 - z, jaw)
        moustache = np.where((across < 0.032) & (z > -0.054), 0.007 - np.abs(z + 0.043 + 0.22 * across), -1)
        mouth = oval(0, -0.057, 0.026, 0.009)
        region = np.maximum(np.minimum(np.where(across > 0.026, cheek, -0.064 - z), -mouth), moustache)
        if self.of.beard == "moustache":
            region = moustache
        elif self.of.beard == "goatee":
            region = np.maximum(np.where(across < 0.027, np.minimum(-0.064 - z, -mouth), -1), moustache)
        paint(region * 0.6, self.of.hair, 0.35 if self.of.beard == "stubble" else 0.88)
