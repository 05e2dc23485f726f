"""Light that reaches a point: sky with occlusion, lamps and windows, the sun, and what a glossy surface mirrors.

Every pixel of a 4 x 4 tile looks in other directions than its neighbours (interleaved sampling, Keller and Heidrich
2001); the blur in `denoise` then gives each of them what all sixteen saw, without grain and without random numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.render.light_patches import LightPatches
from bgfg.synth.kit.render.scene import Scene
from bgfg.synth.kit.render.tracer import RayHits, Tracer
from bgfg.synth.kit.render.vectors import FloatArray, dot_rows, normalise_rows

BAYER_4X4 = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])  # the order of a 4 x 4 tile
RAY_OFFSET_M = np.float32(2e-3)  # rays start this far above the surface, so that they don't meet it again
BOUNCE_SHARE = 0.6  # how bright things nearby are, as a share of the light around


@dataclass(frozen=True, eq=False)
class IncidentLight:
    """The light on n points.

    Attributes:
        ambient: (n, 3) from the sky and from things nearby, as the radiance of a white surface.
        unshadowed: (n, 1) luminance of a white surface from lamps and windows if nothing stood in between; smooth.
        visibility: (n, 3) the share 0..1 of it that arrives, with its tint.
        sun_visibility: (n, 1) the share 0..1 of the sun that is seen.
        sun_cosine: (n, 1) the cosine between normal and sun; smooth.
        reflected: (n, 3) radiance from the direction of reflection; 0 where not glossy.
    """

    ambient: FloatArray
    unshadowed: FloatArray
    visibility: FloatArray
    sun_visibility: FloatArray
    sun_cosine: FloatArray
    reflected: FloatArray

    def noisy_channels(self) -> FloatArray:
        """Return what has to be blurred, as (n, 10)."""
        return np.concatenate([self.ambient, self.visibility, self.sun_visibility, self.reflected], axis=1)

    def with_noisy_channels(self, values: FloatArray) -> IncidentLight:
        """Return the same light with what `noisy_channels` returned replaced by `values` (n, 10)."""
        ambient, visibility, sun_visibility, reflected = np.split(values, [3, 6, 7], axis=1)
        return IncidentLight(ambient, self.unshadowed, visibility, sun_visibility, self.sun_cosine, reflected)

    def __getitem__(self, rows: NDArray[np.intp]) -> IncidentLight:
        return IncidentLight(*(values[rows] for values in vars(self).values()))


def r2_samples(tile_index: NDArray[np.intp], k: int, rays: int) -> tuple[FloatArray, FloatArray]:
    """Return two numbers (n,) in 0..1 for ray k of `rays` of each pixel: Roberts' R2 sequence, run through the tile.

    Args:
        tile_index: (n,) 0..15, the place of each pixel in its 4 x 4 tile.
        k: The number of the ray, from 0.
        rays: How many rays each pixel sends.
    """
    index = np.arange(16) * rays + k + 1
    # The powers of 1 / 1.3247..., the plastic number: the golden ratio's counterpart in two dimensions.
    first = ((index * 0.7548776662466927) % 1).astype(np.float32)
    second = ((index * 0.5698402909980532) % 1).astype(np.float32)
    return first[tile_index], second[tile_index]


def directions_around(normals: FloatArray, z: FloatArray, radius: FloatArray, turn: FloatArray) -> FloatArray:
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


class LightSampler:
    """Sends the rays that find the light of one scene: to the sky, to lamps, to the sun, into mirrors."""

    def __init__(self, scene: Scene, tracer: Tracer, ambient_rays: int = 4, light_rays: int = 3) -> None:
        self.scene, self.tracer = scene, tracer
        self.ambient_rays, self.light_rays = ambient_rays, light_rays
        self.patches = LightPatches(scene.lights.areas)
        # One colour a triangle is enough for what only tints the ambient light of things nearby.
        count = len(tracer.mesh_of_face)
        every_face = RayHits(
            np.arange(count, dtype=np.int32),
            tracer.mesh_of_face,
            np.zeros(count, np.float32),
            tracer.face_centres,
            tracer.face_normals,
        )
        self._face_albedo, _ = evaluate_materials(tracer, every_face, np.full(count, 0.2, np.float32))
        sky = scene.sky
        self._bounce = np.mean([sky.zenith, sky.horizon, sky.ground], axis=0).astype(np.float32) * BOUNCE_SHARE

    def gather(self, hits: RayHits, rays: FloatArray, tile_index: NDArray[np.intp]) -> IncidentLight:
        """Return the light at `hits`, reached along `rays` (n, 3); `tile_index` (n,) as in `r2_samples`."""
        origins = hits.points + hits.normals * RAY_OFFSET_M
        cumulative = self.patches.cumulative_luminance(origins, hits.normals)
        sun_visibility, sun_cosine = self._sun(origins, hits.normals, tile_index)
        return IncidentLight(
            ambient=self._ambient(origins, hits.normals, tile_index),
            unshadowed=cumulative[-1][:, None],
            visibility=self._visibility(origins, cumulative, tile_index),
            sun_visibility=sun_visibility[:, None],
            sun_cosine=sun_cosine[:, None],
            reflected=self._reflected(origins, hits, rays, tile_index),
        )

    def radiance(
        self, light: IncidentLight, albedo: FloatArray, emitted: FloatArray, mirror_share: FloatArray
    ) -> FloatArray:
        """Return the colour (n, 3) of points: albedo (n, 3), emitted radiance (n, 3), `mirror_share` (n, 1)."""
        direct = light.unshadowed * light.visibility
        if self.scene.lights.sun is not None:
            sun = np.asarray(self.scene.lights.sun.irradiance, np.float32) / np.float32(np.pi)
            direct = direct + light.sun_visibility * light.sun_cosine * sun
        return albedo * (light.ambient + direct) * (1 - mirror_share) + emitted + mirror_share * light.reflected

    def _ambient(self, origins: FloatArray, normals: FloatArray, tile_index: NDArray[np.intp]) -> FloatArray:
        total = np.zeros_like(origins)
        reach_m = self.scene.sky.reach_m
        for k in range(self.ambient_rays):
            first, second = r2_samples(tile_index, k, self.ambient_rays)
            # Denser around the normal, by the cosine: the plain mean of the rays is then the light.
            directions = directions_around(normals, np.sqrt(1 - first), np.sqrt(first), second)
            face, distance = self.tracer.nearest_face(origins, directions)
            far = self.scene.sky.radiance(directions)
            openness = np.where(face >= 0, np.minimum(distance / reach_m, 1), 1).astype(np.float32)[:, None]
            openness *= 1.4 - 0.4 * openness
            near = self._face_albedo[face] * self._bounce
            total += near + openness * (far - near)
        return total / self.ambient_rays

    def _visibility(self, origins: FloatArray, cumulative: FloatArray, tile_index: NDArray[np.intp]) -> FloatArray:
        """Sample patches as often as they are bright here; the visible ones' mean tint is the share that arrives."""
        out = np.zeros_like(origins)
        # Points that see no light at all, often half of a room's, need no ray.
        rows = np.flatnonzero(cumulative[-1] > 1e-6)
        if not len(rows):
            return out
        cumulative, origins, tile_index = cumulative[:, rows], origins[rows], tile_index[rows]
        tints = self.patches.radiance / self.patches.luminance[:, None]
        every = np.arange(len(rows))
        for k in range(self.light_rays):
            first, second = r2_samples(tile_index, k, self.light_rays)
            threshold = first * cumulative[-1]
            chosen = np.zeros(len(rows), np.intp)
            for level in cumulative[1:-1]:
                chosen += level < threshold
            below = cumulative[chosen, every]
            share = cumulative[chosen + 1, every] - below
            # What is left of the first number after the choice is as good as new.
            left = np.clip((threshold - below) / np.maximum(share, 1e-9), 0, 1)
            to = self.patches.centres[chosen] - origins
            to += self.patches.edges_u[chosen] * (left - np.float32(0.5))[:, None]
            to += self.patches.edges_v[chosen] * (second - np.float32(0.5))[:, None]
            out[rows] += self.tracer.unoccluded(origins, to)[:, None] * tints[chosen]
        return out / self.light_rays

    def _sun(
        self, origins: FloatArray, normals: FloatArray, tile_index: NDArray[np.intp]
    ) -> tuple[FloatArray, FloatArray]:
        """Return the share (n,) of the sun that is seen and the cosine (n,) between normal and sun."""
        sun = self.scene.lights.sun
        visible = np.zeros(len(origins), np.float32)
        if sun is None:
            return visible, visible
        towards = normalise_rows(np.asarray([sun.direction], np.float32))
        cosine = np.maximum(dot_rows(normals, towards), 0)
        rows = np.flatnonzero(cosine > 0)
        first, second = r2_samples(tile_index[rows], 0, 1)
        aim = np.repeat(towards, len(rows), axis=0)
        radius = np.sqrt(first) * np.float32(sun.spread)
        directions = directions_around(aim, np.ones(len(rows), np.float32), radius, second)
        visible[rows] = self.tracer.unoccluded(origins[rows], directions * np.float32(100))
        return visible, cosine

    def _reflected(
        self, origins: FloatArray, hits: RayHits, rays: FloatArray, tile_index: NDArray[np.intp]
    ) -> FloatArray:
        """Return the radiance (n, 3) that one mirrored ray a point brings; where it lands no shadows are traced."""
        out = np.zeros_like(origins)
        gloss = np.array([m.gloss for m in self.tracer.materials], np.float32)
        rough = np.array([m.roughness for m in self.tracer.materials], np.float32)
        material = self.tracer.material_of_face[hits.face]
        rows = np.flatnonzero(gloss[material] > 0)
        if not len(rows):
            return out
        normals, incoming = hits.normals[rows], normalise_rows(rays[rows])
        mirror = normalise_rows(incoming - normals * (2 * dot_rows(incoming, normals))[:, None])
        first, second = r2_samples(tile_index[rows], 0, 1)
        radius = np.sqrt(first) * rough[material[rows]]
        directions = normalise_rows(directions_around(mirror, np.ones(len(rows), np.float32), radius, second))
        # A rough mirror scatters some rays below the surface: they are lifted just above it.
        directions += normals * np.maximum(np.float32(0.01) - dot_rows(directions, normals), 0)[:, None]
        met = self.tracer.intersect(origins[rows], directions)
        lost, found = np.flatnonzero(met.face < 0), np.flatnonzero(met.face >= 0)
        out[rows[lost]] = self.scene.sky.radiance(directions[lost])
        out[rows[lost]] += self._glare(directions[lost], origins[rows[lost]], rough[material[rows[lost]]])
        seen = met[found]
        albedo, emitted = evaluate_materials(self.tracer, seen, 0.01 + 0.004 * seen.ray_parameter)
        # 0.7 stands for the shadows that are not traced.
        light = self.patches.cumulative_luminance(seen.points, seen.normals)[-1][:, None] * np.float32(0.7)
        out[rows[found]] = albedo * (light + self._bounce) + emitted
        return np.minimum(out, 8)

    def _glare(self, directions: FloatArray, origins: FloatArray, rough: FloatArray) -> FloatArray:
        """Return the light of lamps that are not in the scene as meshes, where a mirrored ray leaves the scene."""
        total = np.zeros_like(origins)
        for c, area, light in zip(self.patches.centres, self.patches.areas, self.patches.radiance, strict=True):
            to = c - origins
            distance = np.sqrt(dot_rows(to, to))
            off_axis = np.maximum(1 - dot_rows(directions, to) / distance, 0)
            width = (area / np.pi / (distance * distance) + rough * rough).astype(np.float32)
            total += np.exp(-off_axis / width)[:, None] * (
                light * area / (np.pi * distance * distance * width)[:, None]
            )
        return total


def evaluate_materials(tracer: Tracer, hits: RayHits, footprint: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return albedo and emitted radiance, each (n, 3), of hits that met something; `footprint` (n,) as in `Texture`."""
    albedo = np.empty((len(hits.face), 3), np.float32)
    material = tracer.material_of_face[hits.face]
    # Sorted by material, so that each texture is asked once, for all of its points.
    order = np.argsort(material, kind="stable")
    bounds = np.searchsorted(material[order], np.arange(len(tracer.materials) + 1))
    points, normals = tracer.in_mesh_frame(hits)
    for number, (start, stop) in enumerate(pairwise(bounds)):
        if start < stop:
            rows = order[start:stop]
            albedo[rows] = tracer.materials[number].albedo_at(points[rows], normals[rows], footprint[rows])
    emission = np.array([m.emission for m in tracer.materials], np.float32)
    return albedo, albedo * emission[material][:, None]
