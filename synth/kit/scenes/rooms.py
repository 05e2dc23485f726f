"""A seed and a number become a room: its kind, size, camera, materials, windows, lamps and light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from bgfg.synth.kit.pieces.fittings import Fitting, outlook_pane, panel_lamp, pendant, spot_row, view_through
from bgfg.synth.kit.pieces.looks import WOODS, Look, draw_look
from bgfg.synth.kit.pieces.pictures import accent
from bgfg.synth.kit.render.images import Outlook
from bgfg.synth.kit.render.materials import Brick, Carpet, Plaster, Stone, Stripes, Tiles, Wood, paint
from bgfg.synth.kit.render.scene import Camera, Colour, Lights, Material, Scene, Sky, Sun, scaled
from bgfg.synth.kit.scenes import interiors
from bgfg.synth.kit.scenes.outside import next_room, panorama
from bgfg.synth.kit.scenes.plan import Finish, Plan, spaced

FARTHEST_M = 9.6  # what is seen stays this near, so that a code for depth up to 10 m holds it


@dataclass(frozen=True)
class Kind:
    """What rooms of a kind have in common: ranges in metres, and who furnishes them."""

    furnish: Callable[[Plan], None]
    width: tuple[float, float]
    depth: tuple[float, float]
    height: tuple[float, float]
    sway: float = 1.0  # how far off the middle the camera may stand, as a share


KINDS: dict[str, Kind] = {
    "open plan": Kind(interiors.open_plan, (6.2, 8.6), (7.0, 8.8), (2.7, 3.4), 0.45),
    "meeting room": Kind(interiors.meeting, (4.6, 6.8), (6.4, 8.2), (2.6, 3.1)),
    "corridor": Kind(interiors.corridor, (2.2, 3.2), (7.8, 9.2), (2.4, 2.9)),
    "lobby": Kind(interiors.lobby, (6.8, 9.0), (7.2, 8.8), (3.1, 4.2)),
    "cafeteria": Kind(interiors.cafeteria, (6.0, 8.4), (6.8, 8.6), (2.7, 3.6)),
    "private office": Kind(interiors.private_office, (4.4, 6.4), (6.0, 7.4), (2.6, 3.1)),
}


@dataclass(frozen=True)
class Mood:
    """The light of a room: what falls in from outside, what its lamps give, and what is everywhere."""

    daylight: Colour
    lamp: Colour
    flux: float  # lamps' radiance x area for each square metre of floor
    ambient: Colour
    outside: float  # how bright the view is
    sun: float
    dusk: bool = False


MOODS = (
    Mood((2.6, 2.8, 3.1), (1.0, 0.95, 0.88), 0.10, (0.29, 0.30, 0.31), 1.05, 6.0),
    Mood((2.4, 2.5, 2.6), (1.0, 0.96, 0.9), 0.22, (0.31, 0.31, 0.31), 1.15, 0.0),
    Mood((0.22, 0.24, 0.34), (1.0, 0.82, 0.6), 0.42, (0.15, 0.125, 0.1), 0.5, 0.0, dusk=True),
    Mood((2.2, 2.0, 1.7), (1.0, 0.92, 0.8), 0.16, (0.27, 0.25, 0.23), 0.95, 7.0),
    Mood((1.8, 1.9, 2.0), (0.95, 0.98, 1.0), 0.36, (0.27, 0.28, 0.29), 0.95, 0.0),
)


def room(seed: int, index: int, size_px: int = 448) -> tuple[Scene, Camera]:
    """Return room `index` of `seed` as a scene and the camera, `size_px` square, that looks into it.

    Everything the camera sees has a z-depth between 0.3 m and 9.9 m.
    """
    rng = np.random.default_rng([seed, index, 0x726F6F6D])
    name = list(KINDS)[index % len(KINDS)]
    kind, mood, look = KINDS[name], MOODS[rng.integers(len(MOODS))], draw_look(rng)
    width, height = float(rng.uniform(*kind.width)), float(rng.uniform(*kind.height))
    camera, depth = _camera(rng, kind, width, height, size_px)
    finish = _finish(rng, look, mood, camera)
    plan = Plan(width, depth, height, camera, look, finish, rng)
    _open(plan, name)
    kind.furnish(plan)
    _lamps(plan, mood, name)
    plan.close()
    parts = outlook_pane(plan.fitting.parts, finish.pane)
    parts = outlook_pane(parts, finish.next_room)
    return Scene(parts, Lights(plan.fitting.lights, _sun(plan, mood)), _sky(mood, finish)), camera


def kind_of(index: int) -> str:
    """Return the kind of room that `index` has with every seed."""
    return list(KINDS)[index % len(KINDS)]


def _camera(rng: np.random.Generator, kind: Kind, width: float, height: float, size_px: int) -> tuple[Camera, float]:
    """Draw a camera near the front wall and the depth of the room, made less where corners would be too far."""
    depth = float(rng.uniform(*kind.depth))
    reach = max(0.0, width / 2 - 0.9) * kind.sway
    eye_x = float(rng.uniform(-1, 1)) * reach
    eye = (eye_x, float(rng.uniform(0.35, 0.8)), float(rng.uniform(1.25, 1.75)))
    # Look to the far side rather than at the wall nearby.
    yaw = float(rng.uniform(-9, 9)) - 16 * eye_x / max(reach, 0.9) * min(1.0, reach / 1.5) * float(
        rng.uniform(0.4, 1.3)
    )
    pitch = float(rng.uniform(-8, -1)) if height < 3.2 else float(rng.uniform(-5, 2))
    fov = float(rng.uniform(50, 66))
    c, s, t = np.cos(np.radians(yaw)), np.sin(np.radians(yaw)), np.tan(np.radians(pitch))
    target = (eye[0] + float(s), eye[1] + float(c), eye[2] + float(t))
    camera = Camera(eye, target, fov, size_px, size_px)
    while True:
        corners = np.array([[x, depth + 0.2, z] for x in (-width / 2 - 0.2, width / 2 + 0.2) for z in (0.0, height)])
        if camera.project(corners)[1].max() <= FARTHEST_M:
            return camera, depth
        depth -= 0.1


def _finish(rng: np.random.Generator, look: Look, mood: Mood, camera: Camera) -> Finish:
    seed = int(rng.integers(1 << 20))
    whites: tuple[Colour, ...] = (
        (0.80, 0.79, 0.76),
        (0.74, 0.75, 0.76),
        (0.78, 0.73, 0.65),
        (0.58, 0.59, 0.60),
        (0.33, 0.34, 0.36),
    )
    plain = Material(Plaster(whites[rng.integers(len(whites))], seed))
    walls = dict.fromkeys(("left", "right", "back", "front"), plain)
    for side in ("left", "right", "back"):
        if rng.random() < (0.5 if side == "back" else 0.22):
            walls[side] = _feature(rng, look, seed + 3)
    dark = rng.random() < 0.4
    view = Outlook(panorama(rng, mood.dusk), camera.eye)
    beyond = Outlook(next_room(rng, (0.7, 0.69, 0.66)), camera.eye)
    cloth = Material((0.75, 0.73, 0.68), emission=0.35 * mood.outside)
    blind = (cloth, float(rng.uniform(0.1, 0.45))) if rng.random() < 0.4 else None
    return Finish(
        floor=_floor(rng, seed + 5),
        ceiling=_ceiling(rng, seed + 9),
        walls=walls,
        skirting=paint((0.72, 0.72, 0.7)) if not dark else paint((0.06, 0.06, 0.065)),
        frame=paint((0.035, 0.035, 0.04)) if dark else (look.white, look.wood)[int(rng.random() < 0.25)],
        pane=view_through(view, mood.outside),
        next_room=view_through(beyond, 0.5, gloss=0.8),
        frosted=Material((0.72, 0.78, 0.78), emission=0.18, gloss=0.3),
        door=(look.wood, look.white, look.accent, paint((0.2, 0.21, 0.23)))[rng.integers(4)],
        daylight=mood.daylight,
        blind=blind,
        heated=rng.random() < 0.5,
    )


def _feature(rng: np.random.Generator, look: Look, seed: int) -> Material:
    """Return a wall to look at: brick, slats, stone, a colour, tiles."""
    kind = rng.integers(6)
    if kind == 0:
        reds: tuple[Colour, ...] = ((0.36, 0.13, 0.08), (0.42, 0.22, 0.13), (0.7, 0.69, 0.66), (0.28, 0.2, 0.16))
        colour = reds[rng.integers(4)]
        return Material(Brick(colour, (0.66, 0.65, 0.62) if colour[0] > 0.6 else (0.5, 0.47, 0.43), seed))
    if kind == 1:
        return Material(
            Stripes(WOODS[rng.integers(len(WOODS))], float(rng.choice([0.07, 0.12, 0.3])), 0.02, seed), gloss=0.15
        )
    if kind == 2:
        return Material(Stone((0.46, 0.46, 0.45), seed))
    if kind == 3:
        return Material(Tiles((0.62, 0.66, 0.66), (0.8, 0.8, 0.78), (0.3, 0.1), seed, 0.12, 0.005, 0.5), gloss=0.6)
    colour = accent(rng) if kind == 4 else look.accent_colour
    return Material(Plaster(colour, seed))


def _floor(rng: np.random.Generator, seed: int) -> Material:
    kind = rng.integers(7)
    if kind <= 1:
        plank = (float(rng.choice([0.09, 0.14, 0.2])), float(rng.uniform(0.9, 1.8)))
        wood = Wood(WOODS[rng.integers(len(WOODS))], seed, plank, rng.random() < 0.6)
        return Material(wood, gloss=float(rng.uniform(0.3, 0.9)), roughness=float(rng.uniform(0.06, 0.2)))
    if kind <= 3:
        tones: tuple[Colour, ...] = (
            (0.20, 0.21, 0.23),
            (0.32, 0.31, 0.30),
            (0.13, 0.17, 0.24),
            (0.38, 0.33, 0.27),
            (0.16, 0.22, 0.19),
        )
        second = accent(rng) if rng.random() < 0.4 else None
        return Material(Carpet(tones[rng.integers(5)], seed, 0.5 if rng.random() < 0.7 else None, second))
    if kind == 4:
        tone: Colour = ((0.66, 0.64, 0.6), (0.4, 0.4, 0.4), (0.16, 0.16, 0.17))[rng.integers(3)]
        tiles = Tiles(tone, tuple(0.7 * c for c in tone), (float(rng.choice([0.3, 0.6, 0.9])),) * 2, seed)  # type: ignore[arg-type]
        return Material(tiles, gloss=0.9, roughness=0.05)
    if kind == 5:
        return Material(Stone((0.68, 0.66, 0.63), seed, chips=0.16), gloss=0.8, roughness=0.06)
    return Material(Stone((0.38, 0.38, 0.375), seed), gloss=0.7, roughness=0.1)


def _ceiling(rng: np.random.Generator, seed: int) -> Material:
    kind = rng.integers(4)
    if kind == 0:
        return Material(Tiles((0.78, 0.78, 0.77), (0.55, 0.55, 0.55), (0.6, 0.6), seed, 0.015, 0.02))
    if kind == 1 and rng.random() < 0.5:
        return Material(Stone((0.42, 0.42, 0.42), seed))
    if kind == 2 and rng.random() < 0.4:
        return Material(Plaster((0.07, 0.07, 0.075), seed, 0.05))
    return Material(Plaster((0.82, 0.82, 0.81), seed, 0.012))


def _open(plan: Plan, name: str) -> None:
    """Choose which walls have windows, glass and doors."""
    rng = plan.rng
    sides = list(rng.permutation(["left", "right", "back"]))
    if name in ("lobby", "cafeteria") and rng.random() < 0.6:
        sides.sort(key=lambda side: side == "back")
    if name == "corridor":
        sides = ["back"] if rng.random() < 0.5 else (["left"] if rng.random() < 0.5 else [])
    low = 0.0 if rng.random() < (0.6 if name == "lobby" else 0.3) else float(rng.uniform(0.75, 1.0))
    high = plan.height - float(rng.uniform(0.12, 0.5))
    wide, gap = float(rng.uniform(1.0, 2.4)), float(rng.choice([0.12, 0.4, 0.8]))
    across, up = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    for side in sides[: 1 if rng.random() < 0.65 else 2]:
        plan.open_windows(side, low, high, min(wide, plan.length(side) - 0.4), gap, across, up)
    if name != "corridor":
        # The last wall stays whole for what needs one: a counter, a sign, a screen.
        if not plan.openings[sides[1]] and rng.random() < 0.4:
            length = plan.length(sides[1])
            start = float(rng.uniform(0.15, 0.35)) * length
            plan.open_glass(sides[1], start, start + float(rng.uniform(0.35, 0.5)) * length)
        for side in sides[: 2 if name in ("lobby", "cafeteria") else 3]:
            if rng.random() < 0.5:
                place = float(rng.choice([rng.uniform(0.1, 0.22), rng.uniform(0.78, 0.9)])) * plan.length(side)
                plan.open_door(side, place, glazed=rng.random() < 0.25)


def _lamps(plan: Plan, mood: Mood, name: str) -> None:
    rng, look = plan.rng, plan.look
    flux = mood.flux * plan.width * plan.depth
    kind = rng.integers(4) if name != "corridor" else rng.integers(2)
    across, along = max(1, round(plan.width / 2.4)), max(2, round(plan.depth / 2.4))
    spots = [(x, y) for x in spaced(across, -plan.width / 2, plan.width / 2) for y in spaced(along, 0, plan.depth)]
    if kind == 0:
        size = ((0.6, 0.6), (0.3, 1.2), (1.2, 0.3))[rng.integers(3)]
        radiance = scaled(mood.lamp, flux / (len(spots) * size[0] * size[1]))
        fittings = [(panel_lamp(*size, radiance, look), x, y) for x, y in spots]
    elif kind == 1:
        length = plan.depth - 1.0
        rows = spaced(across, -plan.width / 2, plan.width / 2)
        radiance = scaled(mood.lamp, flux / (len(rows) * length * 0.15))
        fittings = [(spot_row(length, round(length / 1.1), radiance, look), x, plan.depth / 2) for x in rows]
    else:
        style, drop = int(rng.integers(4)), float(rng.uniform(0.5, max(0.55, plan.height - 2.3)))
        shade = (look.black, look.white, look.accent, look.chrome)[rng.integers(4)]
        spots = [(x, y) for x, y in spots if y > 2.6]
        one = pendant(style, drop, mood.lamp, shade)
        area = float(np.prod([np.linalg.norm(e) for e in (one.lights[0].edge_u, one.lights[0].edge_v)]))
        radiance = scaled(mood.lamp, flux / (len(spots) * area))
        fittings = [(pendant(style, drop, radiance, shade), x, y) for x, y in spots]
    for fitting, x, y in fittings:
        plan.add(Fitting(fitting.parts, fitting.lights), x, y, 0.0, plan.height)


def _sun(plan: Plan, mood: Mood) -> Sun | None:
    """Return a sun that shines in through the windows, when there are any and the mood has one."""
    lit = [side for side in ("left", "right", "back") if any(o.low < 1.2 and o.high > 2.1 for o in plan.openings[side])]
    if not mood.sun or not lit:
        return None
    bearing = {"left": 180.0, "right": 0.0, "back": 90.0}[lit[0]] + float(plan.rng.uniform(-40, 40))
    slope = float(plan.rng.uniform(28, 48))
    c, s = np.cos(np.radians(bearing)), np.sin(np.radians(bearing))
    level = float(np.cos(np.radians(slope)))
    return Sun(
        (float(c) * level, float(s) * level, float(np.sin(np.radians(slope)))), scaled((1.0, 0.92, 0.78), mood.sun)
    )


def _sky(mood: Mood, finish: Finish) -> Sky:
    """Return the light all around: a little of the floor's colour from below, white from above."""
    probe = np.zeros((1, 3), np.float32)
    up = np.array([[0, 0, 1]], np.float32)
    below = np.mean([finish.floor.colours(probe, up, np.full(1, 0.5, np.float32))[0], [0.4, 0.4, 0.4]], axis=0)
    ground = tuple(float(a * (0.35 + b)) for a, b in zip(mood.ambient, below, strict=True))
    zenith = scaled(mood.ambient, 1.08)
    return replace(Sky(), zenith=zenith, horizon=mood.ambient, ground=(ground[0], ground[1], ground[2]), reach_m=1.6)
