"""Textures of outdoor surfaces: asphalt, grass, foliage, glazed façades. Textures as in `procedural_textures`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bgfg.synth.kit.render.procedural_textures import (
    cell_value,
    detail_fade,
    joint_coverage,
    mix,
    surface_coordinates,
    tint,
    value_noise,
)
from bgfg.synth.kit.render.scene import LinearRGB
from bgfg.synth.kit.render.vectors import FloatArray


@dataclass(frozen=True)
class Asphalt:
    """Asphalt: grit, worn tracks along y, patches and cracks.

    Attributes:
        colour: Its mean albedo.
        seed: Of the noise.
        wear: How strongly tracks and stains show, 0 for even asphalt.
    """

    colour: LinearRGB = (0.11, 0.11, 0.115)
    seed: int = 0
    wear: float = 0.2

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo as `Texture` says."""
        u, v = surface_coordinates(points, normals)
        grit = 0.30 * value_noise(self.seed, u * 45, v * 45) * detail_fade(footprint, 0.022)
        grit = grit + 0.18 * value_noise(self.seed + 1, u * 13, v * 13) * detail_fade(footprint, 0.08)
        cloud = value_noise(self.seed + 2, u * 0.21, v * 0.12) + 0.6 * value_noise(self.seed + 3, u * 0.9, v * 0.35)
        track = np.cos(u * np.float32(2 * np.pi / 1.75)) * 0.35  # of wheels, 1.75 m apart
        # Cracks follow the contour line bend = 0.1 of a noise.
        bend = value_noise(self.seed + 4, u * 0.35, v * 0.35) + 0.45 * value_noise(self.seed + 5, u * 1.7, v * 1.7)
        crack = np.exp(-((bend - 0.1) ** 2) * 9000) * detail_fade(footprint, 0.03) * (cloud > 0.1)
        patch = cell_value(self.seed + 6, np.floor(u / 3.3), np.floor(v / 9.1)) > 0.8
        return tint(self.colour, (1 + grit + self.wear * (cloud + track) - 0.28 * patch) * (1 - 0.5 * crack))


@dataclass(frozen=True)
class Grass:
    """A lawn: blades near by, clumps, dry places, and the stripes of a mower.

    Attributes:
        colour: Its mean albedo where it isn't dry.
        seed: Of the noise.
        mown_m: The width of a mower's stripe, m; None for a lawn without stripes.
        dry: How much of it is dry, 0..1.
    """

    colour: LinearRGB = (0.09, 0.17, 0.035)
    seed: int = 0
    mown_m: float | None = None
    dry: float = 0.3

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo as `Texture` says."""
        u, v = surface_coordinates(points, normals)
        blades = 0.55 * value_noise(self.seed, u * 60, v * 60) * detail_fade(footprint, 0.017)
        blades = blades + 0.32 * value_noise(self.seed + 1, u * 17, v * 17) * detail_fade(footprint, 0.06)
        clumps = 0.24 * value_noise(self.seed + 2, u * 4.1, v * 4.1) * detail_fade(footprint, 0.25)
        broad = value_noise(self.seed + 3, u * 0.5, v * 0.5) + 0.5 * value_noise(self.seed + 4, u * 0.11, v * 0.11)
        tone = 1 + blades + clumps + 0.14 * broad
        if self.mown_m:
            tone = tone + 0.11 * np.sign(np.sin(v * np.float32(np.pi / self.mown_m))) * detail_fade(
                footprint, self.mown_m
            )
        straw = tint((0.26, 0.22, 0.09), tone)
        return mix(tint(self.colour, tone), straw, np.clip(self.dry * (broad + 0.4), 0, 0.8))


@dataclass(frozen=True)
class Foliage:
    """Many leaves seen as one surface: light and dark tufts of the two hues `colour` and `second`."""

    colour: LinearRGB
    second: LinearRGB
    seed: int = 0

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo as `Texture` says."""
        x, y, z = points[:, 0], points[:, 1], points[:, 2]
        u, v = x * 2.1 + z * 1.3, y * 2.1 - z * 1.7
        tuft = value_noise(self.seed, u, v) + 0.8 * value_noise(self.seed + 1, u * 4.3, v * 4.3) * detail_fade(
            footprint, 0.12
        )
        fine = 0.5 * value_noise(self.seed + 2, u * 17, v * 17) * detail_fade(footprint, 0.03)
        hues = np.clip(0.5 + 0.6 * value_noise(self.seed + 3, u * 0.9, v * 0.9), 0, 1)
        return mix(tint(self.colour, 1 + 0.3 * tuft + fine), tint(self.second, 1 + 0.3 * tuft + fine), hues)


@dataclass(frozen=True)
class Glazing:
    """Window panes with what is faintly seen behind them: blinds, ceilings, some rooms lighter.

    Attributes:
        colour: The mean albedo of the glass.
        bar: The colour of the bars between panes.
        pane_m: The size of a pane (across, up), m.
        seed: Of what is behind each pane.
        bar_m: The width of a bar, m.
        blinds: The share of panes with a blind, 0..1.
    """

    colour: LinearRGB
    bar: LinearRGB = (0.08, 0.08, 0.085)
    pane_m: tuple[float, float] = (1.5, 1.8)
    seed: int = 0
    bar_m: float = 0.06
    blinds: float = 0.25

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo as `Texture` says."""
        u, v = surface_coordinates(points, normals)
        wide, high = self.pane_m
        i, j = np.floor(u / wide + 0.5), np.floor(v / high)
        seen = detail_fade(footprint, 0.8 * wide)
        up = v / high - j
        room = tint(self.colour, 1 + seen * (0.35 * cell_value(self.seed, i, j) + 0.5 * (up - 0.5)))
        # Blinds cover the upper part of some panes; from afar, half of their share brightens all panes alike.
        drawn = (cell_value(self.seed + 1, i, j) < 2 * self.blinds - 1) & (
            up > 0.5 + 0.5 * cell_value(self.seed + 2, i, j)
        )
        slats = 1 + 0.25 * np.sin(v * np.float32(2 * np.pi / 0.08)) * detail_fade(footprint, 0.06)
        room = mix(room, tint((0.42, 0.42, 0.4), slats), np.where(drawn, seen, self.blinds * 0.5 * (1 - seen)))
        bars = np.maximum(
            joint_coverage(u + wide / 2, wide, self.bar_m, footprint), joint_coverage(v, high, self.bar_m, footprint)
        )
        return mix(room, self.bar, bars)
