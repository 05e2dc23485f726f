"""Chairs, sofas and stools of homes and offices.

Each has its own frame: it stands on z = 0 around the origin, its back towards +y, its front to -y. Only `office_chair`
and `chair` are the other way round, for desks: a person on them looks along +y.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from bgfg.synth.kit.pieces.palette import MaterialPalette
from bgfg.synth.kit.pieces.scene_group import Meshes
from bgfg.synth.kit.render.mesh_primitives import box, centred_box, cushion, cylinder, merge_by_material, tube, tubes
from bgfg.synth.kit.render.scene import Material, Mesh
from bgfg.synth.kit.render.vectors import FloatArray, Vec3

SideProfile = Sequence[tuple[float, float]]  # (y, z) in m, from the front to the back


def scaled_meshes(parts: Meshes, across: float, along: float, up: float) -> Meshes:
    """Return the meshes made `across`, `along` and `up` times as large in x, y and z."""
    factor = np.array([across, along, up], np.float32)
    return merge_by_material([replace(p, vertices=p.vertices * factor) for p in (part.baked() for part in parts)])


def padded_sheet(profile: SideProfile, width: float, thickness: float, material: Material) -> Mesh:
    """Return a padded sheet, width x thickness m, whose underside follows `profile` from front to back."""
    line = np.asarray(profile, float)
    along = np.gradient(line, axis=0)
    out = np.stack([-along[:, 1], along[:, 0]], axis=1)
    out *= thickness / np.linalg.norm(out, axis=1, keepdims=True)
    rings: list[FloatArray] = []
    for rim, lift in ((-0.5, 0.0), (0.5, 0.0), (0.5, 1.0), (-0.5, 1.0)):
        at = line + lift * out
        rings.append(np.column_stack([np.full(len(at), rim * width), at]))
    vertices = np.stack(rings, axis=1).reshape(-1, 3)
    faces = [[0, 1, 2], [0, 2, 3], *([4 * len(line) - k for k in row] for row in ((4, 2, 3), (4, 1, 2)))]
    for k in range(len(line) - 1):
        for i in range(4):
            a, b = 4 * k + i, 4 * k + (i + 1) % 4
            faces += [[a, b + 4, b], [a, a + 4, b + 4]]
    return Mesh(vertices.astype(np.float32), np.array(faces, np.int32), material)


def bent_bar(points: Sequence[Vec3], radius: float, material: Material) -> list[Mesh]:
    """Return a bent bar through `points`, a tube from each to the next."""
    return [tubes(points[:-1], points[1:], radius, material, 7)]


def lounge_chair(palette: MaterialPalette, rng: np.random.Generator, cover: Material) -> Meshes:
    """Return an armchair whose bent frame, of tubes or wood, carries a seat and a leaning back."""
    wide, deep = float(rng.uniform(0.54, 0.7)), float(rng.uniform(0.5, 0.62))
    low, high = float(rng.uniform(0.34, 0.45)), float(rng.uniform(0.74, 1.05))
    lean, drop = float(rng.uniform(0.12, 0.42)), float(rng.uniform(0.0, 0.09))
    radius = float(rng.uniform(0.01, 0.016))
    frame = (palette.chrome, palette.chrome, palette.black, palette.white, palette.wood)[rng.integers(5)]
    if frame is palette.wood:  # wooden bars are thicker than steel tubes
        radius *= 2
    front, back = -deep / 2, deep / 2
    profile = [(front, low), (front + 0.08, low + 0.015), (0.0, low - 0.4 * drop), (back - 0.1, low - drop)]
    profile += [(back, low - drop + 0.07), (back + 0.45 * lean, 0.5 * (low + high)), (back + lean, high)]
    arms, free = rng.random() < 0.75, rng.random() < 0.55
    parts: list[Mesh] = []
    for x in (-wide / 2, wide / 2):
        parts += bent_bar([(x, y, z - radius) for y, z in profile], radius, frame)
        runner = [(x, back + 0.15, radius), (x, front + 0.05, radius), (x, front, 0.05)]
        parts += bent_bar([*runner, (x, front, low - radius)], radius, frame)
        if not free:
            parts += bent_bar([(x, back + 0.15, radius), (x, back + 0.04, low)], radius, frame)
        if arms:
            top = low + 0.2
            rear = back + lean * (top - low + drop) / (high - low + drop)
            parts += bent_bar([(x, front, low), (x, front + 0.03, top), (x, rear, top - 0.01)], radius, frame)
            parts.append(centred_box((x, (front + rear) / 2, top + 0.012), (0.05, deep * 0.9, 0.025), palette.wood))
    for y, z in ((back + 0.15, radius), (front, low - radius), (back + lean, high - 0.03)):
        parts.append(tube((-wide / 2, y, z), (wide / 2, y, z), radius, frame, 7))
    thick = float(rng.choice([0.02, 0.06, 0.1, 0.13]))
    # Twice as many points as the frame has, so that the cloth bends more softly.
    finer = [((1 - t) * a[0] + t * b[0], (1 - t) * a[1] + t * b[1]) for a, b in pairwise(profile) for t in (0, 0.5)]
    parts.append(padded_sheet([*finer, profile[-1]], wide - 2 * radius, thick, cover))
    if rng.random() < 0.35:
        parts.append(cushion((0, back - 0.05 + 0.2 * lean, low + 0.2), (0.4, 0.14, 0.34), palette.accent, 0.5))
    return merge_by_material(parts)


def home_armchair(palette: MaterialPalette, rng: np.random.Generator, cover: Material) -> Meshes:
    """Return an upholstered armchair, a round one or a lounge chair, of random proportions."""
    kind = rng.random()
    if kind < 0.55:
        return lounge_chair(palette, rng, cover)
    body = tub_chair(replace(palette, second_seat=cover)) if kind > 0.88 else sofa(palette, 1, cover)
    factors = rng.uniform(0.85, 1.15), rng.uniform(0.85, 1.15), rng.uniform(0.8, 1.25)
    return scaled_meshes(body, *(float(f) for f in factors))


def home_sofa(palette: MaterialPalette, rng: np.random.Generator, cover: Material) -> Meshes:
    """Return a sofa of two or three seats, of random proportions."""
    across, along, up = (float(factor) for factor in rng.uniform(0.85, 1.15, 3))
    return scaled_meshes(sofa(palette, int(rng.integers(2, 4)), cover), across, along, up)


def dining_chair(palette: MaterialPalette, rng: np.random.Generator) -> Meshes:
    """Return a chair for a table: a shell, a padded seat or boards, on legs or on a bent tube."""
    cover = (palette.plastic, palette.wood, palette.seat, palette.white, palette.second_seat)[rng.integers(5)]
    wide, high, low = float(rng.uniform(0.4, 0.5)), float(rng.uniform(0.78, 1.0)), float(rng.uniform(0.43, 0.48))
    leg = (palette.frame, palette.wood, palette.chrome)[rng.integers(3)]
    kind, parts = rng.integers(4), []
    w, lean = wide / 2 - 0.03, float(rng.uniform(0.03, 0.12))
    if kind == 0:  # a shell of one piece
        curve = [(-0.22, low - 0.02), (-0.19, low), (0.1, low - 0.02), (0.18, low + 0.02), (0.22, low + 0.12)]
        parts.append(padded_sheet([*curve, (0.24 + lean, high)], wide, 0.02, cover))
    else:
        parts.append(cushion((0, 0, low), (wide, 0.44, 0.08 if kind == 1 else 0.04), cover, 0.25))
        parts += [tube((x, 0.19, low), (x, 0.2 + lean, high), 0.016, leg) for x in (-w, w)]
        rails = (0.55, 0.95) if kind == 3 else (0.62, 0.78, 0.94)
        for share in rails:
            y, z = 0.19 + lean * share, low + (high - low) * share
            parts.append(centred_box((0, y, z), (wide - 0.05, 0.022, 0.06 if kind > 1 else 0.12), cover))
        if kind == 3:
            for x in np.linspace(-w, w, 7)[1:-1]:
                parts.append(tube((float(x), 0.2, low), (float(x), 0.19 + lean, high - 0.03), 0.008, leg, 6))
    if rng.random() < 0.25:
        for x in (-w, w):
            parts += bent_bar(
                [(x, 0.22, 0.012), (x, -0.22, 0.012), (x, -0.2, low - 0.02), (x, 0.2, low - 0.02)], 0.012, leg
            )
        parts += [tube((-w, y, 0.012), (w, y, 0.012), 0.012, leg) for y in (-0.22, 0.22)]
    else:
        for x in (-w, w):
            parts += [tube((x * 1.08, y * 1.12, 0), (x, y, low - 0.01), 0.017, leg) for y in (-0.19, 0.19)]
    return merge_by_material(parts)


def footstool(palette: MaterialPalette, rng: np.random.Generator, cover: Material) -> Meshes:
    """Return a low stool: a padded block, or a board on legs."""
    w, d, h = float(rng.uniform(0.36, 0.6)), float(rng.uniform(0.34, 0.5)), float(rng.uniform(0.3, 0.46))
    if rng.random() < 0.5:
        return (cushion((0, 0, h / 2), (w, d, h), cover, 0.2),)
    parts = [box((-w / 2, -d / 2, h - 0.03), (w / 2, d / 2, h), palette.wood)]
    parts += [cylinder((x * (w / 2 - 0.04), y * (d / 2 - 0.04), 0), 0.018, h - 0.03, palette.wood, 10)
              for x in (-1, 1) for y in (-1, 1)]  # fmt: skip
    return merge_by_material(parts)


def office_chair(palette: MaterialPalette, rng: np.random.Generator) -> Meshes:
    """Return a swivel chair on five castors, mostly with arms."""
    parts = [
        cushion((0, 0.02, 0.48), (0.5, 0.5, 0.1), palette.seat, 0.4),
        cushion((0, -0.24, 0.82), (0.46, 0.09, 0.56), palette.seat, 0.45),
        tube((0, -0.26, 0.42), (0, -0.27, 0.7), 0.025, palette.black),
        cylinder((0, 0, 0.1), 0.03, 0.35, palette.chrome, 10),
    ]
    for angle in np.arange(5) * 2 * np.pi / 5 + 0.3:
        x, y = 0.3 * float(np.cos(angle)), 0.3 * float(np.sin(angle))
        parts += [
            tube((0, 0, 0.12), (x, y, 0.07), 0.02, palette.frame),
            cylinder((x, y, 0), 0.032, 0.06, palette.black, 8),
        ]
    if rng.random() < 0.7:
        for x in (-0.27, 0.27):
            parts.append(cushion((x, -0.02, 0.68), (0.06, 0.28, 0.035), palette.black))
            parts.append(tube((x, -0.05, 0.46), (x, -0.05, 0.67), 0.014, palette.black))
    return merge_by_material(parts)


def chair(palette: MaterialPalette, rng: np.random.Generator, cloth: bool = False) -> Meshes:
    """Return a chair with four legs, of cloth, or else of plastic, wood or lacquer."""
    cover = palette.seat if cloth else (palette.plastic, palette.wood, palette.accent)[rng.integers(3)]
    parts = [
        cushion((0, 0, 0.45), (0.44, 0.44, 0.06 if cloth else 0.035), cover, 0.4),
        cushion((0, -0.21, 0.68), (0.42, 0.045, 0.36), cover, 0.4),
    ]
    for x in (-0.18, 0.18):
        parts.append(tube((x, -0.2, 0.44), (x, -0.22, 0.62), 0.014, palette.frame))
        for y in (-0.18, 0.18):
            parts.append(tube((x * 1.1, y * 1.15, 0), (x, y, 0.44), 0.015, palette.frame))
    return merge_by_material(parts)


def bar_stool(palette: MaterialPalette, height: float = 0.72) -> Meshes:
    """Return a bar stool, `height` m high: a round seat, four legs, a ring for the feet."""
    parts = [cushion((0, 0, height), (0.36, 0.36, 0.07), palette.seat, 0.7)]
    corners = [(0.19 * float(np.cos(a)), 0.19 * float(np.sin(a))) for a in np.pi / 4 + np.arange(4) * np.pi / 2]
    for k, (x, y) in enumerate(corners):
        parts.append(tube((x, y, 0), (x * 0.6, y * 0.6, height - 0.02), 0.013, palette.frame))
        nx, ny = corners[(k + 1) % 4]
        parts.append(tube((x * 0.85, y * 0.85, 0.27), (nx * 0.85, ny * 0.85, 0.27), 0.01, palette.frame))
    return merge_by_material(parts)


def sofa(palette: MaterialPalette, seats: int = 2, cover: Material | None = None) -> Meshes:
    """Return a sofa or, with one seat, an armchair; 0.85 m deep."""
    cloth = cover or palette.seat
    width = 0.66 * seats + 0.36
    parts = [
        cushion((0, 0.34, 0.46), (width, 0.2, 0.72), cloth, 0.25),
        cushion((0, 0, 0.23), (width - 0.08, 0.8, 0.22), cloth, 0.2),
    ]
    for side in (-1, 1):
        parts.append(cushion((side * (width / 2 - 0.09), -0.02, 0.36), (0.18, 0.84, 0.5), cloth, 0.28))
        parts += [
            tube((side * (width / 2 - 0.12), y, 0), (side * (width / 2 - 0.12), y, 0.14), 0.02, palette.frame)
            for y in (-0.34, 0.34)
        ]
    for k in range(seats):
        x = (k - (seats - 1) / 2) * 0.66
        parts.append(cushion((x, -0.06, 0.4), (0.65, 0.7, 0.17), cloth, 0.3))
        parts.append(cushion((x, 0.2, 0.64), (0.62, 0.17, 0.4), cloth, 0.4))
    if seats > 1:
        pillow = cushion((0, 0, 0), (0.42, 0.14, 0.42), palette.accent, 0.5)
        parts.append(pillow.moved((-width / 2 + 0.36, 0.06, 0.66), 12))
    return merge_by_material(parts)


def tub_chair(palette: MaterialPalette) -> Meshes:
    """Return a low round armchair."""
    angles = np.linspace(-0.15 * np.pi, 1.15 * np.pi, 41)
    parts = [cushion((0, -0.03, 0.36), (0.56, 0.58, 0.18), palette.second_seat, 0.55)]
    for a, b in pairwise(angles):
        middle = (a + b) / 2
        high = 0.62 + 0.16 * max(0.0, float(np.sin(middle)))
        part = centred_box((0, 0, high / 2 + 0.06), (0.09, 0.045, high - 0.12), palette.second_seat)
        parts.append(
            part.moved((0.33 * float(np.cos(middle)), 0.33 * float(np.sin(middle)), 0), float(np.degrees(middle)))
        )
    parts += [tube((x, y, 0), (x, y, 0.3), 0.018, palette.frame) for x in (-0.22, 0.22) for y in (-0.22, 0.22)]
    return merge_by_material(parts)


def pouf(palette: MaterialPalette, rng: np.random.Generator) -> Meshes:
    """Return an upholstered round seat."""
    cover = (palette.seat, palette.second_seat, palette.accent)[rng.integers(3)]
    return (cushion((0, 0, 0.21), (0.5, 0.5, 0.42), cover, 0.35),)
