"""Buildings from outside: blocks of storeys, each with a façade and a roof, and entrances.

A block's front lies along x, its middle over the origin, facing -y; the body goes back to y = depth. Bands and piers
project from a glazed core, so that every window is as deep in its wall as it looks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bgfg.synth.kit.pieces.facade_materials import FacadeMaterials
from bgfg.synth.kit.pieces.scene_group import Meshes
from bgfg.synth.kit.render.mesh_primitives import box, boxes, cylinder, prism, rounded_rectangle
from bgfg.synth.kit.render.scene import Material, Mesh

FACADE_STYLES = ("ribbon", "punched", "curtain", "fins", "frame", "slabs")


@dataclass(frozen=True)
class Facade:
    """The measures of a façade in metres: bands across, piers up, how far the glass lies behind them.

    Attributes:
        style: One of `FACADE_STYLES`.
        storey_height: Of every storey but the ground floor.
        ground_floor_height: Of the ground floor.
        band: How far the band across reaches below and above each floor's level.
        pier_pitch: From the middle of a pier to that of the next.
        pier_width: Of a pier; 0 for a façade without piers.
        pier_projection: How far piers stand before the bands; below 0 they stand behind them.
        glass_inset: How far the glass lies behind the bands.
        ground_floor_style: "solid", "glazed" or "columns".
    """

    style: str
    storey_height: float
    ground_floor_height: float
    band: tuple[float, float]
    pier_pitch: float
    pier_width: float
    pier_projection: float
    glass_inset: float
    ground_floor_style: str


@dataclass(frozen=True)
class BuildingVolume:
    """A block of a building.

    Attributes:
        width: Along its front, m.
        depth: From its front to its back, m.
        storeys: How many there are, the ground floor's included.
        facade: The measures of all its sides.
        corner_radius: Of its corners in plan, m; 0 for square corners.
    """

    width: float
    depth: float
    storeys: int
    facade: Facade
    corner_radius: float = 0.0

    @property
    def height(self) -> float:
        """The height of the roof, m."""
        return self.facade.ground_floor_height + (self.storeys - 1) * self.facade.storey_height


def sample_facade(rng: np.random.Generator, style: str | None = None) -> Facade:
    """Return random measures of a façade, of `style` where one is given."""
    style = style or FACADE_STYLES[rng.choice(6, p=[0.2, 0.26, 0.2, 0.13, 0.13, 0.08])]
    storey, first = float(rng.uniform(3.1, 4.1)), float(rng.uniform(3.6, 5.6))
    above = float(rng.uniform(0.5, 1.1))
    pitch = float(rng.uniform(1.2, 2.6))
    # All entries are evaluated, so that a façade takes the same number of draws whatever its style.
    shaped = {
        "ribbon": Facade(style, storey, first, (0.5, above), pitch, 0.06, -0.1, 0.22, "glazed"),
        "punched": Facade(style, storey, first, (0.55, above), pitch + 1.4, 0.0, 0.0, 0.28, "solid"),
        "curtain": Facade(style, storey, first, (0.1, 0.12), pitch, 0.07, 0.06, 0.05, "glazed"),
        "fins": Facade(style, storey, first, (0.3, 0.25), 0.7 * pitch, 0.14, float(rng.uniform(0.2, 0.6)), 0.15, ""),
        "frame": Facade(style, storey, first, (0.35, 0.35), 3 * pitch, 0.7, 0.0, float(rng.uniform(0.5, 1.1)), "solid"),
        "slabs": Facade(style, storey, first, (0.28, 0.05), 4 * pitch, 0.5, -1.0, float(rng.uniform(1.1, 1.6)), ""),
    }[style]
    if style == "punched":
        shaped = replace(shaped, pier_width=float(shaped.pier_pitch * rng.uniform(0.35, 0.65)))
    base = shaped.ground_floor_style if rng.random() < 0.55 else ("solid", "glazed", "columns")[rng.integers(3)]
    return replace(shaped, ground_floor_style=base or "glazed")


def building_volume(rng: np.random.Generator, v: BuildingVolume, c: FacadeMaterials, lit: float = 0.0) -> Meshes:
    """Return a block with its windows, ground floor, roof edge and what stands on the roof.

    Args:
        rng: Draws the roof edge, what stands on the roof, and which rooms are lit.
        v: The measures of the block.
        c: What it is made of.
        lit: The share of rooms with their lamps on.
    """
    f, top = v.facade, v.height
    parts = [
        _body(v, -f.glass_inset, f.ground_floor_height - 0.05, top, c.glass),
        *_ground_floor(v, c),
        *(_body(v, 0.0, z - f.band[0], z + f.band[1], _band_material(f, c)) for z in _levels(v)),
    ]
    crown = float(rng.choice([0.0, 0.12, 0.5]))
    parts.append(_body(v, crown, top - 0.3, top + float(rng.uniform(0.3, 1.3)), c.wall))
    # Piers stand on straight sides only.
    if not v.corner_radius and f.pier_width > 0:
        low = 0.0 if f.ground_floor_style == "solid" else f.ground_floor_height - f.band[0]
        parts.append(_piers(v, low, top, c.frame if f.style in ("curtain", "ribbon") else c.wall))
    # Lift houses and machinery on the roof.
    for _ in range(int(rng.integers(0, 4))):
        x, y = rng.uniform(-0.35, 0.35) * v.width, rng.uniform(0.2, 0.8) * v.depth
        half, high = rng.uniform(0.05, 0.13, 2) * (v.width, v.depth), float(rng.uniform(1.2, 3.4))
        parts.append(boxes([x - half[0], y - half[1], top], [x + half[0], y + half[1], top + high], c.roof))
    if lit > 0 and v.storeys > 1:
        parts.append(_lit_rooms(rng, v, lit, c.lamp))
    return tuple(parts)


def _band_material(f: Facade, c: FacadeMaterials) -> Material:
    return c.frame if f.style == "curtain" else c.wall


def _levels(v: BuildingVolume) -> list[float]:
    return [v.facade.ground_floor_height + k * v.facade.storey_height for k in range(v.storeys - 1)]


def _body(v: BuildingVolume, grown: float, low: float, high: float, material: Material) -> Mesh:
    """Return the block's outline, grown by `grown` m all around, between the heights `low` and `high`."""
    x, y0, y1 = v.width / 2 + grown, -grown, v.depth + grown
    if not v.corner_radius:
        return box((-x, y0, low), (x, y1, high), material)
    outline = rounded_rectangle(2 * x, y1 - y0, v.corner_radius + grown, 9)
    return prism(outline, low, high, material).moved((0, v.depth / 2, 0)).baked()


def _ground_floor(v: BuildingVolume, c: FacadeMaterials) -> list[Mesh]:
    f = v.facade
    if f.ground_floor_style == "columns":
        deep = min(2.6, 0.2 * min(v.width, v.depth))  # how far the lobby lies behind the columns
        count = max(3, round(v.width / max(f.pier_pitch * 2, 5.0)))
        post = cylinder((0, 0, 0), 0.22 + 0.02 * v.storeys, f.ground_floor_height, c.wall, 12)
        reach = v.width / 2 - max(0.8, v.corner_radius)
        xs = np.linspace(-reach, reach, count)
        posts = [post.moved((float(x), y, 0.0)) for x in xs for y in (0.7, v.depth - 0.7)]
        return [_body(v, -deep, 0, f.ground_floor_height, c.lobby), *posts]
    if f.ground_floor_style == "glazed":
        return [
            _body(v, -f.glass_inset - 0.1, 0, f.ground_floor_height, c.lobby),
            _body(v, -f.glass_inset, 0, 0.12, c.frame),
        ]
    return [_body(v, -f.glass_inset, 0, f.ground_floor_height, c.glass), _body(v, 0.03, 0, 0.7, c.accent)]


def _piers(v: BuildingVolume, low: float, high: float, material: Material) -> Mesh:
    """Return upright piers on all four sides, each from before the bands to behind the glass."""
    f = v.facade
    lows, highs = [], []
    reach = f.glass_inset + 0.1
    for along, across, is_x in ((v.width, v.depth, True), (v.depth, v.width, False)):
        count = max(2, round(along / f.pier_pitch) + 1)
        for place in np.linspace(f.pier_width / 2, along - f.pier_width / 2, count):
            a, b = place - f.pier_width / 2, place + f.pier_width / 2
            for near, far in ((-f.pier_projection, reach), (across - reach, across + f.pier_projection)):
                lows.append((a - v.width / 2, near, low) if is_x else (near - v.width / 2, a, low))
                highs.append((b - v.width / 2, far, high) if is_x else (far - v.width / 2, b, high))
    return boxes(lows, highs, material)


def _lit_rooms(rng: np.random.Generator, v: BuildingVolume, share: float, lamp: Material) -> Mesh:
    """Return glowing panes 2 cm before the glass, room by room on all four sides."""
    f = v.facade
    lows, highs = [], []
    room = max(f.pier_pitch, 2.0)
    for along, is_x in ((v.width, True), (v.depth, False)):
        for z in _levels(v):
            low, high = z + f.band[1], z + f.storey_height - f.band[0]
            for place in np.arange(v.corner_radius + room, along - v.corner_radius - room, room):
                if rng.random() < share:
                    a, b, off = place + 0.1, place + room - 0.1, f.glass_inset - 0.02
                    far = v.depth - off if is_x else v.width / 2 - off
                    lows.append((a - v.width / 2, off, low) if is_x else (off - v.width / 2, a, low))
                    highs.append((b - v.width / 2, far, high) if is_x else (far, b, high))
    return boxes(lows, highs, lamp)


def entrance(
    rng: np.random.Generator, c: FacadeMaterials, width: float, ground_floor_height: float, max_depth: float
) -> Meshes:
    """Return a porch before the middle of a front: steps, doors, a roof on posts.

    Args:
        rng: Draws how many steps there are, how deep the porch is, and what of it there is.
        c: What the building is made of.
        width: Of the porch, m.
        ground_floor_height: The height of the ground floor, m.
        max_depth: How deep the porch may be at most, m.
    """
    steps = int(rng.choice([0, 0, 1, 3, 5]))
    deep = min(float(rng.uniform(1.6, 4.2)), max(max_depth - 0.32 * steps, 1.2))
    rise = 0.15
    flight = [
        box((-width / 2 - 0.32 * k, -deep - 0.32 * k, 0), (width / 2 + 0.32 * k, 0.3, (steps - k) * rise), c.accent)
        for k in range(steps)
    ]
    level, head = steps * rise, ground_floor_height - 0.5
    doors = boxes(
        [(x - 0.04, -0.12, level) for x in np.linspace(-1.8, 1.8, 5)] + [(-1.84, -0.12, level + 2.3)],
        [(x + 0.04, 0.3, level + 2.4) for x in np.linspace(-1.8, 1.8, 5)] + [(1.84, 0.3, level + 2.4)],
        c.frame,
    )
    if rng.random() < 0.3:
        return (*flight, doors)
    roof = box((-width / 2, -deep, head), (width / 2, 0.4, head + float(rng.uniform(0.15, 0.5))), c.accent)
    posts = []
    if rng.random() < 0.7:
        radius = float(rng.uniform(0.06, 0.3))
        post = cylinder((0, 0, 0), radius, head, c.frame if radius < 0.15 else c.wall, 12)
        across = max(2, round(width / 4))
        posts = [
            post.moved((float(x), -deep + 0.4, 0.0)) for x in np.linspace(-width / 2 + 0.5, width / 2 - 0.5, across)
        ]
    return (*flight, doors, roof, *posts)


def sample_storeys(rng: np.random.Generator) -> int:
    """Return a random number of storeys: mostly few, seldom a tower."""
    return int(np.clip(np.round(np.exp(rng.normal(1.35, 0.55))), 1, 16))
