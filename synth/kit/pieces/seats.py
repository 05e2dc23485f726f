"""Chairs of a home, each in its own frame: on z = 0 around the origin, its back towards +y, its front to -y."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from bgfg.synth.kit.pieces.furniture import Parts, sofa, tub_chair
from bgfg.synth.kit.pieces.looks import Look
from bgfg.synth.kit.render.scene import Floats, Material, Part
from bgfg.synth.kit.render.shapes import Point, block, box, cushion, cylinder, joined, tube

Profile = Sequence[tuple[float, float]]  # (y, z) in m, from the front to the back


def stretched(parts: Parts, across: float, along: float, up: float) -> Parts:
    """Return the parts made `across`, `along` and `up` times as large in x, y and z."""
    factor = np.array([across, along, up], np.float32)
    return joined([replace(p, vertices=p.vertices * factor) for p in (part.settled() for part in parts)])


def sheet(profile: Profile, width: float, thickness: float, material: Material) -> Part:
    """Return a padded sheet `width` m wide whose underside follows `profile` from front to back."""
    line = np.asarray(profile, float)
    along = np.gradient(line, axis=0)
    out = np.stack([-along[:, 1], along[:, 0]], axis=1)
    out *= thickness / np.linalg.norm(out, axis=1, keepdims=True)
    rings: list[Floats] = []
    for rim, lift in ((-0.5, 0.0), (0.5, 0.0), (0.5, 1.0), (-0.5, 1.0)):
        at = line + lift * out
        rings.append(np.column_stack([np.full(len(at), rim * width), at]))
    vertices = np.stack(rings, axis=1).reshape(-1, 3)
    faces = [[0, 1, 2], [0, 2, 3], *([4 * len(line) - k for k in row] for row in ((4, 2, 3), (4, 1, 2)))]
    for k in range(len(line) - 1):
        for i in range(4):
            a, b = 4 * k + i, 4 * k + (i + 1) % 4
            faces += [[a, b + 4, b], [a, a + 4, b + 4]]
    return Part(vertices.astype(np.float32), np.array(faces, np.int32), material)


def bent(points: Sequence[Point], radius: float, material: Material) -> list[Part]:
    """Return a bent bar through `points`."""
    return [tube(a, b, radius, material, 7) for a, b in pairwise(points)]


def lounge_chair(look: Look, rng: np.random.Generator, cover: Material) -> Parts:
    """Return an armchair of a bent frame, tubes or wood, that carries a seat and a leaning back."""
    wide, deep = float(rng.uniform(0.54, 0.7)), float(rng.uniform(0.5, 0.62))
    low, high = float(rng.uniform(0.34, 0.45)), float(rng.uniform(0.74, 1.05))
    lean, drop = float(rng.uniform(0.12, 0.42)), float(rng.uniform(0.0, 0.09))
    radius = float(rng.uniform(0.01, 0.016))
    frame = (look.chrome, look.chrome, look.black, look.white, look.wood)[rng.integers(5)]
    if frame is look.wood:
        radius *= 2
    front, back = -deep / 2, deep / 2
    profile = [(front, low), (front + 0.08, low + 0.015), (0.0, low - 0.4 * drop), (back - 0.1, low - drop)]
    profile += [(back, low - drop + 0.07), (back + 0.45 * lean, 0.5 * (low + high)), (back + lean, high)]
    arms, free = rng.random() < 0.75, rng.random() < 0.55
    parts: list[Part] = []
    for x in (-wide / 2, wide / 2):
        parts += bent([(x, y, z - radius) for y, z in profile], radius, frame)
        runner = [(x, back + 0.15, radius), (x, front + 0.05, radius), (x, front, 0.05)]
        parts += bent([*runner, (x, front, low - radius)], radius, frame)
        if not free:
            parts += bent([(x, back + 0.15, radius), (x, back + 0.04, low)], radius, frame)
        if arms:
            top = low + 0.2
            rear = back + lean * (top - low + drop) / (high - low + drop)
            parts += bent([(x, front, low), (x, front + 0.03, top), (x, rear, top - 0.01)], radius, frame)
            parts.append(block((x, (front + rear) / 2, top + 0.012), (0.05, deep * 0.9, 0.025), look.wood))
    for y, z in ((back + 0.15, radius), (front, low - radius), (back + lean, high - 0.03)):
        parts.append(tube((-wide / 2, y, z), (wide / 2, y, z), radius, frame, 7))
    thick = float(rng.choice([0.02, 0.06, 0.1, 0.13]))
    finer = [((1 - t) * a[0] + t * b[0], (1 - t) * a[1] + t * b[1]) for a, b in pairwise(profile) for t in (0, 0.5)]
    parts.append(sheet([*finer, profile[-1]], wide - 2 * radius, thick, cover))
    if rng.random() < 0.35:
        parts.append(cushion((0, back - 0.05 + 0.2 * lean, low + 0.2), (0.4, 0.14, 0.34), look.accent, 0.5))
    return joined(parts)


def armchair(look: Look, rng: np.random.Generator, cover: Material) -> Parts:
    """Return a stuffed armchair, a round one or a bent frame, of any proportions."""
    kind = rng.random()
    if kind < 0.55:
        return lounge_chair(look, rng, cover)
    body = tub_chair(replace(look, second_seat=cover)) if kind > 0.88 else sofa(look, 1, cover)
    factors = rng.uniform(0.85, 1.15), rng.uniform(0.85, 1.15), rng.uniform(0.8, 1.25)
    return stretched(body, *(float(f) for f in factors))


def couch(look: Look, rng: np.random.Generator, cover: Material) -> Parts:
    """Return a sofa of two or three seats, of any proportions."""
    across, along, up = (float(factor) for factor in rng.uniform(0.85, 1.15, 3))
    return stretched(sofa(look, int(rng.integers(2, 4)), cover), across, along, up)


def dining_chair(look: Look, rng: np.random.Generator) -> Parts:
    """Return a chair for a table: a shell, a padded seat or boards, on legs or on a bent tube."""
    cover = (look.shell, look.wood, look.seat, look.white, look.second_seat)[rng.integers(5)]
    wide, high, low = float(rng.uniform(0.4, 0.5)), float(rng.uniform(0.78, 1.0)), float(rng.uniform(0.43, 0.48))
    leg = (look.frame, look.wood, look.chrome)[rng.integers(3)]
    kind, parts = rng.integers(4), []
    w, lean = wide / 2 - 0.03, float(rng.uniform(0.03, 0.12))
    if kind == 0:  # a shell of one piece
        curve = [(-0.22, low - 0.02), (-0.19, low), (0.1, low - 0.02), (0.18, low + 0.02), (0.22, low + 0.12)]
        parts.append(sheet([*curve, (0.24 + lean, high)], wide, 0.02, cover))
    else:
        parts.append(cushion((0, 0, low), (wide, 0.44, 0.08 if kind == 1 else 0.04), cover, 0.25))
        parts += [tube((x, 0.19, low), (x, 0.2 + lean, high), 0.016, leg) for x in (-w, w)]
        rails = (0.55, 0.95) if kind == 3 else (0.62, 0.78, 0.94)
        for share in rails:
            y, z = 0.19 + lean * share, low + (high - low) * share
            parts.append(block((0, y, z), (wide - 0.05, 0.022, 0.06 if kind > 1 else 0.12), cover))
        if kind == 3:
            for x in np.linspace(-w, w, 7)[1:-1]:
                parts.append(tube((float(x), 0.2, low), (float(x), 0.19 + lean, high - 0.03), 0.008, leg, 6))
    if rng.random() < 0.25:
        for x in (-w, w):
            parts += bent(
                [(x, 0.22, 0.012), (x, -0.22, 0.012), (x, -0.2, low - 0.02), (x, 0.2, low - 0.02)], 0.012, leg
            )
        parts += [tube((-w, y, 0.012), (w, y, 0.012), 0.012, leg) for y in (-0.22, 0.22)]
    else:
        for x in (-w, w):
            parts += [tube((x * 1.08, y * 1.12, 0), (x, y, low - 0.01), 0.017, leg) for y in (-0.19, 0.19)]
    return joined(parts)


def footstool(look: Look, rng: np.random.Generator, cover: Material) -> Parts:
    """Return a low stool: a padded block, or a board on legs."""
    w, d, h = float(rng.uniform(0.36, 0.6)), float(rng.uniform(0.34, 0.5)), float(rng.uniform(0.3, 0.46))
    if rng.random() < 0.5:
        return (cushion((0, 0, h / 2), (w, d, h), cover, 0.2),)
    parts = [box((-w / 2, -d / 2, h - 0.03), (w / 2, d / 2, h), look.wood)]
    parts += [cylinder((x * (w / 2 - 0.04), y * (d / 2 - 0.04), 0), 0.018, h - 0.03, look.wood, 10)
              for x in (-1, 1) for y in (-1, 1)]  # fmt: skip
    return joined(parts)
