"""Light that reaches a point: sky with occlusion, lamps and windows, the sun, and what a glossy surface mirrors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.render.light_patches import LightPatches
from bgfg.synth.kit.render.ray_directions import DirectionsAround, r2_samples
from bgfg.synth.kit.render.scene import Scene
from bgfg.synth.kit.render.tracer import RayHits, Tracer, evaluate_materials
from bgfg.synth.kit.render.vectors import FloatArray, dot_rows, empty_rows, normalise_rows, take_rows

RAY_OFFSET_M = np.float32(2e-3)  # rays start this far above the surface, so that they don't meet it again
BOUNCE_SHARE = 0.6  # how bright things nearby are, as a share of the light around
# So many points are worked on at a time: what is computed of them stays in the processor's cache.
BLOCK = 16384


@dataclass(frozen=True, eq=False)
class SoftLight:
    """The light of sky, lamps and windows on n points: it changes slowly from one point of a surface to the next.

    Attributes:
        ambient: (n, 3) from the sky and from things nearby, as the radiance of a white surface.
        visibility: (n, 3) the share 0..1 of the light of lamps and windows that arrives, with its tint.
        unshadowed: (n,) luminance of a white surface from lamps and windows if nothing stood in between; free of noise.
    """

    ambient: FloatArray
    visibility: FloatArray
    unshadowed: FloatArray

    def radiance(self) -> FloatArray:
        """Return the radiance (n, 3) of a white surface."""
        return self.ambient + self.unshadowed[:, None] * self.visibility


@dataclass(frozen=True, eq=False)
class SharpLight:
    """The light on n points that may change from one to the next.

    Attributes:
        reflected: (n, 3) radiance from the direction of reflection; 0 where not glossy.
        sun_visibility: (n,) the share 0..1 of the sun that is seen.
    """

    reflected: FloatArray
    sun_visibility: FloatArray

    def noisy_channels(self) -> FloatArray:
        """Return what has to be blurred, as (n, 4)."""
        out = np.empty((4, len(self.sun_visibility)), np.float32).T
        out[:, :3], out[:, 3] = self.reflected, self.sun_visibility
        return out


@dataclass(frozen=True, eq=False)
class IncidentLight:
    """The light on n points.

    Attributes:
        diffuse: (n, 3) radiance of a white surface there.
        reflected: (n, 3) radiance from the direction of reflection; 0 where not glossy.
    """

    diffuse: FloatArray
    reflected: FloatArray

    def __getitem__(self, rows: NDArray[np.intp]) -> IncidentLight:
        return IncidentLight(take_rows(self.diffuse, rows), take_rows(self.reflected, rows))


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
        face_albedo, _ = evaluate_materials(tracer, every_face, np.full(count, 0.2, np.float32))
        sky = scene.sky
        self._bounce = np.mean([sky.zenith, sky.horizon, sky.ground], axis=0).astype(np.float32) * BOUNCE_SHARE
        self._face_light = face_albedo * self._bounce

    def gather(self, hits: RayHits, rays: FloatArray, tile_index: NDArray[np.intp]) -> IncidentLight:
        """Return the light at `hits`, reached along `rays` (n, 3), as it comes, with its noise.

        Args:
            hits: The points.
            rays: (n, 3) from where each is seen.
            tile_index: (n,) 0..15, the place of each in its 4 x 4 tile.
        """
        sharp = self.sharp(hits, rays, tile_index)
        return self.incident(hits.normals, self.soft(hits, tile_index).radiance(), sharp)

    def incident(self, normals: FloatArray, soft: FloatArray, sharp: SharpLight) -> IncidentLight:
        """Return all light on points with `normals` (n, 3); `soft` (n, 3) as of `SoftLight.radiance`."""
        sun = self.scene.lights.sun
        if sun is None:
            return IncidentLight(soft, sharp.reflected)
        share = sharp.sun_visibility * self._sun_cosine(normals)
        irradiance = np.asarray(sun.irradiance, np.float32) / np.float32(np.pi)
        return IncidentLight(soft + share[:, None] * irradiance, sharp.reflected)

    def soft(self, hits: RayHits, tile_index: NDArray[np.intp]) -> SoftLight:
        """Return the light of sky, lamps and windows at `hits`; `tile_index` as in `gather`."""
        n = len(tile_index)
        light = SoftLight(empty_rows(n), empty_rows(n), np.empty(n, np.float32))
        for rows in _blocks(n):
            normals, tile = hits.normals[rows], tile_index[rows]
            origins = hits.points[rows] + normals * RAY_OFFSET_M
            cumulative = self.patches.cumulative_luminance(origins, normals)
            light.ambient[rows] = self._ambient(origins, normals, tile)
            light.visibility[rows] = self._visibility(origins, cumulative, tile)
            light.unshadowed[rows] = cumulative[-1]
        return light

    def sharp(self, hits: RayHits, rays: FloatArray, tile_index: NDArray[np.intp]) -> SharpLight:
        """Return what the sun and mirrors give at `hits`; the arguments are those of `gather`."""
        sun_visibility = np.zeros(len(tile_index), np.float32)
        if self.scene.lights.sun is not None:
            for rows in _blocks(len(tile_index)):
                normals = hits.normals[rows]
                origins = hits.points[rows] + normals * RAY_OFFSET_M
                sun_visibility[rows] = self._sun_visibility(origins, normals, tile_index[rows])
        return SharpLight(self._reflected(hits, rays, tile_index), sun_visibility)

    def radiance(
        self, light: IncidentLight, albedo: FloatArray, emitted: FloatArray, mirror_share: FloatArray
    ) -> FloatArray:
        """Return the colour (n, 3) of points: albedo (n, 3), emitted radiance (n, 3), `mirror_share` (n, 1)."""
        return albedo * light.diffuse * (1 - mirror_share) + emitted + mirror_share * light.reflected

    def _ambient(self, origins: FloatArray, normals: FloatArray, tile_index: NDArray[np.intp]) -> FloatArray:
        total = np.zeros_like(origins)
        around = DirectionsAround(normals)
        per_reach = np.float32(1 / self.scene.sky.reach_m)
        for k in range(self.ambient_rays):
            first, second = r2_samples(k, self.ambient_rays)
            # Denser around the normal, by the cosine: the plain mean of the rays is then the light.
            directions = around.at(np.sqrt(1 - first), np.sqrt(first), second, tile_index)
            face, distance = self.tracer.nearest_face(origins, directions)
            far = self.scene.sky.radiance(directions)
            openness = np.where(face >= 0, np.minimum(distance * per_reach, 1), np.float32(1))
            openness *= np.float32(1.4) - np.float32(0.4) * openness
            near = take_rows(self._face_light, face)
            total += near + openness[:, None] * (far - near)
        return total / np.float32(self.ambient_rays)

    def _visibility(self, origins: FloatArray, cumulative: FloatArray, tile_index: NDArray[np.intp]) -> FloatArray:
        """Sample patches as often as they are bright here; the visible ones' mean tint is the share that arrives."""
        out = empty_rows(len(origins))
        out[:] = 0
        # Points that see no light at all, often half of a room's, need no ray.
        lit = cumulative[-1] > 1e-6
        if not lit.any():
            return out
        rows = np.flatnonzero(lit)
        if not lit.all():
            cumulative, origins, tile_index = cumulative[:, rows], take_rows(origins, rows), tile_index[rows]
        tints = self.patches.radiance / self.patches.luminance[:, None]
        every = np.arange(len(rows))
        total = np.zeros_like(origins)
        for k in range(self.light_rays):
            first, second = r2_samples(k, self.light_rays)
            threshold = first[tile_index] * cumulative[-1]
            passed = np.zeros(len(rows), np.uint16)
            for level in cumulative[1:-1]:
                passed += level < threshold
            chosen = passed.astype(np.intp)
            place = chosen * len(rows) + every
            below = cumulative.take(place)
            share = cumulative.take(place + len(rows)) - below
            # What is left of the first number after the choice is as good as new.
            left = np.clip((threshold - below) / np.maximum(share, np.float32(1e-9)), 0, 1) - np.float32(0.5)
            across = (second - np.float32(0.5))[tile_index]
            to = take_rows(self.patches.centres, chosen) - origins
            to += take_rows(self.patches.edges_u, chosen) * left[:, None]
            to += take_rows(self.patches.edges_v, chosen) * across[:, None]
            total += take_rows(tints, chosen) * self.tracer.unoccluded(origins, to)[:, None]
        out[rows] = total / np.float32(self.light_rays)
        return out

    def _sun_cosine(self, normals: FloatArray) -> FloatArray:
        sun = self.scene.lights.sun
        assert sun is not None
        return np.maximum(dot_rows(normals, normalise_rows(np.asarray([sun.direction], np.float32))), 0)

    def _sun_visibility(self, origins: FloatArray, normals: FloatArray, tile_index: NDArray[np.intp]) -> FloatArray:
        """Return the share (n,) of the sun that is seen."""
        sun = self.scene.lights.sun
        assert sun is not None
        visible = np.zeros(len(origins), np.float32)
        rows = np.flatnonzero(self._sun_cosine(normals) > 0)
        first, second = r2_samples(0, 1)
        around = DirectionsAround(normalise_rows(np.asarray([sun.direction], np.float32)))
        directions = around.at(np.ones(16, np.float32), np.sqrt(first) * np.float32(sun.spread), second, np.arange(16))
        towards = take_rows(directions * np.float32(100), tile_index[rows])
        visible[rows] = self.tracer.unoccluded(take_rows(origins, rows), towards)
        return visible

    def _reflected(self, hits: RayHits, rays: FloatArray, tile_index: NDArray[np.intp]) -> FloatArray:
        """Return the radiance (n, 3) that one mirrored ray a point brings; where it lands no shadows are traced."""
        out = empty_rows(len(tile_index))
        out[:] = 0
        material = self.tracer.material_of_face[hits.face]
        rows = np.flatnonzero(self.tracer.gloss[material] > 0)
        if not len(rows):
            return out
        normals, incoming = take_rows(hits.normals, rows), normalise_rows(take_rows(rays, rows))
        origins, rough = take_rows(hits.points, rows) + normals * RAY_OFFSET_M, self.tracer.roughness[material[rows]]
        mirror = normalise_rows(incoming - normals * (2 * dot_rows(incoming, normals))[:, None])
        first, second = r2_samples(0, 1)
        around = DirectionsAround(mirror)
        scattered = around.at(np.ones(16, np.float32), np.sqrt(first), second, tile_index[rows], rough)
        directions = normalise_rows(scattered)
        # A rough mirror scatters some rays below the surface: they are lifted just above it.
        directions += normals * np.maximum(np.float32(0.01) - dot_rows(directions, normals), 0)[:, None]
        met = self.tracer.intersect(origins, directions)
        brought = empty_rows(len(rows))
        lost, found = np.flatnonzero(met.face < 0), np.flatnonzero(met.face >= 0)
        if len(lost):
            leaving = take_rows(directions, lost)
            glare = self._glare(leaving, take_rows(origins, lost), rough[lost])
            brought[lost] = self.scene.sky.radiance(leaving) + glare
        seen = met[found]
        albedo, emitted = evaluate_materials(
            self.tracer, seen, np.float32(0.01) + np.float32(0.004) * seen.ray_parameter
        )
        # 0.7 stands for the shadows that are not traced.
        light = self._lamp_luminance(seen.points, seen.normals) * np.float32(0.7)
        brought[found] = albedo * (light[:, None] + self._bounce) + emitted
        out[rows] = np.minimum(brought, 8)
        return out

    def _lamp_luminance(self, points: FloatArray, normals: FloatArray) -> FloatArray:
        """Return the luminance (n,) of a white surface from lamps and windows if nothing stood in between."""
        out = np.empty(len(points), np.float32)
        for rows in _blocks(len(points)):
            out[rows] = self.patches.cumulative_luminance(points[rows], normals[rows])[-1]
        return out

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


def _blocks(n: int) -> Iterator[slice]:
    for start in range(0, n, BLOCK):
        yield slice(start, min(start + BLOCK, n))
