"""Decoration and devices: what stands on and between the furniture. Frames as in `furniture`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bgfg.synth.kit.pieces.graphics import screen_image
from bgfg.synth.kit.pieces.palette import MaterialPalette
from bgfg.synth.kit.pieces.scene_group import Meshes
from bgfg.synth.kit.render.image_textures import ImageTexture
from bgfg.synth.kit.render.mesh_primitives import (
    box,
    centred_box,
    cushion,
    cylinder,
    lathe,
    leaves,
    merge_by_material,
    quad,
    sphere,
    tube,
    tubes,
)
from bgfg.synth.kit.render.scene import Material, Mesh
from bgfg.synth.kit.render.vectors import FloatArray


def image_panel(image: FloatArray, width: float, height: float, emission: float = 0.0, gloss: float = 0.3) -> Mesh:
    """Return an upright image that faces -y, centred on the origin.

    Args:
        image: (h, w, 3) linear RGB.
        width: Of the panel, m.
        height: Of the panel, m.
        emission: How much it glows, as that of `Material`.
        gloss: As that of `Material`.
    """
    corner = (-width / 2, 0.0, -height / 2)
    picture = ImageTexture(image, corner, (width, 0, 0), (0, 0, height))
    material = Material(picture, emission=emission, gloss=gloss, roughness=0.05)
    return quad(corner, (width, 0, 0), (0, 0, height), material, casts_shadow=False)


def monitor(palette: MaterialPalette, rng: np.random.Generator, width: float = 0.56) -> Meshes:
    """Return a computer screen on its foot, mostly switched on; it stands on z = 0 and faces -y."""
    high = width * 0.58
    middle = high / 2 + 0.12
    parts = [
        centred_box((0, 0, middle), (width, 0.03, high), palette.black),
        centred_box((0, 0.03, 0.15), (0.05, 0.02, 0.3), palette.chrome),
        centred_box((0, 0.02, 0.006), (0.22, 0.17, 0.012), palette.chrome),
    ]
    if rng.random() < 0.8:
        face = image_panel(screen_image(rng), width - 0.02, high - 0.02, emission=0.9, gloss=0.5)
    else:
        face = quad(
            (-width / 2 + 0.01, 0, -high / 2 + 0.01), (width - 0.02, 0, 0), (0, 0, high - 0.02), palette.black, False
        )
    return (*merge_by_material(parts), face.moved((0, -0.0165, middle)))


def laptop(palette: MaterialPalette, rng: np.random.Generator) -> Meshes:
    """Return an open laptop that faces -y."""
    parts = [
        centred_box((0, 0, 0.009), (0.33, 0.23, 0.018), palette.chrome),
        centred_box((0, -0.01, 0.0185), (0.27, 0.11, 0.003), palette.black),
        centred_box((0, 0.13, 0.13), (0.33, 0.012, 0.22), palette.chrome),
    ]
    return (*merge_by_material(parts), image_panel(screen_image(rng), 0.31, 0.2, emission=0.9).moved((0, 0.123, 0.13)))


def desk_items(palette: MaterialPalette, rng: np.random.Generator, width: float) -> Meshes:
    """Return what lies on a desk 0.8 m deep and `width` m wide: screens, keyboard, paper, a cup, books, a lamp."""
    parts: list[Mesh] = []
    kind = rng.random()
    if kind < 0.3 and width > 1.35:
        for x, yaw in ((-0.3, 12.0), (0.3, -12.0)):
            parts += [p.moved((x, 0.16, 0), yaw) for p in monitor(palette, rng, 0.54)]
    elif kind < 0.8:
        parts += [
            p.moved((0, 0.16, 0), float(rng.uniform(-10, 10)))
            for p in monitor(palette, rng, float(rng.uniform(0.5, 0.68)))
        ]
    else:
        parts += [p.moved((0, 0, 0), float(rng.uniform(-15, 15))) for p in laptop(palette, rng)]
    if kind < 0.8:
        parts.append(centred_box((0, -0.16, 0.01), (0.42, 0.13, 0.02), palette.plastic))
        parts.append(cushion((0.3, -0.16, 0.015), (0.06, 0.1, 0.03), palette.plastic, 0.7))
    side = float(rng.choice([-1, 1]))
    if rng.random() < 0.7:
        sheet = centred_box((0, 0, 0.006), (0.21, 0.3, 0.012), palette.paper)
        parts.append(sheet.moved((side * (width / 2 - 0.24), -0.08, 0), float(rng.uniform(-25, 25))))
    if rng.random() < 0.6:
        parts += [p.moved((-side * (width / 2 - 0.2), -0.05, 0)) for p in cup(palette, rng)]
    if rng.random() < 0.45:
        parts += [p.moved((side * (width / 2 - 0.16), 0.22, 0), -30 * side) for p in desk_lamp(palette)]
    elif rng.random() < 0.6:
        parts += [p.moved((-side * (width / 2 - 0.18), 0.22, 0)) for p in small_plant(palette, rng)]
    if rng.random() < 0.4:
        for k in range(rng.integers(2, 5)):
            parts.append(
                centred_box((-side * (width / 2 - 0.22), 0.2, 0.016 + 0.03 * k), (0.17, 0.24, 0.028), palette.books[k])
            )
    return tuple(parts)


def cup(palette: MaterialPalette, rng: np.random.Generator) -> Meshes:
    """Return a mug."""
    profile = [(0.0, 0.0), (0.038, 0.0), (0.042, 0.095), (0.036, 0.095), (0.0, 0.075)]
    return (lathe(profile, (palette.white, palette.accent, palette.black)[rng.integers(3)], 16),)


def desk_lamp(palette: MaterialPalette) -> Meshes:
    """Return a lamp with two arms."""
    return merge_by_material(
        [
            cylinder((0, 0, 0), 0.085, 0.02, palette.black, 20),
            tube((0, 0, 0.02), (-0.1, 0, 0.28), 0.009, palette.black),
            tube((-0.1, 0, 0.28), (0.1, -0.06, 0.44), 0.009, palette.black),
            lathe([(0.075, 0.0), (0.03, 0.09), (0, 0.1)], palette.black, 16).moved((0.12, -0.07, 0.36)),
        ]
    )


def floor_lamp(palette: MaterialPalette, shade: Material) -> Meshes:
    """Return a standing lamp, 1.6 m high, with a cylindrical shade of the material `shade`."""
    return (
        *merge_by_material(
            [cylinder((0, 0, 0), 0.15, 0.02, palette.black, 24), tube((0, 0, 0.02), (0, 0, 1.4), 0.012, palette.black)]
        ),
        lathe([(0.2, 1.3), (0.16, 1.62)], shade, 24),
    )


def waste_bin(palette: MaterialPalette) -> Meshes:
    """Return a waste-paper bin."""
    return (lathe([(0, 0.01), (0.11, 0), (0.14, 0.34), (0.13, 0.34), (0, 0.05)], palette.black, 20),)


def small_plant(palette: MaterialPalette, rng: np.random.Generator) -> Meshes:
    """Return a pot of 0.1 m with a tuft of leaves."""
    parts = [lathe([(0, 0), (0.045, 0), (0.06, 0.1), (0.05, 0.1), (0, 0.085)], palette.pot, 14)]
    blades = []
    for _ in range(16):
        angle, out = rng.uniform(0, 2 * np.pi), rng.uniform(0.04, 0.14)
        tip = (out * float(np.cos(angle)), out * float(np.sin(angle)), float(rng.uniform(0.17, 0.3)))
        blades.append(((0, 0, 0.09), tip, rng.integers(4)))
    return merge_by_material([*parts, *_leaves_of_tones(palette, blades, 0.04, 0.03, 3)])


def plant(palette: MaterialPalette, rng: np.random.Generator, height: float = 1.4) -> Meshes:
    """Return a plant `height` m high in a pot on the floor: a palm, a rubber tree or a snake plant."""
    pot = float(rng.uniform(0.14, 0.19))
    tall = float(rng.uniform(0.28, 0.42))
    parts = [
        lathe([(0, 0), (pot * 0.78, 0), (pot, tall), (pot * 0.9, tall), (0, tall - 0.03)], palette.pot, 22),
        cylinder((0, 0, tall - 0.04), pot * 0.88, 0.02, palette.soil, 20),
    ]
    grow = (_palm, _rubber_tree, _snake_plant)[rng.integers(3)]
    return merge_by_material([*parts, *grow(palette, rng, tall, height)])


def _palm(palette: MaterialPalette, rng: np.random.Generator, base: float, height: float) -> list[Mesh]:
    green = palette.leaves[rng.integers(4)]
    # For each frond its bearing, how far it reaches as a share, and how high.
    fronds = rng.uniform([0, 0.2, 0.55], [2 * np.pi, 0.5, 1.0], (rng.integers(9, 14), 3))
    angle, out, top = fronds[:, 0], fronds[:, 1] * height * 0.62, base + (height - base) * fronds[:, 2]
    ahead = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    aside = np.stack([-np.sin(angle), np.cos(angle), 0 * angle], axis=1)
    up = np.array([0, 0, 1.0])
    start, end = 0.02 * ahead + (base - 0.02) * up, out[:, None] * ahead + top[:, None] * up
    bend = start + 0.55 * (end - start) + 0.12 * height * up
    # A quadratic Bézier curve from the pot to the tip; pairs of leaflets follow its outer half.
    t = np.linspace(0, 1, 8)[:, None, None]
    spine = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t * t * end
    stems = tubes(spine[:-1].reshape(-1, 3), spine[1:].reshape(-1, 3), 0.006, green, 4)
    leaflets = [
        (spine[3:], spine[3:] + side * 0.26 * (1.2 - t[3:]) * aside + 0.14 * ahead, 0.045, 0.09) for side in (-1, 1)
    ]
    leaflets.append((spine[-2], 2 * spine[-1] - spine[-2], 0.05, 0.05))
    return [
        stems,
        *(
            leaves(low.reshape(-1, 3), tip.reshape(-1, 3), width, droop, green, 3)
            for low, tip, width, droop in leaflets
        ),
    ]


def _rubber_tree(palette: MaterialPalette, rng: np.random.Generator, base: float, height: float) -> list[Mesh]:
    parts: list[Mesh] = []
    for _ in range(rng.integers(2, 4)):
        lean = rng.uniform(-0.12, 0.12, 2) * height
        top = np.array([*lean, height * float(rng.uniform(0.8, 1.0))])
        start = np.array([*rng.uniform(-0.04, 0.04, 2), base - 0.03])
        parts.append(tube(tuple(start), tuple(top), 0.011, palette.trunk, 6))
        blades = []
        for t in np.linspace(0.25, 1.0, 13):
            angle = float(rng.uniform(0, 2 * np.pi))
            a = start + t * (top - start)
            reach = float(rng.uniform(0.2, 0.34))
            tip = a + np.array([np.cos(angle) * reach, np.sin(angle) * reach, rng.uniform(0.0, 0.16)])
            blades.append((a, tip, rng.integers(4)))
        parts += _leaves_of_tones(palette, blades, 0.13, 0.06, 4)
    return parts


def _snake_plant(palette: MaterialPalette, rng: np.random.Generator, base: float, height: float) -> list[Mesh]:
    blades = []
    for _ in range(18):
        angle, off = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(0, 0.1))
        c, s = float(np.cos(angle)), float(np.sin(angle))
        up = base + (height - base) * float(rng.uniform(0.45, 0.85))
        blades.append(((c * off, s * off, base - 0.03), (c * (off + 0.12), s * (off + 0.12), up), rng.integers(4)))
    return _leaves_of_tones(palette, blades, 0.075, 0.0, 5)


def _leaves_of_tones(
    palette: MaterialPalette,
    blades: Sequence[tuple[ArrayLike, ArrayLike, np.integer[Any]]],
    width: float,
    droop: float,
    steps: int,
) -> list[Mesh]:
    """Return `blades` (base, tip, number of the leaf's tone) as a mesh for each tone."""
    bases, tips, tones = (np.asarray(column) for column in zip(*blades, strict=True))
    return [
        leaves(bases[tones == tone], tips[tones == tone], width, droop, palette.leaves[tone], steps)
        for tone in np.unique(tones)
    ]


def coffee_machine(palette: MaterialPalette) -> Meshes:
    """Return a coffee machine, 0.4 m high."""
    return merge_by_material(
        [
            box((-0.15, -0.05, 0), (0.15, 0.2, 0.4), palette.black),
            box((-0.15, -0.22, 0.27), (0.15, -0.05, 0.4), palette.chrome),
            box((-0.13, -0.22, 0), (0.13, -0.05, 0.03), palette.chrome),
            cylinder((0, -0.14, 0.2), 0.02, 0.07, palette.chrome, 10),
        ]
    )


def fruit_bowl(palette: MaterialPalette) -> Meshes:
    """Return a bowl of apples and oranges."""
    parts = [lathe([(0, 0), (0.06, 0), (0.15, 0.08), (0.14, 0.08), (0, 0.02)], palette.white, 22)]
    fruits = (
        Material((0.55, 0.06, 0.03), gloss=0.4),
        Material((0.8, 0.32, 0.03)),
        Material((0.3, 0.45, 0.05), gloss=0.4),
    )
    for k in range(7):
        angle = k * 2 * np.pi / 6
        x, y, z = (0.07 * float(np.cos(angle)), 0.07 * float(np.sin(angle)), 0.07) if k < 6 else (0.0, 0.0, 0.11)
        parts.append(sphere((x, y, z), 0.038, fruits[k % 3]))
    return merge_by_material(parts)


def fridge(palette: MaterialPalette) -> Meshes:
    """Return a fridge with two doors, 1.85 m high."""
    parts = [box((-0.31, -0.3, 0.03), (0.31, 0.32, 1.85), palette.chrome)]
    parts += [
        box((-0.305, -0.33, low), (0.305, -0.305, high), palette.chrome) for low, high in ((0.06, 1.15), (1.17, 1.84))
    ]
    parts += [centred_box((0.25, -0.35, z), (0.02, 0.03, 0.35), palette.black) for z in (0.95, 1.38)]
    return merge_by_material(parts)
