"""Builder of outdoor places: what ground there is, what of it is occupied, what stands on it.

x runs to the right and y ahead of the camera, which stands over (0, 0); z up, metres.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bgfg.synth.kit.pieces.buildings import BuildingVolume, building_volume, sample_facade
from bgfg.synth.kit.pieces.colours import sample_accent_colour
from bgfg.synth.kit.pieces.decor import image_panel
from bgfg.synth.kit.pieces.facade_materials import FacadeMaterials, sample_facade_materials
from bgfg.synth.kit.pieces.graphics import sign_image
from bgfg.synth.kit.pieces.outdoor_textures import Asphalt, Glazing, Grass
from bgfg.synth.kit.pieces.palette import MaterialPalette
from bgfg.synth.kit.pieces.plants import TreeSpecies, sample_tree_species, tree, tree_line
from bgfg.synth.kit.pieces.scene_group import Meshes
from bgfg.synth.kit.render.materials import paint
from bgfg.synth.kit.render.mesh_primitives import box, boxes, merge_by_material, quad
from bgfg.synth.kit.render.procedural_textures import Brick, Stone, Tiles
from bgfg.synth.kit.render.scene import Camera, LinearRGB, Material, Mesh
from bgfg.synth.kit.scenes.footprints import Rect, bounding_rect, overlap
from bgfg.synth.kit.scenes.weather import Weather

GROUND_REACH_M = 3000.0  # to the horizon, within the dome of the sky
KERB_M = 0.13  # how high a pavement lies above the road
ROAD_PAINT = Material((0.62, 0.62, 0.6))


@dataclass(eq=False)
class OutdoorBuilder:
    """An outdoor place that is being built.

    Attributes:
        rng: Draws everything that is random.
        camera: Sees the place; nothing may block its view.
        weather: The light of the day.
        palette: The materials of tables and benches.
        species: The kinds of trees that grow there.
        paving: The material of pavements and plazas.
        lawn: The material of lawns.
        asphalt: The material of roads.
        stone: The material of kerbs, walls and benches.
        metal: The material of posts.
        meshes: What has been built.
        occupied: The footprints of what has been placed.
    """

    rng: np.random.Generator
    camera: Camera
    weather: Weather
    palette: MaterialPalette
    species: tuple[TreeSpecies, ...]
    paving: Material
    lawn: Material
    asphalt: Material
    stone: Material
    metal: Material
    meshes: list[Mesh] = field(default_factory=list)
    occupied: list[Rect] = field(default_factory=list)

    def add(self, meshes: Meshes, x: float = 0.0, y: float = 0.0, yaw_deg: float = 0.0, z: float = 0.0) -> None:
        """Add meshes without looking for free ground."""
        self.meshes += [p.moved((x, y, z), yaw_deg) for p in meshes]

    def fits(self, rect: Rect, tall: bool = True) -> bool:
        """Return whether a rectangle is free; what is `tall` must not block the camera's view either."""
        x0, y0, x1, y1 = rect
        if any(overlap(rect, other) for other in self.occupied):
            return False
        near = np.hypot(max(x0, -x1, 0.0), max(y0, -y1, 0.0))
        return bool(near > 1.6) and not (tall and self._blocks_view(rect))

    def place(
        self,
        meshes: Meshes,
        x: float,
        y: float,
        size: tuple[float, float],
        yaw_deg: float = 0.0,
        z: float = 0.0,
        tall: bool = True,
    ) -> bool:
        """Put meshes on free ground.

        Args:
            meshes: What is placed, around its own origin.
            x: Where its origin goes, m.
            y: Where its origin goes, m.
            size: The (x, y) extent of its footprint before it is turned, m.
            yaw_deg: The turn about z.
            z: The height of the ground there, m.
            tall: Whether it would block the camera's view.

        Returns:
            False where there is no room.
        """
        rect = bounding_rect(x, y, size[0], size[1], yaw_deg)
        if not self.fits(rect, tall):
            return False
        self.occupied.append(rect)
        self.add(meshes, x, y, yaw_deg, z)
        return True

    def add_ground(self, material: Material, z: float = 0.0) -> None:
        """Add the ground that goes on to the horizon."""
        w = GROUND_REACH_M
        self.add((quad((-w, -w, z), (2 * w, 0, 0), (0, 2 * w, 0), material),))

    def add_patch(self, rect: Rect, material: Material, rise: float = 0.01, kerb: bool = False) -> None:
        """Add another ground on a rectangle, `rise` m above the level ground; with `kerb` there is stone around it."""
        x0, y0, x1, y1 = rect
        self.meshes.append(box((x0, y0, -0.05), (x1, y1, rise), material))
        if kerb:
            w, top = 0.14, rise + 0.02
            lows = [(x0 - w, y0 - w, -0.05), (x0 - w, y1, -0.05), (x0 - w, y0, -0.05), (x1, y0, -0.05)]
            highs = [(x1 + w, y0, top), (x1 + w, y1 + w, top), (x0, y1, top), (x1 + w, y1, top)]
            self.meshes.append(boxes(lows, highs, self.stone))

    def place_volume(self, v: BuildingVolume, c: FacadeMaterials, x: float, y: float, yaw_deg: float = 0.0) -> bool:
        """Put a block of a building with the middle of its front at (x, y); return False where there is no room."""
        middle = _offset(x, y, 0.0, v.depth / 2, yaw_deg)
        rect = bounding_rect(*middle, v.width + 1.0, v.depth + 1.0, yaw_deg)
        # A building may fill the view; only what is smaller may not block it.
        if not self.fits(rect, tall=False):
            return False
        self.occupied.append(rect)
        self.add(building_volume(self.rng, v, c, self.weather.lit_share), x, y, yaw_deg)
        return True

    def place_building(
        self, x: float, y: float, yaw_deg: float, width: float, depth: float, storeys: int
    ) -> BuildingVolume | None:
        """Put a random building of one block or two with the middle of its front at (x, y).

        Args:
            x: Of the middle of its front, m.
            y: Of the middle of its front, m.
            yaw_deg: Its turn; at 0 its front faces the camera's end.
            width: Along its front, m.
            depth: From front to back, m.
            storeys: Of its main block.

        Returns:
            Its main block, or None where there is no room.
        """
        rng = self.rng
        materials = sample_facade_materials(rng, self.weather.lit_share)
        facade = sample_facade(rng)
        corner = float(rng.uniform(2, 0.45 * min(width, depth))) if rng.random() < 0.16 else 0.0
        main = BuildingVolume(width, depth, storeys, facade, corner)
        if not self.place_volume(main, materials, x, y, yaw_deg):
            return None
        if rng.random() < 0.5:  # a tower, a stair or a wing that stands before or above the rest
            wide, high = float(rng.uniform(0.15, 0.4)) * width, max(1, storeys + int(rng.integers(-2, 5)))
            out, along = float(rng.uniform(0.3, 1.2)), float(rng.uniform(-0.5, 0.5)) * (width - wide)
            other = BuildingVolume(wide, depth * float(rng.uniform(0.3, 0.9)), high, sample_facade(rng))
            px, py = _offset(x, y, along, -out, yaw_deg)
            second = sample_facade_materials(rng, self.weather.lit_share) if rng.random() < 0.5 else materials
            self.add(building_volume(rng, other, second, self.weather.lit_share), px, py, yaw_deg)
        if rng.random() < 0.35:
            self._firm_name(main, x, y, yaw_deg)
        return main

    def place_tree(self, x: float, y: float, height: float | None = None, z: float = 0.0) -> bool:
        """Plant a tree, of a random height unless one is given; return False where there is no room."""
        high = height or float(self.rng.uniform(4, 10))
        species = self.species[self.rng.integers(len(self.species))]
        near = float(np.hypot(x, y))
        # No crown may hang over the camera.
        if near < 0.4 * high + 0.8 or not self.fits((x - 0.6, y - 0.6, x + 0.6, y + 0.6)):
            return False
        # Far trees are small in the picture and need fewer leaves.
        leaves = int(np.clip(9000 / max(near, 4), 220, 1100))
        return self.place(tree(self.rng, species, high, leaves), x, y, (1.2, 1.2), float(self.rng.uniform(0, 360)), z)

    def add_backdrop(self) -> None:
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
                self.meshes.append(tree_line(rng, self.species[0], places[free], heights[free]))
        for _ in range(int(rng.integers(2, 5))):
            self._towers(float(rng.uniform(75, 500)))

    def build(self) -> tuple[Mesh, ...]:
        """Return everything that was built, one mesh a material, under its sky."""
        # Only plain colours are the same in any frame; textures need the frame of their mesh.
        baked = [p if callable(p.material.albedo) else p.baked() for p in self.meshes]
        return (*merge_by_material(baked), self.weather.dome())

    def _firm_name(self, v: BuildingVolume, x: float, y: float, yaw_deg: float) -> None:
        """Put a firm's name on a front, over its ground floor or under its roof."""
        rng = self.rng
        high = float(rng.uniform(0.6, 1.3))
        ground, ink = (
            ((0.7, 0.7, 0.69), sample_accent_colour(rng))
            if rng.random() < 0.5
            else (sample_accent_colour(rng), (0.85, 0.85, 0.85))
        )
        board = image_panel(sign_image(rng, ground, ink), 4 * high, high, 1.5 * self.weather.lit_share)
        place = float(rng.uniform(-0.3, 0.3)) * v.width
        level = v.height - 0.4 if rng.random() < 0.6 else v.facade.ground_floor_height
        # Piers and roof edges stand before the bands; the board, on a case, comes before them.
        px, py = _offset(x, y, place, -max(v.facade.pier_projection, 0.5) - 0.05, yaw_deg)
        case = box((-2.03 * high, 0.004, -0.52 * high), (2.03 * high, 0.7, 0.52 * high), self.metal)
        self.add((board, case), px, py, yaw_deg, level)

    def _towers(self, distance: float) -> None:
        rng = self.rng
        tone = float(rng.uniform(0.15, 0.6))
        wall: LinearRGB = (tone, tone * float(rng.uniform(0.86, 1.02)), tone * float(rng.uniform(0.75, 1.08)))
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
                self.occupied.append(rect)
                lows.append((rect[0], rect[1], 0.0))
                highs.append((rect[2], rect[3], float(rng.uniform(10, 45) * (1 + distance / 250))))
        if lows:
            self.meshes.append(boxes(lows, highs, face))

    def _blocks_view(self, rect: Rect) -> bool:
        # A wedge of 5 m before the camera, which widens with distance.
        xs, ys = np.meshgrid(np.linspace(rect[0], rect[2], 4), np.linspace(rect[1], rect[3], 4))
        right, _, forward = self.camera.axes()
        ahead, aside = xs * forward[0] + ys * forward[1], np.abs(xs * right[0] + ys * right[1])
        return bool(((ahead > 0) & (ahead < 5) & (aside < 0.5 * ahead + 0.4)).any())


def new_outdoor_builder(
    rng: np.random.Generator, camera: Camera, weather: Weather, palette: MaterialPalette
) -> OutdoorBuilder:
    """Return an empty place with random materials of its ground and random kinds of trees."""
    seed = int(rng.integers(1 << 20))
    tone = float(rng.uniform(0.16, 0.5))
    warm = float(rng.uniform(0.78, 1.0))
    colour: LinearRGB = (tone, tone * (0.5 + 0.5 * warm), tone * warm)
    joint: LinearRGB = (0.6 * colour[0], 0.6 * colour[1], 0.6 * colour[2])
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
    return OutdoorBuilder(
        rng, camera, weather, palette,
        species=tuple(sample_tree_species(rng) for _ in range(int(rng.integers(1, 3)))),
        paving=paved[rng.choice(3, p=[0.7, 0.18, 0.12])],
        lawn=Material(grass),
        asphalt=Material(Asphalt((dark, dark, dark * 1.04), seed + 2, float(rng.uniform(0.06, 0.2))), gloss=0.15),
        stone=Material(Stone(((0.5, 0.5, 0.49), (0.36, 0.35, 0.34), (0.55, 0.5, 0.42))[rng.integers(3)], seed + 3)),
        metal=paint(((0.04, 0.04, 0.045), (0.3, 0.31, 0.32), (0.05, 0.09, 0.07))[rng.integers(3)]),
    )  # fmt: skip


def _offset(x: float, y: float, along: float, ahead: float, yaw_deg: float) -> tuple[float, float]:
    c, s = float(np.cos(np.radians(yaw_deg))), float(np.sin(np.radians(yaw_deg)))
    return x + c * along - s * ahead, y + s * along + c * ahead
