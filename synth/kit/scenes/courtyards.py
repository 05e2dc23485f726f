"""Courtyards between buildings and forecourts before a building: what lies on the ground and what stands on it."""

from __future__ import annotations

import numpy as np

from bgfg.synth.kit.pieces.buildings import entrance, sample_storeys
from bgfg.synth.kit.pieces.cars import car
from bgfg.synth.kit.pieces.facade_materials import sample_facade_materials
from bgfg.synth.kit.pieces.plants import flower_bed, hedge, shrub
from bgfg.synth.kit.pieces.street_furniture import (
    bench,
    bollards,
    flagpoles,
    lamp_post,
    litter_bin,
    parasol_table,
    planter,
    sign_wall,
    water_basin,
)
from bgfg.synth.kit.render.mesh_primitives import boxes, cylinder
from bgfg.synth.kit.scenes.footprints import Rect
from bgfg.synth.kit.scenes.outdoor_builder import ROAD_PAINT, OutdoorBuilder


def lay_courtyard(site: OutdoorBuilder) -> None:
    """Lay a plaza or a lawn between buildings."""
    rng = site.rng
    far, half = float(rng.uniform(15, 52)), float(rng.uniform(9, 30))
    green = rng.random() < 0.4
    site.add_ground(site.lawn if green or rng.random() < 0.4 else site.asphalt)
    if not green:
        site.add_patch((-half - 8, -20, half + 8, far + 8), site.paving, 0.002)
    if rng.random() < 0.16 and site.camera.eye[2] < 2.3:
        _portico(site)
    _back_buildings(site, far)
    for side in (-1, 1):
        if rng.random() < 0.6:
            long, deep = float(rng.uniform(14, 40)), float(rng.uniform(12, 22))
            start = float(rng.uniform(3, 14))
            site.place_building(side * half, start + long / 2, -90.0 * side, long, deep, sample_storeys(rng))
    _court_floor(site, green, far, half)
    if rng.random() < 0.22:
        size = (float(rng.uniform(5, 16)), float(rng.uniform(3, 9)))
        site.place(
            water_basin(*size, site.stone), float(rng.uniform(-8, 8)), float(rng.uniform(8, 20)), size, tall=False
        )
    _tree_rows(site, half, far)
    _scatter_furniture(site, (-half, half), (2.5, far - 2), int(rng.integers(6, 22)))


def lay_forecourt(site: OutdoorBuilder) -> None:
    """Lay a forecourt before a building's front, seen straight on or at an angle."""
    rng = site.rng
    away = float(np.exp(rng.uniform(np.log(7), np.log(42))))
    storeys = max(1, sample_storeys(rng))
    width, shift = float(rng.uniform(16, 70)), float(rng.uniform(-0.3, 0.3))
    main = site.place_building(shift * width, away, 0.0, width, float(rng.uniform(14, 26)), storeys)
    if main is not None and rng.random() < 0.8:
        porch = float(rng.uniform(4.5, min(12.0, 0.5 * width)))
        x = shift * width + float(rng.uniform(-0.25, 0.25)) * (width - porch)
        materials = sample_facade_materials(rng, site.weather.lit_share)
        site.add(entrance(rng, materials, porch, main.facade.ground_floor_height, away - 4.5), x, away)
        site.occupied.append((x - porch / 2 - 2, away - 6, x + porch / 2 + 2, away))
    for side in (-1, 1):
        if rng.random() < 0.45:
            wide = float(rng.uniform(12, 40))
            x = shift * width + side * (width / 2 + wide / 2 + float(rng.uniform(2, 16)))
            site.place_building(x, away + float(rng.uniform(-6, 14)), 0.0, wide, 16.0, sample_storeys(rng))
    _forecourt_ground(site, away, shift * width, width)
    _scatter_furniture(site, (-18, 18), (2.5, away - 2), int(rng.integers(3, 12)))
    for _ in range(int(rng.integers(0, 9))):
        site.place_tree(float(rng.uniform(-25, 25)), float(rng.uniform(5, max(away - 3, 6))))


def _portico(site: OutdoorBuilder) -> None:
    """Put a roof on columns over the camera and what is just before it."""
    rng = site.rng
    half, y1, head = float(rng.uniform(2.2, 7)), float(rng.uniform(4, 14)), float(rng.uniform(3.0, 6.5))
    materials = sample_facade_materials(rng, site.weather.lit_share)
    site.meshes.append(boxes((-half - 0.6, -6, head), (half + 0.6, y1 + 0.6, head + 0.6), materials.wall))
    rows = np.arange(-5, y1 + 0.1, float(rng.uniform(1.2, 3)))
    drop = head - float(rng.uniform(0.15, 0.45))
    beams = boxes([(-half, y - 0.1, drop) for y in rows], [(half, y + 0.1, head) for y in rows], materials.accent)
    site.meshes.append(beams)
    thick, pitch = float(rng.uniform(0.12, 0.4)), float(rng.uniform(3, 5.5))
    post = cylinder((0, 0, 0), thick, head, materials.wall if thick > 0.2 else site.metal, 14)
    for x in (-half, half):
        for y in np.arange(y1, -5, -pitch):
            site.place((post,), x, float(y), (2 * thick, 2 * thick), tall=False)


def _back_buildings(site: OutdoorBuilder, far: float) -> None:
    """Close the far side of a courtyard with one building or two."""
    rng = site.rng
    if rng.random() < 0.6:
        site.place_building(float(rng.uniform(-8, 8)), far, 0.0, float(rng.uniform(22, 70)), 18.0, sample_storeys(rng))
        return
    gap = float(rng.uniform(3, 12))
    for side in (-1, 1):
        wide = float(rng.uniform(14, 34))
        site.place_building(
            side * (gap + wide) / 2, far + float(rng.uniform(0, 14)), 0.0, wide, 16.0, sample_storeys(rng)
        )


def _court_floor(site: OutdoorBuilder, green: bool, far: float, half: float) -> None:
    rng = site.rng
    if green:
        wide, x = float(rng.uniform(1.5, 4)), float(rng.uniform(-3, 3))
        site.add_patch((x - wide / 2, -8, x + wide / 2, far), site.paving, 0.012, kerb=rng.random() < 0.5)
        y = float(rng.uniform(6, 0.8 * far))
        site.add_patch((-half, y, half, y + float(rng.uniform(1.2, 3))), site.paving, 0.015)
        return
    if rng.random() < 0.5:  # bands of another stone
        pitch = float(rng.uniform(2.5, 7))
        rows = np.arange(-6, far, pitch)
        site.meshes.append(boxes([(-half, y, -0.05) for y in rows], [(half, y + 0.3, 0.003) for y in rows], site.stone))
    for _ in range(int(rng.integers(0, 5))):
        w, d = float(rng.uniform(2.5, 10)), float(rng.uniform(2.5, 9))
        x, y = float(rng.uniform(-half, half)), float(rng.uniform(5, far - 4))
        rect = (x - w / 2, y - d / 2, x + w / 2, y + d / 2)
        if site.fits(rect, tall=False):
            rise = float(rng.choice([0.02, 0.1, 0.4]))
            site.add_patch(rect, site.lawn, rise, kerb=True)
            _plant_bed(site, rect, rise)


def _plant_bed(site: OutdoorBuilder, rect: Rect, rise: float) -> None:
    """Put trees, shrubs or flowers on a bed that is `rise` m high, and mark its ground as occupied."""
    rng = site.rng
    x0, y0, x1, y1 = rect
    leaves = site.species[0].leaves
    kind = rng.integers(4)
    if kind == 0:
        site.place_tree((x0 + x1) / 2, (y0 + y1) / 2, z=rise)
    elif kind == 1:
        for _ in range(int(rng.integers(2, 6))):
            high = float(rng.uniform(0.4, 1.3))
            place = (float(rng.uniform(x0 + 0.6, x1 - 0.6)), float(rng.uniform(y0 + 0.6, y1 - 0.6)))
            site.place(shrub(rng, leaves, 1.2 * high, high), *place, (1.1, 1.1), z=rise)
    elif kind == 2:
        bed = flower_bed(rng, leaves, min(x1 - x0 - 0.4, 5), min(y1 - y0 - 0.4, 3))
        site.add(bed, (x0 + x1) / 2, (y0 + y1) / 2, z=rise)
    site.occupied.append(rect)


def _tree_rows(site: OutdoorBuilder, half: float, far: float) -> None:
    rng = site.rng
    high = float(rng.uniform(4, 9))
    if rng.random() < 0.5:
        pitch = float(rng.uniform(5, 9))
        for x in rng.choice([-0.7, -0.35, 0.35, 0.7], int(rng.integers(1, 4)), replace=False) * half:
            for y in np.arange(float(rng.uniform(5, 9)), far - 3, pitch):
                site.place_tree(float(x), float(y), high * float(rng.uniform(0.85, 1.15)))
        return
    for _ in range(int(rng.integers(0, 9))):
        site.place_tree(float(rng.uniform(-half, half)), float(rng.uniform(5, far - 3)))


def _scatter_furniture(
    site: OutdoorBuilder, across: tuple[float, float], along: tuple[float, float], tries: int
) -> None:
    """Scatter benches, lamps, planters and the like, more of them nearer to the camera."""
    rng = site.rng
    on, leaves = site.weather.lit_share > 0.2, site.species[-1].leaves
    for _ in range(tries):
        y = along[0] + max(along[1] - along[0], 0.5) * float(rng.beta(1.2, 2.2))
        # Not farther aside than the camera can see at this distance.
        x = float(rng.uniform(max(across[0], -y - 3), min(across[1], y + 3)))
        turn = float(rng.choice([0, 90, 180, 270]))
        kind = rng.integers(10)
        if kind <= 1:
            long = float(rng.uniform(1.4, 2.6))
            site.place(bench(rng, site.palette.wood, site.stone, long), x, y, (long, 0.7), turn)
        elif kind == 2:
            site.place(lamp_post(rng, site.metal, float(rng.uniform(3, 5)), on), x, y, (0.5, 0.5))
        elif kind == 3:
            count, pitch = int(rng.integers(3, 8)), float(rng.uniform(1.2, 1.8))
            site.place(bollards(count, pitch, site.metal), x, y, (count * pitch, 0.3), turn)
        elif kind == 4:
            site.place(litter_bin(site.metal), x, y, (0.6, 0.6))
        elif kind <= 6:
            size = (float(rng.uniform(1, 3.5)), float(rng.uniform(0.8, 1.4)))
            site.place(planter(rng, site.stone, leaves, *size), x, y, size, turn)
        elif kind == 7:
            size = (float(rng.uniform(2, 8)), float(rng.uniform(0.5, 1)))
            site.place(hedge(rng, leaves, *size, float(rng.uniform(0.5, 1.3))), x, y, size, turn)
        elif kind == 8:
            site.place(parasol_table(rng, site.palette), x, y, (3.0, 3.0))
        else:
            choice = (sign_wall(rng, site.stone), flagpoles(rng, 3))[int(rng.random() < 0.35)]
            site.place(choice, x, y, (6.0, 0.8))


def _forecourt_ground(site: OutdoorBuilder, away: float, x: float, width: float) -> None:
    """Lay the ground before a front: lawn with a path, paving, or a car park."""
    rng = site.rng
    kind = rng.choice(["lawn", "plaza", "parking"], p=[0.34, 0.36, 0.3])
    site.add_ground({"lawn": site.lawn, "plaza": site.paving, "parking": site.asphalt}[str(kind)])
    site.add_patch(
        (x - width / 2 - 3, away - float(rng.uniform(1.5, 4)), x + width / 2 + 3, away + 1), site.paving, 0.1
    )
    if kind == "lawn":
        wide, at = float(rng.uniform(1.6, 5)), float(rng.uniform(-4, 4))
        site.add_patch((at - wide / 2, -10, at + wide / 2, away), site.paving, 0.012, kerb=rng.random() < 0.4)
    elif kind == "parking" and away > 9:
        _car_park(site, away)
    leaves = site.species[0].leaves
    if rng.random() < 0.6:
        high = float(rng.uniform(0.5, 1.1))
        for at in np.arange(x - width / 2 + 3, x + width / 2 - 3, 5.0):
            if rng.random() < 0.7:
                site.place(hedge(rng, leaves, 4.4, 0.8, high), float(at), away - 0.9, (4.4, 0.8), 0.0, 0.1)


def _car_park(site: OutdoorBuilder, away: float) -> None:
    rng = site.rng
    bay = 2.6
    y = float(rng.uniform(0.45, 0.8)) * away
    lines = np.arange(-14, 15) * bay
    site.meshes.append(
        boxes([(x - 0.05, y - 2.5, -0.02) for x in lines], [(x + 0.05, y + 2.5, 0.004) for x in lines], ROAD_PAINT)
    )
    for x in lines[:-1] + bay / 2:
        if rng.random() < 0.55:
            turn = float(rng.choice([90, -90])) + float(rng.normal(0, 1.5))
            site.place(car(rng), float(x), y + float(rng.normal(0, 0.15)), (4.6, 1.9), turn)
