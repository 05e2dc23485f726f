"""Furniture, each piece in its own frame: it stands on z = 0 around the origin, its back towards +y, its front to -y.

Only desks and chairs go the other way about: who sits looks along +y, so that a chair in front of a desk needs no turn.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from bgfg.synth.kit.pieces.looks import Look
from bgfg.synth.kit.render.scene import Material, Part
from bgfg.synth.kit.render.shapes import block, box, cushion, cylinder, joined, prism, rounded, tube, turned_body

Parts = tuple[Part, ...]


def placed(parts: Parts, x: float, y: float, yaw_deg: float = 0.0, z: float = 0.0) -> Parts:
    """Return the parts turned by `yaw_deg` and moved to (x, y, z)."""
    return tuple(p.moved((x, y, z), yaw_deg) for p in parts)


def desk(look: Look, rng: np.random.Generator, width: float = 1.6, depth: float = 0.8) -> Parts:
    """Return a desk of 0.74 m with legs of one of three kinds and drawers on a side, sometimes."""
    w, d, kind = width / 2, depth / 2, rng.integers(3)
    parts = [box((-w, -d, 0.715), (w, d, 0.74), look.top)]
    for x in (-w + 0.05, w - 0.05):
        if kind == 0:
            parts += [block((x, y, 0.357), (0.045, 0.045, 0.715), look.frame) for y in (-d + 0.06, d - 0.06)]
        elif kind == 1:
            parts += [
                block((x, 0, 0.37), (0.06, 0.08, 0.69), look.frame),
                block((x, 0, 0.015), (0.07, d * 1.7, 0.03), look.frame),
            ]
        else:
            parts.append(block((x, 0, 0.357), (0.03, depth - 0.06, 0.715), look.top))
    parts.append(block((0, d - 0.08, 0.55), (width - 0.14, 0.02, 0.3), look.frame if kind < 2 else look.top))
    if rng.random() < 0.6:
        parts += placed(pedestal(look), (w - 0.3) * rng.choice([-1, 1]), 0.02)
    return joined(parts)


def pedestal(look: Look) -> Parts:
    """Return drawers that go under a desk."""
    parts = [box((-0.2, -0.28, 0.04), (0.2, 0.28, 0.6), look.white)]
    for z in (0.06, 0.24, 0.42):
        parts.append(box((-0.19, -0.295, z), (0.19, -0.28, z + 0.165), look.white))
        parts.append(box((-0.06, -0.31, z + 0.12), (0.06, -0.295, z + 0.135), look.chrome))
    return joined(parts)


def office_chair(look: Look, rng: np.random.Generator) -> Parts:
    """Return a swivel chair on five castors, with arms mostly."""
    parts = [
        cushion((0, 0.02, 0.48), (0.5, 0.5, 0.1), look.seat, 0.4),
        cushion((0, -0.24, 0.82), (0.46, 0.09, 0.56), look.seat, 0.45),
        tube((0, -0.26, 0.42), (0, -0.27, 0.7), 0.025, look.black),
        cylinder((0, 0, 0.1), 0.03, 0.35, look.chrome, 10),
    ]
    for angle in np.arange(5) * 2 * np.pi / 5 + 0.3:
        x, y = 0.3 * float(np.cos(angle)), 0.3 * float(np.sin(angle))
        parts += [tube((0, 0, 0.12), (x, y, 0.07), 0.02, look.frame), cylinder((x, y, 0), 0.032, 0.06, look.black, 8)]
    if rng.random() < 0.7:
        for x in (-0.27, 0.27):
            parts.append(cushion((x, -0.02, 0.68), (0.06, 0.28, 0.035), look.black))
            parts.append(tube((x, -0.05, 0.46), (x, -0.05, 0.67), 0.014, look.black))
    return joined(parts)


def chair(look: Look, rng: np.random.Generator, cloth: bool = False) -> Parts:
    """Return a chair with four legs, of plastic, wood or cloth."""
    cover = look.seat if cloth else (look.shell, look.wood, look.accent)[rng.integers(3)]
    parts = [
        cushion((0, 0, 0.45), (0.44, 0.44, 0.06 if cloth else 0.035), cover, 0.4),
        cushion((0, -0.21, 0.68), (0.42, 0.045, 0.36), cover, 0.4),
    ]
    for x in (-0.18, 0.18):
        parts.append(tube((x, -0.2, 0.44), (x, -0.22, 0.62), 0.014, look.frame))
        for y in (-0.18, 0.18):
            parts.append(tube((x * 1.1, y * 1.15, 0), (x, y, 0.44), 0.015, look.frame))
    return joined(parts)


def stool(look: Look, height: float = 0.72) -> Parts:
    """Return a bar stool: a round seat, four legs, a ring for the feet."""
    parts = [cushion((0, 0, height), (0.36, 0.36, 0.07), look.seat, 0.7)]
    corners = [(0.19 * float(np.cos(a)), 0.19 * float(np.sin(a))) for a in np.pi / 4 + np.arange(4) * np.pi / 2]
    for k, (x, y) in enumerate(corners):
        parts.append(tube((x, y, 0), (x * 0.6, y * 0.6, height - 0.02), 0.013, look.frame))
        nx, ny = corners[(k + 1) % 4]
        parts.append(tube((x * 0.85, y * 0.85, 0.27), (nx * 0.85, ny * 0.85, 0.27), 0.01, look.frame))
    return joined(parts)


def table(look: Look, length: float, width: float, rng: np.random.Generator, round_ends: bool = False) -> Parts:
    """Return a meeting table, `length` along y, on two boards or two columns."""
    outline = rounded(width, length, width / 2 if round_ends else 0.03)
    parts = [prism(outline, 0.71, 0.745, look.top)]
    for y in (-length * 0.3, length * 0.3):
        if rng.random() < 0.5:
            parts.append(block((0, y, 0.355), (width * 0.55, 0.06, 0.71), look.top))
        else:
            parts += [
                cylinder((0, y, 0.02), 0.06, 0.69, look.frame, 14),
                cylinder((0, y, 0), 0.3, 0.025, look.frame, 24),
            ]
    return joined(parts)


def round_table(look: Look, radius: float = 0.4, height: float = 0.74) -> Parts:
    """Return a round table on a column."""
    return joined(
        [
            cylinder((0, 0, height - 0.028), radius, 0.028, look.top, 32),
            cylinder((0, 0, 0.015), 0.035, height - 0.04, look.frame, 12),
            cylinder((0, 0, 0), radius * 0.6, 0.02, look.frame, 28),
        ]
    )


def sofa(look: Look, seats: int = 2, cover: Material | None = None) -> Parts:
    """Return a sofa or, with one seat, an armchair; 0.85 m deep."""
    cloth = cover or look.seat
    width = 0.66 * seats + 0.36
    parts = [
        cushion((0, 0.34, 0.46), (width, 0.2, 0.72), cloth, 0.25),
        cushion((0, 0, 0.23), (width - 0.08, 0.8, 0.22), cloth, 0.2),
    ]
    for side in (-1, 1):
        parts.append(cushion((side * (width / 2 - 0.09), -0.02, 0.36), (0.18, 0.84, 0.5), cloth, 0.28))
        parts += [
            tube((side * (width / 2 - 0.12), y, 0), (side * (width / 2 - 0.12), y, 0.14), 0.02, look.frame)
            for y in (-0.34, 0.34)
        ]
    for k in range(seats):
        x = (k - (seats - 1) / 2) * 0.66
        parts.append(cushion((x, -0.06, 0.4), (0.65, 0.7, 0.17), cloth, 0.3))
        parts.append(cushion((x, 0.2, 0.64), (0.62, 0.17, 0.4), cloth, 0.4))
    if seats > 1:
        pillow = cushion((0, 0, 0), (0.42, 0.14, 0.42), look.accent, 0.5)
        parts.append(pillow.moved((-width / 2 + 0.36, 0.06, 0.66), 12))
    return joined(parts)


def tub_chair(look: Look) -> Parts:
    """Return a low round armchair."""
    angles = np.linspace(-0.15 * np.pi, 1.15 * np.pi, 41)
    parts = [cushion((0, -0.03, 0.36), (0.56, 0.58, 0.18), look.second_seat, 0.55)]
    for a, b in pairwise(angles):
        middle = (a + b) / 2
        high = 0.62 + 0.16 * max(0.0, float(np.sin(middle)))
        part = block((0, 0, high / 2 + 0.06), (0.09, 0.045, high - 0.12), look.second_seat)
        parts.append(
            part.moved((0.33 * float(np.cos(middle)), 0.33 * float(np.sin(middle)), 0), float(np.degrees(middle)))
        )
    parts += [tube((x, y, 0), (x, y, 0.3), 0.018, look.frame) for x in (-0.22, 0.22) for y in (-0.22, 0.22)]
    return joined(parts)


def pouf(look: Look, rng: np.random.Generator) -> Parts:
    """Return an upholstered round seat."""
    cover = (look.seat, look.second_seat, look.accent)[rng.integers(3)]
    return (cushion((0, 0, 0.21), (0.5, 0.5, 0.42), cover, 0.35),)


def coffee_table(look: Look, rng: np.random.Generator) -> Parts:
    """Return a low table, round or long, with magazines on it."""
    if rng.random() < 0.5:
        parts = list(round_table(look, 0.42, 0.4))
    else:
        parts = [prism(rounded(1.0, 0.55, 0.04), 0.36, 0.4, look.top)]
        parts += [block((x, y, 0.18), (0.04, 0.04, 0.36), look.frame) for x in (-0.42, 0.42) for y in (-0.2, 0.2)]
    parts.append(block((0.05, 0.03, 0.407), (0.21, 0.29, 0.012), look.books[0]).moved((0, 0, 0), 20))
    parts.append(block((0.02, 0.02, 0.418), (0.2, 0.28, 0.01), look.books[1]).moved((0, 0, 0), 5))
    return joined(parts)


def bookcase(
    look: Look, rng: np.random.Generator, width: float = 0.9, height: float = 2.0, depth: float = 0.32
) -> Parts:
    """Return shelves with books, boxes and vases."""
    body = look.wood if rng.random() < 0.6 else look.white
    w, d, board = width / 2, depth / 2, 0.025
    parts = [box((-w, d - 0.012, 0), (w, d, height), body)]
    parts += [box((x, -d, 0), (x + board, d - 0.012, height), body) for x in (-w, w - board)]
    levels = np.linspace(0.06, height - board, max(2, round(height / 0.36)) + 1)
    parts += [box((-w + board, -d, float(z)), (w - board, d - 0.012, float(z) + board), body) for z in levels]
    for low, high in pairwise(levels):
        parts += shelf_load(
            look, rng, -w + board + 0.02, w - board - 0.02, float(low) + board, float(high) - 0.02, -d + 0.04
        )
    return joined(parts)


def shelf_load(
    look: Look, rng: np.random.Generator, left: float, right: float, low: float, high: float, front: float
) -> list[Part]:
    """Return what stands on a shelf between x = left and right, from z = low, below `high`, behind y = front."""
    parts: list[Part] = []
    x = left
    while x < right - 0.05:
        kind = rng.random()
        if kind < 0.72:
            for _ in range(rng.integers(3, 11)):
                thick, tall = float(rng.uniform(0.015, 0.05)), (high - low) * float(rng.uniform(0.62, 0.97))
                if x + thick > right:
                    break
                parts.append(
                    box((x, front, low), (x + thick - 0.002, front + 0.2, low + tall), look.books[rng.integers(7)])
                )
                x += thick
        elif kind < 0.85 and x + 0.25 < right:
            parts.append(box((x + 0.02, front, low), (x + 0.25, front + 0.24, low + (high - low) * 0.7), look.white))
            x += 0.28
        elif x + 0.16 < right:
            tall = (high - low) * 0.8
            profile = [(0.0, 0.0), (0.035, 0.0), (0.06, tall * 0.4), (0.025, tall * 0.8), (0.035, tall)]
            parts.append(turned_body(profile, look.accent, 14).moved((x + 0.08, front + 0.1, low)))
            x += 0.17
        x += float(rng.uniform(0.0, 0.12))
    return parts


def cabinet(look: Look, rng: np.random.Generator, width: float = 1.6, height: float = 0.75) -> Parts:
    """Return a sideboard with doors, 0.45 m deep."""
    body = (look.wood, look.white, look.top)[rng.integers(3)]
    parts = [box((-width / 2, -0.2, 0.06), (width / 2, 0.22, height), body)]
    parts.append(box((-width / 2 + 0.03, -0.18, 0), (width / 2 - 0.03, 0.2, 0.06), look.black))
    doors = max(2, round(width / 0.5))
    for k in range(doors):
        x = -width / 2 + (k + 0.5) * width / doors
        parts.append(block((x, -0.21, height / 2 + 0.03), (width / doors - 0.012, 0.02, height - 0.09), body))
        parts.append(
            block((x + (0.4 - k % 2 * 0.8) * width / doors, -0.225, height * 0.6), (0.015, 0.012, 0.14), look.chrome)
        )
    return joined(parts)


def reception(look: Look, front: Material, width: float = 2.6) -> Parts:
    """Return a reception desk: a high front of `front`, a stone shelf, a lower top behind it."""
    w = width / 2
    return joined(
        [
            box((-w, -0.12, 0), (w, 0, 1.06), front),
            box((-w - 0.04, -0.2, 1.06), (w + 0.04, 0.12, 1.11), look.stone),
            box((-w, 0, 0.7), (w, 0.62, 0.74), look.top),
            box((-w, 0, 0), (-w + 0.06, 0.62, 1.06), front),
            box((w - 0.06, 0, 0), (w, 0.62, 1.06), front),
        ]
    )


def counter(look: Look, rng: np.random.Generator, front: Material, width: float = 3.0) -> Parts:
    """Return a kitchen counter against a wall, with wall units or open shelves above it, 0.65 m deep."""
    w = width / 2
    parts = [
        box((-w, -0.28, 0.1), (w, 0.32, 0.88), front),
        box((-w + 0.03, -0.22, 0), (w - 0.03, 0.3, 0.1), look.black),
        box((-w - 0.01, -0.32, 0.88), (w + 0.01, 0.32, 0.92), look.stone),
    ]
    doors = round(width / 0.6)
    for k in range(doors):
        x = -w + (k + 0.5) * width / doors
        parts.append(block((x, -0.29, 0.49), (width / doors - 0.015, 0.02, 0.74), front))
        parts.append(block((x, -0.31, 0.8), (0.2, 0.012, 0.015), look.chrome))
    if rng.random() < 0.5:
        parts.append(box((-w, 0.31, 0.92), (w, 0.325, 1.5), look.stone))
        parts.append(box((-w, -0.02, 1.5), (w, 0.32, 2.15), look.white))
        parts += [
            box((-w + k * width / doors, -0.024, 1.5), (-w + k * width / doors + 0.012, -0.02, 2.15), look.black)
            for k in range(1, doors)
        ]
    else:
        parts.append(box((-w, 0.31, 0.92), (w, 0.325, 1.95), look.stone))
        for z in (1.45, 1.85):
            parts.append(box((-w, 0.06, z), (w, 0.32, z + 0.035), look.wood))
            for x in np.arange(-w + 0.15, w - 0.1, 0.16):
                if rng.random() < 0.75:
                    cup = turned_body([(0, 0), (0.03, 0), (0.04, 0.1), (0.034, 0.1), (0, 0.02)], look.white, 12)
                    parts.append(cup.moved((float(x), 0.18, z + 0.035)))
    return joined(parts)
