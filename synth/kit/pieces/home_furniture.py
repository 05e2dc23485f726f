"""What stands in a home besides chairs; frames as in `furniture`: backs towards +y, fronts to -y."""

from __future__ import annotations

import itertools

import numpy as np
from bgfg.synth.kit.pieces.fittings import Fitting
from bgfg.synth.kit.pieces.furniture import Parts
from bgfg.synth.kit.pieces.looks import Look
from bgfg.synth.kit.render.materials import glow
from bgfg.synth.kit.render.scene import AreaLight, Colour, Material, Part
from bgfg.synth.kit.render.shapes import Point, block, box, cushion, cylinder, joined, prism, rounded, tube, turned_body

_CORNERS = ((-1, -1), (-1, 1), (1, -1), (1, 1))


def body_of(look: Look, rng: np.random.Generator) -> Material:
    """Return what large furniture is made of: white more often than wood, black or a colour."""
    choices = (look.white, look.white, look.white, look.wood, look.wood, look.black, look.accent)
    return choices[rng.integers(len(choices))]


def chest(look: Look, rng: np.random.Generator, width: float, height: float, depth: float) -> Parts:
    """Return a chest of drawers, or of doors, on a plinth or on legs."""
    body, w, d = body_of(look, rng), width / 2, depth / 2
    foot = float(rng.choice([0.05, 0.05, 0.16]))
    knob = (look.chrome, look.black, look.wood, body)[rng.integers(4)]
    parts = [box((-w, -d + 0.02, foot), (w, d, height), body)]
    if foot > 0.1:
        parts += [tube((x * (w - 0.05), y * (d - 0.06), 0), (x * (w - 0.06), y * (d - 0.07), foot), 0.018, look.frame)
                  for x, y in _CORNERS]  # fmt: skip
    else:
        parts.append(box((-w + 0.02, -d + 0.05, 0), (w - 0.02, d - 0.02, foot), body))
    doors = rng.random() < 0.3
    across = max(1, round(width / 0.45)) if doors else int(1 if width < 0.75 else rng.integers(1, 3))
    up = 1 if doors else max(2, round((height - foot) / float(rng.uniform(0.17, 0.26))))
    fw, fh = width / across, (height - foot - 0.02) / up
    for i in range(across):
        for k in range(up):
            x, z = -w + (i + 0.5) * fw, foot + (k + 0.5) * fh
            parts.append(block((x, -d + 0.01, z), (fw - 0.012, 0.02, fh - 0.012), body))
            parts.append(block((x, -d - 0.012, z + 0.2 * fh), (0.1 if not doors else 0.02, 0.02, 0.014), knob))
    parts.append(box((-w - 0.01, -d, height), (w + 0.01, d, height + 0.02), body))
    return joined(parts)


def wardrobe(look: Look, rng: np.random.Generator, width: float, height: float) -> Parts:
    """Return a wardrobe with doors, 0.58 m deep."""
    body, w = body_of(look, rng), width / 2
    parts = [box((-w, -0.27, 0), (w, 0.29, height), body)]
    doors = max(1, round(width / 0.5))
    for k in range(doors):
        x = -w + (k + 0.5) * width / doors
        parts.append(block((x, -0.28, height / 2), (width / doors - 0.012, 0.02, height - 0.04), body))
        side = (0.4 - k % 2 * 0.8) * width / doors
        parts.append(block((x + side, -0.3, height * 0.5), (0.02, 0.025, 0.2), look.chrome))
    return joined(parts)


def bed(look: Look, rng: np.random.Generator, width: float) -> Parts:
    """Return a bed of 2.05 m, its head towards +y, with pillows and a duvet that isn't quite flat."""
    w, top = width / 2, float(rng.uniform(0.42, 0.6))
    body, linen = body_of(look, rng), (look.paper, look.seat, look.second_seat)[rng.integers(3)]
    parts = [box((-w, -1.0, 0.1 if rng.random() < 0.5 else 0.0), (w, 1.0, top - 0.2), body)]
    parts += [block((x * (w - 0.06), y * 0.92, 0.06), (0.06, 0.06, 0.12), body) for x, y in _CORNERS]
    parts.append(cushion((0, 0, top - 0.1), (width - 0.04, 1.96, 0.24), look.paper, 0.15))
    head = float(rng.uniform(0.0, 0.7))
    if head > 0.15:
        cover = (body, look.seat, look.wood)[rng.integers(3)]
        parts.append(box((-w - 0.03, 0.99, 0), (w + 0.03, 1.06, top + head), cover))
    for x in (0.0,) if width < 1.2 else (-width / 4, width / 4):
        pillow = cushion((0, 0, 0), (0.6, 0.38, 0.16), look.paper, 0.5)
        parts.append(pillow.moved((x, 0.72, top + 0.08), float(rng.uniform(-15, 15))))
    reach = float(rng.uniform(1.0, 1.6))
    for k in range(int(rng.integers(3, 7))):
        at = (float(rng.uniform(-0.25, 0.25)) * width, -1.0 + reach * float(rng.uniform(0.15, 0.85)), top + 0.04)
        heap = cushion((0, 0, 0), (0.6 * width, 0.55 * reach, float(rng.uniform(0.1, 0.2))), linen, 0.6)
        parts.append(heap.moved((at[0], at[1], at[2] - 0.004 * k), float(rng.uniform(-40, 40))))
    parts.append(cushion((0, -1.0 + reach / 2, top + 0.01), (width + 0.06, reach, 0.16), linen, 0.3))
    return joined(parts)


def dining_table(look: Look, rng: np.random.Generator, width: float, depth: float, high: float = 0.74) -> Parts:
    """Return a table `width` along x, on four legs, two boards or a column; its top is `high`."""
    kind, w, d = rng.integers(4), width / 2, depth / 2
    leg = (look.frame, look.top, look.wood)[rng.integers(3)]
    edge = 0.5 * min(width, depth) if kind == 3 else float(rng.choice([0.02, 0.1]))
    parts = [prism(rounded(width, depth, edge), high - 0.03, high, look.top)]
    if kind <= 1:
        thick = float(rng.uniform(0.03, 0.08))
        x0, y0 = w - thick / 2 - 0.02, d - thick / 2 - 0.02
        parts += [block((x * x0, y * y0, high / 2 - 0.02), (thick, thick, high - 0.04), leg) for x, y in _CORNERS]
        if kind:
            parts.append(box((-x0, -y0 + 0.01, high - 0.11), (x0, y0 - 0.01, high - 0.03), leg))
    elif kind == 2:
        parts += [block((x * (w - 0.15), 0, high / 2 - 0.02), (0.05, depth * 0.8, high - 0.04), leg) for x in (-1, 1)]
    else:
        parts.append(cylinder((0, 0, 0), 0.25 * min(width, depth) + 0.1, 0.025, leg, 28))
        parts.append(cylinder((0, 0, 0.02), 0.045, high - 0.05, leg, 14))
    return joined(parts)


def television(look: Look, rng: np.random.Generator) -> Parts:
    """Return a television on its feet, off; it stands on z = 0."""
    wide = float(rng.uniform(0.7, 1.25))
    screen = Material((0.012, 0.012, 0.014), gloss=1.0, roughness=0.02)
    parts = [block((0, 0, 0.07 + 0.28 * wide), (wide, 0.04, 0.57 * wide), look.black)]
    parts.append(block((0, -0.022, 0.07 + 0.28 * wide), (wide - 0.02, 0.004, 0.55 * wide), screen))
    parts += [block((x * wide * 0.35, 0, 0.04), (0.04, 0.2, 0.08), look.black) for x in (-1, 1)]
    return joined(parts)


def standing_lamp(look: Look, rng: np.random.Generator, light: Colour) -> Fitting:
    """Return a floor lamp with a shade, straight or on a bow; `light` is the radiance it gives, black when off."""
    lit = max(light) > 0
    shade = glow((1.0, 0.88, 0.7), 1.6) if lit else (look.white, look.accent, look.black)[rng.integers(3)]
    stem = (look.chrome, look.black, look.wood)[rng.integers(3)]
    high, reach = float(rng.uniform(1.25, 1.75)), float(rng.choice([0.0, 0.0, rng.uniform(0.3, 0.8)]))
    points: list[Point] = [(0, 0, 0.02), (0, 0, 0.75 * high), (-0.35 * reach, 0, high), (-reach, 0, high - 0.05)]
    points = points if reach else [(0, 0, 0.02), (0, 0, high)]
    wide, tall = float(rng.uniform(0.12, 0.24)), float(rng.uniform(0.16, 0.34))
    low = points[-1][2] - 0.75 * tall
    profile = [(wide, low), (wide * float(rng.uniform(0.4, 1.0)), low + tall)]
    parts: list[Part] = [cylinder((0, 0, 0), float(rng.uniform(0.11, 0.18)), 0.025, stem, 24)]
    parts += [tube(a, b, 0.011, stem) for a, b in itertools.pairwise(points)]
    parts.append(turned_body(profile, shade, 24).moved((-reach, 0, 0)))
    size = 1.4 * wide
    lights = (
        AreaLight((-reach, 0, low - 0.01), (size, 0, 0), (0, -size, 0), light),
        AreaLight((-reach, 0, low + tall + 0.01), (size, 0, 0), (0, size, 0), light),
    )
    return Fitting(joined(parts), lights if lit else ())


def on_the_floor(look: Look, rng: np.random.Generator) -> Parts:
    """Return something that lies about: a basket, a box, a ball, a bag, a heap of books."""
    kind, size = rng.integers(5), float(rng.uniform(0.2, 0.42))
    cover = (look.wood, look.accent, look.white, look.seat, look.black)[rng.integers(5)]
    if kind == 0:
        profile = [(0.0, 0.01), (0.4 * size, 0.0), (0.5 * size, 0.9 * size), (0.46 * size, 0.9 * size), (0, 0.05)]
        return (turned_body(profile, cover, 18),)
    if kind == 1:
        return (block((0, 0, 0.3 * size), (size, 0.8 * size, 0.6 * size), cover),)
    if kind == 2:
        return (cushion((0, 0, 0.4 * size), (0.8 * size,) * 3, cover, 1.0),)
    if kind == 3:
        return (cushion((0, 0, 0.35 * size), (size, 0.5 * size, 0.7 * size), cover, 0.45),)
    pile = [block((0, 0, 0.015 + 0.03 * k), (0.17, 0.24, 0.028), look.books[k % 7]).moved((0, 0, 0), (-9.0) ** (k % 2))
            for k in range(int(rng.integers(2, 9)))]  # fmt: skip
    return joined(pile)
