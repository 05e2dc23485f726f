"""Tables, desks, shelves and cupboards, mostly of offices.

Each piece has its own frame: it stands on z = 0 around the origin, its back towards +y, its front to -y. Only desks
are the other way round: people sit at the -y side and look along +y, so that a chair before a desk needs no turn.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from bgfg.synth.kit.pieces.palette import MaterialPalette
from bgfg.synth.kit.pieces.scene_group import Meshes, move_meshes
from bgfg.synth.kit.render.mesh_primitives import (
    box,
    centred_box,
    cylinder,
    lathe,
    merge_by_material,
    prism,
    rounded_rectangle,
)
from bgfg.synth.kit.render.scene import Material, Mesh


def desk(palette: MaterialPalette, rng: np.random.Generator, width: float = 1.6, depth: float = 0.8) -> Meshes:
    """Return a desk 0.74 m high with one of three kinds of legs, and sometimes with drawers on a side."""
    w, d, kind = width / 2, depth / 2, rng.integers(3)
    parts = [box((-w, -d, 0.715), (w, d, 0.74), palette.top)]
    for x in (-w + 0.05, w - 0.05):
        if kind == 0:
            parts += [centred_box((x, y, 0.357), (0.045, 0.045, 0.715), palette.frame) for y in (-d + 0.06, d - 0.06)]
        elif kind == 1:
            parts += [
                centred_box((x, 0, 0.37), (0.06, 0.08, 0.69), palette.frame),
                centred_box((x, 0, 0.015), (0.07, d * 1.7, 0.03), palette.frame),
            ]
        else:
            parts.append(centred_box((x, 0, 0.357), (0.03, depth - 0.06, 0.715), palette.top))
    # The panel that hides the knees.
    parts.append(
        centred_box((0, d - 0.08, 0.55), (width - 0.14, 0.02, 0.3), palette.frame if kind < 2 else palette.top)
    )
    if rng.random() < 0.6:
        parts += move_meshes(pedestal(palette), (w - 0.3) * rng.choice([-1, 1]), 0.02)
    return merge_by_material(parts)


def pedestal(palette: MaterialPalette) -> Meshes:
    """Return a chest of drawers that goes under a desk."""
    parts = [box((-0.2, -0.28, 0.04), (0.2, 0.28, 0.6), palette.white)]
    for z in (0.06, 0.24, 0.42):
        parts.append(box((-0.19, -0.295, z), (0.19, -0.28, z + 0.165), palette.white))
        parts.append(box((-0.06, -0.31, z + 0.12), (0.06, -0.295, z + 0.135), palette.chrome))
    return merge_by_material(parts)


def meeting_table(
    palette: MaterialPalette, length: float, width: float, rng: np.random.Generator, round_ends: bool = False
) -> Meshes:
    """Return a meeting table, `length` along y, on two boards or two columns."""
    outline = rounded_rectangle(width, length, width / 2 if round_ends else 0.03)
    parts = [prism(outline, 0.71, 0.745, palette.top)]
    for y in (-length * 0.3, length * 0.3):
        if rng.random() < 0.5:
            parts.append(centred_box((0, y, 0.355), (width * 0.55, 0.06, 0.71), palette.top))
        else:
            parts += [
                cylinder((0, y, 0.02), 0.06, 0.69, palette.frame, 14),
                cylinder((0, y, 0), 0.3, 0.025, palette.frame, 24),
            ]
    return merge_by_material(parts)


def round_table(palette: MaterialPalette, radius: float = 0.4, height: float = 0.74) -> Meshes:
    """Return a round table on a column."""
    return merge_by_material(
        [
            cylinder((0, 0, height - 0.028), radius, 0.028, palette.top, 32),
            cylinder((0, 0, 0.015), 0.035, height - 0.04, palette.frame, 12),
            cylinder((0, 0, 0), radius * 0.6, 0.02, palette.frame, 28),
        ]
    )


def coffee_table(palette: MaterialPalette, rng: np.random.Generator) -> Meshes:
    """Return a low table, round or rectangular, with magazines on it."""
    if rng.random() < 0.5:
        parts = list(round_table(palette, 0.42, 0.4))
    else:
        parts = [prism(rounded_rectangle(1.0, 0.55, 0.04), 0.36, 0.4, palette.top)]
        parts += [
            centred_box((x, y, 0.18), (0.04, 0.04, 0.36), palette.frame) for x in (-0.42, 0.42) for y in (-0.2, 0.2)
        ]
    parts.append(centred_box((0.05, 0.03, 0.407), (0.21, 0.29, 0.012), palette.books[0]).moved((0, 0, 0), 20))
    parts.append(centred_box((0.02, 0.02, 0.418), (0.2, 0.28, 0.01), palette.books[1]).moved((0, 0, 0), 5))
    return merge_by_material(parts)


def bookcase(
    palette: MaterialPalette, rng: np.random.Generator, width: float = 0.9, height: float = 2.0, depth: float = 0.32
) -> Meshes:
    """Return shelves with books, boxes and vases."""
    body = palette.wood if rng.random() < 0.6 else palette.white
    w, d, board = width / 2, depth / 2, 0.025
    parts = [box((-w, d - 0.012, 0), (w, d, height), body)]
    parts += [box((x, -d, 0), (x + board, d - 0.012, height), body) for x in (-w, w - board)]
    levels = np.linspace(0.06, height - board, max(2, round(height / 0.36)) + 1)
    parts += [box((-w + board, -d, float(z)), (w - board, d - 0.012, float(z) + board), body) for z in levels]
    for low, high in pairwise(levels):
        parts += shelf_contents(
            palette, rng, -w + board + 0.02, w - board - 0.02, float(low) + board, float(high) - 0.02, -d + 0.04
        )
    return merge_by_material(parts)


def shelf_contents(
    palette: MaterialPalette, rng: np.random.Generator, left: float, right: float, low: float, high: float, front: float
) -> list[Mesh]:
    """Return the books, boxes and vases that stand on a shelf.

    Args:
        palette: The materials of the room.
        rng: Draws what stands there.
        left: The x where the shelf begins, m.
        right: The x where it ends, m.
        low: The z that everything stands on, m.
        high: The z below which everything stays, m.
        front: The y behind which everything stands, m.
    """
    parts: list[Mesh] = []
    x = left
    while x < right - 0.05:
        kind = rng.random()
        if kind < 0.72:
            for _ in range(rng.integers(3, 11)):
                thick, tall = float(rng.uniform(0.015, 0.05)), (high - low) * float(rng.uniform(0.62, 0.97))
                if x + thick > right:
                    break
                parts.append(
                    box((x, front, low), (x + thick - 0.002, front + 0.2, low + tall), palette.books[rng.integers(7)])
                )
                x += thick
        elif kind < 0.85 and x + 0.25 < right:
            parts.append(box((x + 0.02, front, low), (x + 0.25, front + 0.24, low + (high - low) * 0.7), palette.white))
            x += 0.28
        elif x + 0.16 < right:
            tall = (high - low) * 0.8
            profile = [(0.0, 0.0), (0.035, 0.0), (0.06, tall * 0.4), (0.025, tall * 0.8), (0.035, tall)]
            parts.append(lathe(profile, palette.accent, 14).moved((x + 0.08, front + 0.1, low)))
            x += 0.17
        x += float(rng.uniform(0.0, 0.12))
    return parts


def cabinet(palette: MaterialPalette, rng: np.random.Generator, width: float = 1.6, height: float = 0.75) -> Meshes:
    """Return a sideboard with doors, 0.45 m deep."""
    body = (palette.wood, palette.white, palette.top)[rng.integers(3)]
    parts = [box((-width / 2, -0.2, 0.06), (width / 2, 0.22, height), body)]
    parts.append(box((-width / 2 + 0.03, -0.18, 0), (width / 2 - 0.03, 0.2, 0.06), palette.black))
    doors = max(2, round(width / 0.5))
    for k in range(doors):
        x = -width / 2 + (k + 0.5) * width / doors
        parts.append(centred_box((x, -0.21, height / 2 + 0.03), (width / doors - 0.012, 0.02, height - 0.09), body))
        parts.append(
            centred_box(
                (x + (0.4 - k % 2 * 0.8) * width / doors, -0.225, height * 0.6), (0.015, 0.012, 0.14), palette.chrome
            )
        )
    return merge_by_material(parts)


def reception_desk(palette: MaterialPalette, front: Material, width: float = 2.6) -> Meshes:
    """Return a reception desk: a high front of the material `front`, a stone shelf, a lower top behind it."""
    w = width / 2
    return merge_by_material(
        [
            box((-w, -0.12, 0), (w, 0, 1.06), front),
            box((-w - 0.04, -0.2, 1.06), (w + 0.04, 0.12, 1.11), palette.stone),
            box((-w, 0, 0.7), (w, 0.62, 0.74), palette.top),
            box((-w, 0, 0), (-w + 0.06, 0.62, 1.06), front),
            box((w - 0.06, 0, 0), (w, 0.62, 1.06), front),
        ]
    )


def kitchen_counter(palette: MaterialPalette, rng: np.random.Generator, front: Material, width: float = 3.0) -> Meshes:
    """Return a kitchen counter against a wall, 0.65 m deep, with wall units or open shelves above it."""
    w = width / 2
    parts = [
        box((-w, -0.28, 0.1), (w, 0.32, 0.88), front),
        box((-w + 0.03, -0.22, 0), (w - 0.03, 0.3, 0.1), palette.black),
        box((-w - 0.01, -0.32, 0.88), (w + 0.01, 0.32, 0.92), palette.stone),
    ]
    doors = round(width / 0.6)
    for k in range(doors):
        x = -w + (k + 0.5) * width / doors
        parts.append(centred_box((x, -0.29, 0.49), (width / doors - 0.015, 0.02, 0.74), front))
        parts.append(centred_box((x, -0.31, 0.8), (0.2, 0.012, 0.015), palette.chrome))
    if rng.random() < 0.5:
        parts.append(box((-w, 0.31, 0.92), (w, 0.325, 1.5), palette.stone))
        parts.append(box((-w, -0.02, 1.5), (w, 0.32, 2.15), palette.white))
        parts += [
            box((-w + k * width / doors, -0.024, 1.5), (-w + k * width / doors + 0.012, -0.02, 2.15), palette.black)
            for k in range(1, doors)
        ]
    else:
        parts.append(box((-w, 0.31, 0.92), (w, 0.325, 1.95), palette.stone))
        for z in (1.45, 1.85):
            parts.append(box((-w, 0.06, z), (w, 0.32, z + 0.035), palette.wood))
            for x in np.arange(-w + 0.15, w - 0.1, 0.16):
                if rng.random() < 0.75:
                    cup = lathe([(0, 0), (0.03, 0), (0.04, 0.1), (0.034, 0.1), (0, 0.02)], palette.white, 12)
                    parts.append(cup.moved((float(x), 0.18, z + 0.035)))
    return merge_by_material(parts)
