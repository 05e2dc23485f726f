"""Parked cars. Each stands on the origin of its own frame, its nose towards +x, z up, metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.pieces.scene_group import Meshes
from bgfg.synth.kit.render.materials import paint
from bgfg.synth.kit.render.mesh_primitives import box, boxes, merge_by_material, tube
from bgfg.synth.kit.render.scene import LinearRGB, Material, Mesh
from bgfg.synth.kit.render.vectors import as_vec3

_PAINTS: tuple[LinearRGB, ...] = (
    (0.75, 0.75, 0.75),
    (0.42, 0.43, 0.45),
    (0.02, 0.02, 0.022),
    (0.12, 0.125, 0.13),
    (0.03, 0.06, 0.16),
    (0.35, 0.02, 0.02),
    (0.10, 0.16, 0.22),
    (0.40, 0.34, 0.25),
)
_GLASS = Material((0.015, 0.018, 0.02), gloss=1.0, roughness=0.01, reflectance=0.08)
_TYRE = Material((0.018, 0.018, 0.019))
_RIM = Material((0.36, 0.37, 0.38), gloss=0.6, roughness=0.2, reflectance=0.3)
_TRIM = Material((0.03, 0.03, 0.032), gloss=0.3)
_HEADLAMP = Material((0.7, 0.72, 0.74), gloss=1.0, roughness=0.05, reflectance=0.2)
_TAIL_LAMP = Material((0.32, 0.01, 0.01), gloss=1.0, roughness=0.05)
_PLATE = Material((0.72, 0.72, 0.66))


@dataclass(frozen=True)
class CarShape:
    """Cross-sections of a car, in m, from tail to nose.

    Attributes:
        body: Sections of the body: (x, half width, low, high).
        cabin: Sections of the cabin: (x, roof height).
        waist: The height where the cabin begins.
        wheels: The x of the two axles.
        wheel_m: The radius of the wheels.
    """

    body: tuple[tuple[float, float, float, float], ...]
    cabin: tuple[tuple[float, float], ...]
    waist: float
    wheels: tuple[float, float]
    wheel_m: float = 0.32


_CAR_SHAPES = (
    CarShape(  # saloon
        ((-2.28, 0.60, 0.42, 0.86), (-2.15, 0.80, 0.28, 1.00), (-1.4, 0.89, 0.2, 1.02), (0.0, 0.90, 0.19, 0.98),
         (1.0, 0.89, 0.2, 0.94), (1.8, 0.85, 0.21, 0.84), (2.18, 0.74, 0.28, 0.70), (2.3, 0.55, 0.42, 0.58)),
        ((-1.95, 1.0), (-1.2, 1.38), (-0.3, 1.46), (0.35, 1.42), (1.2, 0.97)), 0.94, (-1.36, 1.38)),
    CarShape(  # hatchback
        ((-1.98, 0.62, 0.4, 0.9), (-1.88, 0.80, 0.28, 1.02), (-1.2, 0.87, 0.2, 1.02), (0.1, 0.88, 0.2, 0.99),
         (1.0, 0.86, 0.2, 0.95), (1.6, 0.82, 0.22, 0.86), (1.9, 0.72, 0.28, 0.74), (2.0, 0.54, 0.42, 0.6)),
        ((-1.9, 1.0), (-1.62, 1.40), (-0.6, 1.52), (0.3, 1.47), (1.15, 0.98)), 0.96, (-1.25, 1.25), 0.31),
    CarShape(  # sport utility
        ((-2.25, 0.70, 0.5, 1.0), (-2.15, 0.88, 0.34, 1.12), (-1.4, 0.94, 0.28, 1.12), (0.0, 0.95, 0.27, 1.10),
         (1.1, 0.94, 0.28, 1.07), (1.9, 0.90, 0.3, 1.0), (2.2, 0.80, 0.36, 0.88), (2.3, 0.62, 0.5, 0.72)),
        ((-2.1, 1.1), (-1.85, 1.60), (-0.6, 1.72), (0.3, 1.68), (1.2, 1.09)), 1.05, (-1.38, 1.4), 0.37),
    CarShape(  # van
        ((-2.5, 0.88, 0.4, 1.2), (-2.42, 0.95, 0.3, 1.3), (-1.4, 0.97, 0.26, 1.3), (0.4, 0.97, 0.25, 1.28),
         (1.5, 0.95, 0.26, 1.2), (2.1, 0.88, 0.28, 1.05), (2.42, 0.76, 0.34, 0.9), (2.5, 0.6, 0.5, 0.72)),
        ((-2.45, 1.25), (-2.35, 1.94), (-0.6, 2.02), (0.9, 1.96), (1.8, 1.15)), 1.2, (-1.6, 1.62), 0.34),
)  # fmt: skip


def car(rng: np.random.Generator) -> Meshes:
    """Return a car of one of four shapes, its paint drawn at random."""
    shape = _CAR_SHAPES[rng.choice(4, p=[0.36, 0.28, 0.26, 0.1])]
    enamel = paint(_PAINTS[rng.choice(8, p=[0.24, 0.17, 0.16, 0.13, 0.1, 0.08, 0.07, 0.05])], 1.0, 0.03)
    body = _loft(np.array([_section(*row) for row in shape.body]), enamel)
    return merge_by_material([body, *_cabin(shape, enamel), *_wheels(shape), *_lamps(shape)])


def _section(x: float, half: float, low: float, high: float) -> list[tuple[float, float, float]]:
    """Return a section of the body: its widest place a third below its top, its edges bevelled."""
    waist = low + 0.62 * (high - low)
    flank = [(0.86 * half, low), (half, low + 0.14), (half, waist), (0.93 * half, high - 0.03), (0.8 * half, high)]
    right = [(0.0, low), *flank]
    return [(x, y, z) for y, z in right] + [(x, 0.0, high + 0.015)] + [(x, -y, z) for y, z in right[:0:-1]]


def _cabin(shape: CarShape, enamel: Material) -> list[Mesh]:
    """Return the glasshouse with its roof and pillars."""
    rows = []
    for x, roof in shape.cabin:
        half = float(np.interp(x, [r[0] for r in shape.body], [r[1] for r in shape.body])) * 0.93
        lean = min(1.0, (roof - shape.waist) / 0.45) * 0.17
        right = [(half, shape.waist - 0.05), (half - lean, roof - 0.05), (half - lean - 0.09, roof)]
        rows.append([(x, y, z) for y, z in right] + [(x, -y, z) for y, z in right[::-1]])
    sections = np.array(rows)
    glass = _loft(sections, _GLASS, smooth=False)
    top = sections[1:-1, 1:5] + np.array([0, 0, 0.012])
    roof_part = _loft(top, enamel, smooth=False, closed=False)
    pillars = []
    for k, radius in ((0, 0.05), (1, 0.045), (2, 0.035), (3, 0.04)):
        foot = sections[min(k + (k >= 3), len(sections) - 1)]
        head = sections[max(1, k)]
        for near, far in ((0, 1), (5, 4)):
            pillars.append(tube(as_vec3(foot[near]), as_vec3(head[far]), radius, enamel, 5))
    return [glass, roof_part, *pillars]


def _wheels(shape: CarShape) -> list[Mesh]:
    parts = []
    radius = shape.wheel_m
    for x in shape.wheels:
        half = float(np.interp(x, [r[0] for r in shape.body], [r[1] for r in shape.body]))
        for side in (-1, 1):
            outer = half * side + 0.015 * side
            parts.append(_disc(x, outer - 0.2 * side, outer, radius, radius, _TYRE))
            parts.append(_disc(x, outer - 0.05 * side, outer + 0.006 * side, radius, 0.64 * radius, _RIM))
            parts.append(_disc(x, outer - 0.3 * side, outer - 0.012 * side, radius, 1.16 * radius, _TRIM))
    return parts


def _disc(x: float, y0: float, y1: float, z: float, radius: float, material: Material) -> Mesh:
    """Return a cylinder across the car, closed at its outer end `y1`."""
    angles = np.arange(16) * 2 * np.pi / 16
    # Wheel arches are wider than wheels: they are cut off at the ground.
    ring = np.column_stack([x + radius * np.cos(angles), np.zeros(16), np.maximum(z + radius * np.sin(angles), 0.0)])
    inner, outer = ring + np.array([0, y0, 0]), ring + np.array([0, y1, 0])
    vertices = np.concatenate([inner, outer, [[x, y1, z]]])
    i = np.arange(16)
    j = (i + 1) % 16
    faces = [np.column_stack(f) for f in ((i, j, 16 + j), (i, 16 + j, 16 + i), (16 + i, 16 + j, np.full(16, 32)))]
    return Mesh(vertices.astype(np.float32), np.concatenate(faces).astype(np.int32), material)


def _lamps(shape: CarShape) -> list[Mesh]:
    (tail, *_), (nose, *_) = shape.body[0], shape.body[-1]
    _, half, _, high = shape.body[-2]
    _, back, _, waist = shape.body[1]
    ends = [
        (nose - 0.17, nose - 0.05, half, high - 0.09, _HEADLAMP),
        (tail + 0.05, tail + 0.14, back, waist - 0.2, _TAIL_LAMP),
    ]
    parts = [
        boxes([(x0, side * w - 0.16 - 0.1 * side, z - 0.06) for side in (-1, 1)],
              [(x1, side * w + 0.16 - 0.1 * side, z + 0.06) for side in (-1, 1)], lamp)
        for x0, x1, w, z, lamp in ends
    ]  # fmt: skip
    grille = box((nose - 0.1, -0.5, 0.36), (nose + 0.012, 0.5, 0.5), _TRIM)
    ends_x = ((nose, nose + 0.03, 0.42), (tail - 0.02, tail, 0.6))
    plates = boxes([(a, -0.26, z) for a, _, z in ends_x], [(b, 0.26, z + 0.11) for _, b, z in ends_x], _PLATE)
    return [*parts, grille, plates]


def _loft(sections: NDArray[np.float64], material: Material, smooth: bool = True, closed: bool = True) -> Mesh:
    """Return the surface through sections (k, n, 3) in order; `closed` rings get an end cap at either side."""
    k, n, _ = sections.shape
    i = np.arange(n if closed else n - 1)
    j = (i + 1) % n
    rows = np.arange(k - 1)[:, None] * n
    sides = np.stack([rows + i, rows + n + i, rows + n + j, rows + i, rows + n + j, rows + j], axis=-1).reshape(-1, 3)
    faces = [sides]
    if closed:
        fan = np.arange(1, n - 1)
        faces += [np.column_stack([np.full(n - 2, s), s + fan, s + fan + 1]) for s in (0, (k - 1) * n)]
    return Mesh(sections.reshape(-1, 3).astype(np.float32), np.concatenate(faces).astype(np.int32), material, smooth)
