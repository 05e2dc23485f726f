"""Head: skull, face and neck as a distance field, and the face as a texture in the head's own coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.figures.fabrics import Canvas, shade
from bgfg.synth.kit.figures.skeleton import SIDE_SIGN, Skeleton
from bgfg.synth.kit.render.scene import LinearRGB
from bgfg.synth.kit.render.sdf_fields import DistanceField, sample_solid, smooth_subtract, smooth_union, union_of_solids
from bgfg.synth.kit.render.sdf_primitives import Ellipsoid, Tube
from bgfg.synth.kit.render.vectors import FloatArray, normalise

HEAD_VOXEL_M = 0.007


@dataclass(frozen=True)
class FaceShape:
    """Proportions of a face, each beside the usual 1.

    Attributes:
        jaw: The width of the jaw.
        nose: The size of the nose.
        lips: The size of the lips.
        eyes: The size of the eyes.
    """

    jaw: float = 1.0
    nose: float = 1.0
    lips: float = 1.0
    eyes: float = 1.0


def head_axes(skeleton: Skeleton) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return the middle of the head (3,), its frame (3, 3; right, ahead, up) and its size beside the reference."""
    return skeleton.joints["head"], skeleton.frames["head"], skeleton.body_shape.blend(0.6, 0.58) + 0.41


def cranium(skeleton: Skeleton, thicker_m: float = 0.0) -> Ellipsoid:
    """Return the skull's vault, grown by `thicker_m`: the head above the ears, and the hair on it."""
    centre, frame, size = head_axes(skeleton)
    radii = [size * r + thicker_m for r in (0.077, 0.098, 0.086)]
    return Ellipsoid(centre + size * (np.array([0, -0.012, 0.029]) @ frame), radii, frame)


def head_field(skeleton: Skeleton, face_shape: FaceShape) -> DistanceField:
    """Return the head with neck, ears and a modelled face."""
    centre, frame, size = head_axes(skeleton)

    def at(x: float, y: float, z: float) -> NDArray[np.float64]:
        return np.asarray(centre + size * (np.array([x, y, z]) @ frame))

    def egg(x: float, y: float, z: float, a: float, b: float, c: float) -> Ellipsoid:
        return Ellipsoid(at(x, y, z), (a * size, b * size, c * size), frame)

    jaw, stout = face_shape.jaw, 1 + 0.25 * (skeleton.body_shape.girth - 1)
    face = Tube(
        at(0, 0.022, 0.03),
        at(0, 0.045, -0.088),
        frame[1],
        [(0, 0.069 * size, 0.064 * size), (0.45, 0.063 * stout * size, 0.056 * size),
         (0.8, 0.050 * jaw * stout * size, 0.047 * size), (1, 0.034 * jaw * size, 0.038 * size)],
        (0.03, 0.018),
    )  # fmt: skip
    field = union_of_solids([cranium(skeleton), face], HEAD_VOXEL_M, 0.03)
    # Cheeks, brow ridge, chin and mouth.
    for solid, blend in (
        (egg(0.036, 0.048, -0.018, 0.026 * stout, 0.032, 0.026), 0.02),
        (egg(-0.036, 0.048, -0.018, 0.026 * stout, 0.032, 0.026), 0.02),
        (egg(0, 0.070, 0.024, 0.046, 0.018, 0.012), 0.02),
        (egg(0, 0.076, -0.094, 0.023 * jaw, 0.018, 0.015), 0.02),
        (egg(0, 0.083, -0.056, 0.023, 0.010 * face_shape.lips, 0.011 * face_shape.lips), 0.012),
    ):
        field = smooth_union(field, sample_solid(solid, HEAD_VOXEL_M, 0.02), blend)
    # Sockets of the eyes.
    for sign in SIDE_SIGN.values():
        field = smooth_subtract(field, egg(sign * 0.032, 0.102, 0.008, 0.017, 0.017, 0.010), 0.012)
    nose = face_shape.nose
    bridge = Tube(at(0, 0.080, 0.012), at(0, 0.092 + 0.012 * nose, -0.026), frame[1],
                  [(0, 0.008, 0.010), (1, 0.011 * nose, 0.012)], (0.008, 0.009))  # fmt: skip
    lobes = [egg(x, 0.090, -0.029, 0.0095 * nose, 0.011, 0.008) for x in (-0.010 * nose, 0.010 * nose)]
    field = smooth_union(field, union_of_solids([bridge, *lobes], HEAD_VOXEL_M, 0.010), 0.010)
    for sign in SIDE_SIGN.values():
        tilted = np.stack(
            [normalise(frame[0] + sign * 0.35 * frame[1]), normalise(frame[1] - sign * 0.35 * frame[0]), frame[2]]
        )
        ear = Ellipsoid(at(sign * 0.079, -0.010, -0.004), (0.008 * size, 0.020 * size, 0.031 * size), tilted)
        field = smooth_union(field, sample_solid(ear, HEAD_VOXEL_M, 0.01), 0.008)
    return smooth_union(field, sample_solid(neck_tube(skeleton, 0.0), HEAD_VOXEL_M, 0.03), 0.025)


def neck_tube(skeleton: Skeleton, ease_m: float, share: float = 1.0) -> Tube:
    """Return the neck from between the shoulders up; `share` of it, for a collar."""
    centre, frame, size = head_axes(skeleton)
    body_shape, s = skeleton.body_shape, skeleton.body_shape.scale
    chest = skeleton.frames["chest"]
    low = skeleton.joints["neck"] + s * (-0.05 * chest[2] - 0.004 * chest[1])
    high = centre + size * (np.array([0, -0.018, -0.04]) @ frame)
    radius = body_shape.blend(0.057, 0.046) * (1 + 0.35 * (body_shape.girth - 1)) + ease_m
    rows = [(0, radius * 1.22, radius * 1.18), (0.4, radius * 1.02, radius * 1.04), (1, radius, radius * 1.06)]
    return Tube(low, low + share * (high - low), chest[1], rows, (0.01, 0.005))


@dataclass(frozen=True)
class Complexion:
    """The colours of a face, and what else is painted on it.

    Attributes:
        skin: Its colour.
        hair: Of the hair, the brows and the beard.
        lips: Their colour.
        iris: Its colour.
        brow: The thickness of the brows beside the usual.
        beard: "none", "full", "stubble", "goatee" or "moustache".
        glasses: Whether there are any.
        age: 0..1, deepens the folds.
    """

    skin: LinearRGB
    hair: LinearRGB
    lips: LinearRGB
    iris: LinearRGB
    brow: float = 1.0
    beard: str = "none"
    glasses: bool = False
    age: float = 0.0


@dataclass(frozen=True, eq=False)
class FaceTexture:
    """Texture of the head: skin with eyes, brows, lips and beard, for points in figure space.

    Attributes:
        centre: (3,) m, the middle of the head.
        frame: (3, 3), the head's frame: right, ahead, up.
        size: The size of the head beside the reference.
        complexion: The colours.
        eye_scale: The size of the eyes beside the usual.
    """

    centre: FloatArray
    frame: FloatArray
    size: float
    complexion: Complexion
    eye_scale: float

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo (n, 3) as a `Texture` does."""
        x, ahead, up = (((points - self.centre) @ self.frame.T) / np.float32(self.size)).T
        skin = np.asarray(self.complexion.skin, np.float32)
        canvas = Canvas(np.tile(skin, (len(points), 1)), x, up, ahead > 0.03, footprint)
        flush = skin * np.array([1.0, 0.72, 0.68], np.float32)
        canvas.paint(_oval(canvas, 0.040, -0.022, 0.024, 0.020) * 0.5, flush, 0.35)
        canvas.paint(_oval(canvas, 0.0, -0.024, 0.014, 0.014) * 0.5, flush, 0.25)
        if self.complexion.age > 0.3:
            fold = canvas.across - 0.024 + (up + 0.03) * 0.35
            canvas.line(canvas.along(-0.056, -0.028, fold), 0.0032, skin * 0.62, 0.6 * self.complexion.age)
        self._paint_beard(canvas)
        self._paint_mouth(canvas)
        self._paint_eyes(canvas)
        return canvas.colour

    def _paint_mouth(self, canvas: Canvas) -> None:
        canvas.paint(_oval(canvas, 0, -0.0535, 0.023, 0.0052), self.complexion.lips)
        canvas.paint(_oval(canvas, 0, -0.0605, 0.018, 0.0062), self.complexion.lips)
        parting = canvas.up + 0.0555 - 0.10 * canvas.across**1.5
        canvas.line(np.where(canvas.across < 0.024, parting, 1), 0.0034, shade(self.complexion.lips, 0.32))

    def _paint_eyes(self, canvas: Canvas) -> None:
        e, across, up = self.eye_scale, canvas.across, canvas.up
        skin = np.asarray(self.complexion.skin, np.float32)
        canvas.paint(_oval(canvas, 0.032, 0.010, 0.019, 0.012), skin * 0.72, 0.7)
        # Under the lids even the white of an eye is no brighter than the skin allows.
        white = (0.40 + 0.45 * skin[0]) * np.array([1.0, 0.97, 0.94], np.float32)
        canvas.paint(_oval(canvas, 0.032, 0.0065, 0.0155 * e, 0.0076 * e), white)
        away = np.hypot(across - 0.032, up - 0.0068)
        open_lids = _oval(canvas, 0.032, 0.0065, 0.0155 * e, 0.0082 * e) > 0
        canvas.paint(np.where(open_lids, 0.0072 * e - away, -1), self.complexion.iris)
        lid = 0.0066 + 0.0078 * e * np.sqrt(np.clip(1 - ((across - 0.032) / (0.0172 * e)) ** 2, 0, 1))
        canvas.line(np.where(np.abs(across - 0.032) < 0.017 * e, up - lid, 1), 0.0042, (0.012, 0.009, 0.008))
        arch = 0.0265 + 0.012 * (across - 0.032) - 9.0 * (across - 0.034) ** 2
        brow = np.where(np.abs(across - 0.0325) < 0.0205, up - arch, 1)
        canvas.line(brow, 0.0068 * self.complexion.brow, shade(self.complexion.hair, 0.7), 0.92)
        if self.complexion.glasses:
            bridge = np.where((across < 0.011) | (across > 0.055), up - 0.010, 1)
            for outline in (_oval(canvas, 0.033, 0.006, 0.024, 0.018), bridge):
                canvas.line(outline, 0.0044, (0.02, 0.02, 0.025))

    def _paint_beard(self, canvas: Canvas) -> None:
        across, up, beard = canvas.across, canvas.up, self.complexion.beard
        if beard == "none":
            return
        mouth = _oval(canvas, 0, -0.057, 0.026, 0.009)
        moustache = np.where((across < 0.032) & (up > -0.054), 0.007 - np.abs(up + 0.043 + 0.22 * across), -1)
        jaw = np.where(across > 0.058, 0.004 - up, -0.034 - 0.25 * np.maximum(0.05 - across, 0) - up)
        region = np.maximum(np.minimum(np.where(across > 0.026, jaw, -0.064 - up), -mouth), moustache)
        if beard == "moustache":
            region = moustache
        elif beard == "goatee":
            region = np.maximum(np.where(across < 0.027, np.minimum(-0.064 - up, -mouth), -1), moustache)
        canvas.paint(region * 0.6, self.complexion.hair, 0.35 if beard == "stubble" else 0.88)


def _oval(canvas: Canvas, x: float, up: float, half_width: float, half_height: float) -> FloatArray:
    """Return roughly how far (m) points lie within an upright ellipse, the same on both sides of the face."""
    reach = np.hypot((canvas.across - x) / half_width, (canvas.up - up) / half_height)
    return np.asarray((1 - reach) * min(half_width, half_height), np.float32)
