"""Weather: sun, sky with clouds and haze of a day outdoors, and the dome that the sky is painted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bgfg.synth.kit.render.mesh_primitives import lathe
from bgfg.synth.kit.render.procedural_textures import mix, value_noise
from bgfg.synth.kit.render.scene import Haze, LinearRGB, Material, Mesh, Sky, Sun
from bgfg.synth.kit.render.vectors import FloatArray, as_vec3

DOME_RADIUS_M = 4000.0
_DIM = 0.01  # the dome's albedo; it hardly answers light, its emission makes up for it


@dataclass(frozen=True)
class Weather:
    """The light of a day; all colours are linear radiance.

    Attributes:
        zenith: The sky overhead.
        horizon: The sky at the horizon.
        cloud: The clouds.
        cloud_cover: 0 no cloud, 1 all clouds.
        sun: The sun.
        haze_m: The distance over which the haze leaves 1/e of a colour.
        lit_share: The share of windows with lamps on.
        seed: Of the clouds.
    """

    zenith: LinearRGB
    horizon: LinearRGB
    cloud: LinearRGB
    cloud_cover: float
    sun: Sun
    haze_m: float
    lit_share: float = 0.0
    seed: int = 0

    def sky(self) -> Sky:
        """Return the light that comes from all around, with that of the sunlit ground."""
        share = 0.75 * self.cloud_cover
        zenith, horizon, cloud = (np.asarray(c) for c in (self.zenith, self.horizon, self.cloud))
        level = np.asarray(self.sun.irradiance) / np.pi * self.sun.direction[2]
        above = 0.5 * (zenith + horizon) * (1 - share) + cloud * share
        ground = 0.24 * (level + above) * np.array([1.0, 0.95, 0.86])
        return Sky(
            as_vec3(zenith * (1 - share) + cloud * share),
            as_vec3(horizon * (1 - 0.5 * share) + cloud * 0.5 * share),
            as_vec3(ground),
            reach_m=14.0,
        )

    def haze(self) -> Haze:
        """Return the haze; far away it has the colour of the horizon."""
        return Haze(as_vec3(np.asarray(self.horizon) * 0.92), self.haze_m)

    def dome(self) -> Mesh:
        """Return the sky as a mesh, far beyond everything: a dome that goes on a little below the horizon."""
        slopes = np.radians(np.linspace(-20, 90, 12))
        profile = [(DOME_RADIUS_M * float(np.cos(a)), DOME_RADIUS_M * float(np.sin(a))) for a in slopes]
        return lathe(profile, Material(SkyTexture(self), emission=1 / _DIM), sides=36)


@dataclass(frozen=True)
class SkyTexture:
    """The sky as a texture of the dome: a gradient, a glow around the sun, clouds on a level layer that recedes."""

    weather: Weather

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo as `Texture` says: the radiance times the dome's albedo."""
        w = self.weather
        away = points / np.linalg.norm(points, axis=1, keepdims=True)
        height = np.maximum(away[:, 2], 0)
        fall = np.exp(-height * np.float32(5.0))
        sky = mix(np.tile(np.asarray(w.zenith, np.float32), (len(points), 1)), w.horizon, fall)
        towards = np.asarray(w.sun.direction, np.float32)
        glow = np.maximum(away @ (towards / np.linalg.norm(towards)), 0)
        warm = np.asarray(w.sun.irradiance, np.float32) / np.float32(9)
        shine = 0.22 * glow**6 + 0.5 * glow**60 + 3 * glow**900
        sky = sky + shine[:, None] * warm
        share, tone = self._clouds(away, height)
        sky = mix(sky, np.asarray(w.cloud, np.float32) * (tone + 0.5 * glow**8)[:, None], share)
        return np.asarray(sky * np.float32(_DIM), np.float32)

    def _clouds(self, away: FloatArray, height: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return how much cloud covers each direction, 0..1, and how bright it is, about 1."""
        w = self.weather
        if w.cloud_cover <= 0:
            return np.zeros_like(height), np.ones_like(height)
        spread = 1 / (height + np.float32(0.16))
        u, v = away[:, 0] * spread * 1.3 + 40, away[:, 1] * spread * 1.3 + 40

        def thickness(u: FloatArray, v: FloatArray) -> FloatArray:
            total = np.zeros_like(u)
            for octave, weight in enumerate((1.0, 0.55, 0.3, 0.17, 0.1)):
                scale = 2.03**octave
                total = total + weight * value_noise(w.seed + octave, u * scale, v * scale)
            return np.asarray(total)

        here = thickness(u, v)
        towards = np.asarray(w.sun.direction[:2], np.float32) * np.float32(0.12)
        lit = here - thickness(u + towards[0], v + towards[1])  # thinner towards the sun: bright side
        share = np.clip((here - 1.1 + 2.2 * w.cloud_cover) * 1.7, 0, 1)
        share = share * share * (3 - 2 * share) * np.clip(height * 12, 0.25 * w.cloud_cover, 1)
        tone = 1 + 0.22 * np.clip(lit, -1, 1) - 0.16 * np.clip(here, 0, 1.2) * w.cloud_cover
        return np.asarray(share, np.float32), np.asarray(tone, np.float32)


def sample_weather(rng: np.random.Generator) -> Weather:
    """Return the light of a random day: clear, fair, hazy, overcast, or dusk."""
    kind = rng.choice(["clear", "fair", "hazy", "overcast", "dusk"], p=[0.24, 0.30, 0.12, 0.24, 0.10])
    seed, strength = int(rng.integers(1 << 20)), float(rng.uniform(0.75, 1.1))
    blue = as_vec3(np.array([0.15, 0.31, 0.66]) * rng.uniform(0.6, 1.25) + rng.uniform(0, 0.12))
    pale = as_vec3(np.array([0.66, 0.77, 0.88]) * rng.uniform(0.85, 1.1))
    white, grey = (1.15, 1.15, 1.16), as_vec3(np.array([0.66, 0.69, 0.73]) * rng.uniform(0.8, 1.15))
    if kind == "clear":
        cover = float(rng.choice([0.0, rng.uniform(0.1, 0.25)]))
        return Weather(blue, pale, white, cover, _sun(rng, (22, 68), 8.6 * strength), _log(rng, 900, 3000), 0, seed)
    if kind == "fair":
        sun = _sun(rng, (20, 62), 8.0 * strength, spread=0.03)
        return Weather(blue, pale, white, float(rng.uniform(0.3, 0.65)), sun, _log(rng, 600, 2500), 0, seed)
    if kind == "hazy":
        sun = _sun(rng, (9, 32), 5.5 * strength, (1.0, 0.8, 0.55), 0.05)
        low = as_vec3(np.array([0.95, 0.84, 0.68]) * rng.uniform(0.75, 1.0))
        return Weather((0.42, 0.52, 0.68), low, (1.0, 0.93, 0.84), float(rng.uniform(0, 0.5)), sun,
                       _log(rng, 140, 500), 0, seed)  # fmt: skip
    if kind == "overcast":
        # The sun behind clouds is wide: shadows without an edge.
        sun = _sun(rng, (30, 70), float(rng.uniform(0.5, 2.2)), (1.0, 0.98, 0.95), 0.4)
        return Weather((0.5, 0.54, 0.6), (0.78, 0.8, 0.83), grey, float(rng.uniform(0.75, 1.1)), sun,
                       _log(rng, 250, 1500), float(rng.choice([0, 0.1])), seed)  # fmt: skip
    low = ((0.55, 0.33, 0.2), (0.4, 0.32, 0.36), (0.2, 0.26, 0.4))[rng.integers(3)]
    sun = _sun(rng, (4, 10), float(rng.uniform(0.2, 0.9)), (1.0, 0.66, 0.4), 0.25)
    return Weather((0.05, 0.09, 0.2), low, (0.26, 0.23, 0.27), float(rng.uniform(0, 0.6)), sun,
                   _log(rng, 500, 2000), float(rng.uniform(0.25, 0.7)), seed)  # fmt: skip


def _sun(
    rng: np.random.Generator,
    height_deg: tuple[float, float],
    strength: float,
    tint: LinearRGB = (1.0, 0.94, 0.84),
    spread: float = 0.012,
) -> Sun:
    """Return a sun at a random place; seldom straight ahead, where most cameras don't look."""
    bearing = np.radians(rng.choice([rng.uniform(35, 325), rng.uniform(0, 360)], p=[0.8, 0.2]))
    slope = np.radians(rng.uniform(*height_deg))
    level = np.cos(slope)
    direction = (float(level * np.sin(bearing)), float(level * np.cos(bearing)), float(np.sin(slope)))
    return Sun(direction, as_vec3(np.asarray(tint) * strength), spread)


def _log(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
