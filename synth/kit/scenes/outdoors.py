"""A seed and a number become a place out of doors: its kind, weather, camera, buildings, trees and cars.

Scenes go on to the horizon; depth in 16-bit millimetres ends at `FAR_M`, so what is farther, and the sky, is stored
as 65,535: "65.5 m or farther".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from bgfg.synth.kit.pieces.looks import draw_look
from bgfg.synth.kit.render.scene import Camera, Lights, Scene, aimed
from bgfg.synth.kit.scenes.courts import court, front
from bgfg.synth.kit.scenes.site import Site, new_site
from bgfg.synth.kit.scenes.streets import street
from bgfg.synth.kit.scenes.weather import draw_weather

FAR_M = 65.535  # the farthest that 16-bit millimetres can say


@dataclass(frozen=True)
class Kind:
    """What places of a kind have in common: who lays them out, and how cameras look at them, in degrees."""

    lay_out: Callable[[Site], None]
    yaw: float  # to either side at most
    pitch: tuple[float, float]


KINDS: dict[str, Kind] = {
    "court": Kind(court, 32, (-9, 7)),
    "street": Kind(street, 24, (-7, 6)),
    "facade": Kind(front, 50, (-5, 15)),
}


def outdoors(seed: int, index: int, size_px: int = 448) -> tuple[Scene, Camera]:
    """Return place `index` of `seed` as a scene and the camera, `size_px` square, that looks at it."""
    rng = np.random.default_rng([seed, index, 0x6F757473])
    kind = KINDS[kind_of(index)]
    camera = _camera(rng, kind, size_px)
    weather = draw_weather(rng)
    site = new_site(rng, camera, weather, draw_look(rng))
    kind.lay_out(site)
    site.surroundings()
    return Scene(site.close(), Lights(sun=weather.sun), weather.sky(), weather.haze()), camera


def kind_of(index: int) -> str:
    """Return the kind of place that `index` has with every seed."""
    return list(KINDS)[index % len(KINDS)]


def loosened(camera: Camera, rng: np.random.Generator) -> Camera:
    """Return a camera at the same spot that looks elsewhere: other height, lens, pitch and lean than rooms have."""
    _, _, forward = camera.axes()
    bearing = np.degrees(np.arctan2(forward[0], forward[1])) + rng.uniform(-14, 14)
    eye = (camera.eye[0], camera.eye[1], float(rng.uniform(0.9, 2.1)))
    target = aimed(eye, float(bearing), float(rng.uniform(-24, 12)))
    return replace(camera, eye=eye, target=target, fov_deg=float(rng.uniform(42, 84)), roll_deg=leaning(rng))


def _camera(rng: np.random.Generator, kind: Kind, size_px: int) -> Camera:
    height, pitch = float(rng.uniform(1.2, 2.2)), float(rng.uniform(*kind.pitch))
    if rng.random() < 0.08:  # from a window or a bridge
        height, pitch = float(rng.uniform(3.5, 12)), float(rng.uniform(-22, -5))
    eye = (0.0, 0.0, height)
    target = aimed(eye, float(rng.uniform(-1, 1)) * kind.yaw, pitch)
    return Camera(eye, target, float(rng.uniform(45, 85)), size_px, size_px, leaning(rng))


def leaning(rng: np.random.Generator) -> float:
    """Draw how far a camera leans, in degrees: a little, or not at all."""
    return float(np.clip(rng.normal(0, 1.2), -4, 4)) if rng.random() < 0.7 else 0.0
