"""Building elements of a room: walls with openings, windows, glass partitions, doors, lifts, radiators, columns.

A wall lies along x from 0 to its length, its room side towards -y; what belongs to it uses the same frame. Elements
come as a `SceneGroup`: meshes with the lights that they carry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bgfg.synth.kit.pieces.scene_group import SceneGroup
from bgfg.synth.kit.render.mesh_primitives import (
    box,
    centred_box,
    cylinder,
    merge_by_material,
    quad,
    tube,
)
from bgfg.synth.kit.render.scene import AreaLight, LinearRGB, Material, Mesh

REVEAL_M = 0.14  # how far a pane lies behind the wall's face


@dataclass(frozen=True)
class Opening:
    """A hole in a wall, in metres along and up the wall.

    Attributes:
        left: Where it begins, from the wall's start.
        right: Where it ends.
        low: Its lower edge above the floor; 0 for doors.
        high: Its upper edge above the floor.
    """

    left: float
    right: float
    low: float
    high: float


def wall(
    length: float, height: float, openings: Sequence[Opening], face: Material, skirting: Material | None
) -> SceneGroup:
    """Return a wall with holes; it has a skirting board wherever no hole reaches the floor.

    Args:
        length: Of the wall, m.
        height: Of the wall, m.
        openings: The holes, in any order; none overlaps another.
        face: The material of the wall and of the reveals of its holes.
        skirting: The material of the skirting board; None for a wall without one.
    """
    # From left to right: the whole wall up to a hole, then what is below and above the hole.
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
        parts += _window_reveals(hole, face)
    return SceneGroup(merge_by_material(parts))


def _window_reveals(hole: Opening, face: Material) -> list[Mesh]:
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
    radiance: LinearRGB,
    blind: tuple[Material, float] | None,
) -> SceneGroup:
    """Return a window that lights the room.

    Args:
        hole: The opening that it fills.
        across: How many panes it has side by side.
        up: How many panes it has one above another.
        frame: The material of its bars and of its sill.
        pane: The material of its glass; without one it is clear, and what stands outside is seen, at its own depth.
        radiance: Of the light that it throws into the room.
        blind: A cloth, and how far down it hangs, as a share 0..1 of the window; no light comes through it.
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
    # The light hangs 1 cm inside the wall's face, so that neither reveals nor bars shade it.
    middle = ((hole.left + hole.right) / 2, -0.01, (hole.low + top) / 2)
    light = AreaLight(middle, (hole.right - hole.left, 0, 0), (0, 0, top - hole.low), radiance)
    return SceneGroup(merge_by_material(parts), (light,))


def glass_wall(hole: Opening, panes: int, frame: Material, pane: Material, frosted: Material) -> SceneGroup:
    """Return a partition of glass in a hole that reaches the floor, with a frosted band at the height of the eyes.

    Args:
        hole: The opening that it fills.
        panes: How many panes it has side by side.
        frame: The material of its bars.
        pane: The material of its glass.
        frosted: The material of the band.
    """
    w = hole.right - hole.left
    parts = [quad((hole.left, 0.05, hole.low), (w, 0, 0), (0, 0, hole.high - hole.low), pane)]
    parts.append(quad((hole.left, 0.046, 0.95), (w, 0, 0), (0, 0, 0.55), frosted))
    for x in np.linspace(hole.left + 0.025, hole.right - 0.025, panes + 1):
        parts.append(box((float(x) - 0.025, 0.0, hole.low), (float(x) + 0.025, 0.06, hole.high), frame))
    for z in (hole.low + 0.03, hole.high - 0.03):
        parts.append(box((hole.left, 0.004, z - 0.03), (hole.right, 0.058, z + 0.03), frame))
    return SceneGroup(merge_by_material(parts))


def door(hole: Opening, leaf: Material, frame: Material, handle: Material, light_strip: Material | None) -> SceneGroup:
    """Return a closed door in a hole, with a strip of glass when `light_strip` is given."""
    left, right, high = hole.left, hole.right, hole.high
    parts = [
        box((left, 0.05, 0.005), (right, 0.09, high), leaf),
        box((left - 0.06, -0.02, 0), (left + 0.02, 0.1, high + 0.06), frame),
        box((right - 0.02, -0.02, 0), (right + 0.06, 0.1, high + 0.06), frame),
        box((left + 0.02, -0.02, high - 0.02), (right - 0.02, 0.1, high + 0.06), frame),
        centred_box((right - 0.12, 0.045, 1.03), (0.05, 0.012, 0.16), handle),
        tube((right - 0.12, 0.0, 1.05), (right - 0.24, 0.0, 1.05), 0.011, handle),
        tube((right - 0.12, 0.05, 1.05), (right - 0.12, -0.005, 1.05), 0.011, handle),
    ]
    if light_strip:
        parts.append(box((left + 0.16, 0.046, 0.9), (left + 0.3, 0.051, high - 0.25), light_strip))
    return SceneGroup(merge_by_material(parts))


def lift(hole: Opening, metal: Material, frame: Material, lit: Material) -> SceneGroup:
    """Return the closed doors of a lift in a hole, with a button beside and a display, `lit`, above."""
    middle = (hole.left + hole.right) / 2
    parts = [
        box((hole.left, 0.06, 0.005), (middle - 0.004, 0.1, hole.high), metal),
        box((middle + 0.004, 0.06, 0.005), (hole.right, 0.1, hole.high), metal),
        box((middle - 0.02, 0.08, 0.005), (middle + 0.02, 0.11, hole.high), frame),
        box((hole.left - 0.09, -0.02, 0), (hole.left + 0.01, 0.1, hole.high + 0.1), frame),
        box((hole.right - 0.01, -0.02, 0), (hole.right + 0.09, 0.1, hole.high + 0.1), frame),
        box((hole.left + 0.01, -0.02, hole.high - 0.01), (hole.right - 0.01, 0.1, hole.high + 0.1), frame),
        centred_box((middle, -0.025, hole.high + 0.05), (0.2, 0.012, 0.06), lit),
        centred_box((hole.right + 0.2, -0.008, 1.1), (0.08, 0.016, 0.18), metal),
        centred_box((hole.right + 0.2, -0.018, 1.12), (0.03, 0.008, 0.03), lit),
    ]
    return SceneGroup(merge_by_material(parts))


def radiator(width: float, face: Material) -> SceneGroup:
    """Return a radiator, `width` m wide and 0.5 m high, with its back at y = 0."""
    parts = [box((-width / 2, -0.09, 0.14), (width / 2, -0.03, 0.62), face)]
    ribs = np.arange(-width / 2 + 0.03, width / 2 - 0.02, 0.06)
    parts += [box((float(x), -0.1, 0.16), (float(x) + 0.035, -0.088, 0.6), face) for x in ribs]
    parts += [box((x - 0.02, -0.05, 0.0), (x + 0.02, 0.01, 0.14), face) for x in (-width * 0.4, width * 0.4)]
    return SceneGroup(merge_by_material(parts))


def column(x: float, y: float, size: float, height: float, face: Material, round_shaft: bool) -> tuple[Mesh, ...]:
    """Return a column from floor to ceiling, `size` m thick, centred on (x, y): round or square."""
    shaft = (
        cylinder((x, y, 0), size / 2, height, face, 28)
        if round_shaft
        else centred_box((x, y, height / 2), (size, size, height), face)
    )
    return (shaft,)
