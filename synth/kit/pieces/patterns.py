"""What is printed or woven in a pattern: wallpaper and rugs. Textures as in `materials`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from bgfg.synth.kit.render.materials import fades, flattened, mixed, noise, tinted
from bgfg.synth.kit.render.scene import Colour, Floats

MOTIFS = ("stripes", "flowers", "leaves", "diamonds", "bands")


@dataclass(frozen=True)
class Wallpaper:
    """Paper with a `motif`, one of `MOTIFS`, of the colour `ink` that comes again every `pitch_m`."""

    colour: Colour
    ink: Colour
    motif: str = "stripes"
    pitch_m: float = 0.2
    seed: int = 0

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """Return the albedo as `Texture` says."""
        u, v = flattened(points, normals)
        ground = tinted(self.colour, 1 + 0.02 * noise(self.seed, u * 1.5, v * 1.5))
        share = inked(self.motif, u / self.pitch_m, v / self.pitch_m, self.seed)
        return mixed(ground, self.ink, 0.5 + (share - 0.5) * fades(footprint, self.pitch_m / 4))


@dataclass(frozen=True)
class Rug:
    """A rug of `size_m` (across, along) around its own origin: pile with a `motif` in a border of stripes."""

    colour: Colour
    ink: Colour
    size_m: tuple[float, float]
    motif: str = "diamonds"
    pitch_m: float = 0.3
    seed: int = 0

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """Return the albedo as `Texture` says."""
        u, v = points[:, 0], points[:, 1]
        pile = 0.25 * noise(self.seed, u * 110, v * 110) * fades(footprint, 0.009)
        ground = tinted(self.colour, 1 + pile + 0.07 * noise(self.seed + 1, u * 2, v * 2))
        rim = np.minimum(self.size_m[0] / 2 - np.abs(u), self.size_m[1] / 2 - np.abs(v))
        field = inked(self.motif, u / self.pitch_m, v / self.pitch_m, self.seed)
        border = (np.abs(rim - 0.12) < 0.045) | (np.abs(rim - 0.22) < 0.02)
        share = np.where(rim < 0.26, border, field * fades(footprint, self.pitch_m / 4)).astype(np.float32)
        return mixed(ground, self.ink, 0.85 * share)


def inked(motif: str, u: Floats, v: Floats, seed: int) -> Floats:
    """Return how much ink (n,) 0..1 lies at (u, v), in pitches of the motif, one of `MOTIFS`."""
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
        bend = noise(seed + 5, u, v)
        height = noise(seed + 6, u * 2.2 + bend, v * 1.4 + 0.8 * bend) - 0.12
    return np.asarray(np.clip(0.5 + 6 * height, 0, 1), np.float32)
