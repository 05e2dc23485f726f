"""What is built into a room: walls with openings, windows, glass partitions, doors, lamps.

A wall lies along x from 0 to its length, its room side towards -y; what belongs to it uses the same frame. Everything
comes as a `Fitting`: parts with the lights they carry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from bgfg.synth.kit.pieces.looks import Look
from bgfg.synth.kit.render.images import Outlook
from bgfg.synth.kit.render.materials import glow
from bgfg.synth.kit.render.scene import AreaLight, Colour, Material, Part
from bgfg.synth.kit.render.shapes import block, box, cylinder, joined, prism, quad, rounded, sphere, tube, turned_body

REVEAL_M = 0.14  # how deep a pane stands behind the wall's face


@dataclass(frozen=True, eq=False)
class Fitting:
    """Parts and the lights they carry."""

    parts: tuple[Part, ...] = ()
    lights: tuple[AreaLight, ...] = ()

    def moved(self, x: float, y: float, yaw_deg: float = 0.0, z: float = 0.0) -> Fitting:
        """Return the fitting turned about z and moved to (x, y, z)."""
        return Fitting(
            tuple(p.moved((x, y, z), yaw_deg) for p in self.parts),
            tuple(light.moved((x, y, z), yaw_deg) for light in self.lights),
        )

    def __add__(self, other: Fitting) -> Fitting:
        return Fitting(self.parts + other.parts, self.lights + other.lights)


@dataclass(frozen=True)
class Opening:
    """A hole in a wall, in metres along and up the wall."""

    left: float
    right: float
    low: float
    high: float


def wall(
    length: float, height: float, openings: Sequence[Opening], face: Material, skirting: Material | None
) -> Fitting:
    """Return a wall with holes; it has a skirting board wherever no hole reaches the floor."""
    cells: list[tuple[float, float, float, float]] = []
    x = 0.0
    for hole in sorted(openings, key=lambda o: o.left):
        cells += [
            (x, hole.left, 0, height),
            (hole.left, hole.right, 0, hole.low),
            (hole.left, hole.right, hole.high, height),
        ]
        x = hole.right
    cells.append((x, length, 0, height))
    parts = []
    for left, right, low, high in cells:
        if right - left > 1e-3 and high - low > 1e-3:
            parts.append(quad((left, 0, low), (right - left, 0, 0), (0, 0, high - low), face))
            if skirting and low == 0 and high > 0.1:
                parts.append(box((left, -0.015, 0), (right, 0.001, 0.09), skirting))
    for hole in openings:
        parts += _reveals(hole, face)
    return Fitting(joined(parts))


def _reveals(hole: Opening, face: Material) -> list[Part]:
    w, h, deep = hole.right - hole.left, hole.high - hole.low, REVEAL_M + 0.02
    sides = [
        quad((hole.left, 0, hole.low), (0, deep, 0), (0, 0, h), face),
        quad((hole.right, deep, hole.low), (0, -deep, 0), (0, 0, h), face),
        quad((hole.left, 0, hole.high), (0, deep, 0), (w, 0, 0), face),
    ]
    if hole.low > 0:
        sides.append(quad((hole.left, 0, hole.low), (w, 0, 0), (0, deep, 0), face))
    return sides


def window(
    hole: Opening,
    across: int,
    up: int,
    frame: Material,
    pane: Material | None,
    radiance: Colour,
    blind: tuple[Material, float] | None,
) -> Fitting:
    """Return a window with across x up panes that lights the room; `blind` is a cloth and how far it hangs, 0..1.

    Without a `pane` it is clear: what stands outside is seen, at its own depth.
    """
    y, bar = REVEAL_M, 0.055
    parts = []
    if pane:
        edges = (hole.right - hole.left, 0, 0), (0, 0, hole.high - hole.low)
        parts.append(quad((hole.left, y, hole.low), *edges, pane, casts_shadow=False))
    for x in np.linspace(hole.left + bar / 2, hole.right - bar / 2, across + 1):
        parts.append(box((float(x) - bar / 2, y - 0.05, hole.low), (float(x) + bar / 2, y - 0.004, hole.high), frame))
    for z in np.linspace(hole.low + bar / 2, hole.high - bar / 2, up + 1):
        parts.append(
            box((hole.left, y - 0.045, float(z) - bar / 2), (hole.right, y - 0.006, float(z) + bar / 2), frame)
        )
    if hole.low > 0.2:
        parts.append(
            box((hole.left - 0.04, -0.05, hole.low - 0.03), (hole.right + 0.04, y - 0.01, hole.low + 0.004), frame)
        )
    top = hole.high
    if blind:
        cloth, share = blind
        top = hole.high - share * (hole.high - hole.low)
        parts.append(box((hole.left + 0.01, 0.02, top), (hole.right - 0.01, 0.026, hole.high - 0.01), cloth))
        parts.append(tube((hole.left + 0.01, 0.023, top), (hole.right - 0.01, 0.023, top), 0.013, frame))
    middle = ((hole.left + hole.right) / 2, -0.01, (hole.low + top) / 2)
    light = AreaLight(middle, (hole.right - hole.left, 0, 0), (0, 0, top - hole.low), radiance)
    return Fitting(joined(parts), (light,))


def glass_wall(hole: Opening, panes: int, frame: Material, pane: Material, frosted: Material) -> Fitting:
    """Return a partition of glass in a hole that reaches the floor, with a frosted band at the height of the eyes."""
    w = hole.right - hole.left
    parts = [quad((hole.left, 0.05, hole.low), (w, 0, 0), (0, 0, hole.high - hole.low), pane)]
    parts.append(quad((hole.left, 0.046, 0.95), (w, 0, 0), (0, 0, 0.55), frosted))
    for x in np.linspace(hole.left + 0.025, hole.right - 0.025, panes + 1):
        parts.append(box((float(x) - 0.025, 0.0, hole.low), (float(x) + 0.025, 0.06, hole.high), frame))
    for z in (hole.low + 0.03, hole.high - 0.03):
        parts.append(box((hole.left, 0.004, z - 0.03), (hole.right, 0.058, z + 0.03), frame))
    return Fitting(joined(parts))


def door(hole: Opening, leaf: Material, frame: Material, handle: Material, light_strip: Material | None) -> Fitting:
    """Return a closed door in a hole, with a strip of glass when `light_strip` is given."""
    left, right, high = hole.left, hole.right, hole.high
    parts = [
        box((left, 0.05, 0.005), (right, 0.09, high), leaf),
        box((left - 0.06, -0.02, 0), (left + 0.02, 0.1, high + 0.06), frame),
        box((right - 0.02, -0.02, 0), (right + 0.06, 0.1, high + 0.06), frame),
        box((left + 0.02, -0.02, high - 0.02), (right - 0.02, 0.1, high + 0.06), frame),
        block((right - 0.12, 0.045, 1.03), (0.05, 0.012, 0.16), handle),
        tube((right - 0.12, 0.0, 1.05), (right - 0.24, 0.0, 1.05), 0.011, handle),
        tube((right - 0.12, 0.05, 1.05), (right - 0.12, -0.005, 1.05), 0.011, handle),
    ]
    if light_strip:
        parts.append(box((left + 0.16, 0.046, 0.9), (left + 0.3, 0.051, high - 0.25), light_strip))
    return Fitting(joined(parts))


def lift(hole: Opening, metal: Material, frame: Material, lit: Material) -> Fitting:
    """Return the doors of a lift in a hole, with a button beside and a display above."""
    middle = (hole.left + hole.right) / 2
    parts = [
        box((hole.left, 0.06, 0.005), (middle - 0.004, 0.1, hole.high), metal),
        box((middle + 0.004, 0.06, 0.005), (hole.right, 0.1, hole.high), metal),
        box((middle - 0.02, 0.08, 0.005), (middle + 0.02, 0.11, hole.high), frame),
        box((hole.left - 0.09, -0.02, 0), (hole.left + 0.01, 0.1, hole.high + 0.1), frame),
        box((hole.right - 0.01, -0.02, 0), (hole.right + 0.09, 0.1, hole.high + 0.1), frame),
        box((hole.left + 0.01, -0.02, hole.high - 0.01), (hole.right - 0.01, 0.1, hole.high + 0.1), frame),
        block((middle, -0.025, hole.high + 0.05), (0.2, 0.012, 0.06), lit),
        block((hole.right + 0.2, -0.008, 1.1), (0.08, 0.016, 0.18), metal),
        block((hole.right + 0.2, -0.018, 1.12), (0.03, 0.008, 0.03), lit),
    ]
    return Fitting(joined(parts))


def radiator(width: float, face: Material) -> Fitting:
    """Return a radiator, 0.5 m high, with its back at y = 0."""
    parts = [box((-width / 2, -0.09, 0.14), (width / 2, -0.03, 0.62), face)]
    ribs = np.arange(-width / 2 + 0.03, width / 2 - 0.02, 0.06)
    parts += [box((float(x), -0.1, 0.16), (float(x) + 0.035, -0.088, 0.6), face) for x in ribs]
    parts += [box((x - 0.02, -0.05, 0.0), (x + 0.02, 0.01, 0.14), face) for x in (-width * 0.4, width * 0.4)]
    return Fitting(joined(parts))


def outlook_pane(parts: Sequence[Part], pane: Material) -> tuple[Part, ...]:
    """Return the parts with those of `pane`, whose texture lives in the world, settled there."""
    return tuple(p.settled() if p.material is pane else p for p in parts)


def view_through(image: Outlook, emission: float, gloss: float = 0.25) -> Material:
    """Return the material of a pane that shows `image`."""
    return Material(image, emission=emission, gloss=gloss, roughness=0.02)


def panel_lamp(width: float, depth: float, radiance: Colour, look: Look) -> Fitting:
    """Return a flat lamp below the ceiling at z = 0, which shines down."""
    shade = glow((1.0, 0.98, 0.94), 3.5)
    w, d = width / 2, depth / 2
    face = quad((-w + 0.02, d - 0.02, -0.026), (width - 0.04, 0, 0), (0, -depth + 0.04, 0), shade, casts_shadow=False)
    rim = box((-w, -d, -0.024), (w, d, 0.01), look.white, casts_shadow=False)
    return Fitting((rim, face), (AreaLight((0, 0, -0.03), (width, 0, 0), (0, -depth, 0), radiance),))


def spot_row(length: float, count: int, radiance: Colour, look: Look) -> Fitting:
    """Return round lamps set into the ceiling at z = 0, in a row along y; one long light stands for them."""
    bright = glow((1.0, 0.96, 0.88), 5.0)
    parts: list[Part] = []
    for y in np.linspace(-length / 2, length / 2, count):
        for z, radius, material in ((-0.012, 0.085, look.white), (-0.016, 0.06, bright)):
            disc = cylinder((0, float(y), z), radius, 0.01, material, 18)
            parts.append(Part(disc.vertices, disc.faces, material, casts_shadow=False).moved((0, float(y), z)))
    return Fitting(joined(parts), (AreaLight((0, 0, -0.03), (0.15, 0, 0), (0, -length, 0), radiance),))


def pendant(kind: int, drop: float, radiance: Colour, shade: Material) -> Fitting:
    """Return a lamp that hangs `drop` m below the ceiling at z = 0: a dome, a ball, a cylinder or a long bar."""
    bright = glow((1.0, 0.93, 0.8), 3.5)
    parts = [tube((0, 0, -drop + 0.1), (0, 0, 0), 0.008, shade)]
    size = 0.3
    if kind == 0:
        parts.append(
            turned_body([(0.23, -drop), (0.19, -drop + 0.1), (0.06, -drop + 0.2), (0, -drop + 0.21)], shade, 26)
        )
        parts.append(_disc(0.2, -drop + 0.015, bright))
    elif kind == 1:
        parts.append(sphere((0, 0, -drop), 0.16, bright, casts_shadow=False))
    elif kind == 2:
        parts.append(turned_body([(0.1, -drop), (0.1, -drop + 0.26), (0, -drop + 0.26)], shade, 20))
        parts.append(_disc(0.09, -drop + 0.01, bright))
        size = 0.2
    else:
        parts = [tube((0, y, -drop), (0, y, 0), 0.006, shade) for y in (-0.5, 0.5)]
        parts.append(box((-0.05, -0.75, -drop), (0.05, 0.75, -drop + 0.06), shade))
        face = quad((-0.042, 0.74, -drop - 0.002), (0.084, 0, 0), (0, -1.48, 0), bright, casts_shadow=False)
        light = AreaLight((0, 0, -drop - 0.02), (0.12, 0, 0), (0, -1.5, 0), radiance)
        return Fitting((*joined(parts), face), (light,))
    low = -drop - (0.2 if kind == 1 else 0.01)
    return Fitting(joined(parts), (AreaLight((0, 0, low), (size, 0, 0), (0, -size, 0), radiance),))


def _disc(radius: float, z: float, material: Material) -> Part:
    flat = prism(rounded(2 * radius, 2 * radius, radius), z, z + 0.006, material)
    return Part(flat.vertices, flat.faces, material, casts_shadow=False)


def column(x: float, y: float, size: float, height: float, face: Material, round_shaft: bool) -> tuple[Part, ...]:
    """Return a column from floor to ceiling."""
    shaft = (
        cylinder((x, y, 0), size / 2, height, face, 28)
        if round_shaft
        else block((x, y, height / 2), (size, size, height), face)
    )
    return (shaft,)
