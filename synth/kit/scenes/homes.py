"""A seed and a number become a corner of a home seen from close by: kind, camera, materials, windows, light."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from bgfg.synth.kit.pieces.fittings import Fitting, pendant
from bgfg.synth.kit.pieces.looks import WOODS, Look, draw_look
from bgfg.synth.kit.pieces.patterns import MOTIFS, Wallpaper
from bgfg.synth.kit.pieces.pictures import accent, hue
from bgfg.synth.kit.render.materials import Carpet, Fabric, Plaster, Stone, Stripes, Tiles, Wood, metal, paint
from bgfg.synth.kit.render.scene import Camera, Colour, Lights, Material, Scene, Sky, Sun, aimed, scaled
from bgfg.synth.kit.render.tracer import Tracer
from bgfg.synth.kit.scenes.home_rooms import furnish
from bgfg.synth.kit.scenes.home_windows import Outside, bricks, open_window, surroundings
from bgfg.synth.kit.scenes.in_view import seen_wall, wall_distance
from bgfg.synth.kit.scenes.outdoors import leaning
from bgfg.synth.kit.scenes.plan import SIDES, Finish, Plan
from bgfg.synth.kit.scenes.rooms import Mood

# Corners with a seat and those with a window come more often: white chairs before white walls and glass are hard.
TURNS = (
    "seat",
    "living room",
    "table top",
    "window",
    "bedroom",
    "seat",
    "dining room",
    "window",
    "study",
    "bare corner",
)
NEAREST_M = 0.4  # nothing that is seen is nearer
ATTEMPTS = 12


def home(seed: int, index: int, size_px: int = 448) -> tuple[Scene, Camera]:
    """Return corner `index` of `seed` as a scene and the camera, `size_px` square, that looks into it.

    Indoors what is seen lies `NEAREST_M` to about 6 m away, most of it within 4 m; through windows one sees as far as
    the sky. A draw whose view is blocked, empty or of one thing alone is drawn anew.
    """
    for attempt in range(ATTEMPTS):
        rng = np.random.default_rng([seed, index, 0x686F6D65, attempt])
        scene, camera = _drawn(rng, kind_of(index), size_px)
        if _is_good_view(scene, camera):
            break
    return scene, camera


def kind_of(index: int) -> str:
    """Return the kind of corner that `index` has with every seed."""
    return TURNS[index % len(TURNS)]


def _drawn(rng: np.random.Generator, name: str, size_px: int) -> tuple[Scene, Camera]:
    look, mood = _look(rng), _mood(rng)
    width, depth, height = float(rng.uniform(2.6, 5.4)), float(rng.uniform(2.8, 5.6)), float(rng.uniform(2.3, 3.0))
    start = Camera((0.0, depth / 2, 1.4), (0.0, depth, 1.4), 60, size_px, size_px)
    finish = _finish(rng, look, mood)
    plan = Plan(width, depth, height, start, look, finish, rng, clear_m=float(rng.uniform(0.5, 1.0)))
    plan.camera = _camera(plan, name == "table top", size_px)
    _open(plan, name == "window")
    furnish(plan, name)
    _lamp(plan, mood)
    sun = _sun(plan, mood)
    plan.close()
    drop = float(rng.choice([rng.uniform(0.02, 0.2), rng.uniform(2.5, 7.0)], p=[0.75, 0.25]))
    surroundings(plan, Outside(mood.outside, drop, mood.dusk))
    ground = tuple(0.65 * c for c in mood.ambient)
    sky = Sky(scaled(mood.ambient, 1.1), mood.ambient, (ground[0], ground[1], ground[2]), reach_m=1.2)
    return Scene(plan.fitting.parts, Lights(plan.fitting.lights, sun), sky), plan.camera


def _open(plan: Plan, in_view: bool) -> None:
    """Put windows into one wall to three, the first where the camera looks if it is to be `in_view`."""
    rng = plan.rng
    for side in rng.permutation(SIDES)[: int(rng.choice([1, 2, 3], p=[0.4, 0.4, 0.2]))]:
        wide = min(float(rng.uniform(0.9, 2.8)), plan.length(side) - 0.5)
        along = float(rng.uniform(0, plan.length(side)))
        if in_view:
            (side, along), in_view = seen_wall(plan), False
            wide = min(wide, plan.length(side) - 0.5)
        least = wide / 2 + 0.2
        open_window(plan, side, float(np.clip(along, least, plan.length(side) - least)), wide)


def _camera(plan: Plan, looks_down: bool, size_px: int) -> Camera:
    """Draw a camera anywhere in the room, at any yaw, whose picture shows walls 1 to 4 m away."""
    rng = plan.rng
    fov, high = float(rng.uniform(44, 76)), float(rng.uniform(0.4, 1.9))
    pitch = float(np.clip(rng.normal(-9 - 11 * (high - 1.1), 9), -32, 10))
    if looks_down:
        high, pitch = float(rng.uniform(1.1, 1.7)), float(rng.uniform(-50, -24))
    middle = float(rng.uniform(1.3, 3.4))
    for _ in range(200):
        eye = (float(rng.uniform(-0.5, 0.5)) * (plan.width - 0.7), float(rng.uniform(0.35, plan.depth - 0.35)), high)
        yaw = float(rng.uniform(0, 360))
        plan.camera = Camera(eye, aimed(eye, yaw, pitch), fov, size_px, size_px, leaning(rng))
        bearings = np.radians(yaw + np.linspace(-fov / 2, fov / 2, 7))
        reach = [wall_distance(plan, np.array([np.sin(b), np.cos(b)])) for b in bearings]
        if min(reach) > 0.6 and abs(np.median(reach) - middle) < 0.5:
            break
    return plan.camera


def _is_good_view(scene: Scene, camera: Camera) -> bool:
    """Return whether nothing stands before the camera's nose, and there is more than one thing to see."""
    tracer, side = Tracer(scene), 20
    y, x = (np.mgrid[:side, :side].reshape(2, -1) + 0.5) * (camera.width_px / side)
    rays = camera.rays(x, y)
    hits = tracer.hits(np.tile(np.asarray(camera.eye, np.float32), (len(rays), 1)), rays)
    near, middle = float(hits.reach.min()), float(np.median(hits.reach))
    largest = np.bincount(hits.part[hits.part >= 0]).max() / len(rays)
    return bool(near > NEAREST_M + 0.05 and 0.6 < middle < 4.0 and largest < 0.7)


def _look(rng: np.random.Generator) -> Look:
    """Return the materials of a home's furniture: whites, darks and woods more than the colours of offices."""
    look, seed = draw_look(rng), int(rng.integers(1 << 20))
    whites: tuple[Colour, ...] = ((0.8, 0.8, 0.78), (0.78, 0.75, 0.69), (0.7, 0.68, 0.64))
    darks: tuple[Colour, ...] = ((0.03, 0.03, 0.033), (0.08, 0.08, 0.09), (0.12, 0.07, 0.045))

    def cover(white: float) -> Material:
        lot = rng.random()
        tones = whites if lot < white else darks if lot < white + 0.2 else (accent(rng), hue(rng, 0.3, 0.4))
        tone = tones[rng.integers(len(tones))]
        if rng.random() < 0.35:  # leather
            return Material(Plaster(tone, seed), gloss=0.7, roughness=0.15)
        return Material(Fabric(tone, seed))

    white = paint(whites[rng.integers(2)], float(rng.choice([0.2, 0.8])), float(rng.choice([0.05, 0.25])))
    wood = Material(Wood(WOODS[rng.integers(len(WOODS))], seed, contrast=float(rng.uniform(0.1, 0.3))), gloss=0.4)
    top = (look.top, wood, white, look.black, Material((0.5, 0.56, 0.55), gloss=1.0, roughness=0.02))
    return replace(
        look,
        white=white,
        wood=wood,
        top=top[rng.integers(5)],
        seat=cover(0.6),
        second_seat=cover(0.25),
        frame=(look.frame, wood, white, metal(roughness=0.1))[rng.integers(4)],
        chrome=metal(roughness=float(rng.uniform(0.05, 0.3))),
    )


def _mood(rng: np.random.Generator) -> Mood:
    """Draw the light: sun, clouds or lamps in the evening, warm or cold, with deep shadows or hardly any."""
    kind, warm = rng.random(), float(rng.uniform(-1, 1))
    tint = (1 + 0.14 * warm, 1.0, 1 - 0.18 * warm)
    if kind < 0.6:
        daylight, ambient = float(rng.uniform(0.6, 3.2)), float(rng.uniform(0.04, 0.34))
        sun, outside = float(rng.uniform(4, 16)), float(np.exp(rng.uniform(-1.6, 1.0)))
        return Mood(scaled(tint, daylight), (1.0, 0.93, 0.82), 0.0, scaled(tint, ambient), outside, sun)
    if kind < 0.84:
        daylight, ambient = float(rng.uniform(1.2, 3.0)), float(rng.uniform(0.08, 0.4))
        flux, outside = float(rng.choice([0.0, rng.uniform(0, 0.3)])), float(np.exp(rng.uniform(-1.2, 1.0)))
        return Mood(scaled(tint, daylight), (1.0, 0.93, 0.82), flux, scaled(tint, ambient), outside, 0.0)
    around = scaled((1.15, 0.95, 0.72), float(rng.uniform(0.07, 0.2)))
    return Mood((0.1, 0.11, 0.16), (1.0, 0.82, 0.6), float(rng.uniform(0.2, 0.5)), around, 0.2, 0.0, dusk=True)


def _finish(rng: np.random.Generator, look: Look, mood: Mood) -> Finish:
    seed = int(rng.integers(1 << 20))
    wall, other = _wall(rng, seed), _wall(rng, seed + 20)
    walls = {side: other if rng.random() < 0.2 else wall for side in SIDES}
    skirting = (look.white, look.white, look.wood, wall)[rng.integers(4)]
    blind = Material((0.78, 0.76, 0.7), emission=0.3 * mood.outside)
    frosted = Material((0.72, 0.78, 0.78), emission=0.3, gloss=0.3)
    frame = (look.white, look.white, look.wood, paint((0.035, 0.035, 0.04)))[rng.integers(4)]
    return Finish(
        floor=_floor(rng, seed + 5),
        ceiling=Material(Plaster((0.8, 0.8, 0.78), seed + 9, 0.02)),
        walls=walls,
        skirting=skirting,
        frame=frame,
        pane=frosted,
        next_room=frosted,
        frosted=frosted,
        door=(look.white, look.wood)[rng.integers(2)],
        daylight=mood.daylight,
        blind=(blind, float(rng.uniform(0.05, 0.6))) if rng.random() < 0.15 else None,
        heated=False,
    )


def _wall(rng: np.random.Generator, seed: int) -> Material:
    """Return a wall: white or pale more often than not, else a colour, wallpaper, brick or boards."""
    kind, relief = rng.random(), float(rng.uniform(0.01, 0.06))
    whites: tuple[Colour, ...] = ((0.82, 0.81, 0.79), (0.78, 0.77, 0.73), (0.74, 0.7, 0.62), (0.68, 0.7, 0.71))
    white = whites[rng.integers(4)]
    if kind < 0.6:
        return Material(Plaster(white, seed, relief))
    if kind < 0.72:
        return Material(Plaster(accent(rng) if rng.random() < 0.5 else hue(rng, 0.25, 0.55), seed, relief))
    if kind < 0.85:
        share = float(rng.uniform(0.55, 0.95))
        ground = white if rng.random() < 0.7 else accent(rng)
        ink = scaled(ground, share) if rng.random() < 0.5 else accent(rng)
        return Material(Wallpaper(ground, ink, MOTIFS[rng.integers(5)], float(rng.uniform(0.05, 0.6)), seed))
    if kind < 0.95:
        return bricks(rng, seed)
    return Material(Stripes(WOODS[rng.integers(len(WOODS))], float(rng.choice([0.1, 0.16])), 0.008, seed), gloss=0.2)


def _floor(rng: np.random.Generator, seed: int) -> Material:
    """Return a floor: planks of wood, matt or glossy, more often than carpet, tiles or stone."""
    kind = rng.random()
    if kind < 0.65:
        plank = (float(rng.choice([0.07, 0.12, 0.2])), float(rng.uniform(0.4, 2.2)))
        wood = Wood(WOODS[rng.integers(len(WOODS))], seed, plank, rng.random() < 0.5, float(rng.uniform(0.1, 0.3)))
        return Material(wood, gloss=float(rng.uniform(0.2, 1.0)), roughness=float(rng.uniform(0.02, 0.2)))
    if kind < 0.82:
        return Material(Carpet(hue(rng, 0.2, float(rng.uniform(0.1, 0.65))), seed))
    if kind < 0.94:
        tone = hue(rng, 0.1, float(rng.uniform(0.12, 0.7)))
        size = float(rng.choice([0.15, 0.3, 0.45]))
        return Material(Tiles(tone, scaled(tone, 0.6), (size, size), seed), gloss=0.9, roughness=0.05)
    return Material(Stone((0.5, 0.48, 0.45), seed), gloss=0.6, roughness=0.1)


def _lamp(plan: Plan, mood: Mood) -> None:
    """Hang a lamp in the middle of the ceiling; it shines as the mood says, and by day it may not be there."""
    rng, look = plan.rng, plan.look
    shade = (look.black, look.white, look.accent, look.chrome)[rng.integers(4)]
    style, drop = int(rng.integers(3)), float(rng.uniform(0.3, max(0.35, plan.height - 2.0)))
    hung = pendant(style, drop, mood.lamp, shade)
    middle = (0.0, plan.depth / 2)
    in_the_way = np.hypot(plan.camera.eye[0], plan.camera.eye[1] - plan.depth / 2) < 0.6
    parts = () if in_the_way or (mood.flux == 0 and rng.random() < 0.5) else hung.parts
    (light,) = hung.lights
    area = float(np.linalg.norm(light.edge_u) * np.linalg.norm(light.edge_v))
    radiance = scaled(mood.lamp, mood.flux * plan.width * plan.depth / area)
    lights = (replace(light, radiance=radiance),) if mood.flux else ()
    plan.add(Fitting(parts, lights), *middle, 0.0, plan.height)


def _sun(plan: Plan, mood: Mood) -> Sun | None:
    """Return a sun that throws a patch of light through a window onto something in view, if it can."""
    rng = plan.rng
    holes = [(side, hole) for side in SIDES for hole in plan.openings[side] if hole.high > 2.12 or hole.low > 0.1]
    if not mood.sun or not holes:
        return None
    camera, colour = plan.camera, scaled((1.0, float(rng.uniform(0.84, 0.97)), float(rng.uniform(0.6, 0.9))), mood.sun)
    for _ in range(60):
        ray = camera.rays(rng.uniform(0, camera.width_px, 1), rng.uniform(0, camera.height_px, 1))[0].astype(float)
        reach = min(wall_distance(plan, ray[:2]), (0.0 - camera.eye[2]) / ray[2] if ray[2] < 0 else np.inf)
        spot = np.asarray(camera.eye) + reach * ray
        side, hole = holes[rng.integers(len(holes))]
        x, y, _ = plan.at_wall(side, float(rng.uniform(hole.left, hole.right)))
        to = np.array([x, y, float(rng.uniform(hole.low, hole.high))]) - spot
        way = to / max(float(np.linalg.norm(to)), 1e-6)
        ahead = plan.at_wall(side, hole.left, -1.0)
        foot = plan.at_wall(side, hole.left)
        outward = way[0] * (ahead[0] - foot[0]) + way[1] * (ahead[1] - foot[1])
        if 0.1 < way[2] < 0.9 and outward > 0.2 and spot[2] < plan.height:
            return Sun((float(way[0]), float(way[1]), float(way[2])), colour, float(rng.uniform(0.004, 0.03)))
    return None
