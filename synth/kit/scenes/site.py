"""A place out of doors being planned: what ground there is, what of it is taken, what stands on it.

x runs to the right and y ahead of the camera, which stands over (0, 0); z up, metres.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from bgfg.synth.kit.pieces.decor import shown
from bgfg.synth.kit.pieces.facades import Cladding, Volume, draw_cladding, draw_facade, volume
from bgfg.synth.kit.pieces.furniture import Parts
from bgfg.synth.kit.pieces.grounds import Asphalt, Glazing, Grass
from bgfg.synth.kit.pieces.looks import Look
from bgfg.synth.kit.pieces.pictures import accent, sign
from bgfg.synth.kit.pieces.planting import Species, draw_species, tree, tree_line
from bgfg.synth.kit.render.materials import Brick, Stone, Tiles, paint
from bgfg.synth.kit.render.scene import Camera, Colour, Material, Part
from bgfg.synth.kit.render.shapes import box, boxes, joined, quad
from bgfg.synth.kit.scenes.weather import Weather

Rect = tuple[float, float, float, float]  # x0, y0, x1, y1
WORLD_M = 3000.0
KERB_M = 0.13


@dataclass(eq=False)
class Site:
    """A place with its camera, its light, and the materials and plants that it has in common."""

    rng: np.random.Generator
    camera: Camera
    weather: Weather
    look: Look
    species: tuple[Species, ...]
    paving: Material
    lawn: Material
    asphalt: Material
    stone: Material
    metal: Material
    parts: list[Part] = field(default_factory=list)
    taken: list[Rect] = field(default_factory=list)

    def add(self, parts: Parts, x: float = 0.0, y: float = 0.0, yaw_deg: float = 0.0, z: float = 0.0) -> None:
        """Add parts without asking for room."""
        self.parts += [p.moved((x, y, z), yaw_deg) for p in parts]

    def fits(self, rect: Rect, tall: bool = True) -> bool:
        """Return whether a rectangle is free; what is `tall` keeps out of the camera's way too."""
        x0, y0, x1, y1 = rect
        if any(x0 < b2 and x1 > b0 and y0 < b3 and y1 > b1 for b0, b1, b2, b3 in self.taken):
            return False
        near = np.hypot(max(x0, -x1, 0.0), max(y0, -y1, 0.0))
        return bool(near > 1.6) and not (tall and self._in_the_way(rect))

    def put(
        self,
        parts: Parts,
        x: float,
        y: float,
        size: tuple[float, float],
        yaw_deg: float = 0.0,
        z: float = 0.0,
        tall: bool = True,
    ) -> bool:
        """Put parts that cover `size` (m, before the turn) on free ground; False where there is no room."""
        rect = extent(x, y, size[0], size[1], yaw_deg)
        if not self.fits(rect, tall):
            return False
        self.taken.append(rect)
        self.add(parts, x, y, yaw_deg, z)
        return True

    def ground(self, material: Material, z: float = 0.0) -> None:
        """Lay the ground that goes on to the horizon."""
        w = WORLD_M
        self.add((quad((-w, -w, z), (2 * w, 0, 0), (0, 2 * w, 0), material),))

    def patch(self, rect: Rect, material: Material, rise: float = 0.01, kerb: bool = False) -> None:
        """Lay another ground on a rectangle, `rise` m above what is there, with a kerb of stone around it or not."""
        x0, y0, x1, y1 = rect
        self.parts.append(box((x0, y0, -0.05), (x1, y1, rise), material))
        if kerb:
            w, top = 0.14, rise + 0.02
            lows = [(x0 - w, y0 - w, -0.05), (x0 - w, y1, -0.05), (x0 - w, y0, -0.05), (x1, y0, -0.05)]
            highs = [(x1 + w, y0, top), (x1 + w, y1 + w, top), (x0, y1, top), (x1 + w, y1, top)]
            self.parts.append(boxes(lows, highs, self.stone))

    def build(self, v: Volume, c: Cladding, x: float, y: float, yaw_deg: float = 0.0) -> bool:
        """Put a block of a building with the middle of its front at (x, y); False where there is no room."""
        middle = _offset(x, y, 0.0, v.depth / 2, yaw_deg)
        rect = extent(*middle, v.width + 1.0, v.depth + 1.0, yaw_deg)
        if not self.fits(rect, tall=False):
            return False
        self.taken.append(rect)
        self.add(volume(self.rng, v, c, self.weather.lit), x, y, yaw_deg)
        return True

    def building(self, x: float, y: float, yaw_deg: float, width: float, depth: float, storeys: int) -> Volume | None:
        """Put a building of one block or two with the middle of its front at (x, y); None without room."""
        rng = self.rng
        cladding = draw_cladding(rng, self.weather.lit)
        facade = draw_facade(rng)
        corner = float(rng.uniform(2, 0.45 * min(width, depth))) if rng.random() < 0.16 else 0.0
        main = Volume(width, depth, storeys, facade, corner)
        if not self.build(main, cladding, x, y, yaw_deg):
            return None
        if rng.random() < 0.5:  # a tower, a stair or a wing that stands before or above the rest
            wide, high = float(rng.uniform(0.15, 0.4)) * width, max(1, storeys + int(rng.integers(-2, 5)))
            out, along = float(rng.uniform(0.3, 1.2)), float(rng.uniform(-0.5, 0.5)) * (width - wide)
            other = Volume(wide, depth * float(rng.uniform(0.3, 0.9)), high, draw_facade(rng))
            px, py = _offset(x, y, along, -out, yaw_deg)
            second = draw_cladding(rng, self.weather.lit) if rng.random() < 0.5 else cladding
            self.add(volume(rng, other, second, self.weather.lit), px, py, yaw_deg)
        if rng.random() < 0.35:
            self._firm_name(main, x, y, yaw_deg)
        return main

    def tree(self, x: float, y: float, height: float | None = None, z: float = 0.0) -> bool:
        """Plant a tree; False where there is no room."""
        high = height or float(self.rng.uniform(4, 10))
        species = self.species[self.rng.integers(len(self.species))]
        near = float(np.hypot(x, y))
        # No crown may hang about the camera.
        if near < 0.4 * high + 0.8 or not self.fits((x - 0.6, y - 0.6, x + 0.6, y + 0.6)):
            return False
        leaves = int(np.clip(9000 / max(near, 4), 220, 1100))
        return self.put(tree(self.rng, species, high, leaves), x, y, (1.2, 1.2), float(self.rng.uniform(0, 360)), z)

    def surroundings(self) -> None:
        """Add what closes the view: rows of trees and buildings, then towers, farther and farther away."""
        rng = self.rng
        if rng.random() < 0.75:
            count, radius = int(rng.integers(30, 90)), float(rng.uniform(60, 110))
            bearing = rng.uniform(-75, 75, count)
            reach = radius * rng.uniform(0.95, 1.5, count)
            places = np.column_stack([reach * np.sin(np.radians(bearing)), reach * np.cos(np.radians(bearing))])
            free = np.array([self.fits((x - 4, y - 4, x + 4, y + 4), tall=False) for x, y in places])
            heights = rng.uniform(5, 12, count)
            if free.any():
                self.parts.append(tree_line(rng, self.species[0], places[free], heights[free]))
        for _ in range(int(rng.integers(2, 5))):
            self._towers(float(rng.uniform(75, 500)))

    def close(self) -> tuple[Part, ...]:
        """Return all parts under their sky."""
        settled = [p if callable(p.material.albedo) else p.settled() for p in self.parts]
        return (*joined(settled), self.weather.dome())

    def _firm_name(self, v: Volume, x: float, y: float, yaw_deg: float) -> None:
        """Write a firm's name on a front, over its ground floor or under its roof."""
        rng = self.rng
        high = float(rng.uniform(0.6, 1.3))
        ground, ink = ((0.7, 0.7, 0.69), accent(rng)) if rng.random() < 0.5 else (accent(rng), (0.85, 0.85, 0.85))
        board = shown(sign(rng, ground, ink), 4 * high, high, 1.5 * self.weather.lit)
        place = float(rng.uniform(-0.3, 0.3)) * v.width
        level = v.height - 0.4 if rng.random() < 0.6 else v.facade.first
        # Piers and roof edges stand before the bands; the board, on a case, comes before them.
        px, py = _offset(x, y, place, -max(v.facade.proud, 0.5) - 0.05, yaw_deg)
        case = box((-2.03 * high, 0.004, -0.52 * high), (2.03 * high, 0.7, 0.52 * high), self.metal)
        self.add((board, case), px, py, yaw_deg, level)

    def _towers(self, distance: float) -> None:
        rng = self.rng
        tone = float(rng.uniform(0.15, 0.6))
        wall: Colour = (tone, tone * float(rng.uniform(0.86, 1.02)), tone * float(rng.uniform(0.75, 1.08)))
        glass = (0.06, 0.08, 0.1)
        pane = (float(rng.uniform(1.6, 4)), float(rng.uniform(3, 4)))
        bar = float(rng.uniform(0.3, 0.6)) * pane[0]
        face = Material(Glazing(glass, wall, pane, int(rng.integers(1 << 20)), bar, 0.3), gloss=0.4, roughness=0.05)
        lows, highs = [], []
        for _ in range(int(rng.integers(2, 9))):
            bearing = np.radians(rng.uniform(-60, 60))
            wide, deep = rng.uniform(12, 34, 2)
            x, y = distance * np.sin(bearing), distance * np.cos(bearing)
            rect = (float(x - wide / 2), float(y), float(x + wide / 2), float(y + deep))
            if self.fits(rect, tall=False):
                self.taken.append(rect)
                lows.append((rect[0], rect[1], 0.0))
                highs.append((rect[2], rect[3], float(rng.uniform(10, 45) * (1 + distance / 250))))
        if lows:
            self.parts.append(boxes(lows, highs, face))

    def _in_the_way(self, rect: Rect) -> bool:
        xs, ys = np.meshgrid(np.linspace(rect[0], rect[2], 4), np.linspace(rect[1], rect[3], 4))
        right, _, forward = self.camera.axes()
        ahead, aside = xs * forward[0] + ys * forward[1], np.abs(xs * right[0] + ys * right[1])
        return bool(((ahead > 0) & (ahead < 5) & (aside < 0.5 * ahead + 0.4)).any())


def new_site(rng: np.random.Generator, camera: Camera, weather: Weather, look: Look) -> Site:
    """Return an empty place; draw what its ground is made of and what grows there."""
    seed = int(rng.integers(1 << 20))
    tone = float(rng.uniform(0.16, 0.5))
    warm = float(rng.uniform(0.78, 1.0))
    colour: Colour = (tone, tone * (0.5 + 0.5 * warm), tone * warm)
    joint: Colour = (0.6 * colour[0], 0.6 * colour[1], 0.6 * colour[2])
    size = ((0.3, 0.3), (0.6, 0.6), (0.6, 0.3), (1.0, 1.0), (0.9, 0.45), (0.2, 0.1))[rng.integers(6)]
    slabs = Tiles(colour, joint, size, seed, float(rng.uniform(0.04, 0.16)), 0.012, float(rng.choice([0, 0.5])))
    wet = float(rng.choice([0, 0.5], p=[0.75, 0.25]))
    paved = [
        Material(slabs, gloss=wet, roughness=0.15),
        Material(Stone(colour, seed, chips=0.12)),
        Material(Brick((0.3, 0.15, 0.1), (0.34, 0.32, 0.29), seed)),
    ]
    green = float(rng.uniform(0.75, 1.35))
    mown = float(rng.uniform(0.5, 1.5)) if rng.random() < 0.3 else None
    grass = Grass((0.085 * green, 0.16 * green, 0.032 * green), seed + 1, mown, float(rng.uniform(0, 0.5)))
    dark = float(rng.uniform(0.06, 0.2))
    return Site(
        rng, camera, weather, look,
        species=tuple(draw_species(rng) for _ in range(int(rng.integers(1, 3)))),
        paving=paved[rng.choice(3, p=[0.7, 0.18, 0.12])],
        lawn=Material(grass),
        asphalt=Material(Asphalt((dark, dark, dark * 1.04), seed + 2, float(rng.uniform(0.06, 0.2))), gloss=0.15),
        stone=Material(Stone(((0.5, 0.5, 0.49), (0.36, 0.35, 0.34), (0.55, 0.5, 0.42))[rng.integers(3)], seed + 3)),
        metal=paint(((0.04, 0.04, 0.045), (0.3, 0.31, 0.32), (0.05, 0.09, 0.07))[rng.integers(3)]),
    )  # fmt: skip


def extent(x: float, y: float, width: float, depth: float, yaw_deg: float) -> Rect:
    """Return the upright rectangle around a footprint centred on (x, y)."""
    c, s = abs(float(np.cos(np.radians(yaw_deg)))), abs(float(np.sin(np.radians(yaw_deg))))
    w, d = (width * c + depth * s) / 2, (width * s + depth * c) / 2
    return x - w, y - d, x + w, y + d


def _offset(x: float, y: float, along: float, ahead: float, yaw_deg: float) -> tuple[float, float]:
    c, s = float(np.cos(np.radians(yaw_deg))), float(np.sin(np.radians(yaw_deg)))
    return x + c * along - s * ahead, y + s * along + c * ahead
