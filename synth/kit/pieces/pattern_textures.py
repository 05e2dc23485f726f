"""Textures with printed or woven patterns: wallpaper and rugs. Textures as in `procedural_textures`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bgfg.synth.kit.render.procedural_textures import detail_fade, mix, surface_coordinates, tint, value_noise
from bgfg.synth.kit.render.scene import LinearRGB
from bgfg.synth.kit.render.vectors import FloatArray

MOTIFS = ("stripes", "flowers", "leaves", "diamonds", "bands")


@dataclass(frozen=True)
class Wallpaper:
    """Wallpaper: a motif printed on paper.

    Attributes:
        colour: Of the paper.
        ink: The colour of the motif.
        motif: One of `MOTIFS`.
        pitch_m: After how many metres the motif repeats.
        seed: Of the noise.
    """

    colour: LinearRGB
    ink: LinearRGB
    motif: str = "stripes"
    pitch_m: float = 0.2
    seed: int = 0

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo as `Texture` says."""
        u, v = surface_coordinates(points, normals)
        ground = tint(self.colour, 1 + 0.02 * value_noise(self.seed, u * 1.5, v * 1.5))
        share = ink_coverage(self.motif, u / self.pitch_m, v / self.pitch_m, self.seed)
        return mix(ground, self.ink, 0.5 + (share - 0.5) * detail_fade(footprint, self.pitch_m / 4))


@dataclass(frozen=True)
class Rug:
    """A rug around the origin of its mesh: pile with a motif inside a border of stripes.

    Attributes:
        colour: Of the pile.
        ink: The colour of motif and border.
        size_m: (across, along), m.
        motif: One of `MOTIFS`.
        pitch_m: After how many metres the motif repeats.
        seed: Of the noise.
    """

    colour: LinearRGB
    ink: LinearRGB
    size_m: tuple[float, float]
    motif: str = "diamonds"
    pitch_m: float = 0.3
    seed: int = 0

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo as `Texture` says."""
        u, v = points[:, 0], points[:, 1]
        pile = 0.25 * value_noise(self.seed, u * 110, v * 110) * detail_fade(footprint, 0.009)
        ground = tint(self.colour, 1 + pile + 0.07 * value_noise(self.seed + 1, u * 2, v * 2))
        rim = np.minimum(self.size_m[0] / 2 - np.abs(u), self.size_m[1] / 2 - np.abs(v))
        field = ink_coverage(self.motif, u / self.pitch_m, v / self.pitch_m, self.seed)
        border = (np.abs(rim - 0.12) < 0.045) | (np.abs(rim - 0.22) < 0.02)
        share = np.where(rim < 0.26, border, field * detail_fade(footprint, self.pitch_m / 4)).astype(np.float32)
        return mix(ground, self.ink, 0.85 * share)


def ink_coverage(motif: str, u: FloatArray, v: FloatArray, seed: int) -> FloatArray:
    """Return how much ink (n,) 0..1 lies at each place of a motif.

    Args:
        motif: One of `MOTIFS`.
        u: (n,) across, in pitches of the motif.
        v: (n,) up, in pitches of the motif.
        seed: Of the noise of "leaves".
    """
    # Ink lies where a height field is above 0.
    if motif == "stripes":
        height = np.sin(2 * np.pi * u) + 0.4 * np.sin(6 * np.pi * u)
    elif motif == "bands":
        height = np.sin(2 * np.pi * v) + 0.5 * np.sin(2 * np.pi * v / 3)
    elif motif == "diamonds":
        height = np.cos(2 * np.pi * u) + np.cos(2 * np.pi * v) - 0.6 * np.cos(4 * np.pi * u) * np.cos(4 * np.pi * v)
    elif motif == "flowers":
        row = np.floor(v)
        x, y = (u + 0.5 * (row % 2)) % 1 - 0.5, v - row - 0.5
        radius, angle = np.hypot(x, y), np.arctan2(y, x)
        height = 0.28 + 0.12 * np.cos(5 * angle) - radius - 0.3 * (radius < 0.08)
    else:
        bend = value_noise(seed + 5, u, v)
        height = value_noise(seed + 6, u * 2.2 + bend, v * 1.4 + 0.8 * bend) - 0.12
    # 6 sets how sharp the edges of the motif are.
    return np.asarray(np.clip(0.5 + 6 * height, 0, 1), np.float32)
