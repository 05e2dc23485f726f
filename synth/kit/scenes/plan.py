"""A room being planned: its shell with windows and doors, and what part of the floor is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from bgfg.synth.kit.pieces.fittings import Fitting, Opening, door, glass_wall, lift, radiator, wall, window
from bgfg.synth.kit.pieces.furniture import Parts
from bgfg.synth.kit.pieces.looks import Look
from bgfg.synth.kit.render.materials import glow
from bgfg.synth.kit.render.scene import Camera, Colour, Material, turned
from bgfg.synth.kit.render.shapes import joined, quad

SIDES = ("left", "back", "right", "front")
TURNS = {"left": 90.0, "back": 0.0, "right": -90.0, "front": 180.0}


@dataclass(frozen=True)
class Finish:
    """What the shell of a room is made of, and how much light comes through its windows."""

    floor: Material
    ceiling: Material
    walls: dict[str, Material]
    skirting: Material
    frame: Material
    pane: Material
    next_room: Material
    frosted: Material
    door: Material
    daylight: Colour
    blind: tuple[Material, float] | None
    heated: bool  # by radiators under the windows


@dataclass(eq=False)
class Plan:
    """A room `width` x `depth` x `height` m: x from -width / 2 to width / 2, y from 0 (the camera's end) to depth."""

    width: float
    depth: float
    height: float
    camera: Camera
    look: Look
    finish: Finish
    rng: np.random.Generator
    clear_m: float | None = None  # how near the camera furniture may stand; None keeps the middle of the view free
    fitting: Fitting = field(default_factory=Fitting)
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)
    openings: dict[str, list[Opening]] = field(default_factory=lambda: {side: [] for side in SIDES})
    hung: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: {side: [] for side in SIDES})

    def length(self, side: str) -> float:
        """Return the length of a wall."""
        return self.depth if side in ("left", "right") else self.width

    def at_wall(self, side: str, along: float, off: float = 0.0) -> tuple[float, float, float]:
        """Return (x, y, yaw_deg) of the place `along` a wall, `off` m in front of it."""
        yaw = TURNS[side]
        start = {
            "left": (-self.width / 2, 0.0),
            "back": (-self.width / 2, self.depth),
            "right": (self.width / 2, self.depth),
            "front": (self.width / 2, 0.0),
        }[side]
        dx, dy = turned(along, -off, yaw)
        return float(start[0] + dx), float(start[1] + dy), yaw

    def open_windows(self, side: str, low: float, high: float, wide: float, gap: float, across: int, up: int) -> None:
        """Fill a wall with windows `wide` m each, `gap` m apart."""
        length = self.length(side)
        count = max(1, int((length - gap) / (wide + gap)))
        margin = (length - count * wide - (count - 1) * gap) / 2
        for k in range(count):
            left = margin + k * (wide + gap)
            hole = Opening(left, left + wide, low, high)
            self.openings[side].append(hole)
            f = self.finish
            self.add(window(hole, across, up, f.frame, f.pane, f.daylight, f.blind), *self.at_wall(side, 0))
            if low > 0.7 and f.heated:
                self.add(radiator(min(wide - 0.1, 1.4), self.look.white), *self.at_wall(side, left + wide / 2))
                self.keep_clear(side, left, left + wide, 0.12)

    def open_door(self, side: str, along: float, leaf: Material | None = None, glazed: bool = False) -> None:
        """Put a door with its middle `along` a wall, unless something is there already."""
        hole = Opening(along - 0.45, along + 0.45, 0.0, 2.08)
        if self.wall_is_free(side, hole.left - 0.12, hole.right + 0.12):
            f = self.finish
            strip = f.frosted if glazed else None
            self.openings[side].append(hole)
            self.add(door(hole, leaf or f.door, f.skirting, self.look.chrome, strip), *self.at_wall(side, 0))
            self.keep_clear(side, hole.left, hole.right, 0.9)

    def open_lift(self, side: str, along: float) -> None:
        """Put the doors of a lift with their middle `along` a wall, unless something is there already."""
        hole = Opening(along - 0.55, along + 0.55, 0.0, 2.15)
        if self.wall_is_free(side, hole.left - 0.12, hole.right + 0.35):
            self.openings[side].append(hole)
            lit = glow((0.9, 0.35, 0.1), 1.5)
            self.add(lift(hole, self.look.chrome, self.look.stone, lit), *self.at_wall(side, 0))
            self.keep_clear(side, hole.left, hole.right, 1.2)

    def open_glass(self, side: str, left: float, right: float) -> None:
        """Put a glass partition into a wall."""
        hole = Opening(left, right, 0.0, min(self.height - 0.12, 2.7))
        if self.wall_is_free(side, left, right):
            f = self.finish
            self.openings[side].append(hole)
            panes = max(2, round((right - left) / 1.1))
            self.add(glass_wall(hole, panes, f.frame, f.next_room, f.frosted), *self.at_wall(side, 0))

    def wall_is_free(self, side: str, left: float, right: float, low: float = 0.0, high: float = 9.0) -> bool:
        """Return whether a wall has no hole and nothing on it between left and right, from height low to high."""
        if left < 0.03 or right > self.length(side) - 0.03:
            return False
        taken = [(o.left - 0.06, o.right + 0.06) for o in self.openings[side] if o.high > low and o.low < high]
        if high > 1.0:
            taken += self.hung[side]
        return all(right <= a or left >= b for a, b in taken)

    def keep_clear(self, side: str, left: float, right: float, off: float) -> None:
        """Take the floor in front of a part of a wall, so that nothing is put there."""
        (x0, y0, _), (x1, y1, _) = self.at_wall(side, left), self.at_wall(side, right, off)
        self.taken.append((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))

    def hang(self, parts: Parts, side: str, along: float, width: float, z: float, off: float = 0.03) -> bool:
        """Hang parts, centred on their origin, on a wall at height z; False when there's no room."""
        if not self.wall_is_free(side, along - width / 2 - 0.05, along + width / 2 + 0.05, low=0.9):
            return False
        self.hung[side].append((along - width / 2, along + width / 2))
        x, y, yaw = self.at_wall(side, along, off)
        self.add(Fitting(tuple(p.moved((x, y, z), yaw) for p in parts)))
        return True

    def fits(self, x: float, y: float, width: float, depth: float, yaw_deg: float, gap: float = 0.06) -> bool:
        """Return whether a footprint lies within the walls, free of others and out of the camera's way."""
        x0, y0, x1, y1 = self._extent(x, y, width, depth, yaw_deg)
        half = self.width / 2 + 0.001
        if x0 < -half or x1 > half or y0 < 0 or y1 > self.depth + 0.001:
            return False
        if any(x0 < b2 + gap and x1 > b0 - gap and y0 < b3 + gap and y1 > b1 - gap for b0, b1, b2, b3 in self.taken):
            return False
        return not self._before_camera(x0, y0, x1, y1)

    def put(
        self, parts: Parts, x: float, y: float, width: float, depth: float, yaw_deg: float = 0.0, gap: float = 0.06
    ) -> bool:
        """Put parts with a footprint width x depth (m, before the turn) on the floor; False when there's no room."""
        if not self.fits(x, y, width, depth, yaw_deg, gap):
            return False
        self.taken.append(self._extent(x, y, width, depth, yaw_deg))
        self.add(Fitting(parts), x, y, yaw_deg)
        return True

    def put_at_wall(self, parts: Parts, side: str, along: float, width: float, depth: float, height: float) -> bool:
        """Put parts of a footprint width x depth with their back to a wall; False when there's no room."""
        if not self.wall_is_free(side, along - width / 2, along + width / 2, high=height):
            return False
        x, y, yaw = self.at_wall(side, along, depth / 2 + 0.018)
        if not self.fits(x, y, width, depth, yaw, 0.02):
            return False
        self.taken.append(self._extent(x, y, width, depth, yaw))
        if height > 1.2:
            self.hung[side].append((along - width / 2, along + width / 2))
        self.add(Fitting(parts), x, y, yaw)
        return True

    def add(self, fitting: Fitting, x: float = 0.0, y: float = 0.0, yaw_deg: float = 0.0, z: float = 0.0) -> None:
        """Add a fitting without asking for room."""
        self.fitting = self.fitting + fitting.moved(x, y, yaw_deg, z)

    def close(self) -> None:
        """Add floor, ceiling and walls, once all openings are known."""
        # The floor goes on under the doors, up to the panes.
        w, d, x, y = self.width + 0.4, self.depth + 0.4, -self.width / 2 - 0.2, -0.2
        self.add(Fitting((quad((x, y, 0), (w, 0, 0), (0, d, 0), self.finish.floor),)))
        self.add(Fitting((quad((x, y, self.height), (0, d, 0), (w, 0, 0), self.finish.ceiling),)))
        for side in SIDES:
            face = self.finish.walls[side]
            built = wall(self.length(side), self.height, self.openings[side], face, self.finish.skirting)
            self.add(built, *self.at_wall(side, 0))
        self.fitting = Fitting(joined(self.fitting.parts), self.fitting.lights)

    def _extent(self, x: float, y: float, width: float, depth: float, yaw: float) -> tuple[float, float, float, float]:
        c, s = abs(float(np.cos(np.radians(yaw)))), abs(float(np.sin(np.radians(yaw))))
        w, d = (width * c + depth * s) / 2, (width * s + depth * c) / 2
        return x - w, y - d, x + w, y + d

    def _before_camera(self, x0: float, y0: float, x1: float, y1: float) -> bool:
        xs, ys = np.meshgrid(np.linspace(x0, x1, 5), np.linspace(y0, y1, 5))
        right, _, forward = self.camera.axes()
        dx, dy = xs - self.camera.eye[0], ys - self.camera.eye[1]
        if self.clear_m is not None:
            return bool((np.hypot(dx, dy) < self.clear_m).any())
        ahead, aside = dx * forward[0] + dy * forward[1], np.abs(dx * right[0] + dy * right[1])
        blocked = (ahead < 2.0) & (aside < 1.1) | (ahead < 3.4) & (aside < 0.55) | (np.hypot(dx, dy) < 1.2)
        return bool(blocked.any())


def spaced(count: int, low: float, high: float) -> Sequence[float]:
    """Return `count` places between low and high, with half a step of margin at each end."""
    step = (high - low) / count
    return [low + (k + 0.5) * step for k in range(count)]
