"""What lies underfoot and grows out of doors, and what fills façades: asphalt, grass, foliage, glazing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from bgfg.synth.kit.render.materials import draw, fades, flattened, joints, mixed, noise, tinted
from bgfg.synth.kit.render.scene import Colour, Floats


@dataclass(frozen=True)
class Asphalt:
    """Grit, worn tracks along y, patches and cracks."""

    colour: Colour = (0.11, 0.11, 0.115)
    seed: int = 0
    wear: float = 0.2

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """Return the albedo as `Texture` says."""
        u, v = flattened(points, normals)
        grit = 0.30 * noise(self.seed, u * 45, v * 45) * fades(footprint, 0.022)
        grit = grit + 0.18 * noise(self.seed + 1, u * 13, v * 13) * fades(footprint, 0.08)
        cloud = noise(self.seed + 2, u * 0.21, v * 0.12) + 0.6 * noise(self.seed + 3, u * 0.9, v * 0.35)
        track = np.cos(u * np.float32(2 * np.pi / 1.75)) * 0.35
        bend = noise(self.seed + 4, u * 0.35, v * 0.35) + 0.45 * noise(self.seed + 5, u * 1.7, v * 1.7)
        crack = np.exp(-((bend - 0.1) ** 2) * 9000) * fades(footprint, 0.03) * (cloud > 0.1)
        patch = draw(self.seed + 6, np.floor(u / 3.3), np.floor(v / 9.1)) > 0.8
        return tinted(self.colour, (1 + grit + self.wear * (cloud + track) - 0.28 * patch) * (1 - 0.5 * crack))


@dataclass(frozen=True)
class Grass:
    """A lawn: blades near by, clumps, dry places, and stripes of the mower where `mown_m` is given."""

    colour: Colour = (0.09, 0.17, 0.035)
    seed: int = 0
    mown_m: float | None = None
    dry: float = 0.3

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """Return the albedo as `Texture` says."""
        u, v = flattened(points, normals)
        blades = 0.55 * noise(self.seed, u * 60, v * 60) * fades(footprint, 0.017)
        blades = blades + 0.32 * noise(self.seed + 1, u * 17, v * 17) * fades(footprint, 0.06)
        clumps = 0.24 * noise(self.seed + 2, u * 4.1, v * 4.1) * fades(footprint, 0.25)
        broad = noise(self.seed + 3, u * 0.5, v * 0.5) + 0.5 * noise(self.seed + 4, u * 0.11, v * 0.11)
        tone = 1 + blades + clumps + 0.14 * broad
        if self.mown_m:
            tone = tone + 0.11 * np.sign(np.sin(v * np.float32(np.pi / self.mown_m))) * fades(footprint, self.mown_m)
        straw = tinted((0.26, 0.22, 0.09), tone)
        return mixed(tinted(self.colour, tone), straw, np.clip(self.dry * (broad + 0.4), 0, 0.8))


@dataclass(frozen=True)
class Foliage:
    """Leaves in the mass: light and dark tufts of two hues."""

    colour: Colour
    second: Colour
    seed: int = 0

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """Return the albedo as `Texture` says."""
        x, y, z = points[:, 0], points[:, 1], points[:, 2]
        u, v = x * 2.1 + z * 1.3, y * 2.1 - z * 1.7
        tuft = noise(self.seed, u, v) + 0.8 * noise(self.seed + 1, u * 4.3, v * 4.3) * fades(footprint, 0.12)
        fine = 0.5 * noise(self.seed + 2, u * 17, v * 17) * fades(footprint, 0.03)
        hues = np.clip(0.5 + 0.6 * noise(self.seed + 3, u * 0.9, v * 0.9), 0, 1)
        return mixed(tinted(self.colour, 1 + 0.3 * tuft + fine), tinted(self.second, 1 + 0.3 * tuft + fine), hues)


@dataclass(frozen=True)
class Glazing:
    """Panes of `pane_m` (across, up) with what is faintly seen behind them: blinds, ceilings, some rooms lighter."""

    colour: Colour
    bar: Colour = (0.08, 0.08, 0.085)
    pane_m: tuple[float, float] = (1.5, 1.8)
    seed: int = 0
    bar_m: float = 0.06
    blinds: float = 0.25

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """Return the albedo as `Texture` says."""
        u, v = flattened(points, normals)
        wide, high = self.pane_m
        i, j = np.floor(u / wide + 0.5), np.floor(v / high)
        seen = fades(footprint, 0.8 * wide)
        up = v / high - j
        room = tinted(self.colour, 1 + seen * (0.35 * draw(self.seed, i, j) + 0.5 * (up - 0.5)))
        drawn = (draw(self.seed + 1, i, j) < 2 * self.blinds - 1) & (up > 0.5 + 0.5 * draw(self.seed + 2, i, j))
        slats = 1 + 0.25 * np.sin(v * np.float32(2 * np.pi / 0.08)) * fades(footprint, 0.06)
        room = mixed(room, tinted((0.42, 0.42, 0.4), slats), np.where(drawn, seen, self.blinds * 0.5 * (1 - seen)))
        bars = np.maximum(joints(u + wide / 2, wide, self.bar_m, footprint), joints(v, high, self.bar_m, footprint))
        return mixed(room, self.bar, bars)
