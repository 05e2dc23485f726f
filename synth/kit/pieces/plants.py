"""Trees, palms, hedges, shrubs and flower beds. Each stands on the origin of its own frame, z up, metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.pieces.outdoor_textures import Foliage
from bgfg.synth.kit.pieces.scene_group import Meshes
from bgfg.synth.kit.render.mesh_primitives import box, lathe, leaves, merge_by_material, tubes
from bgfg.synth.kit.render.scene import LinearRGB, Material, Mesh
from bgfg.synth.kit.render.vectors import FloatArray

_LEAVES: tuple[LinearRGB, ...] = (
    (0.060, 0.130, 0.025),
    (0.045, 0.100, 0.030),
    (0.095, 0.160, 0.040),
    (0.110, 0.150, 0.060),
    (0.050, 0.085, 0.045),
    (0.200, 0.110, 0.025),
)
_PETALS: tuple[LinearRGB, ...] = ((0.6, 0.05, 0.06), (0.7, 0.5, 0.05), (0.55, 0.12, 0.4), (0.75, 0.7, 0.68))


@dataclass(frozen=True)
class TreeSpecies:
    """How the trees of a place grow.

    Attributes:
        leaves: The material of the crown.
        bark: The material of trunk and branches.
        crown_width: The width of the crown as a share of its usual width.
        trunk_share: The share of the height that lies below the crown.
        is_palm: A palm instead of a tree with branches.
    """

    leaves: Material
    bark: Material
    crown_width: float
    trunk_share: float
    is_palm: bool = False


def sample_tree_species(rng: np.random.Generator) -> TreeSpecies:
    """Return a random kind of tree: round, tall, low, or a palm."""
    first = _LEAVES[rng.choice(6, p=[0.24, 0.22, 0.2, 0.14, 0.14, 0.06])]
    second = tuple(float(c * rng.uniform(0.8, 1.7)) for c in first)
    leaves = Material(Foliage(first, (second[0], second[1], second[2]), int(rng.integers(1 << 20))), gloss=0.15)
    bark = Material(((0.14, 0.1, 0.07), (0.22, 0.2, 0.17), (0.3, 0.28, 0.25))[rng.integers(3)])
    slender = float(rng.choice([rng.uniform(0.75, 1.25), rng.uniform(0.35, 0.55)], p=[0.78, 0.22]))
    return TreeSpecies(leaves, bark, slender, float(rng.uniform(0.16, 0.4)), bool(rng.random() < 0.14))


def tree(rng: np.random.Generator, species: TreeSpecies, height: float, leaves: int = 700) -> Meshes:
    """Return a tree `height` m high: a crown of lobes covered with leaves, on branches.

    Args:
        rng: Draws where lobes and leaves are.
        species: How the tree grows.
        height: Up to the top of its crown, m.
        leaves: How many leaves its lobes get; fewer do for trees far away.
    """
    if species.is_palm:
        return _palm(rng, species, height)
    clear = height * species.trunk_share
    half = (height - clear) / 2
    wide = min(height * 0.32 * species.crown_width, half * 1.3)
    count = int(rng.integers(9, 15))
    away = _directions(rng, count) * (rng.uniform(0.1, 1, (count, 1)) ** 0.5)
    centres = away * [wide * 0.68, wide * 0.68, half * 0.68] + [0, 0, clear + half]
    radii = rng.uniform(0.36, 0.56, count) * min(wide, half)
    crown = _crown(rng, centres, radii, leaves, 0.055 * height**0.75, species.leaves)
    lean = np.array([*rng.normal(0, 0.02 * height, 2), 0])
    fork = np.array([0, 0, clear]) + lean
    thick = 0.018 * height + 0.03
    trunk = lathe([(1.5 * thick, 0), (thick, 0.06 * height), (0.75 * thick, clear * 1.1)], species.bark, sides=8)
    # A shear: the trunk leans more the higher it is, and its foot stays.
    tilt = trunk.vertices + (trunk.vertices[:, 2:] / max(clear, 0.1) * lean).astype(np.float32)
    trunk = Mesh(tilt.astype(np.float32), trunk.faces, species.bark, smooth=True)
    branches = tubes(np.tile(fork, (len(centres[:7]), 1)), centres[:7], 0.35 * thick, species.bark, 5)
    return (*merge_by_material([trunk, branches]), *crown)


def shrub(rng: np.random.Generator, leaves: Material, width: float, height: float, cards: int = 220) -> Meshes:
    """Return a bush of about width x height m with `cards` leaves."""
    count = int(rng.integers(3, 6))
    off = rng.normal(0, 0.24 * width, (count, 2))
    radii = np.minimum(rng.uniform(0.4, 0.55, count) * min(width, height), height * 0.5)
    centres = np.column_stack([off, np.maximum(height - radii * rng.uniform(1, 1.5, count), 0.3 * height)])
    return _crown(rng, centres, radii, cards, 0.05 + 0.05 * height, leaves)


def hedge(rng: np.random.Generator, leaves: Material, length: float, depth: float, height: float) -> Meshes:
    """Return a clipped hedge along x, its middle over the origin."""
    size = np.array([length, depth, height])
    count = int(min(2200, 60 * (2 * length * height + length * depth)))
    face = rng.choice(5, count, p=_shares(length * height, length * height, length * depth, *([depth * height] * 2)))
    place = rng.uniform(0, 1, (count, 3))
    axis, end = np.array([1, 1, 2, 0, 0])[face], np.array([0.0, 1.0, 1.0, 0.0, 1.0])[face]
    place[np.arange(count), axis] = end
    outward = np.zeros((count, 3))
    outward[np.arange(count), axis] = 2 * end - 1
    place = (place - [0.5, 0.5, 0]) * size
    core = box((-length / 2 + 0.03, -depth / 2 + 0.03, 0), (length / 2 - 0.03, depth / 2 - 0.03, height - 0.03), leaves)
    return core, _cards(rng, place + rng.normal(0, 0.012, (count, 3)), outward, 0.07, leaves)


def flower_bed(rng: np.random.Generator, leaves: Material, length: float, depth: float) -> Meshes:
    """Return a low bed along x, full of leaves and petals, on soil."""
    soil = box((-length / 2, -depth / 2, 0), (length / 2, depth / 2, 0.05), Material((0.07, 0.05, 0.035)))
    area = min(length * depth, 14.0)
    green, bright = int(110 * area), int(45 * area)
    petal = Material(_PETALS[rng.integers(4)])
    up = np.array([[0, 0, 1.0]])
    spots = [rng.uniform([-length / 2, -depth / 2, low], [length / 2, depth / 2, high], (n, 3))
             for n, low, high in ((green, 0.06, 0.3), (bright, 0.2, 0.36))]  # fmt: skip
    return (
        soil,
        _cards(rng, spots[0], np.repeat(up, green, axis=0), 0.12, leaves),
        _cards(rng, spots[1], np.repeat(up, bright, axis=0), 0.06, petal),
    )


def tree_line(rng: np.random.Generator, species: TreeSpecies, places: FloatArray, heights: FloatArray) -> Mesh:
    """Return far trees as one mesh: lobed crowns down to the ground.

    Args:
        rng: Draws the shapes of the crowns.
        species: Gives the leaves.
        places: (n, 2) where they stand, m.
        heights: (n,) how high they are, m.
    """
    lobes = 5
    off = rng.normal(0, 0.2, (len(places), lobes, 3)) * heights[:, None, None]
    centres = off + np.column_stack([places, heights * 0.5])[:, None]
    centres[..., 2] = np.clip(centres[..., 2], 0.25 * heights[:, None], 0.75 * heights[:, None])
    radii = rng.uniform(0.24, 0.36, (len(places), lobes)) * heights[:, None]
    return _lobes(rng, centres.reshape(-1, 3), radii.ravel(), species.leaves)


def _palm(rng: np.random.Generator, species: TreeSpecies, height: float) -> Meshes:
    thick, trunk_top = 0.13 + 0.012 * height, height * 0.8
    profile = [(1.3 * thick, 0.0), (thick, 0.4)] + [(thick * 0.85, trunk_top * t) for t in (0.5, 1.0)]
    parts = [lathe(profile, species.bark, sides=9)]
    # Fronds follow one another by about the golden angle, 2.4 rad, so that none hides another.
    angle = np.arange(26) * 2.4
    rise, reach = rng.uniform([-0.25, 1.3], [0.9, 1.9], (26, 2)).T
    long = height * 0.11 + reach
    tips = np.stack([long * np.cos(angle), long * np.sin(angle), trunk_top + 0.3 + long * rise * 0.6], axis=1)
    parts.append(leaves(np.tile([0, 0, trunk_top], (26, 1)), tips, 0.5, 0.55 * long, species.leaves, 6))
    return merge_by_material(parts)


def _crown(
    rng: np.random.Generator, centres: FloatArray, radii: FloatArray, count: int, size_m: float, material: Material
) -> Meshes:
    """Return lobes at `centres` (c, 3) of `radii` (c,) with leaves all over them, but none inside another lobe."""
    lobe = rng.choice(len(radii), count, p=_shares(*(radii**2)))
    away = _directions(rng, count)
    place = centres[lobe] + away * (radii[lobe] * rng.uniform(0.86, 1.16, count))[:, None]
    # Leaves inside another lobe can't be seen.
    apart = np.linalg.norm(place[:, None] - centres[None], axis=2) / radii
    outside = apart.min(axis=1) > 0.84
    return (
        _lobes(rng, centres, radii * 0.93, material),
        _cards(rng, place[outside], away[outside], size_m, material),
    )


def _cards(
    rng: np.random.Generator, centres: FloatArray, outward: FloatArray, size_m: float, material: Material
) -> Mesh:
    """Return a leaf card of two triangles at each of `centres` (n, 3), facing roughly `outward` (n, 3)."""
    n = len(centres)
    facing = _unit(outward + 0.55 * rng.normal(size=(n, 3)))
    side = _unit(np.cross(facing, rng.normal(size=(n, 3))))
    other = np.cross(facing, side)
    size = size_m * rng.uniform(0.55, 1.2, (n, 1))
    corners = np.stack(
        [centres + size * side, centres + 0.6 * size * other, centres - size * side, centres - 0.6 * size * other],
        axis=1,
    )
    faces = np.array([[0, 1, 2], [0, 2, 3]]) + 4 * np.arange(n)[:, None, None]
    return Mesh(corners.reshape(-1, 3).astype(np.float32), faces.reshape(-1, 3).astype(np.int32), material)


def _lobes(rng: np.random.Generator, centres: FloatArray, radii: FloatArray, material: Material) -> Mesh:
    """Return a knobbly ball for each centre (n, 3) and radius (n,), as one mesh."""
    ball = lathe([(float(np.sin(a)), -float(np.cos(a))) for a in np.linspace(0.05, np.pi - 0.05, 7)], material, 9)
    bumps = rng.uniform(0.8, 1.14, (len(centres), len(ball.vertices), 1))
    vertices = centres[:, None] + radii[:, None, None] * bumps * ball.vertices
    faces = ball.faces + len(ball.vertices) * np.arange(len(centres))[:, None, None]
    return Mesh(vertices.reshape(-1, 3).astype(np.float32), faces.reshape(-1, 3).astype(np.int32), material, True)


def _directions(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    return _unit(rng.normal(size=(count, 3)))


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))


def _shares(*sizes: float) -> NDArray[np.float64]:
    return np.asarray(np.asarray(sizes) / np.sum(sizes))
