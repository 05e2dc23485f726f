"""Camera poses as of photos taken by hand: leaning, and looking up or down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bgfg.synth.kit.render.scene import Camera, look_target


def vary_camera(camera: Camera, rng: np.random.Generator) -> Camera:
    """Return a camera at the same spot with another height, bearing, pitch, field of view and roll."""
    # Rooms are furnished for a camera at this spot, so eye x and y stay.
    _, _, forward = camera.axes()
    bearing = np.degrees(np.arctan2(forward[0], forward[1])) + rng.uniform(-14, 14)
    eye = (camera.eye[0], camera.eye[1], float(rng.uniform(0.9, 2.1)))
    target = look_target(eye, float(bearing), float(rng.uniform(-24, 12)))
    return replace(camera, eye=eye, target=target, fov_deg=float(rng.uniform(42, 84)), roll_deg=sample_roll_deg(rng))


def sample_roll_deg(rng: np.random.Generator) -> float:
    """Return a random roll in degrees: a little, at most 4, or none."""
    return float(np.clip(rng.normal(0, 1.2), -4, 4)) if rng.random() < 0.7 else 0.0
