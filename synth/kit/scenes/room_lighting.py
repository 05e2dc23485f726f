"""Light of rooms: daylight, lamps, sun and ambient light, of offices and of homes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bgfg.synth.kit.pieces.ceiling_lamps import panel_lamp, pendant, spot_row
from bgfg.synth.kit.pieces.scene_group import SceneGroup
from bgfg.synth.kit.render.scene import LinearRGB, Sky, Sun, scale_colour
from bgfg.synth.kit.render.vectors import as_vec3
from bgfg.synth.kit.scenes.room_builder import WALL_SIDES, RoomBuilder, ShellMaterials, evenly_spaced
from bgfg.synth.kit.scenes.view_placement import wall_distance


@dataclass(frozen=True)
class RoomLighting:
    """The light of a room.

    Attributes:
        daylight: The radiance of its windows.
        lamp_colour: The colour of its lamps.
        lamp_flux: Radiance x area of its lamps for each square metre of floor.
        ambient: The radiance from all around.
        view_brightness: How bright the view through the windows is.
        sun_strength: The irradiance of the sun; 0 without sun.
        dusk: Whether it is getting dark outside.
    """

    daylight: LinearRGB
    lamp_colour: LinearRGB
    lamp_flux: float
    ambient: LinearRGB
    view_brightness: float
    sun_strength: float
    dusk: bool = False


OFFICE_LIGHTING = (
    RoomLighting((2.6, 2.8, 3.1), (1.0, 0.95, 0.88), 0.10, (0.29, 0.30, 0.31), 1.05, 6.0),
    RoomLighting((2.4, 2.5, 2.6), (1.0, 0.96, 0.9), 0.22, (0.31, 0.31, 0.31), 1.15, 0.0),
    RoomLighting((0.22, 0.24, 0.34), (1.0, 0.82, 0.6), 0.42, (0.15, 0.125, 0.1), 0.5, 0.0, dusk=True),
    RoomLighting((2.2, 2.0, 1.7), (1.0, 0.92, 0.8), 0.16, (0.27, 0.25, 0.23), 0.95, 7.0),
    RoomLighting((1.8, 1.9, 2.0), (0.95, 0.98, 1.0), 0.36, (0.27, 0.28, 0.29), 0.95, 0.0),
)


def add_office_lamps(room: RoomBuilder, lighting: RoomLighting, name: str) -> None:
    """Hang panels, rows of spots or pendants all over the ceiling; together they give the room's `lamp_flux`."""
    rng, palette = room.rng, room.palette
    flux = lighting.lamp_flux * room.width * room.depth
    kind = rng.integers(4) if name != "corridor" else rng.integers(2)
    across, along = max(1, round(room.width / 2.4)), max(2, round(room.depth / 2.4))
    spots = [
        (x, y)
        for x in evenly_spaced(across, -room.width / 2, room.width / 2)
        for y in evenly_spaced(along, 0, room.depth)
    ]
    if kind == 0:
        size = ((0.6, 0.6), (0.3, 1.2), (1.2, 0.3))[rng.integers(3)]
        radiance = scale_colour(lighting.lamp_colour, flux / (len(spots) * size[0] * size[1]))
        lamps = [(panel_lamp(*size, radiance, palette), x, y) for x, y in spots]
    elif kind == 1:
        length = room.depth - 1.0
        rows = evenly_spaced(across, -room.width / 2, room.width / 2)
        radiance = scale_colour(lighting.lamp_colour, flux / (len(rows) * length * 0.15))
        lamps = [(spot_row(length, round(length / 1.1), radiance, palette), x, room.depth / 2) for x in rows]
    else:
        style, drop = int(rng.integers(4)), float(rng.uniform(0.5, max(0.55, room.height - 2.3)))
        shade = (palette.black, palette.white, palette.accent, palette.chrome)[rng.integers(4)]
        # No pendant hangs in front of the camera.
        spots = [(x, y) for x, y in spots if y > 2.6]
        # A first lamp tells the area of its light, by which the flux is divided.
        one = pendant(style, drop, lighting.lamp_colour, shade)
        area = float(np.prod([np.linalg.norm(e) for e in (one.lights[0].edge_u, one.lights[0].edge_v)]))
        radiance = scale_colour(lighting.lamp_colour, flux / (len(spots) * area))
        lamps = [(pendant(style, drop, radiance, shade), x, y) for x, y in spots]
    for lamp, x, y in lamps:
        room.add(SceneGroup(lamp.meshes, lamp.lights), x, y, 0.0, room.height)


def office_sun(room: RoomBuilder, lighting: RoomLighting) -> Sun | None:
    """Return a sun that shines in through the windows, if there are any and the lighting has a sun."""
    lit = [side for side in ("left", "right", "back") if any(o.low < 1.2 and o.high > 2.1 for o in room.openings[side])]
    if not lighting.sun_strength or not lit:
        return None
    bearing = {"left": 180.0, "right": 0.0, "back": 90.0}[lit[0]] + float(room.rng.uniform(-40, 40))
    slope = float(room.rng.uniform(28, 48))
    c, s = np.cos(np.radians(bearing)), np.sin(np.radians(bearing))
    level = float(np.cos(np.radians(slope)))
    return Sun(
        (float(c) * level, float(s) * level, float(np.sin(np.radians(slope)))),
        scale_colour((1.0, 0.92, 0.78), lighting.sun_strength),
    )


def office_sky(lighting: RoomLighting, shell: ShellMaterials) -> Sky:
    """Return the ambient light: a little of the floor's colour from below, white from above."""
    # The floor's colour, seen so coarsely (0.5 m) that its pattern has faded to the mean.
    probe = np.zeros((1, 3), np.float32)
    up = np.array([[0, 0, 1]], np.float32)
    below = np.mean([shell.floor.albedo_at(probe, up, np.full(1, 0.5, np.float32))[0], [0.4, 0.4, 0.4]], axis=0)
    ground = tuple(float(a * (0.35 + b)) for a, b in zip(lighting.ambient, below, strict=True))
    zenith = scale_colour(lighting.ambient, 1.08)
    return replace(
        Sky(), zenith=zenith, horizon=lighting.ambient, ground=(ground[0], ground[1], ground[2]), reach_m=1.6
    )


def sample_home_lighting(rng: np.random.Generator) -> RoomLighting:
    """Return random light: sun, clouds or lamps in the evening, warm or cold, with deep shadows or hardly any."""
    kind, warm = rng.random(), float(rng.uniform(-1, 1))
    tint = (1 + 0.14 * warm, 1.0, 1 - 0.18 * warm)
    if kind < 0.6:
        daylight, ambient = float(rng.uniform(0.6, 3.2)), float(rng.uniform(0.04, 0.34))
        sun, outside = float(rng.uniform(4, 16)), float(np.exp(rng.uniform(-1.6, 1.0)))
        return RoomLighting(
            scale_colour(tint, daylight), (1.0, 0.93, 0.82), 0.0, scale_colour(tint, ambient), outside, sun
        )
    if kind < 0.84:
        daylight, ambient = float(rng.uniform(1.2, 3.0)), float(rng.uniform(0.08, 0.4))
        flux, outside = float(rng.choice([0.0, rng.uniform(0, 0.3)])), float(np.exp(rng.uniform(-1.2, 1.0)))
        return RoomLighting(
            scale_colour(tint, daylight), (1.0, 0.93, 0.82), flux, scale_colour(tint, ambient), outside, 0.0
        )
    around = scale_colour((1.15, 0.95, 0.72), float(rng.uniform(0.07, 0.2)))
    return RoomLighting((0.1, 0.11, 0.16), (1.0, 0.82, 0.6), float(rng.uniform(0.2, 0.5)), around, 0.2, 0.0, dusk=True)


def add_home_lamp(room: RoomBuilder, lighting: RoomLighting) -> None:
    """Hang a lamp in the middle of the ceiling, on or off; by day there may be none, or its light comes without it."""
    rng, palette = room.rng, room.palette
    shade = (palette.black, palette.white, palette.accent, palette.chrome)[rng.integers(4)]
    style, drop = int(rng.integers(3)), float(rng.uniform(0.3, max(0.35, room.height - 2.0)))
    hung = pendant(style, drop, lighting.lamp_colour, shade)
    middle = (0.0, room.depth / 2)
    # A lamp right above the camera would hang into the picture.
    in_the_way = np.hypot(room.camera.eye[0], room.camera.eye[1] - room.depth / 2) < 0.6
    parts = () if in_the_way or (lighting.lamp_flux == 0 and rng.random() < 0.5) else hung.meshes
    (light,) = hung.lights
    area = float(np.linalg.norm(light.edge_u) * np.linalg.norm(light.edge_v))
    radiance = scale_colour(lighting.lamp_colour, lighting.lamp_flux * room.width * room.depth / area)
    lights = (replace(light, radiance=radiance),) if lighting.lamp_flux else ()
    room.add(SceneGroup(parts, lights), *middle, 0.0, room.height)


def home_sun(room: RoomBuilder, lighting: RoomLighting) -> Sun | None:
    """Return a sun that throws a patch of light through a window onto something in view; None where none was found."""
    rng = room.rng
    # All but doors, which are 2.08 m high and let no sun in.
    holes = [(side, hole) for side in WALL_SIDES for hole in room.openings[side] if hole.high > 2.12 or hole.low > 0.1]
    if not lighting.sun_strength or not holes:
        return None
    camera, colour = (
        room.camera,
        scale_colour((1.0, float(rng.uniform(0.84, 0.97)), float(rng.uniform(0.6, 0.9))), lighting.sun_strength),
    )
    for _ in range(60):
        ray = camera.rays(rng.uniform(0, camera.width_px, 1), rng.uniform(0, camera.height_px, 1))[0].astype(float)
        reach = min(wall_distance(room, ray[:2]), (0.0 - camera.eye[2]) / ray[2] if ray[2] < 0 else np.inf)
        spot = np.asarray(camera.eye) + reach * ray
        side, hole = holes[rng.integers(len(holes))]
        x, y, _ = room.wall_pose(side, float(rng.uniform(hole.left, hole.right)))
        to = np.array([x, y, float(rng.uniform(hole.low, hole.high))]) - spot
        way = to / max(float(np.linalg.norm(to)), 1e-6)
        ahead = room.wall_pose(side, hole.left, -1.0)
        foot = room.wall_pose(side, hole.left)
        outward = way[0] * (ahead[0] - foot[0]) + way[1] * (ahead[1] - foot[1])
        if 0.1 < way[2] < 0.9 and outward > 0.2 and spot[2] < room.height:
            return Sun(as_vec3(way), colour, float(rng.uniform(0.004, 0.03)))
    return None
