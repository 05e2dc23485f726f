"""Outdoor places. A seed and a number decide kind, weather, camera, buildings, trees and cars.

Scenes go on to the horizon; depth in 16-bit millimetres ends at `DEPTH_LIMIT_M`, so what is farther, and the sky, is
stored as 65,535: "65.5 m or farther".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bgfg.synth.kit.pieces.palette import sample_palette
from bgfg.synth.kit.render.scene import Camera, Scene, SceneLights, look_target
from bgfg.synth.kit.scenes.cameras import sample_roll_deg
from bgfg.synth.kit.scenes.courtyards import lay_courtyard, lay_forecourt
from bgfg.synth.kit.scenes.outdoor_builder import OutdoorBuilder, new_outdoor_builder
from bgfg.synth.kit.scenes.streets import lay_street
from bgfg.synth.kit.scenes.weather import sample_weather

DEPTH_LIMIT_M = 65.535  # the farthest that 16-bit millimetres can say


@dataclass(frozen=True)
class OutdoorKind:
    """What places of a kind have in common.

    Attributes:
        lay_out: Builds the place.
        max_yaw_deg: How far the camera looks to either side at most.
        pitch_deg: The range of the camera's pitch, above 0 for looking up.
    """

    lay_out: Callable[[OutdoorBuilder], None]
    max_yaw_deg: float
    pitch_deg: tuple[float, float]


OUTDOOR_KINDS: dict[str, OutdoorKind] = {
    "court": OutdoorKind(lay_courtyard, 32, (-9, 7)),
    "street": OutdoorKind(lay_street, 24, (-7, 6)),
    "facade": OutdoorKind(lay_forecourt, 50, (-5, 15)),
}


def outdoor_scene(seed: int, index: int, size_px: int = 448) -> tuple[Scene, Camera]:
    """Return an outdoor place and the camera that looks at it.

    Args:
        seed: Of the kit.
        index: Which of its places; it decides the kind.
        size_px: The height and width of the camera's image.
    """
    # The order of these steps is the order of the random draws: another order makes other pictures.
    rng = np.random.default_rng([seed, index, 0x6F757473])  # "outs": draws of its own
    kind = OUTDOOR_KINDS[outdoor_kind(index)]
    camera = _camera(rng, kind, size_px)
    weather = sample_weather(rng)
    site = new_outdoor_builder(rng, camera, weather, sample_palette(rng))
    kind.lay_out(site)
    site.add_backdrop()
    return Scene(site.build(), SceneLights(sun=weather.sun), weather.sky(), weather.haze()), camera


def outdoor_kind(index: int) -> str:
    """Return the kind of place that `index` has with every seed, one of `OUTDOOR_KINDS`."""
    return list(OUTDOOR_KINDS)[index % len(OUTDOOR_KINDS)]


def _camera(rng: np.random.Generator, kind: OutdoorKind, size_px: int) -> Camera:
    height, pitch = float(rng.uniform(1.2, 2.2)), float(rng.uniform(*kind.pitch_deg))
    if rng.random() < 0.08:  # from a window or a bridge
        height, pitch = float(rng.uniform(3.5, 12)), float(rng.uniform(-22, -5))
    eye = (0.0, 0.0, height)
    target = look_target(eye, float(rng.uniform(-1, 1)) * kind.max_yaw_deg, pitch)
    return Camera(eye, target, float(rng.uniform(45, 85)), size_px, size_px, sample_roll_deg(rng))
