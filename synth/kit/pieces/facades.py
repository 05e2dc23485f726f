"""Buildings from outside: volumes of storeys, each with a façade, an entrance, a roof.

A volume's front lies along x, its middle over the origin, facing -y; the body goes back to y = depth. Bands and piers
stand proud of a glazed core, so that every window is as deep in its wall as it looks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from bgfg.synth.kit.pieces.furniture import Parts
from bgfg.synth.kit.pieces.grounds import Glazing
from bgfg.synth.kit.pieces.looks import WOODS
from bgfg.synth.kit.pieces.pictures import accent
from bgfg.synth.kit.render.materials import Brick, Plaster, Stone, Stripes, Tiles, metal, paint
from bgfg.synth.kit.render.scene import Colour, Material, Part
from bgfg.synth.kit.render.shapes import box, boxes, cylinder, prism, rounded

STYLES = ("ribbon", "punched", "curtain", "fins", "frame", "slabs")


@dataclass(frozen=True)
class Cladding:
    """What a building is made of."""

    wall: Material
    accent: Material
    frame: Material
    glass: Material
    lobby: Material  # the glass of the ground floor
    roof: Material
    lamp: Material  # of rooms that are lit


@dataclass(frozen=True)
class Facade:
    """The measures of a façade in metres: bands across, piers up, how far the glass lies behind them."""

    style: str
    storey: float
    first: float  # height of the ground floor
    band: tuple[float, float]  # from below to above each floor's level
    pitch: float
    pier: float  # width
    proud: float  # how far piers stand before the bands
    inset: float  # how far the glass lies behind the bands
    base: str  # "solid", "glazed" or "columns"


@dataclass(frozen=True)
class Volume:
    """A block of a building."""

    width: float
    depth: float
    storeys: int
    facade: Facade
    corner: float = 0.0  # radius of its corners

    @property
    def height(self) -> float:
        """The height of the roof in m."""
        return self.facade.first + (self.storeys - 1) * self.facade.storey


def draw_cladding(rng: np.random.Generator, lit: float = 0.0) -> Cladding:
    """Draw materials that go together; `lit` is the share of rooms with their lamps on."""
    seed = int(rng.integers(1 << 20))
    tints: tuple[Colour, ...] = (
        (0.03, 0.07, 0.11),
        (0.02, 0.06, 0.055),
        (0.04, 0.045, 0.05),
        (0.015, 0.018, 0.02),
        (0.06, 0.10, 0.13),
    )
    tint = tints[rng.integers(5)]
    bar: Colour = ((0.05, 0.05, 0.055), (0.6, 0.6, 0.6), (0.25, 0.26, 0.27))[rng.integers(3)]
    pane = (float(rng.uniform(1.0, 2.2)), float(rng.uniform(1.2, 2.6)))
    mirror = float(rng.choice([0.06, rng.uniform(0.1, 0.4)]))
    glazing = Glazing(tint, bar, pane, seed + 1, float(rng.uniform(0.04, 0.1)), float(rng.uniform(0.05, 0.6)))
    glass = Material(glazing, gloss=1.0, roughness=0.012, reflectance=mirror)
    open_glass = Glazing(tint, bar, (pane[0], 3.0), seed + 2, 0.06, 0.0)
    lamp: Colour = ((1.0, 0.78, 0.5), (1.0, 0.92, 0.8), (0.85, 0.95, 1.0))[rng.integers(3)]
    return Cladding(
        wall=_wall(rng, seed + 3),
        accent=_wall(rng, seed + 9) if rng.random() < 0.6 else paint(accent(rng)),
        frame=metal((0.5, 0.51, 0.53)) if rng.random() < 0.4 else paint(bar),
        glass=glass,
        lobby=Material(open_glass, gloss=1.0, roughness=0.01, reflectance=0.06, emission=2.5 * lit),
        roof=Material(Stone((0.4, 0.4, 0.39), seed + 4)),
        lamp=Material(Plaster(lamp, seed + 5, 0.2), emission=float(rng.uniform(0.5, 1.3))),
    )


def _wall(rng: np.random.Generator, seed: int) -> Material:
    kind = rng.integers(7)
    pale: tuple[Colour, ...] = (
        (0.74, 0.73, 0.70),
        (0.55, 0.44, 0.32),
        (0.62, 0.46, 0.36),
        (0.42, 0.42, 0.41),
        (0.60, 0.56, 0.47),
        (0.30, 0.30, 0.31),
        (0.72, 0.66, 0.55),
    )
    colour = pale[rng.integers(7)]
    if kind <= 1:
        return Material(Plaster(colour, seed, 0.07))
    if kind == 2:
        reds: tuple[Colour, ...] = ((0.33, 0.11, 0.07), (0.4, 0.2, 0.12), (0.24, 0.16, 0.12))
        return Material(Brick(reds[rng.integers(3)], seed=seed))
    if kind <= 4:
        size = (float(rng.uniform(0.6, 1.8)), float(rng.uniform(0.5, 1.4)))
        joint = tuple(0.6 * c for c in colour)
        tiles = Tiles(colour, (joint[0], joint[1], joint[2]), size, seed, 0.1, 0.02, float(rng.choice([0, 0.5])))
        return Material(tiles, gloss=float(rng.choice([0, 0.5])), roughness=0.12)
    if kind == 5:
        boards = WOODS[rng.integers(len(WOODS))] if rng.random() < 0.5 else colour
        return Material(Stripes(boards, float(rng.choice([0.15, 0.3, 0.6])), 0.03, seed, rng.random() < 0.5))
    return Material(Stone(colour, seed))


def draw_facade(rng: np.random.Generator, style: str | None = None) -> Facade:
    """Draw the measures of a façade, of `style` where one is given."""
    style = style or STYLES[rng.choice(6, p=[0.2, 0.26, 0.2, 0.13, 0.13, 0.08])]
    storey, first = float(rng.uniform(3.1, 4.1)), float(rng.uniform(3.6, 5.6))
    above = float(rng.uniform(0.5, 1.1))
    pitch = float(rng.uniform(1.2, 2.6))
    shaped = {
        "ribbon": Facade(style, storey, first, (0.5, above), pitch, 0.06, -0.1, 0.22, "glazed"),
        "punched": Facade(style, storey, first, (0.55, above), pitch + 1.4, 0.0, 0.0, 0.28, "solid"),
        "curtain": Facade(style, storey, first, (0.1, 0.12), pitch, 0.07, 0.06, 0.05, "glazed"),
        "fins": Facade(style, storey, first, (0.3, 0.25), 0.7 * pitch, 0.14, float(rng.uniform(0.2, 0.6)), 0.15, ""),
        "frame": Facade(style, storey, first, (0.35, 0.35), 3 * pitch, 0.7, 0.0, float(rng.uniform(0.5, 1.1)), "solid"),
        "slabs": Facade(style, storey, first, (0.28, 0.05), 4 * pitch, 0.5, -1.0, float(rng.uniform(1.1, 1.6)), ""),
    }[style]
    if style == "punched":
        shaped = replace(shaped, pier=float(shaped.pitch * rng.uniform(0.35, 0.65)))
    base = shaped.base if rng.random() < 0.55 else ("solid", "glazed", "columns")[rng.integers(3)]
    return replace(shaped, base=base or "glazed")


def volume(rng: np.random.Generator, v: Volume, c: Cladding, lit: float = 0.0) -> Parts:
    """Return a block with its windows, ground floor, roof edge and what stands on the roof."""
    f, top = v.facade, v.height
    parts = [
        _body(v, -f.inset, f.first - 0.05, top, c.glass),
        *_ground_floor(v, c),
        *(_body(v, 0.0, z - f.band[0], z + f.band[1], _band_material(f, c)) for z in _levels(v)),
    ]
    crown = float(rng.choice([0.0, 0.12, 0.5]))
    parts.append(_body(v, crown, top - 0.3, top + float(rng.uniform(0.3, 1.3)), c.wall))
    if not v.corner and f.pier > 0:
        low = 0.0 if f.base == "solid" else f.first - f.band[0]
        parts.append(_piers(v, low, top, c.frame if f.style in ("curtain", "ribbon") else c.wall))
    for _ in range(int(rng.integers(0, 4))):
        x, y = rng.uniform(-0.35, 0.35) * v.width, rng.uniform(0.2, 0.8) * v.depth
        half, high = rng.uniform(0.05, 0.13, 2) * (v.width, v.depth), float(rng.uniform(1.2, 3.4))
        parts.append(boxes([x - half[0], y - half[1], top], [x + half[0], y + half[1], top + high], c.roof))
    if lit > 0 and v.storeys > 1:
        parts.append(_lit_rooms(rng, v, lit, c.lamp))
    return tuple(parts)


def _band_material(f: Facade, c: Cladding) -> Material:
    return c.frame if f.style == "curtain" else c.wall


def _levels(v: Volume) -> list[float]:
    return [v.facade.first + k * v.facade.storey for k in range(v.storeys - 1)]


def _body(v: Volume, grown: float, low: float, high: float, material: Material) -> Part:
    """Return the volume's outline, grown by so many metres all around, from one height to another."""
    x, y0, y1 = v.width / 2 + grown, -grown, v.depth + grown
    if not v.corner:
        return box((-x, y0, low), (x, y1, high), material)
    outline = rounded(2 * x, y1 - y0, v.corner + grown, 9)
    return prism(outline, low, high, material).moved((0, v.depth / 2, 0)).settled()


def _ground_floor(v: Volume, c: Cladding) -> list[Part]:
    f = v.facade
    if f.base == "columns":
        deep = min(2.6, 0.2 * min(v.width, v.depth))
        count = max(3, round(v.width / max(f.pitch * 2, 5.0)))
        post = cylinder((0, 0, 0), 0.22 + 0.02 * v.storeys, f.first, c.wall, 12)
        reach = v.width / 2 - max(0.8, v.corner)
        xs = np.linspace(-reach, reach, count)
        posts = [post.moved((float(x), y, 0.0)) for x in xs for y in (0.7, v.depth - 0.7)]
        return [_body(v, -deep, 0, f.first, c.lobby), *posts]
    if f.base == "glazed":
        return [_body(v, -f.inset - 0.1, 0, f.first, c.lobby), _body(v, -f.inset, 0, 0.12, c.frame)]
    return [_body(v, -f.inset, 0, f.first, c.glass), _body(v, 0.03, 0, 0.7, c.accent)]


def _piers(v: Volume, low: float, high: float, material: Material) -> Part:
    """Return upright piers on all four sides, each from before the bands to behind the glass."""
    f = v.facade
    lows, highs = [], []
    reach = f.inset + 0.1
    for along, across, is_x in ((v.width, v.depth, True), (v.depth, v.width, False)):
        count = max(2, round(along / f.pitch) + 1)
        for place in np.linspace(f.pier / 2, along - f.pier / 2, count):
            a, b = place - f.pier / 2, place + f.pier / 2
            for near, far in ((-f.proud, reach), (across - reach, across + f.proud)):
                lows.append((a - v.width / 2, near, low) if is_x else (near - v.width / 2, a, low))
                highs.append((b - v.width / 2, far, high) if is_x else (far - v.width / 2, b, high))
    return boxes(lows, highs, material)


def _lit_rooms(rng: np.random.Generator, v: Volume, share: float, lamp: Material) -> Part:
    """Return glowing panes a finger's breadth before the glass, room by room on all four sides."""
    f = v.facade
    lows, highs = [], []
    room = max(f.pitch, 2.0)
    for along, is_x in ((v.width, True), (v.depth, False)):
        for z in _levels(v):
            low, high = z + f.band[1], z + f.storey - f.band[0]
            for place in np.arange(v.corner + room, along - v.corner - room, room):
                if rng.random() < share:
                    a, b, off = place + 0.1, place + room - 0.1, f.inset - 0.02
                    far = v.depth - off if is_x else v.width / 2 - off
                    lows.append((a - v.width / 2, off, low) if is_x else (off - v.width / 2, a, low))
                    highs.append((b - v.width / 2, far, high) if is_x else (far, b, high))
    return boxes(lows, highs, lamp)


def entrance(rng: np.random.Generator, c: Cladding, width: float, first: float, room: float) -> Parts:
    """Return a porch before the middle of a front, at most `room` m deep: steps, doors, a roof on posts."""
    steps = int(rng.choice([0, 0, 1, 3, 5]))
    deep = min(float(rng.uniform(1.6, 4.2)), max(room - 0.32 * steps, 1.2))
    rise = 0.15
    flight = [
        box((-width / 2 - 0.32 * k, -deep - 0.32 * k, 0), (width / 2 + 0.32 * k, 0.3, (steps - k) * rise), c.accent)
        for k in range(steps)
    ]
    level, head = steps * rise, first - 0.5
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
