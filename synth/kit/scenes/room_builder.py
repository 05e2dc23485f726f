"""Builder of rooms: the shell with its windows and doors, and which parts of floor and walls are occupied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bgfg.synth.kit.pieces.building_elements import Opening, door, glass_wall, lift, radiator, wall, window
from bgfg.synth.kit.pieces.palette import MaterialPalette
from bgfg.synth.kit.pieces.scene_group import Meshes, SceneGroup
from bgfg.synth.kit.render.materials import glow
from bgfg.synth.kit.render.mesh_primitives import merge_by_material, quad
from bgfg.synth.kit.render.scene import Camera, LinearRGB, Material
from bgfg.synth.kit.render.vectors import rotate_z
from bgfg.synth.kit.scenes.footprints import Rect, bounding_rect, overlap

# Clockwise from the camera's left; "front" is the wall behind the camera.
WALL_SIDES = ("left", "back", "right", "front")
WALL_YAWS_DEG = {"left": 90.0, "back": 0.0, "right": -90.0, "front": 180.0}


@dataclass(frozen=True)
class ShellMaterials:
    """What the shell of a room is made of, and how much light comes through its windows.

    Attributes:
        floor: The material of the floor.
        ceiling: The material of the ceiling.
        walls: The material of each wall, by its side.
        skirting: Of skirting boards and door frames.
        frame: Of window frames.
        pane: Of window panes, with what is seen through them.
        next_room: Of the panes of glass partitions, with what is seen through them.
        frosted: Of frosted glass.
        door: Of doors.
        daylight: The radiance of every window.
        blind: The cloth of blinds, and how far down they hang, 0..1; None without blinds.
        heated: Whether there are radiators under the windows.
    """

    floor: Material
    ceiling: Material
    walls: dict[str, Material]
    skirting: Material
    frame: Material
    pane: Material
    next_room: Material
    frosted: Material
    door: Material
    daylight: LinearRGB
    blind: tuple[Material, float] | None
    heated: bool


@dataclass(eq=False)
class RoomBuilder:
    """A room that is being built.

    x runs from -width / 2 to width / 2, y from 0 (the camera's end) to depth; z up, metres.

    Attributes:
        width: In x.
        depth: In y.
        height: Of the ceiling.
        camera: Sees the room; no furniture may block its view.
        palette: The materials of the furniture.
        shell: The materials of the room itself.
        rng: Draws everything that is random.
        camera_clearance_m: How near the camera furniture may stand; None keeps the middle of the view free instead.
        contents: What has been built.
        occupied: The footprints of what stands on the floor.
        openings: The holes in each wall.
        wall_occupied: The spans (left, right) of each wall that something hangs on or stands before.
    """

    width: float
    depth: float
    height: float
    camera: Camera
    palette: MaterialPalette
    shell: ShellMaterials
    rng: np.random.Generator
    camera_clearance_m: float | None = None
    contents: SceneGroup = field(default_factory=SceneGroup)
    occupied: list[Rect] = field(default_factory=list)
    openings: dict[str, list[Opening]] = field(default_factory=lambda: {side: [] for side in WALL_SIDES})
    wall_occupied: dict[str, list[tuple[float, float]]] = field(
        default_factory=lambda: {side: [] for side in WALL_SIDES}
    )

    def wall_length(self, side: str) -> float:
        """Return the length of a wall."""
        return self.depth if side in ("left", "right") else self.width

    def wall_pose(self, side: str, along: float, off: float = 0.0) -> tuple[float, float, float]:
        """Return the pose (x, y, yaw_deg) at `along` m of a wall and `off` m in front of it."""
        yaw = WALL_YAWS_DEG[side]
        start = {
            "left": (-self.width / 2, 0.0),
            "back": (-self.width / 2, self.depth),
            "right": (self.width / 2, self.depth),
            "front": (self.width / 2, 0.0),
        }[side]
        dx, dy = rotate_z(along, -off, yaw)
        return float(start[0] + dx), float(start[1] + dy), yaw

    def add_windows(self, side: str, low: float, high: float, wide: float, gap: float, across: int, up: int) -> None:
        """Fill a wall with windows.

        Args:
            side: Of which wall.
            low: The height of their sills, m.
            high: The height of their upper edges, m.
            wide: The width of each, m.
            gap: From each to the next, m.
            across: How many panes each has side by side.
            up: How many panes each has one above another.
        """
        length = self.wall_length(side)
        count = max(1, int((length - gap) / (wide + gap)))
        margin = (length - count * wide - (count - 1) * gap) / 2
        for k in range(count):
            left = margin + k * (wide + gap)
            hole = Opening(left, left + wide, low, high)
            self.openings[side].append(hole)
            f = self.shell
            self.add(window(hole, across, up, f.frame, f.pane, f.daylight, f.blind), *self.wall_pose(side, 0))
            if low > 0.7 and f.heated:
                self.add(radiator(min(wide - 0.1, 1.4), self.palette.white), *self.wall_pose(side, left + wide / 2))
                self.keep_clear(side, left, left + wide, 0.12)

    def add_door(self, side: str, along: float, leaf: Material | None = None, glazed: bool = False) -> None:
        """Put a door with its middle at `along` m of a wall, unless something is there already."""
        hole = Opening(along - 0.45, along + 0.45, 0.0, 2.08)
        if self.wall_is_free(side, hole.left - 0.12, hole.right + 0.12):
            f = self.shell
            strip = f.frosted if glazed else None
            self.openings[side].append(hole)
            self.add(door(hole, leaf or f.door, f.skirting, self.palette.chrome, strip), *self.wall_pose(side, 0))
            self.keep_clear(side, hole.left, hole.right, 0.9)

    def add_lift(self, side: str, along: float) -> None:
        """Put the doors of a lift with their middle at `along` m of a wall, unless something is there already."""
        hole = Opening(along - 0.55, along + 0.55, 0.0, 2.15)
        if self.wall_is_free(side, hole.left - 0.12, hole.right + 0.35):
            self.openings[side].append(hole)
            lit = glow((0.9, 0.35, 0.1), 1.5)
            self.add(lift(hole, self.palette.chrome, self.palette.stone, lit), *self.wall_pose(side, 0))
            self.keep_clear(side, hole.left, hole.right, 1.2)

    def add_glass_wall(self, side: str, left: float, right: float) -> None:
        """Put a glass partition into a wall, unless something is there already."""
        hole = Opening(left, right, 0.0, min(self.height - 0.12, 2.7))
        if self.wall_is_free(side, left, right):
            f = self.shell
            self.openings[side].append(hole)
            panes = max(2, round((right - left) / 1.1))
            self.add(glass_wall(hole, panes, f.frame, f.next_room, f.frosted), *self.wall_pose(side, 0))

    def wall_is_free(self, side: str, left: float, right: float, low: float = 0.0, high: float = 9.0) -> bool:
        """Return whether a wall has no hole and nothing on it from `left` to `right`, from height `low` to `high`."""
        if left < 0.03 or right > self.wall_length(side) - 0.03:
            return False
        taken = [(o.left - 0.06, o.right + 0.06) for o in self.openings[side] if o.high > low and o.low < high]
        if high > 1.0:  # what is lower fits under what hangs
            taken += self.wall_occupied[side]
        return all(right <= a or left >= b for a, b in taken)

    def keep_clear(self, side: str, left: float, right: float, off: float) -> None:
        """Mark the floor up to `off` m in front of a span of a wall as occupied, so that nothing is put there."""
        (x0, y0, _), (x1, y1, _) = self.wall_pose(side, left), self.wall_pose(side, right, off)
        self.occupied.append((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))

    def hang(self, meshes: Meshes, side: str, along: float, width: float, z: float, off: float = 0.03) -> bool:
        """Hang meshes on a wall.

        Args:
            meshes: Centred on their origin.
            side: Of which wall.
            along: Where their origin goes along the wall, m.
            width: How much of the wall they cover, m.
            z: The height of their origin, m.
            off: How far their origin is from the wall, m.

        Returns:
            False where there is no room.
        """
        if not self.wall_is_free(side, along - width / 2 - 0.05, along + width / 2 + 0.05, low=0.9):
            return False
        self.wall_occupied[side].append((along - width / 2, along + width / 2))
        x, y, yaw = self.wall_pose(side, along, off)
        self.add(SceneGroup(tuple(p.moved((x, y, z), yaw) for p in meshes)))
        return True

    def fits(self, x: float, y: float, width: float, depth: float, yaw_deg: float, gap: float = 0.06) -> bool:
        """Return whether a footprint lies within the walls, free of others and out of the camera's way."""
        rect = bounding_rect(x, y, width, depth, yaw_deg)
        x0, y0, x1, y1 = rect
        half = self.width / 2 + 0.001
        if x0 < -half or x1 > half or y0 < 0 or y1 > self.depth + 0.001:
            return False
        if any(overlap(rect, other, gap) for other in self.occupied):
            return False
        return not self._blocks_view(x0, y0, x1, y1)

    def place(
        self, meshes: Meshes, x: float, y: float, width: float, depth: float, yaw_deg: float = 0.0, gap: float = 0.06
    ) -> bool:
        """Put meshes on the floor.

        Args:
            meshes: What is placed, around its own origin.
            x: Where its origin goes, m.
            y: Where its origin goes, m.
            width: The extent of its footprint in x before it is turned, m.
            depth: The extent of its footprint in y before it is turned, m.
            yaw_deg: The turn about z.
            gap: How far it must stay from other footprints, m.

        Returns:
            False where there is no room.
        """
        if not self.fits(x, y, width, depth, yaw_deg, gap):
            return False
        self.occupied.append(bounding_rect(x, y, width, depth, yaw_deg))
        self.add(SceneGroup(meshes), x, y, yaw_deg)
        return True

    def place_at_wall(self, meshes: Meshes, side: str, along: float, width: float, depth: float, height: float) -> bool:
        """Put meshes, with a footprint of width x depth m, with their back to a wall; return False without room."""
        if not self.wall_is_free(side, along - width / 2, along + width / 2, high=height):
            return False
        x, y, yaw = self.wall_pose(side, along, depth / 2 + 0.018)
        if not self.fits(x, y, width, depth, yaw, 0.02):
            return False
        self.occupied.append(bounding_rect(x, y, width, depth, yaw))
        if height > 1.2:
            self.wall_occupied[side].append((along - width / 2, along + width / 2))
        self.add(SceneGroup(meshes), x, y, yaw)
        return True

    def add(self, group: SceneGroup, x: float = 0.0, y: float = 0.0, yaw_deg: float = 0.0, z: float = 0.0) -> None:
        """Add a group without looking for free floor."""
        self.contents = self.contents + group.moved(x, y, yaw_deg, z)

    def build_shell(self) -> None:
        """Add floor, ceiling and walls, once all openings are known."""
        # The floor goes on under the doors, up to the panes.
        w, d, x, y = self.width + 0.4, self.depth + 0.4, -self.width / 2 - 0.2, -0.2
        self.add(SceneGroup((quad((x, y, 0), (w, 0, 0), (0, d, 0), self.shell.floor),)))
        self.add(SceneGroup((quad((x, y, self.height), (0, d, 0), (w, 0, 0), self.shell.ceiling),)))
        for side in WALL_SIDES:
            face = self.shell.walls[side]
            built = wall(self.wall_length(side), self.height, self.openings[side], face, self.shell.skirting)
            self.add(built, *self.wall_pose(side, 0))
        self.contents = SceneGroup(merge_by_material(self.contents.meshes), self.contents.lights)

    def _blocks_view(self, x0: float, y0: float, x1: float, y1: float) -> bool:
        xs, ys = np.meshgrid(np.linspace(x0, x1, 5), np.linspace(y0, y1, 5))
        right, _, forward = self.camera.axes()
        dx, dy = xs - self.camera.eye[0], ys - self.camera.eye[1]
        if self.camera_clearance_m is not None:
            return bool((np.hypot(dx, dy) < self.camera_clearance_m).any())
        # Room to walk before the camera: a wide place near it, a narrow one farther on, and a circle around it.
        ahead, aside = dx * forward[0] + dy * forward[1], np.abs(dx * right[0] + dy * right[1])
        blocked = (ahead < 2.0) & (aside < 1.1) | (ahead < 3.4) & (aside < 0.55) | (np.hypot(dx, dy) < 1.2)
        return bool(blocked.any())


def evenly_spaced(count: int, low: float, high: float) -> Sequence[float]:
    """Return `count` places between `low` and `high`, with half a step of margin at each end."""
    step = (high - low) / count
    return [low + (k + 0.5) * step for k in range(count)]
