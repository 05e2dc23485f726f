"""Windows of homes: doors to a terrace, curtains in folds, slats, and what stands outside, at its own depth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bgfg.synth.kit.pieces import decor
from bgfg.synth.kit.pieces.building_elements import Opening, window
from bgfg.synth.kit.pieces.colours import sample_accent_colour
from bgfg.synth.kit.pieces.home_furniture import dining_table
from bgfg.synth.kit.pieces.outdoor_textures import Grass
from bgfg.synth.kit.pieces.palette import WOODS
from bgfg.synth.kit.pieces.plants import hedge, sample_tree_species, tree
from bgfg.synth.kit.pieces.scene_group import Meshes, SceneGroup
from bgfg.synth.kit.pieces.seats import dining_chair
from bgfg.synth.kit.render.image_textures import PanoramaTexture
from bgfg.synth.kit.render.mesh_primitives import box, centred_box, merge_by_material, quad, tube
from bgfg.synth.kit.render.procedural_textures import Fabric, Plaster, Slats, Stone, Tiles, Wood
from bgfg.synth.kit.render.scene import LinearRGB, Material, Mesh
from bgfg.synth.kit.scenes.home_materials import brick_wall
from bgfg.synth.kit.scenes.panoramas import outdoor_panorama, panorama_material
from bgfg.synth.kit.scenes.room_builder import WALL_SIDES, RoomBuilder

SKY_DISTANCE_M = 400.0  # where the sky begins


@dataclass(frozen=True)
class OutdoorConditions:
    """What is common to all that is seen through the windows of a home.

    Attributes:
        brightness: How bright it is outside, as a factor on everything.
        ground_drop_m: How far the ground lies below the floor of the room.
        dusk: Whether it is getting dark.
    """

    brightness: float
    ground_drop_m: float
    dusk: bool


def add_window(room: RoomBuilder, side: str, along: float, wide: float) -> bool:
    """Put a glass door, a tall window or an ordinary one into a wall, with its curtains.

    Args:
        room: The room that gets the window.
        side: Of which wall, one of `WALL_SIDES`.
        along: Where along the wall its middle is, m.
        wide: Its width, m; windows with a high sill are made narrower.

    Returns:
        False where the wall has no room for it.
    """
    rng, f = room.rng, room.shell
    kind = rng.random()
    top = room.height - float(rng.uniform(0.1, 0.45))
    low = 0.0 if kind < 0.5 else float(rng.uniform(0.2, 0.5)) if kind < 0.65 else float(rng.uniform(0.75, 1.05))
    wide = wide if low < 0.6 else 0.7 * wide
    hole = Opening(along - wide / 2, along + wide / 2, low, min(top, 2.5))
    if not room.wall_is_free(side, hole.left, hole.right):
        return False
    room.openings[side].append(hole)
    across = max(1, round(wide / float(rng.uniform(0.6, 1.3))))
    up = 1 if low < 0.6 else int(rng.integers(1, 3))
    room.add(window(hole, across, up, f.frame, None, f.daylight, f.blind), *room.wall_pose(side, 0))
    room.add(SceneGroup(_window_dressing(hole, rng)), *room.wall_pose(side, 0))
    room.keep_clear(side, hole.left - 0.13 * wide, hole.right + 0.13 * wide, 0.17)
    room.wall_occupied[side].append((hole.left - 0.25, hole.right + 0.25))
    return True


def _window_dressing(hole: Opening, rng: np.random.Generator) -> Meshes:
    """Return what hangs inside a window: curtains at its sides, drawn curtains, a veil, slats, or nothing."""
    tones: tuple[LinearRGB, ...] = (
        (0.8, 0.79, 0.76),
        (0.72, 0.66, 0.55),
        (0.35, 0.34, 0.33),
        (0.8, 0.8, 0.82),
        sample_accent_colour(rng),
    )
    cloth = Material(Fabric(tones[rng.integers(5)], 3), emission=float(rng.choice([0.0, 0.15])))
    kind, wide = rng.random(), hole.right - hole.left
    high, parts = hole.high + float(rng.uniform(0.04, 0.12)), []
    low = float(rng.uniform(0.01, 0.06)) if rng.random() < 0.75 else max(hole.low - 0.12, 0.02)
    if kind < 0.6:
        drawn = float(rng.choice([rng.uniform(0.12, 0.3), rng.uniform(0.3, 0.55)]))
        sides = ((-0.12, drawn), (1 - drawn, 1.12)) if rng.random() < 0.7 else ((1 - 1.4 * drawn, 1.1),)
        parts += [curtain(hole.left + a * wide, hole.left + b * wide, low, high, cloth, rng) for a, b in sides]
        parts.append(tube((hole.left - 0.25, -0.09, high), (hole.right + 0.25, -0.09, high), 0.012, cloth))
    elif kind < 0.72:
        veil = Material(Fabric((0.85, 0.85, 0.84), 4), emission=float(rng.uniform(0.2, 0.9)))
        start, stop = sorted(rng.uniform(-0.1, 1.1, 2))
        parts.append(curtain(hole.left + start * wide, hole.left + max(stop, start + 0.3) * wide, low, high, veil, rng))
    elif kind < 0.84:
        slat, pitch = Material(tones[0]), float(rng.choice([0.025, 0.05]))
        for z in np.arange(hole.high - float(rng.uniform(0.3, 1.0)) * (hole.high - hole.low), hole.high, pitch):
            parts.append(
                box((hole.left + 0.02, 0.03, float(z)), (hole.right - 0.02, 0.03 + 0.7 * pitch, float(z) + 0.002), slat)
            )
    return merge_by_material(parts)


def curtain(left: float, right: float, low: float, high: float, cloth: Material, rng: np.random.Generator) -> Mesh:
    """Return a cloth that hangs in folds before the wall at y = 0; the folds are deeper at its hem.

    Args:
        left: The x where it begins, m.
        right: The x where it ends, m.
        low: The height of its hem, m.
        high: The height of its upper edge, m.
        cloth: Its material.
        rng: Draws the folds.
    """
    columns, heights = max(8, int((right - left) / 0.02)), np.linspace(low, high, 5)
    t = np.linspace(0, 1, columns)
    phase = 2 * np.pi * t * (right - left) / float(rng.uniform(0.09, 0.2)) + 1.5 * np.sin(
        2 * np.pi * t * rng.uniform(0.6, 2)
    )
    fold = np.sin(phase) + 0.35 * np.sin(1.7 * phase + 1)
    share = 1.15 - 0.5 * (heights[:, None] - low) / (high - low)
    x = np.broadcast_to(left + t * (right - left), (5, columns))
    y = -0.1 + 0.038 * fold * share
    vertices = np.stack([x, y, np.broadcast_to(heights[:, None], x.shape)], axis=-1).reshape(-1, 3)
    corner = (np.arange(4)[:, None] * columns + np.arange(columns - 1)).ravel()
    faces = np.concatenate([corner[:, None] + [0, 1, columns + 1], corner[:, None] + [0, columns + 1, columns]])
    return Mesh(vertices.astype(np.float32), faces.astype(np.int32), cloth, smooth=True)


def add_surroundings(room: RoomBuilder, outside: OutdoorConditions) -> None:
    """Add what lies beyond the windows: ground, a wall or a hedge, trees, pots and seats, and the sky behind them."""
    rng = room.rng
    if not any(hole for side in WALL_SIDES for hole in room.openings[side]):
        return
    sky = panorama_material(
        PanoramaTexture(outdoor_panorama(rng, outside.dusk), room.camera.eye), outside.brightness, gloss=0
    )
    # A box around everything: whatever is seen through a window ends at its inside.
    far = centred_box((0, 0, 0), (2 * SKY_DISTANCE_M, 2 * SKY_DISTANCE_M, 2 * SKY_DISTANCE_M), sky)
    room.add(SceneGroup((replace(far, casts_shadow=False),)))
    w, z = 60.0, -outside.ground_drop_m
    ground = quad((-w, -w, z), (2 * w, 0, 0), (0, 2 * w, 0), _ground(rng))
    room.add(SceneGroup(_self_lit((ground,), outside.brightness, shadow=False)))
    for side in WALL_SIDES:
        if room.openings[side]:
            hole = room.openings[side][0]
            room.add(SceneGroup(_yard(rng, room, hole, outside)), *room.wall_pose(side, 0), -outside.ground_drop_m)


def _yard(rng: np.random.Generator, room: RoomBuilder, hole: Opening, outside: OutdoorConditions) -> Meshes:
    """Return what stands outside of a wall, on z = 0, in the frame of the wall."""
    near, middle = float(rng.choice([rng.uniform(1.0, 3.0), rng.uniform(3.0, 9.0)])), (hole.left + hole.right) / 2
    wide, high = float(rng.uniform(4, 14)), float(rng.choice([rng.uniform(1.2, 2.6), rng.uniform(2.6, 6)]))
    high += 0.6 * outside.ground_drop_m
    from_x = middle - wide * float(rng.uniform(0.2, 0.8))
    kind, seed = rng.random(), int(rng.integers(1 << 20))
    parts: list[Mesh] = []
    species = replace(sample_tree_species(rng), is_palm=False)
    if kind < 0.8:
        face = brick_wall(rng, seed)
        if kind > 0.5:
            face = Material(Slats(WOODS[rng.integers(len(WOODS))], 0.12, 0.012, seed))
        if kind > 0.65:
            face = Material(Plaster((0.74, 0.7, 0.62), seed, 0.08))
        built = [box((from_x, near, 0), (from_x + wide, near + 0.25, high), face)]
        if rng.random() < 0.4:  # the wall that stands at its end, towards the house
            end = from_x + wide * rng.integers(2)
            built.append(box((end, 0.3, 0), (end + 0.22, near, high), face))
        parts += [mesh for one in built for mesh in _self_lit((one,), outside.brightness, shadow=False)]
    elif kind < 0.93:
        bush = hedge(rng, species.leaves, min(wide, 8.0), 0.7, min(high, 2.2))
        parts += _self_lit(tuple(p.moved((middle, near + 0.5, 0)) for p in bush), outside.brightness, shadow=False)
    for _ in range(int(rng.integers(0, 3))):
        high = float(rng.uniform(2.0, 4.5)) + outside.ground_drop_m
        x, y = middle + float(rng.uniform(-2, 2)), 0.6 + 0.45 * high + float(rng.uniform(0, 1.5))
        grown = tree(rng, species, high, 260)
        parts += _self_lit(tuple(p.moved((x, y, 0)) for p in grown), 0.7 * outside.brightness)
    if outside.ground_drop_m < 0.5:  # a terrace on the level of the room
        parts += _terrace_items(rng, room, middle, near, outside)
    return merge_by_material(parts)


def _terrace_items(
    rng: np.random.Generator, room: RoomBuilder, middle: float, near: float, outside: OutdoorConditions
) -> list[Mesh]:
    """Return pots, chairs and a table before a window whose middle is at x = `middle`, up to a wall at y = `near`."""
    parts: list[Mesh] = []
    for _ in range(int(rng.integers(0, 4))):
        thing = (decor.plant, dining_chair)[rng.integers(2)](room.palette, rng)
        x, y = middle + float(rng.uniform(-1.2, 1.2)), float(rng.uniform(0.7, 0.8 * near + 0.2))
        turn = float(rng.uniform(0, 360))
        parts += _self_lit(tuple(p.moved((x, y, 0), turn) for p in thing), 0.7 * outside.brightness)
    if rng.random() < 0.3 and near > 1.8:
        place = (middle + float(rng.uniform(-0.8, 0.8)), 0.6 * near, 0.0)
        table = dining_table(room.palette, rng, 0.8, 0.7)
        parts += _self_lit(tuple(p.moved(place) for p in table), 0.7 * outside.brightness)
    return parts


def _self_lit(parts: Meshes, brightness: float, shadow: bool = True) -> Meshes:
    """Return the meshes with the brightness of the day as emission: the lights of the room don't reach them."""
    # One new material for each old one, so that meshes can still be merged by material.
    made: dict[int, Material] = {}
    out = []
    for part in parts:
        own = made.setdefault(id(part.material), replace(part.material, emission=0.7 * brightness))
        out.append(replace(part, material=own, casts_shadow=shadow))
    return tuple(out)


def _ground(rng: np.random.Generator) -> Material:
    kind, seed = rng.integers(4), int(rng.integers(1 << 20))
    if kind == 0:
        return Material(Grass((0.07, 0.13, 0.03), seed))
    if kind == 1:
        return Material(Wood(WOODS[rng.integers(len(WOODS))], seed, (0.14, 3.0)))
    if kind == 2:
        tone: LinearRGB = ((0.5, 0.48, 0.44), (0.6, 0.55, 0.47), (0.42, 0.3, 0.24))[rng.integers(3)]
        return Material(Tiles(tone, (0.3, 0.29, 0.27), (float(rng.uniform(0.2, 0.6)),) * 2, seed, 0.12))
    return Material(Stone((0.5, 0.49, 0.46), seed))
