"""Scene description for the renderer: meshes with materials, lights, a sky, a camera.

It knows nothing of rays or of the colours of pixels. The world is in metres, z up, the floor at z = 0. Colours are
linear RGB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.render.vectors import FloatArray, Vec3, empty_rows, rotate_z

LinearRGB = tuple[float, float, float]
# (points (n, 3) m and normals (n, 3) in the mesh's own frame, footprint (n,): the width in m of a pixel on the surface)
# -> (n, 3) linear RGB, 0..1. A texture blurs what is finer than the footprint, or it glitters in the distance.
Texture = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]


@dataclass(frozen=True)
class Material:
    """How a surface reflects and emits light.

    Attributes:
        albedo: The share of light that is reflected diffusely; one colour, or a texture.
        emission: Makes the surface glow: the emitted radiance is albedo x emission.
        gloss: 0..1, scales the mirror part.
        roughness: The spread of the mirrored rays (0 a mirror, 1 wide).
        reflectance: The mirror part seen straight on (0.04 for paint, plastic and glass, about 0.6 for metal), which
            grows towards grazing angles after Schlick (1994).
    """

    albedo: LinearRGB | Texture
    emission: float = 0.0
    gloss: float = 0.0
    roughness: float = 0.2
    reflectance: float = 0.04

    def albedo_at(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        """Return the albedo at `points` as (n, 3) float32; the arguments are those of a `Texture`."""
        if callable(self.albedo):
            return np.asarray(self.albedo(points, normals, footprint), np.float32)
        return np.broadcast_to(np.asarray(self.albedo, np.float32), (len(points), 3))


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles of one material.

    Vertices and textures live in the mesh's own frame, which is turned by `yaw_deg` about z and shifted by `offset` in
    the world.

    Attributes:
        vertices: (V, 3) float32 m.
        faces: (F, 3) int32, counter-clockwise seen from outside.
        material: What all of it is made of.
        smooth: Shade with interpolated vertex normals; else every face is flat.
        casts_shadow: A mesh without a shadow (a window pane, the face of a lamp) is seen and mirrored, but lets the
            light of lamps, windows and sun pass.
        offset: Where the origin of the mesh lies in the world, m.
        yaw_deg: The turn about z, counter-clockwise seen from above.
    """

    vertices: FloatArray
    faces: NDArray[np.int32]
    material: Material
    smooth: bool = False
    casts_shadow: bool = True
    offset: Vec3 = (0.0, 0.0, 0.0)
    yaw_deg: float = 0.0

    def moved(self, offset: Vec3, yaw_deg: float = 0.0) -> Mesh:
        """Return the mesh turned about the world's z axis by `yaw_deg` and then shifted by `offset` (m)."""
        x, y = rotate_z(self.offset[0], self.offset[1], yaw_deg)
        place = (x + offset[0], y + offset[1], self.offset[2] + offset[2])
        return replace(self, offset=place, yaw_deg=self.yaw_deg + yaw_deg)

    def baked(self) -> Mesh:
        """Return the mesh with the world as its frame, for textures that depend on the place in the world."""
        return replace(self, vertices=self.world_vertices(), offset=(0.0, 0.0, 0.0), yaw_deg=0.0)

    def world_vertices(self) -> FloatArray:
        """Return the vertices (V, 3) float32 in the world."""
        x, y = rotate_z(self.vertices[:, 0].astype(float), self.vertices[:, 1].astype(float), self.yaw_deg)
        placed = np.stack([x, y, self.vertices[:, 2]], axis=1) + np.asarray(self.offset)
        return np.asarray(placed, np.float32)


@dataclass(frozen=True)
class AreaLight:
    """A glowing parallelogram: a lamp, or a window seen from inside.

    It spans centre +- edge_u / 2 +- edge_v / 2 (m) and shines to the side of edge_u x edge_v; `radiance` is linear RGB.
    """

    centre: Vec3
    edge_u: Vec3
    edge_v: Vec3
    radiance: LinearRGB

    def moved(self, offset: Vec3, yaw_deg: float = 0.0) -> AreaLight:
        """Return the light turned about the z axis by `yaw_deg` and then shifted by `offset` (m)."""
        (x, y), (ux, uy), (vx, vy) = (rotate_z(a[0], a[1], yaw_deg) for a in (self.centre, self.edge_u, self.edge_v))
        centre = (float(x + offset[0]), float(y + offset[1]), self.centre[2] + offset[2])
        edge_u, edge_v = (float(ux), float(uy), self.edge_u[2]), (float(vx), float(vy), self.edge_v[2])
        return AreaLight(centre, edge_u, edge_v, self.radiance)


@dataclass(frozen=True)
class Sun:
    """Parallel light.

    Attributes:
        direction: Points towards the sun.
        irradiance: Falls on a surface that faces it.
        spread: Half the width of the sun, in radians: how soft its shadows are.
    """

    direction: Vec3
    irradiance: LinearRGB
    spread: float = 0.02


@dataclass(frozen=True)
class Sky:
    """The light that comes from all around: radiance overhead, level and from below, blended by the ray's slope.

    Rays that meet something within `reach_m` lose it by degrees (ambient occlusion) and take that thing's colour.
    """

    zenith: LinearRGB = (1.0, 1.0, 1.0)
    horizon: LinearRGB = (0.8, 0.8, 0.8)
    ground: LinearRGB = (0.45, 0.42, 0.4)
    reach_m: float = 2.0

    def radiance(self, directions: FloatArray) -> FloatArray:
        """Return the radiance (n, 3) float32 seen along the unit `directions` (n, 3)."""
        up, down = np.maximum(directions[:, 2], 0), np.maximum(-directions[:, 2], 0)
        zenith, horizon, ground = (np.asarray(c, np.float32) for c in (self.zenith, self.horizon, self.ground))
        out = empty_rows(len(directions))
        for c in range(3):
            out[:, c] = horizon[c] + up * (zenith - horizon)[c] + down * (ground - horizon)[c]
        return out


@dataclass(frozen=True)
class SceneLights:
    """The lights that throw shadows."""

    areas: tuple[AreaLight, ...] = ()
    sun: Sun | None = None


@dataclass(frozen=True)
class Haze:
    """The air between a thing and the eye.

    Attributes:
        colour: The radiance of endless air.
        reach_m: At this distance a thing keeps 1/e of its own light.
        end_m: What lies beyond is the sky, which is painted with its haze.
    """

    colour: LinearRGB
    reach_m: float
    end_m: float = 2000.0

    def attenuate(self, colour: FloatArray, distance_m: FloatArray) -> FloatArray:
        """Return the radiance (n, 3) that is left of `colour` (n, 3) over `distance_m` (n,), the air's own added."""
        clear = np.where(distance_m < self.end_m, np.exp(-distance_m / np.float32(self.reach_m)), 1)
        air = np.asarray(self.colour, np.float32)
        return np.asarray(air + clear.astype(np.float32)[:, None] * (colour - air))


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that is drawn; indoors there is no haze."""

    meshes: tuple[Mesh, ...]
    lights: SceneLights = field(default_factory=SceneLights)
    sky: Sky = field(default_factory=Sky)
    haze: Haze | None = None


@dataclass(frozen=True)
class Camera:
    """A pinhole at `eye` that looks at `target`; `fov_deg` is the vertical field of view.

    It stands upright, or leans by `roll_deg` clockwise: what is level in the world then falls to the left.
    """

    eye: Vec3
    target: Vec3
    fov_deg: float
    width_px: int
    height_px: int
    roll_deg: float = 0.0

    @property
    def pixel_slope(self) -> float:
        """The width of a pixel at depth 1 m, in m."""
        return float(2 * np.tan(np.radians(self.fov_deg) / 2) / self.height_px)

    def axes(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return the unit vectors (3,) to the right, down and forward."""
        forward = np.asarray(self.target, float) - np.asarray(self.eye, float)
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, (0.0, 0.0, 1.0))
        right /= np.linalg.norm(right)
        down = np.cross(forward, right)
        if self.roll_deg:
            c, s = np.cos(np.radians(self.roll_deg)), np.sin(np.radians(self.roll_deg))
            right, down = c * right + s * down, c * down - s * right
        return right, down, forward

    def rays(self, x_px: FloatArray, y_px: FloatArray) -> FloatArray:
        """Return the rays (n, 3) float32 through image positions (n,) in px; (0.5, 0.5) is the first pixel's centre.

        A ray advances 1 m along the optical axis per unit, so the ray parameter of a hit is its z-depth in m.
        """
        right, down, forward = self.axes()
        u = (np.asarray(x_px, float) - self.width_px / 2) * self.pixel_slope
        v = (np.asarray(y_px, float) - self.height_px / 2) * self.pixel_slope
        out = empty_rows(len(u))
        for axis in range(3):
            out[:, axis] = forward[axis] + u * right[axis] + v * down[axis]
        return out

    def project(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the image positions (n, 2) in pixels and the z-depths (n,) in m of points (n, 3) in the world."""
        x, y, z = (np.asarray(points, float) - np.asarray(self.eye)).T
        right, down, depth = (axis[0] * x + axis[1] * y + axis[2] * z for axis in self.axes())
        x_px = right / depth / self.pixel_slope + self.width_px / 2
        y_px = down / depth / self.pixel_slope + self.height_px / 2
        return np.stack([x_px, y_px], axis=1), depth


def look_target(eye: Vec3, bearing_deg: float, pitch_deg: float) -> Vec3:
    """Return a point in front of `eye`, `bearing_deg` from +y towards +x and `pitch_deg` above the level."""
    c, s = float(np.cos(np.radians(bearing_deg))), float(np.sin(np.radians(bearing_deg)))
    return eye[0] + s, eye[1] + c, eye[2] + float(np.tan(np.radians(pitch_deg)))


def scale_colour(colour: LinearRGB, factor: float) -> LinearRGB:
    """Return a colour `factor` times as bright."""
    return colour[0] * factor, colour[1] * factor, colour[2] * factor
