"""Streets: a road ahead with kerbs, lines, parked cars, lamps, trees and rows of buildings."""

from __future__ import annotations

import numpy as np

from bgfg.synth.kit.pieces.buildings import sample_storeys
from bgfg.synth.kit.pieces.cars import car
from bgfg.synth.kit.pieces.street_furniture import bollards, lamp_post, litter_bin, road_sign
from bgfg.synth.kit.render.materials import paint
from bgfg.synth.kit.render.mesh_primitives import boxes
from bgfg.synth.kit.scenes.footprints import Rect
from bgfg.synth.kit.scenes.outdoor_builder import KERB_M, ROAD_PAINT, OutdoorBuilder


def lay_street(site: OutdoorBuilder) -> None:
    """Lay a road ahead with pavements, parked cars, lamps, trees and rows of buildings."""
    rng = site.rng
    road = float(rng.uniform(6.5, 12))
    # The camera stands on a pavement, or in the road.
    middle = float(rng.choice([rng.uniform(-0.3, 0.3) * road, (road / 2 + 1.3) * rng.choice([-1, 1])], p=[0.45, 0.55]))
    walk = float(rng.uniform(2.4, 6))
    site.add_ground(site.asphalt)
    edges = (middle - road / 2, middle + road / 2)
    end = float(rng.uniform(45, 140))
    for side, edge in ((-1, edges[0]), (1, edges[1])):
        outer = edge + side * walk
        green = edge + side * (walk + 60)
        site.add_patch(_rect(edge, -12, outer, end), site.paving, KERB_M)
        site.add_patch(_rect(edge, -12, edge + side * 0.15, end), site.stone, KERB_M + 0.003)
        site.add_patch(_rect(outer, -12, green, end), site.lawn if rng.random() < 0.5 else site.paving, KERB_M - 0.01)
        site.add_patch(_rect(edge, end + road, green, end + 60), site.lawn, KERB_M)
        _row_of_buildings(site, side, outer, end)
        _kerbside(site, side, edge, end)
    _road_lines(site, middle, road, end)
    if rng.random() < 0.7:
        width = float(rng.uniform(20, 50))
        site.place_building(middle + float(rng.uniform(-15, 15)), end + road + 6, 0.0, width, 18.0, sample_storeys(rng))


def _row_of_buildings(site: OutdoorBuilder, side: int, outer: float, end: float) -> None:
    rng = site.rng
    set_back, y = float(rng.choice([0.4, rng.uniform(2, 10)])), float(rng.uniform(-14, 6))
    while y < end - 10:
        long = float(rng.uniform(12, 34))
        if rng.random() < 0.85:
            x = outer + side * (set_back + float(rng.choice([0, rng.uniform(0, 3)])))
            site.place_building(x, y + long / 2, -90.0 * side, long, float(rng.uniform(10, 18)), sample_storeys(rng))
        y += long + float(rng.choice([1.2, rng.uniform(3, 9)], p=[0.7, 0.3]))


def _kerbside(site: OutdoorBuilder, side: int, edge: float, end: float) -> None:
    """Park cars along a kerb; plant trees and put lamps on the pavement."""
    rng = site.rng
    if rng.random() < 0.75:
        for y in np.arange(float(rng.uniform(-4, 6)), min(end, 60), float(rng.uniform(5.4, 6.6))):
            if rng.random() < 0.72:
                turn = 90.0 if side > 0 else -90.0
                site.place(car(rng), edge - side * 1.15, float(y), (4.8, 2.0), turn + float(rng.normal(0, 1.2)))
    lamps, trees = rng.random() < 0.8, rng.random() < 0.6
    pitch, high = float(rng.uniform(14, 26)), float(rng.uniform(5.6, 9.5))
    for y in np.arange(float(rng.uniform(4, 12)), end, pitch) if lamps else ():
        place = (edge + side * 0.5, float(y))
        on = site.weather.lit_share > 0.2
        site.place(lamp_post(rng, site.metal, high, on), *place, (0.4, 0.4), 90.0 * -side, KERB_M)
    grown = float(rng.uniform(4, 8))
    for y in np.arange(float(rng.uniform(5, 10)), min(end, 75), float(rng.uniform(6, 11))) if trees else ():
        site.place_tree(edge + side * 0.9, float(y), grown * float(rng.uniform(0.8, 1.2)), KERB_M)
    for _ in range(int(rng.integers(0, 5))):
        piece = (road_sign(rng), litter_bin(site.metal), bollards(1, 1, site.metal))[rng.integers(3)]
        site.place(piece, edge + side * 0.45, float(rng.uniform(5, 35)), (0.6, 0.6), 0.0, KERB_M)


def _road_lines(site: OutdoorBuilder, middle: float, road: float, end: float) -> None:
    rng = site.rng
    dashed = rng.random() < 0.7
    starts = np.arange(-9, end, 9.0) if dashed else np.array([-12.0])
    long = 3.0 if dashed else end + 12
    lows = [(middle - 0.06, y, -0.02) for y in starts]
    highs = [(middle + 0.06, y + long, 0.004) for y in starts]
    if rng.random() < 0.5:
        for x in (middle - road / 2 + 0.35, middle + road / 2 - 0.35):
            lows.append((x - 0.05, -12.0, -0.02))
            highs.append((x + 0.05, end, 0.004))
    if rng.random() < 0.35:  # a crossing
        y = float(rng.uniform(6, 22))
        for x in np.arange(middle - road / 2 + 0.4, middle + road / 2 - 0.5, 1.0):
            lows.append((float(x), y, -0.02))
            highs.append((float(x) + 0.5, y + 3.0, 0.005))
    colour = ROAD_PAINT if rng.random() < 0.8 else paint((0.6, 0.45, 0.05), 0.1)
    site.meshes.append(boxes(lows, highs, colour))


def _rect(xa: float, y0: float, xb: float, y1: float) -> Rect:
    return min(xa, xb), y0, max(xa, xb), y1
