"""How much light reaches a point: sky with occlusion, lamps and windows, the sun, and what a glossy surface mirrors.

Every pixel of a 4 x 4 tile looks in other directions than its neighbours (interleaved sampling, Keller and Heidrich
2001); the blur in `denoise` then gives each of them what all sixteen saw, without grain and without random numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from bgfg.synth.kit.render.scene import AreaLight, Floats, Scene
from bgfg.synth.kit.render.tracer import Hits, Tracer, dot, unit
from numpy.typing import NDArray

LANES = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])  # Bayer's order of a 4 x 4 tile
LIFT_M = np.float32(2e-3)  # rays start this far above the surface, so that they don't meet it again
BOUNCE = 0.6  # how bright things nearby are, as a share of the light around
MOST_PATCHES = 24


@dataclass(frozen=True, eq=False)
class Gathered:
    """The light on n points; the shares are 0..1, `ambient` and `direct` make a white surface's radiance."""

    ambient: Floats  # (n, 3) from the sky and from things nearby
    unshadowed: Floats  # (n, 1) luminance from lamps and windows if nothing stood in between; smooth
    seen: Floats  # (n, 3) the share of it that arrives, with its tint
    sunlit: Floats  # (n, 1) the share of the sun that is seen
    facing: Floats  # (n, 1) the cosine between normal and sun; smooth
    mirrored: Floats  # (n, 3) radiance from the direction of reflection; 0 where not glossy

    def noisy(self) -> Floats:
        """Return what has to be blurred, as (n, 10)."""
        return np.concatenate([self.ambient, self.seen, self.sunlit, self.mirrored], axis=1)

    def smoothed(self, values: Floats) -> Gathered:
        """Return the same light with what `noisy` returned replaced by `values` (n, 10)."""
        return Gathered(values[:, 0:3], self.unshadowed, values[:, 3:6], values[:, 6:7], self.facing, values[:, 7:10])

    def __getitem__(self, rows: NDArray[np.intp]) -> Gathered:
        fields = (self.ambient, self.unshadowed, self.seen, self.sunlit, self.facing, self.mirrored)
        return Gathered(*(f[rows] for f in fields))


class Patches:
    """The area lights cut into P patches of similar size, so that a patch is small beside its distance."""

    def __init__(self, lights: tuple[AreaLight, ...]) -> None:
        cut = 0.5
        while sum(len(_cut(light, cut)) for light in lights) > MOST_PATCHES and cut < 20:
            cut *= 1.3
        rows = [row for light in lights for row in _cut(light, cut)]
        table = np.array(rows, np.float32).reshape(-1, 4, 3)
        self.centres, self.edges_u, self.edges_v, self.radiance = (table[:, k] for k in range(4))
        normals = np.cross(self.edges_u, self.edges_v).astype(np.float32)
        self.areas = np.sqrt(dot(normals, normals))
        self.normals = unit(normals)
        self.luminance = self.radiance.mean(axis=1)

    def rising(self, points: Floats, normals: Floats) -> Floats:
        """Return (P + 1, n): the luminance that the first 0, 1 ... P patches give a white point, nothing in between.

        A disc of the same area stands for each patch.
        """
        x, y, z = (np.ascontiguousarray(points[:, k]) for k in range(3))
        nx, ny, nz = (np.ascontiguousarray(normals[:, k]) for k in range(3))
        out = np.zeros((len(self.centres) + 1, len(points)), np.float32)
        for p, (c, m, area, light) in enumerate(
            zip(self.centres, self.normals, self.areas, self.luminance, strict=True)
        ):
            dx, dy, dz = c[0] - x, c[1] - y, c[2] - z
            squared = dx * dx + dy * dy + dz * dz
            here = np.maximum(nx * dx + ny * dy + nz * dz, 0)
            there = np.maximum(-(m[0] * dx + m[1] * dy + m[2] * dz), 0)
            here *= there
            here /= squared * (np.float32(np.pi) * squared + area)
            here *= light * area
            np.add(out[p], here, out=out[p + 1])
        return out


def _cut(light: AreaLight, size_m: float) -> list[tuple[NDArray[np.float64], ...]]:
    u, v, centre = (np.asarray(x, float) for x in (light.edge_u, light.edge_v, light.centre))
    across = max(1, round(float(np.linalg.norm(u)) / size_m))
    along = max(1, round(float(np.linalg.norm(v)) / size_m))
    return [
        (
            centre + u * ((i + 0.5) / across - 0.5) + v * ((j + 0.5) / along - 0.5),
            u / across,
            v / along,
            np.asarray(light.radiance, float),
        )
        for i in range(across)
        for j in range(along)
    ]


def spread(lanes: NDArray[np.intp], k: int, rays: int) -> tuple[Floats, Floats]:
    """Return two numbers (n,) in 0..1 for ray k of `rays` of each lane: Roberts' R2 sequence, run through the tile."""
    index = np.arange(16) * rays + k + 1
    first = ((index * 0.7548776662466927) % 1).astype(np.float32)
    second = ((index * 0.5698402909980532) % 1).astype(np.float32)
    return first[lanes], second[lanes]


def around(normals: Floats, z: Floats, radius: Floats, turn: Floats) -> Floats:
    """Return z x normal + radius x (a direction in the tangent plane at angle 2 pi turn), after Duff et al. 2017."""
    nx, ny, nz = normals[:, 0], normals[:, 1], normals[:, 2]
    sign = np.where(nz >= 0, np.float32(1), np.float32(-1))
    a = -1 / (sign + nz)
    b = nx * ny * a
    angle = np.float32(2 * np.pi) * turn
    c, s = radius * np.cos(angle), radius * np.sin(angle)
    out = np.empty_like(normals)
    out[:, 0] = c * (1 + sign * nx * nx * a) + s * b + z * nx
    out[:, 1] = c * sign * b + s * (sign + ny * ny * a) + z * ny
    out[:, 2] = -c * sign * nx - s * ny + z * nz
    return out


class Lighting:
    """The light of one scene."""

    def __init__(self, scene: Scene, tracer: Tracer, ambient_rays: int = 4, light_rays: int = 3) -> None:
        self.scene, self.tracer = scene, tracer
        self.ambient_rays, self.light_rays = ambient_rays, light_rays
        self.patches = Patches(scene.lights.areas)
        every_face = Hits(
            np.arange(len(tracer.part), dtype=np.int32),
            tracer.part,
            np.zeros(len(tracer.part), np.float32),
            tracer.centres,
            tracer.flat_normals,
        )
        self._face_albedo, _ = surface(tracer, every_face, np.full(len(tracer.part), 0.2, np.float32))
        sky = scene.sky
        self._around = np.mean([sky.zenith, sky.horizon, sky.ground], axis=0).astype(np.float32) * BOUNCE

    def gather(self, hits: Hits, rays: Floats, lanes: NDArray[np.intp]) -> Gathered:
        """Return the light at `hits`, reached along `rays` (n, 3); `lanes` (n,) 0..15 are their places in the tile."""
        origins = hits.points + hits.normals * LIFT_M
        rising = self.patches.rising(origins, hits.normals)
        sunlit, facing = self._sun(origins, hits.normals, lanes)
        return Gathered(
            ambient=self._ambient(origins, hits.normals, lanes),
            unshadowed=rising[-1][:, None],
            seen=self._seen(origins, rising, lanes),
            sunlit=sunlit[:, None],
            facing=facing[:, None],
            mirrored=self._mirrored(origins, hits, rays, lanes),
        )

    def radiance(self, gathered: Gathered, albedo: Floats, emitted: Floats, shine: Floats) -> Floats:
        """Return the colour (n, 3) of points: albedo (n, 3), emitted radiance (n, 3), mirror share `shine` (n, 1)."""
        direct = gathered.unshadowed * gathered.seen
        if self.scene.lights.sun is not None:
            sun = np.asarray(self.scene.lights.sun.irradiance, np.float32) / np.float32(np.pi)
            direct = direct + gathered.sunlit * gathered.facing * sun
        return albedo * (gathered.ambient + direct) * (1 - shine) + emitted + shine * gathered.mirrored

    def _ambient(self, origins: Floats, normals: Floats, lanes: NDArray[np.intp]) -> Floats:
        total = np.zeros_like(origins)
        for k in range(self.ambient_rays):
            first, second = spread(lanes, k, self.ambient_rays)
            directions = around(normals, np.sqrt(1 - first), np.sqrt(first), second)
            face, reach = self.tracer.nearest(origins, directions)
            far = self.scene.sky.radiance(directions)
            openness = np.where(face >= 0, np.minimum(reach / self.scene.sky.reach_m, 1), 1).astype(np.float32)[:, None]
            openness *= 1.4 - 0.4 * openness
            near = self._face_albedo[face] * self._around
            total += near + openness * (far - near)
        return total / self.ambient_rays

    def _seen(self, origins: Floats, rising: Floats, lanes: NDArray[np.intp]) -> Floats:
        """Sample patches as often as they are bright here; the visible ones' mean tint is the share that arrives."""
        out = np.zeros_like(origins)
        # Points that see no light at all, often half of a room's, need no ray.
        rows = np.flatnonzero(rising[-1] > 1e-6)
        if not len(rows):
            return out
        rising, origins, lanes = rising[:, rows], origins[rows], lanes[rows]
        tints = self.patches.radiance / self.patches.luminance[:, None]
        every = np.arange(len(rows))
        for k in range(self.light_rays):
            first, second = spread(lanes, k, self.light_rays)
            threshold = first * rising[-1]
            chosen = np.zeros(len(rows), np.intp)
            for level in rising[1:-1]:
                chosen += level < threshold
            below = rising[chosen, every]
            share = rising[chosen + 1, every] - below
            # What is left of the first number after the choice is as good as new.
            left = np.clip((threshold - below) / np.maximum(share, 1e-9), 0, 1)
            to = self.patches.centres[chosen] - origins
            to += self.patches.edges_u[chosen] * (left - np.float32(0.5))[:, None]
            to += self.patches.edges_v[chosen] * (second - np.float32(0.5))[:, None]
            out[rows] += self.tracer.lit(origins, to)[:, None] * tints[chosen]
        return out / self.light_rays

    def _sun(self, origins: Floats, normals: Floats, lanes: NDArray[np.intp]) -> tuple[Floats, Floats]:
        sun = self.scene.lights.sun
        lit = np.zeros(len(origins), np.float32)
        if sun is None:
            return lit, lit
        towards = unit(np.asarray([sun.direction], np.float32))
        facing = np.maximum(dot(normals, towards), 0)
        rows = np.flatnonzero(facing > 0)
        first, second = spread(lanes[rows], 0, 1)
        aim = np.repeat(towards, len(rows), axis=0)
        directions = around(aim, np.ones(len(rows), np.float32), np.sqrt(first) * np.float32(sun.spread), second)
        lit[rows] = self.tracer.lit(origins[rows], directions * np.float32(100))
        return lit, facing

    def _mirrored(self, origins: Floats, hits: Hits, rays: Floats, lanes: NDArray[np.intp]) -> Floats:
        out = np.zeros_like(origins)
        gloss = np.array([m.gloss for m in self.tracer.materials], np.float32)
        rough = np.array([m.roughness for m in self.tracer.materials], np.float32)
        material = self.tracer.material[hits.face]
        rows = np.flatnonzero(gloss[material] > 0)
        if not len(rows):
            return out
        normals, incoming = hits.normals[rows], unit(rays[rows])
        mirror = unit(incoming - normals * (2 * dot(incoming, normals))[:, None])
        first, second = spread(lanes[rows], 0, 1)
        radius = np.sqrt(first) * rough[material[rows]]
        directions = unit(around(mirror, np.ones(len(rows), np.float32), radius, second))
        directions += normals * np.maximum(np.float32(0.01) - dot(directions, normals), 0)[:, None]
        met = self.tracer.hits(origins[rows], directions)
        lost, found = np.flatnonzero(met.face < 0), np.flatnonzero(met.face >= 0)
        out[rows[lost]] = self.scene.sky.radiance(directions[lost])
        out[rows[lost]] += self._glare(directions[lost], origins[rows[lost]], rough[material[rows[lost]]])
        seen = met[found]
        albedo, emitted = surface(self.tracer, seen, 0.01 + 0.004 * seen.reach)
        light = self.patches.rising(seen.points, seen.normals)[-1][:, None] * np.float32(0.7)
        out[rows[found]] = albedo * (light + self._around) + emitted
        return np.minimum(out, 8)

    def _glare(self, directions: Floats, origins: Floats, rough: Floats) -> Floats:
        """Return the light of lamps that are not in the scene as parts, where a mirrored ray leaves the scene."""
        total = np.zeros_like(origins)
        for c, area, light in zip(self.patches.centres, self.patches.areas, self.patches.radiance, strict=True):
            to = c - origins
            distance = np.sqrt(dot(to, to))
            off_axis = np.maximum(1 - dot(directions, to) / distance, 0)
            width = (area / np.pi / (distance * distance) + rough * rough).astype(np.float32)
            total += np.exp(-off_axis / width)[:, None] * (
                light * area / (np.pi * distance * distance * width)[:, None]
            )
        return total


def surface(tracer: Tracer, hits: Hits, footprint: Floats) -> tuple[Floats, Floats]:
    """Return albedo and emitted radiance, each (n, 3), of hits that met something; `footprint` (n,) as in `Texture`."""
    albedo = np.empty((len(hits.face), 3), np.float32)
    material = tracer.material[hits.face]
    order = np.argsort(material, kind="stable")
    bounds = np.searchsorted(material[order], np.arange(len(tracer.materials) + 1))
    points, normals = tracer.own_frame(hits)
    for number, (start, stop) in enumerate(pairwise(bounds)):
        if start < stop:
            rows = order[start:stop]
            described = tracer.materials[number]
            albedo[rows] = described.colours(points[rows], normals[rows], footprint[rows])
    emission = np.array([m.emission for m in tracer.materials], np.float32)
    return albedo, albedo * emission[material][:, None]
