"""Ceiling lamps: panels, rows of spots, pendants. Each hangs from the ceiling at z = 0 and shines down."""

from __future__ import annotations

import numpy as np

from bgfg.synth.kit.pieces.palette import MaterialPalette
from bgfg.synth.kit.pieces.scene_group import SceneGroup
from bgfg.synth.kit.render.materials import glow
from bgfg.synth.kit.render.mesh_primitives import (
    box,
    cylinder,
    lathe,
    merge_by_material,
    prism,
    quad,
    rounded_rectangle,
    sphere,
    tube,
)
from bgfg.synth.kit.render.scene import AreaLight, LinearRGB, Material, Mesh


def panel_lamp(width: float, depth: float, radiance: LinearRGB, palette: MaterialPalette) -> SceneGroup:
    """Return a flat lamp of width x depth m below the ceiling."""
    shade = glow((1.0, 0.98, 0.94), 3.5)
    w, d = width / 2, depth / 2
    # Neither part casts a shadow: the area light hangs just below them.
    face = quad((-w + 0.02, d - 0.02, -0.026), (width - 0.04, 0, 0), (0, -depth + 0.04, 0), shade, casts_shadow=False)
    rim = box((-w, -d, -0.024), (w, d, 0.01), palette.white, casts_shadow=False)
    return SceneGroup((rim, face), (AreaLight((0, 0, -0.03), (width, 0, 0), (0, -depth, 0), radiance),))


def spot_row(length: float, count: int, radiance: LinearRGB, palette: MaterialPalette) -> SceneGroup:
    """Return `count` round lamps set into the ceiling in a row of `length` m along y; one light stands for them."""
    bright = glow((1.0, 0.96, 0.88), 5.0)
    parts: list[Mesh] = []
    for y in np.linspace(-length / 2, length / 2, count):
        for z, radius, material in ((-0.012, 0.085, palette.white), (-0.016, 0.06, bright)):
            disc = cylinder((0, float(y), z), radius, 0.01, material, 18)
            parts.append(Mesh(disc.vertices, disc.faces, material, casts_shadow=False).moved((0, float(y), z)))
    # One long light costs as many shadow rays as a single spot.
    return SceneGroup(merge_by_material(parts), (AreaLight((0, 0, -0.03), (0.15, 0, 0), (0, -length, 0), radiance),))


def pendant(kind: int, drop: float, radiance: LinearRGB, shade: Material) -> SceneGroup:
    """Return a lamp that hangs below the ceiling.

    Args:
        kind: 0 a dome, 1 a ball, 2 a cylinder, 3 a long bar along y.
        drop: How far below the ceiling it hangs, m.
        radiance: Of the light that it gives.
        shade: The material of its shade and of what it hangs from.
    """
    bright = glow((1.0, 0.93, 0.8), 3.5)
    parts = [tube((0, 0, -drop + 0.1), (0, 0, 0), 0.008, shade)]
    size = 0.3
    if kind == 0:
        parts.append(lathe([(0.23, -drop), (0.19, -drop + 0.1), (0.06, -drop + 0.2), (0, -drop + 0.21)], shade, 26))
        parts.append(_disc(0.2, -drop + 0.015, bright))
    elif kind == 1:
        parts.append(sphere((0, 0, -drop), 0.16, bright, casts_shadow=False))
    elif kind == 2:
        parts.append(lathe([(0.1, -drop), (0.1, -drop + 0.26), (0, -drop + 0.26)], shade, 20))
        parts.append(_disc(0.09, -drop + 0.01, bright))
        size = 0.2
    else:
        parts = [tube((0, y, -drop), (0, y, 0), 0.006, shade) for y in (-0.5, 0.5)]
        parts.append(box((-0.05, -0.75, -drop), (0.05, 0.75, -drop + 0.06), shade))
        face = quad((-0.042, 0.74, -drop - 0.002), (0.084, 0, 0), (0, -1.48, 0), bright, casts_shadow=False)
        light = AreaLight((0, 0, -drop - 0.02), (0.12, 0, 0), (0, -1.5, 0), radiance)
        return SceneGroup((*merge_by_material(parts), face), (light,))
    low = -drop - (0.2 if kind == 1 else 0.01)
    return SceneGroup(merge_by_material(parts), (AreaLight((0, 0, low), (size, 0, 0), (0, -size, 0), radiance),))


def _disc(radius: float, z: float, material: Material) -> Mesh:
    flat = prism(rounded_rectangle(2 * radius, 2 * radius, radius), z, z + 0.006, material)
    return Mesh(flat.vertices, flat.faces, material, casts_shadow=False)
