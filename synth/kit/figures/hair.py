"""Hair and headwear as meshes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.figures.head import cranium, head_axes
from bgfg.synth.kit.figures.skeleton import Skeleton
from bgfg.synth.kit.render.scene import LinearRGB, Mesh
from bgfg.synth.kit.render.sdf_fields import (
    DistanceField,
    Solid,
    field_mesh,
    sample_solid,
    smooth_subtract,
    smooth_union,
)
from bgfg.synth.kit.render.sdf_primitives import Ellipsoid, HalfSpace, Tube
from bgfg.synth.kit.render.tracer import vertex_normals
from bgfg.synth.kit.render.vectors import FloatArray, Vec3, normalise

HAIR_VOXEL_M = 0.0095
HAIRSTYLES = (
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
class HairTexture:
    """Texture of hair: streaks that run from the crown down.

    Attributes:
        centre: (3,) m, the middle of the head.
        frame: (3, 3), the head's frame: right, ahead, up.
        colour: The mean colour.
        contrast: How far the streaks stray from it, as a share.
    """

    centre: FloatArray
    frame: FloatArray
    colour: LinearRGB
    contrast: float

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo (n, 3) as a `Texture` does."""
        x, y, z = ((points - self.centre) @ self.frame.T).T
        around = np.arctan2(x, y - 0.02)
        streak = np.sin(around * 37 + 3 * np.sin(around * 11 + z * 20)) * 0.6 + np.sin(around * 83 + z * 35) * 0.4
        fade = np.clip(1.5 - footprint / 0.012, 0.25, 1)
        light = 1 + self.contrast * streak * fade
        return np.asarray(np.asarray(self.colour, np.float32) * np.clip(light, 0.3, 2.5)[:, None], np.float32)


class _HeadSpace:
    """Solids placed in the coordinates of one head: right, ahead, up from its middle, at the reference size."""

    def __init__(self, skeleton: Skeleton) -> None:
        self.skeleton = skeleton
        self.centre, self.frame, self.size = head_axes(skeleton)

    def point(self, x: float, y: float, z: float) -> NDArray[np.float64]:
        return np.asarray(self.centre + self.size * (np.array([x, y, z]) @ self.frame))

    def ellipsoid(self, centre: Vec3, radii: Vec3) -> Ellipsoid:
        return Ellipsoid(self.point(*centre), [r * self.size for r in radii], self.frame)

    def strand(self, points: Sequence[Vec3], rows: Sequence[tuple[float, float]]) -> list[Solid]:
        """Return tubes through `points` with (half width, half depth) at each."""
        solids: list[Solid] = []
        for (a, b), (ra, rb) in zip(pairwise(points), pairwise(rows), strict=True):
            start, end = self.point(*a), self.point(*b)
            front = self.frame[1] if abs(normalise(end - start) @ self.frame[1]) < 0.8 else self.frame[2]
            stations = [(0, ra[0] * self.size, ra[1] * self.size), (1, rb[0] * self.size, rb[1] * self.size)]
            solids.append(Tube(start, end, front, stations, (min(ra), min(rb))))
        return solids

    def below(self, y: float, z: float, slope: float) -> HalfSpace:
        """Return what lies below the line through (y, z) that rises ahead by `slope`."""
        return HalfSpace(self.point(0, y, z), np.array([0, slope, -1.0]) @ self.frame)

    def shell(self, thick_m: float, lift_m: float = 0.0) -> DistanceField:
        """Return a shell over the whole vault, raised by `lift_m` on top."""
        shell = sample_solid(cranium(self.skeleton, thick_m), HAIR_VOXEL_M, 0.03)
        if lift_m:
            shell = smooth_union(
                shell,
                sample_solid(self.ellipsoid((0, 0.0, 0.05 + lift_m), (0.066, 0.088, 0.066)), HAIR_VOXEL_M, 0.03),
                0.02,
            )
        return shell

    def without_face(self, field: DistanceField, brow: float = 0.058, wide: float = 0.060) -> DistanceField:
        """Return `field` without the face: below the hairline and between the temples."""
        face = Tube(
            self.point(0, 0.11, brow - 0.055),
            self.point(0, 0.11, -0.20),
            self.frame[1],
            [(0, wide * self.size, 0.085 * self.size), (1, 0.056 * self.size, 0.085 * self.size)],
            (0.055, 0.02),
        )
        return smooth_subtract(field, face, 0.006)


def hair_meshes(
    skeleton: Skeleton, style: str, colour: LinearRGB, accent_colour: LinearRGB, phase: float
) -> list[Mesh]:
    """Return the meshes of hair or headwear.

    Args:
        skeleton: Whose hair it is.
        style: One of HAIRSTYLES.
        colour: Of the hair.
        accent_colour: Of a scarf or cap.
        phase: Moves the waves of the hair.
    """
    head = _HeadSpace(skeleton)
    if style in ("hijab", "cap"):
        return _hijab(head, accent_colour) if style == "hijab" else _cap(head, colour, accent_colour)
    if style == "bald":
        return []
    field = _cut_hair(head, style)
    strands = HairTexture(head.centre.astype(np.float32), head.frame.astype(np.float32), colour, 0.5)
    part = field_mesh(field, strands, 0.55, 0.35)
    curls = {"curly": 0.008, "afro": 0.009, "wavy": 0.005}.get(style, 0.0018)
    return [_ruffle(part, curls, {"curly": 150.0, "afro": 170.0, "wavy": 60.0}.get(style, 90.0), phase)]


def _cut_hair(head: _HeadSpace, style: str) -> DistanceField:
    if style in ("bob", "long", "wavy"):
        return _loose_hair(head, style)
    nape = head.below(-0.03, -0.035, 0.55)
    if style in ("ponytail", "bun"):
        field = smooth_subtract(
            head.without_face(head.shell(0.010), 0.078, 0.062), head.below(-0.03, -0.045, 0.75), 0.006
        )
        if style == "bun":
            return smooth_union(
                field,
                sample_solid(head.ellipsoid((0, -0.105, 0.072), (0.043, 0.040, 0.040)), HAIR_VOXEL_M, 0.03),
                0.012,
            )
        tail = head.strand(
            [(0, -0.10, 0.045), (0, -0.150, 0.02), (0, -0.155, -0.09), (0, -0.13, -0.19)],
            [(0.020, 0.018), (0.032, 0.026), (0.036, 0.028), (0.012, 0.010)],
        )
        for solid in tail:
            field = smooth_union(field, sample_solid(solid, HAIR_VOXEL_M, 0.03), 0.016)
        return field
    if style == "receding":
        field = smooth_subtract(head.without_face(head.shell(0.007), 0.085, 0.070), nape, 0.004)
        crown = head.ellipsoid((0, 0.050, 0.105), (0.064, 0.110, 0.085))
        return smooth_subtract(field, crown, 0.006)
    thick, lift, brow = {
        "short": (0.012, 0.006, 0.072),
        "crop": (0.006, 0.0, 0.074),
        "parted": (0.013, 0.012, 0.074),
        "quiff": (0.009, 0.010, 0.078),
        "curly": (0.022, 0.012, 0.066),
        "afro": (0.045, 0.018, 0.068),
        "pixie": (0.016, 0.008, 0.050),
    }[style]
    field = head.shell(thick, lift)
    if style == "parted":
        field = smooth_union(
            field, sample_solid(head.ellipsoid((0.022, 0.045, 0.088), (0.050, 0.048, 0.028)), HAIR_VOXEL_M, 0.03), 0.02
        )
    if style == "quiff":
        field = smooth_union(
            field, sample_solid(head.ellipsoid((0, 0.060, 0.098), (0.046, 0.034, 0.026)), HAIR_VOXEL_M, 0.03), 0.02
        )
    field = head.without_face(field, brow, 0.066 if style == "crop" else 0.063)
    return smooth_subtract(field, head.below(-0.03, -0.05, 0.6) if style in ("afro", "pixie", "curly") else nape, 0.006)


def _loose_hair(head: _HeadSpace, style: str) -> DistanceField:
    low = {"bob": -0.10, "long": -0.26, "wavy": -0.22}[style]
    thick = 0.020 if style == "wavy" else 0.013
    field = head.shell(thick, 0.006)
    fall = [(0, -0.045, 0.02), (0, -0.055, -0.07), (0, -0.060, low)]
    widths = [(0.090, 0.066), (0.092, 0.060), (0.088 if style != "bob" else 0.090, 0.034 if style != "bob" else 0.055)]
    for solid in head.strand(fall, widths):
        field = smooth_union(field, sample_solid(solid, HAIR_VOXEL_M, 0.03), 0.02)
    for sign in (-1, 1):
        strand = head.strand(
            [(sign * 0.070, 0.02, 0.05), (sign * 0.083, 0.022, -0.05), (sign * 0.080, 0.015, low * 0.85)],
            [(0.020, 0.030), (0.018, 0.032), (0.016, 0.024)],
        )
        for solid in strand:
            field = smooth_union(field, sample_solid(solid, HAIR_VOXEL_M, 0.03), 0.015)
    return head.without_face(field, 0.048 if style == "bob" else 0.074, 0.057)


def _hijab(head: _HeadSpace, accent_colour: LinearRGB) -> list[Mesh]:
    skeleton = head.skeleton
    chest, s = skeleton.frames["chest"], skeleton.body_shape.scale
    field = head.shell(0.013)
    wrap: list[Solid] = [
        Tube(
            head.point(0, -0.005, 0.0),
            head.point(0, 0.005, -0.15),
            head.frame[1],
            [(0, 0.088 * s, 0.105 * s), (1, 0.075 * s, 0.085 * s)],
            (0.03, 0.03),
        ),
        Ellipsoid(
            skeleton.joints["neck"] + s * (0.015 * chest[2] + 0.02 * chest[1]), (0.135 * s, 0.112 * s, 0.062 * s), chest
        ),
        Ellipsoid(
            skeleton.joints["neck"] + s * (-0.075 * chest[2] + 0.075 * chest[1]),
            (0.085 * s, 0.062 * s, 0.095 * s),
            chest,
        ),
    ]
    for solid in wrap:
        field = smooth_union(field, sample_solid(solid, HAIR_VOXEL_M, 0.04), 0.04)
    face = Tube(
        head.point(0, 0.11, 0.0),
        head.point(0, 0.11, -0.075),
        head.frame[1],
        [(0, 0.056 * s, 0.075 * s), (1, 0.040 * s, 0.075 * s)],
        (0.058, 0.040),
    )
    part = field_mesh(smooth_subtract(field, face, 0.008), accent_colour)
    return [_ruffle(part, 0.003, 38.0, 0.5)]


def _cap(head: _HeadSpace, colour: LinearRGB, accent_colour: LinearRGB) -> list[Mesh]:
    hair = _cut_hair(head, "crop")
    crown = smooth_subtract(head.shell(0.013), head.below(0.0, 0.040, 0.12), 0.004)
    brim = Ellipsoid(head.point(0, 0.110, 0.045), (0.072, 0.075, 0.010), head.frame)
    crown = smooth_union(crown, sample_solid(brim, HAIR_VOXEL_M, 0.02), 0.008)
    strands = HairTexture(head.centre.astype(np.float32), head.frame.astype(np.float32), colour, 0.3)
    return [field_mesh(hair, strands, 0.4), field_mesh(crown, accent_colour)]


def _ruffle(part: Mesh, depth_m: float, frequency: float, phase: float) -> Mesh:
    """Return the mesh with its surface moved in and out by waves of two sizes."""
    x, y, z = part.vertices.astype(np.float64).T * frequency
    wave = np.sin(x + 2 * np.sin(z * 0.6 + phase)) * np.sin(y + phase) * np.sin(z * 0.9 + 1.7 * phase)
    wave += 0.5 * np.sin(2.1 * x + phase) * np.sin(1.9 * y + 2 * phase) * np.sin(2.0 * z)
    moved = part.vertices + vertex_normals(part) * (depth_m * wave)[:, None].astype(np.float32)
    return replace(part, vertices=moved.astype(np.float32))
