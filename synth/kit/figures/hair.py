"""Hair and what is worn on the head, as parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from bgfg.synth.kit.figures.clothes import part_of
from bgfg.synth.kit.figures.figure import Skeleton
from bgfg.synth.kit.figures.head import cranium, head_axes
from bgfg.synth.kit.render.scene import Colour, Floats, Part
from bgfg.synth.kit.render.solids import Ellipsoid, HalfSpace, Tube, unit
from bgfg.synth.kit.render.surface import Field, Solid, cut, joined, sampled
from bgfg.synth.kit.render.tracer import vertex_normals
from numpy.typing import NDArray

HAIR_VOXEL_M = 0.0095
STYLES = (
    "short",
    "crop",
    "parted",
    "quiff",
    "curly",
    "afro",
    "bob",
    "long",
    "ponytail",
    "bun",
    "bald",
    "receding",
    "hijab",
    "cap",
    "wavy",
    "pixie",
)


@dataclass(frozen=True, eq=False)
class Strands:
    """The colour of hair: streaks that run from the crown down."""

    centre: Floats
    frame: Floats
    colour: Colour
    contrast: float

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        """Return the albedo (n, 3), linear."""
        x, y, z = ((points - self.centre) @ self.frame.T).T
        around = np.arctan2(x, y - 0.02)
        streak = np.sin(around * 37 + 3 * np.sin(around * 11 + z * 20)) * 0.6 + np.sin(around * 83 + z * 35) * 0.4
        fade = np.clip(1.5 - footprint / 0.012, 0.25, 1)
        light = 1 + self.contrast * streak * fade
        return np.asarray(np.asarray(self.colour, np.float32) * np.clip(light, 0.3, 2.5)[:, None], np.float32)


class _Scalp:
    """Solids placed in the coordinates of one head: right, ahead, up from its middle, at the reference size."""

    def __init__(self, figure: Skeleton) -> None:
        self.figure = figure
        self.centre, self.frame, self.size = head_axes(figure)

    def at(self, x: float, y: float, z: float) -> NDArray[np.float64]:
        return np.asarray(self.centre + self.size * (np.array([x, y, z]) @ self.frame))

    def egg(self, at: tuple[float, float, float], radii: tuple[float, float, float]) -> Ellipsoid:
        return Ellipsoid(self.at(*at), [r * self.size for r in radii], self.frame)

    def lock(self, points: Sequence[tuple[float, float, float]], rows: Sequence[tuple[float, float]]) -> list[Solid]:
        """Return tubes through `points` with (half width, half depth) at each."""
        solids: list[Solid] = []
        for (a, b), (ra, rb) in zip(pairwise(points), pairwise(rows), strict=True):
            start, end = self.at(*a), self.at(*b)
            front = self.frame[1] if abs(unit(end - start) @ self.frame[1]) < 0.8 else self.frame[2]
            stations = [(0, ra[0] * self.size, ra[1] * self.size), (1, rb[0] * self.size, rb[1] * self.size)]
            solids.append(Tube(start, end, front, stations, (min(ra), min(rb))))
        return solids

    def below(self, y: float, z: float, slope: float) -> HalfSpace:
        """Return what lies below the line through (y, z) that rises ahead by `slope`."""
        return HalfSpace(self.at(0, y, z), np.array([0, slope, -1.0]) @ self.frame)

    def cap(self, thick_m: float, lift_m: float = 0.0) -> Field:
        """Return a shell over the whole vault, raised by `lift_m` on top."""
        shell = sampled(cranium(self.figure, thick_m), HAIR_VOXEL_M, 0.03)
        if lift_m:
            shell = joined(
                shell, sampled(self.egg((0, 0.0, 0.05 + lift_m), (0.066, 0.088, 0.066)), HAIR_VOXEL_M, 0.03), 0.02
            )
        return shell

    def off_face(self, field: Field, brow: float = 0.058, wide: float = 0.060) -> Field:
        """Return `field` without the face: below the hairline and between the temples."""
        face = Tube(
            self.at(0, 0.11, brow - 0.055),
            self.at(0, 0.11, -0.20),
            self.frame[1],
            [(0, wide * self.size, 0.085 * self.size), (1, 0.056 * self.size, 0.085 * self.size)],
            (0.055, 0.02),
        )
        return cut(field, face, 0.006)


def hair_parts(figure: Skeleton, style: str, colour: Colour, accent: Colour, phase: float) -> list[Part]:
    """Return the parts of a hair `style` (one of STYLES) in `colour`; `accent` is that of a scarf or cap."""
    scalp = _Scalp(figure)
    if style in ("hijab", "cap"):
        return _hijab(scalp, accent) if style == "hijab" else _cap(scalp, colour, accent)
    if style == "bald":
        return []
    field = _cut_hair(scalp, style)
    strands = Strands(scalp.centre.astype(np.float32), scalp.frame.astype(np.float32), colour, 0.5)
    part = part_of(field, strands, 0.55, 0.35)
    curls = {"curly": 0.008, "afro": 0.009, "wavy": 0.005}.get(style, 0.0018)
    return [_tousled(part, curls, {"curly": 150.0, "afro": 170.0, "wavy": 60.0}.get(style, 90.0), phase)]


def _cut_hair(scalp: _Scalp, style: str) -> Field:
    if style in ("bob", "long", "wavy"):
        return _loose_hair(scalp, style)
    nape = scalp.below(-0.03, -0.035, 0.55)
    if style in ("ponytail", "bun"):
        field = cut(scalp.off_face(scalp.cap(0.010), 0.078, 0.062), scalp.below(-0.03, -0.045, 0.75), 0.006)
        if style == "bun":
            return joined(
                field, sampled(scalp.egg((0, -0.105, 0.072), (0.043, 0.040, 0.040)), HAIR_VOXEL_M, 0.03), 0.012
            )
        tail = scalp.lock(
            [(0, -0.10, 0.045), (0, -0.150, 0.02), (0, -0.155, -0.09), (0, -0.13, -0.19)],
            [(0.020, 0.018), (0.032, 0.026), (0.036, 0.028), (0.012, 0.010)],
        )
        for solid in tail:
            field = joined(field, sampled(solid, HAIR_VOXEL_M, 0.03), 0.016)
        return field
    if style == "receding":
        field = cut(scalp.off_face(scalp.cap(0.007), 0.085, 0.070), nape, 0.004)
        crown = scalp.egg((0, 0.050, 0.105), (0.064, 0.110, 0.085))
        return cut(field, crown, 0.006)
    thick, lift, brow = {
        "short": (0.012, 0.006, 0.072),
        "crop": (0.006, 0.0, 0.074),
        "parted": (0.013, 0.012, 0.074),
        "quiff": (0.009, 0.010, 0.078),
        "curly": (0.022, 0.012, 0.066),
        "afro": (0.045, 0.018, 0.068),
        "pixie": (0.016, 0.008, 0.050),
    }[style]
    field = scalp.cap(thick, lift)
    if style == "parted":
        field = joined(
            field, sampled(scalp.egg((0.022, 0.045, 0.088), (0.050, 0.048, 0.028)), HAIR_VOXEL_M, 0.03), 0.02
        )
    if style == "quiff":
        field = joined(field, sampled(scalp.egg((0, 0.060, 0.098), (0.046, 0.034, 0.026)), HAIR_VOXEL_M, 0.03), 0.02)
    field = scalp.off_face(field, brow, 0.066 if style == "crop" else 0.063)
    return cut(field, scalp.below(-0.03, -0.05, 0.6) if style in ("afro", "pixie", "curly") else nape, 0.006)


def _loose_hair(scalp: _Scalp, style: str) -> Field:
    low = {"bob": -0.10, "long": -0.26, "wavy": -0.22}[style]
    thick = 0.020 if style == "wavy" else 0.013
    field = scalp.cap(thick, 0.006)
    fall = [(0, -0.045, 0.02), (0, -0.055, -0.07), (0, -0.060, low)]
    widths = [(0.090, 0.066), (0.092, 0.060), (0.088 if style != "bob" else 0.090, 0.034 if style != "bob" else 0.055)]
    for solid in scalp.lock(fall, widths):
        field = joined(field, sampled(solid, HAIR_VOXEL_M, 0.03), 0.02)
    for sign in (-1, 1):
        strand = scalp.lock(
            [(sign * 0.070, 0.02, 0.05), (sign * 0.083, 0.022, -0.05), (sign * 0.080, 0.015, low * 0.85)],
            [(0.020, 0.030), (0.018, 0.032), (0.016, 0.024)],
        )
        for solid in strand:
            field = joined(field, sampled(solid, HAIR_VOXEL_M, 0.03), 0.015)
    return scalp.off_face(field, 0.048 if style == "bob" else 0.074, 0.057)


def _hijab(scalp: _Scalp, accent: Colour) -> list[Part]:
    figure = scalp.figure
    chest, s = figure.frames["chest"], figure.build.scale
    field = scalp.cap(0.013)
    wrap: list[Solid] = [
        Tube(
            scalp.at(0, -0.005, 0.0),
            scalp.at(0, 0.005, -0.15),
            scalp.frame[1],
            [(0, 0.088 * s, 0.105 * s), (1, 0.075 * s, 0.085 * s)],
            (0.03, 0.03),
        ),
        Ellipsoid(
            figure.joints["neck"] + s * (0.015 * chest[2] + 0.02 * chest[1]), (0.135 * s, 0.112 * s, 0.062 * s), chest
        ),
        Ellipsoid(
            figure.joints["neck"] + s * (-0.075 * chest[2] + 0.075 * chest[1]), (0.085 * s, 0.062 * s, 0.095 * s), chest
        ),
    ]
    for solid in wrap:
        field = joined(field, sampled(solid, HAIR_VOXEL_M, 0.04), 0.04)
    face = Tube(
        scalp.at(0, 0.11, 0.0),
        scalp.at(0, 0.11, -0.075),
        scalp.frame[1],
        [(0, 0.056 * s, 0.075 * s), (1, 0.040 * s, 0.075 * s)],
        (0.058, 0.040),
    )
    part = part_of(cut(field, face, 0.008), accent)
    return [_tousled(part, 0.003, 38.0, 0.5)]


def _cap(scalp: _Scalp, colour: Colour, accent: Colour) -> list[Part]:
    hair = _cut_hair(scalp, "crop")
    crown = cut(scalp.cap(0.013), scalp.below(0.0, 0.040, 0.12), 0.004)
    brim = Ellipsoid(scalp.at(0, 0.110, 0.045), (0.072, 0.075, 0.010), scalp.frame)
    crown = joined(crown, sampled(brim, HAIR_VOXEL_M, 0.02), 0.008)
    strands = Strands(scalp.centre.astype(np.float32), scalp.frame.astype(np.float32), colour, 0.3)
    return [part_of(hair, strands, 0.4), part_of(crown, accent)]


def _tousled(part: Part, depth_m: float, frequency: float, phase: float) -> Part:
    """Return the part with its surface moved in and out by waves of two sizes."""
    x, y, z = part.vertices.astype(np.float64).T * frequency
    wave = np.sin(x + 2 * np.sin(z * 0.6 + phase)) * np.sin(y + phase) * np.sin(z * 0.9 + 1.7 * phase)
    wave += 0.5 * np.sin(2.1 * x + phase) * np.sin(1.9 * y + 2 * phase) * np.sin(2.0 * z)
    moved = part.vertices + vertex_normals(part) * (depth_m * wave)[:, None].astype(np.float32)
    return replace(part, vertices=moved.astype(np.float32))
