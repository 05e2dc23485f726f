"""Procedural textures: wood, carpet, plaster, brick, tiles, stone, slats, fabric.

Textures are functions of the place in the mesh's own frame, in metres, so they need no unwrapping; each is a small
frozen object that can be pickled and compared. What is finer than a pixel fades to its mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bgfg.synth.kit.render.scene import LinearRGB
from bgfg.synth.kit.render.vectors import FloatArray, empty_rows

_PERIOD = 256  # cells after which the noise repeats; a power of two


@lru_cache(maxsize=64)
def _lattice(seed: int) -> FloatArray:
    return np.random.default_rng([seed, 0x6E6F6973]).uniform(-1, 1, (_PERIOD, _PERIOD)).astype(np.float32)


def value_noise(seed: int, u: FloatArray, v: FloatArray) -> FloatArray:
    """Return smooth value noise (n,) in -1..1 at (u, v), with one independent value per unit cell."""
    lattice = _lattice(seed).ravel()
    left, low = np.floor(u), np.floor(v)
    s, t = u - left, v - low
    s, t = s * s * (3 - 2 * s), t * t * (3 - 2 * t)
    # The period is a power of two: the bits below it are the rest of the division, of negative numbers too.
    i, j = left.astype(np.int32), low.astype(np.int32)
    i, i1 = i & (_PERIOD - 1), (i + 1) & (_PERIOD - 1)
    j, j1 = (j & (_PERIOD - 1)) * _PERIOD, ((j + 1) & (_PERIOD - 1)) * _PERIOD
    near, far = lattice.take(j + i), lattice.take(j1 + i)
    near += s * (lattice.take(j + i1) - near)
    far += s * (lattice.take(j1 + i1) - far)
    return np.asarray(near + t * (far - near), np.float32)


def cell_value(seed: int, i: FloatArray, j: FloatArray) -> FloatArray:
    """Return a number (n,) in -1..1 for each whole-numbered cell (i, j), e.g. the tone of a plank."""
    return np.asarray(_lattice(seed)[j.astype(np.int32) & (_PERIOD - 1), i.astype(np.int32) & (_PERIOD - 1)])


def detail_fade(footprint: FloatArray, size_m: float) -> FloatArray:
    """Return 1 where details of `size_m` are wide enough to be seen, falling to 0 where they are finer than a pixel."""
    return np.asarray(np.clip(1.6 - footprint / np.float32(size_m) * np.float32(0.8), 0, 1))


def surface_coordinates(points: FloatArray, normals: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return surface coordinates (n,), (n,) in m: (x, y) on level faces, (along, z) on upright ones."""
    x, y, z = points[:, 0], points[:, 1], points[:, 2]
    level = np.abs(normals[:, 2]) > 0.7
    across = np.abs(normals[:, 1]) > np.abs(normals[:, 0])
    return np.where(level | across, x, y), np.where(level, y, z)


def tint(colour: LinearRGB, factor: FloatArray) -> FloatArray:
    """Return `colour` (3,) times factor (n,) as (n, 3), within 0.01..0.97."""
    out = empty_rows(len(factor))
    for c in range(3):
        out[:, c] = np.float32(colour[c]) * factor
    return np.clip(out, 0.01, 0.97, out=out)


def mix(one: FloatArray, other: LinearRGB | FloatArray, share: FloatArray) -> FloatArray:
    """Return `one` (n, 3) with `share` (n,) of `other` mixed in."""
    return np.asarray(one + share[:, None] * (np.asarray(other, np.float32) - one), np.float32)


def joint_coverage(place: FloatArray, size_m: float, width_m: float, footprint: FloatArray) -> FloatArray:
    """Return how much of each pixel (n,) is joint, of joints `width_m` wide every `size_m`; exact at any footprint."""
    # No narrower than half a millimetre, or the quotient loses its digits.
    half = np.maximum(footprint, 5e-4) / 2

    def filled(x: FloatArray) -> FloatArray:
        """Return the width of all joints between the origin and x."""
        number = np.floor(x / size_m + 0.5)
        return np.asarray(number * width_m + np.clip(x - number * size_m + width_m / 2, 0, width_m))

    return np.asarray(np.clip((filled(place + half) - filled(place - half)) / (2 * half), 0, 1), np.float32)


@dataclass(frozen=True)
class Plaster:
    """A painted wall: nearly even."""

    colour: LinearRGB
    seed: int = 0
    relief: float = 0.035

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo (n, 3) as a `Texture` does."""
        u, v = surface_coordinates(points, normals)
        tone = value_noise(self.seed, u * 0.9, v * 0.9) + 0.5 * value_noise(self.seed + 1, u * 3.1, v * 3.1)
        fine = value_noise(self.seed + 2, u * 60, v * 60) * detail_fade(footprint, 0.016)
        return tint(self.colour, 1 + self.relief * (tone + 0.7 * fine))


@dataclass(frozen=True)
class Wood:
    """Grain along x or y, in planks or without.

    Attributes:
        colour: The mean colour.
        seed: Of the noise.
        plank_m: (width, length) of the planks; None for one piece.
        along_y: Whether the grain runs along y rather than x.
        contrast: Of the grain.
    """

    colour: LinearRGB
    seed: int = 0
    plank_m: tuple[float, float] | None = None
    along_y: bool = False
    contrast: float = 0.22

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo (n, 3) as a `Texture` does."""
        u, v = surface_coordinates(points, normals)
        if self.along_y:
            u, v = v, u
        tone, seams = np.zeros_like(u), np.zeros_like(u)
        if self.plank_m:
            width, length = self.plank_m
            row = np.floor(v / width)
            shifted = u + (cell_value(self.seed, row, row * 3) * 0.5 + 0.5) * length
            column = np.floor(shifted / length)
            tone = cell_value(self.seed + 1, row, column) * 0.16
            u = u + cell_value(self.seed + 2, row, column) * 37
            seams = np.maximum(
                joint_coverage(v, width, 0.005, footprint), joint_coverage(shifted, length, 0.004, footprint)
            )
        wander = value_noise(self.seed + 3, u * 0.8, v * 6) * 0.35
        rings = value_noise(self.seed + 4, u * 1.1, (v + 0.06 * wander) * 38) * detail_fade(footprint, 0.026)
        fibre = value_noise(self.seed + 5, u * 5, v * 170) * detail_fade(footprint, 0.006)
        grain = 1 + tone + self.contrast * (0.55 * rings + 0.35 * fibre + 0.5 * wander)
        return tint(self.colour, grain * (1 - 0.55 * seams))


@dataclass(frozen=True)
class Carpet:
    """Pile with a speckle, in one piece or in squares of two tones.

    Attributes:
        colour: The mean colour.
        seed: Of the noise.
        tile_m: The side of the squares; None for one piece.
        accent: The colour of a square here and there.
    """

    colour: LinearRGB
    seed: int = 0
    tile_m: float | None = None
    accent: LinearRGB | None = None

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo (n, 3) as a `Texture` does."""
        u, v = surface_coordinates(points, normals)
        pile = 0.30 * value_noise(self.seed, u * 130, v * 130) * detail_fade(footprint, 0.008)
        pile = pile + 0.10 * value_noise(self.seed + 1, u * 24, v * 24) * detail_fade(footprint, 0.04)
        tone = 1 + pile + 0.05 * value_noise(self.seed + 2, u * 2, v * 2)
        out = tint(self.colour, tone)
        if self.tile_m:
            i, j = np.floor(u / self.tile_m), np.floor(v / self.tile_m)
            lot = cell_value(self.seed + 3, i, j)
            out = out * (1 + 0.10 * lot)[:, None]
            if self.accent:
                out = np.where((lot > 0.72)[:, None], tint(self.accent, tone), out)
            seam = np.maximum(
                joint_coverage(u, self.tile_m, 0.006, footprint), joint_coverage(v, self.tile_m, 0.006, footprint)
            )
            out = out * (1 - 0.3 * seam)[:, None]
        return np.asarray(out, np.float32)


@dataclass(frozen=True)
class Brick:
    """Courses of bricks, each of its own tone, with mortar between."""

    colour: LinearRGB
    mortar: LinearRGB = (0.5, 0.47, 0.43)
    seed: int = 0

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo (n, 3) as a `Texture` does."""
        u, v = surface_coordinates(points, normals)
        course = np.floor(v / 0.076)
        shifted = u + (course % 2) * 0.12
        brick = np.floor(shifted / 0.24)
        tone = 1 + 0.26 * cell_value(self.seed, brick, course) + 0.12 * value_noise(self.seed + 1, u * 45, v * 45)
        face = tint(self.colour, tone + 0.06 * value_noise(self.seed + 2, u * 1.3, v * 1.3))
        mortar = np.maximum(joint_coverage(v, 0.076, 0.012, footprint), joint_coverage(shifted, 0.24, 0.012, footprint))
        return mix(face, self.mortar, mortar)


@dataclass(frozen=True)
class Tiles:
    """Tiles with joints between them.

    Attributes:
        colour: The mean colour of the tiles.
        joint: The colour of the joints.
        size_m: (across, along).
        seed: Of the noise.
        variety: How far the tones of the tiles differ.
        joint_m: The width of the joints.
        stagger: By which share of its length a row is shifted against the one before.
    """

    colour: LinearRGB
    joint: LinearRGB
    size_m: tuple[float, float] = (0.6, 0.6)
    seed: int = 0
    variety: float = 0.06
    joint_m: float = 0.008
    stagger: float = 0.0

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo (n, 3) as a `Texture` does."""
        u, v = surface_coordinates(points, normals)
        row = np.floor(v / self.size_m[1])
        u = u + row * self.stagger * self.size_m[0]
        tone = self.variety * cell_value(self.seed, np.floor(u / self.size_m[0]), row)
        cloud = value_noise(self.seed + 1, u * 2.3, v * 2.3) + 0.5 * value_noise(
            self.seed + 2, u * 9, v * 9
        ) * detail_fade(footprint, 0.1)
        face = tint(self.colour, 1 + tone + 0.5 * self.variety * cloud)
        gap = np.maximum(
            joint_coverage(u, self.size_m[0], self.joint_m, footprint),
            joint_coverage(v, self.size_m[1], self.joint_m, footprint),
        )
        return mix(face, self.joint, gap)


@dataclass(frozen=True)
class Stone:
    """Concrete, terrazzo or marble: clouds, and veins or chips on top."""

    colour: LinearRGB
    seed: int = 0
    veins: float = 0.0
    chips: float = 0.0

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo (n, 3) as a `Texture` does."""
        u, v = surface_coordinates(points, normals)
        cloud = value_noise(self.seed, u * 0.7, v * 0.7) + 0.6 * value_noise(self.seed + 1, u * 2.2, v * 2.2)
        cloud = cloud + 0.4 * value_noise(self.seed + 2, u * 8, v * 8) * detail_fade(footprint, 0.12)
        out = tint(self.colour, 1 + 0.07 * cloud)
        if self.veins:
            bend = value_noise(self.seed + 3, u * 1.4, v * 1.4) + 0.4 * value_noise(self.seed + 4, u * 5, v * 5)
            line = np.exp(-(((bend + 0.5 * (u - v)) % 0.9 - 0.45) ** 2) * 260) * detail_fade(footprint, 0.06)
            out = out * (1 - self.veins * line)[:, None]
        if self.chips:
            lot = value_noise(self.seed + 5, u * 55, v * 55)
            out = out * (1 + self.chips * (np.clip(3 * lot, -1, 1) * detail_fade(footprint, 0.018)))[:, None]
        return np.clip(out, 0.01, 0.97).astype(np.float32)


@dataclass(frozen=True)
class Slats:
    """Upright slats or boards every `pitch_m` with a dark gap of `gap_m`; of wood when `grain`."""

    colour: LinearRGB
    pitch_m: float = 0.1
    gap_m: float = 0.02
    seed: int = 0
    grain: bool = True

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo (n, 3) as a `Texture` does."""
        u, v = surface_coordinates(points, normals)
        tone = 1 + 0.12 * cell_value(self.seed, np.floor(u / self.pitch_m + 0.5), np.zeros_like(u))
        if self.grain:
            tone = tone + 0.12 * value_noise(self.seed + 1, u * 90, v * 2.0) * detail_fade(footprint, 0.011)
            tone = tone + 0.08 * value_noise(self.seed + 2, u * 12, v * 0.6)
        return (
            tint(self.colour, tone)
            * (1 - 0.8 * joint_coverage(u + self.pitch_m / 2, self.pitch_m, self.gap_m, footprint))[:, None]
        )


@dataclass(frozen=True)
class Fabric:
    """A weave with a soft unevenness."""

    colour: LinearRGB
    seed: int = 0

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo (n, 3) as a `Texture` does."""
        u, v = surface_coordinates(points, normals)
        weave = value_noise(self.seed, u * 220, v * 220) * detail_fade(footprint, 0.005)
        return tint(self.colour, 1 + 0.10 * weave + 0.05 * value_noise(self.seed + 1, u * 9, v * 9))
