"""Renderer: a scene and a camera give an image of colour, coverage and depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.render.denoise import Surfaces, cross_bilateral_blur, spread_between
from bgfg.synth.kit.render.lighting import IncidentLight, LightSampler, SharpLight, SoftLight
from bgfg.synth.kit.render.ray_directions import BAYER_4X4
from bgfg.synth.kit.render.scene import Camera, Scene
from bgfg.synth.kit.render.tracer import RayHits, Tracer, evaluate_materials
from bgfg.synth.kit.render.vectors import FloatArray, dot_rows, normalise_rows, take_rows

# A neighbour whose surface holds a sample at no more than this cost lends its light without a look at the others.
NEAR_COST = 0.5
# So many samples are taken at a time.
SAMPLE_BLOCK = 1 << 17


@dataclass(frozen=True, eq=False)
class Rendering:
    """An image of H x W pixels.

    Attributes:
        colour: (H, W, 3) float32 linear RGB radiance, the mean of what covers the pixel (not multiplied by alpha; black
            where nothing does).
        alpha: (H, W) float32 coverage 0..1.
        depth_m: (H, W) float32 z-depth of what the ray through the pixel's centre meets, 0 where it meets nothing.
    """

    colour: FloatArray
    alpha: FloatArray
    depth_m: FloatArray


def render(
    scene: Scene,
    camera: Camera,
    samples: int = 4,
    ambient_rays: int = 4,
    light_rays: int = 3,
    light_step: int = 1,
) -> Rendering:
    """Draw `scene` as `camera` sees it. The same scene gives the same bytes.

    One ray goes through each pixel's centre and gathers light. Pixels on an edge of shape or colour get further rays,
    which borrow the light of the nearest pixel on their own surface.

    Args:
        scene: What is drawn.
        camera: From where, and the size of the image.
        samples: How many further rays a pixel on an edge gets.
        ambient_rays: Each pixel looks for the light of the sky in so many directions, 16 times as many after the blur.
        light_rays: How many shadow rays each pixel sends to lamps and windows.
        light_step: 1, or 2: then only every second pixel of every second row looks for the light of sky, lamps and
            windows; those between take it from neighbours on their own surface, and look themselves where none is.
    """
    frame = _Frame(camera, LightSampler(scene, Tracer(scene), ambient_rays, light_rays), light_step)
    colour, alpha = frame.colour.reshape(3, -1), frame.inside.astype(np.float32)
    rows = np.flatnonzero(frame.edge_mask()) if samples > 0 else np.empty(0, np.intp)
    block = max(1, SAMPLE_BLOCK // max(samples, 1))
    for start in range(0, len(rows), block):
        some = rows[start : start + block]
        of_some, alpha.reshape(-1)[some] = frame.supersample(some, samples)
        colour[:, some] = of_some.T
    depth = np.where(frame.hits.face >= 0, frame.hits.ray_parameter, 0).astype(np.float32)
    return Rendering(np.moveaxis(frame.colour, 0, -1), alpha, depth.reshape(alpha.shape))


class _Frame:
    """The rays through the pixels' centres, with their light; everything here is flat, row after row."""

    def __init__(self, camera: Camera, light_sampler: LightSampler, light_step: int) -> None:
        self.camera, self.light_sampler, self.tracer = camera, light_sampler, light_sampler.tracer
        height, width = camera.height_px, camera.width_px
        y, x = np.mgrid[0:height, 0:width]
        self.hits, rays = self._shoot(x.ravel() + 0.5, y.ravel() + 0.5)
        self.inside = (self.hits.face >= 0).reshape(height, width)
        rows = np.flatnonzero(self.hits.face >= 0)
        self.row_of = np.full(height * width, -1, np.intp)
        self.row_of[rows] = np.arange(len(rows))
        all_inside = len(rows) == height * width
        self.met, rays = (self.hits, rays) if all_inside else (self.hits[rows], take_rows(rays, rows))
        self.light = self._gather(rows, rays, light_step)
        albedo, colour = self._shade(self.met, rays, self.light)
        self.albedo, self.colour = _planes(albedo, rows, self.inside.shape), _planes(colour, rows, self.inside.shape)

    def _shoot(self, x_px: FloatArray, y_px: FloatArray) -> tuple[RayHits, FloatArray]:
        rays = self.camera.rays(x_px, y_px)
        eye = np.broadcast_to(np.asarray(self.camera.eye, np.float32), rays.shape)
        return self.tracer.intersect(eye, rays), rays

    def _gather(self, rows: NDArray[np.intp], rays: FloatArray, step: int) -> IncidentLight:
        """Return the light at the pixels `rows`; the soft one is found at every `step`th and spread from there."""
        sampler, shape = self.light_sampler, self.inside.shape
        y, x = np.divmod(rows, shape[1])
        # The tolerance grows with the distance as the width of a pixel does.
        reach_m = self.hits.ray_parameter.reshape(shape) * np.float32(self.camera.pixel_slope * 1.5)
        points, normals = (_planes(values, rows, shape) for values in (self.met.points, self.met.normals))
        surfaces = Surfaces(points, normals, self.inside, np.maximum(reach_m, np.float32(2e-3)))
        tile_index = BAYER_4X4[y % 4, x % 4]
        sharp = sampler.sharp(self.met, rays, tile_index)
        noisy = sharp.noisy_channels()
        if len(used := np.flatnonzero(noisy.any(axis=0))):
            blurred = cross_bilateral_blur(_planes(noisy[:, used], rows, shape), surfaces)
            noisy[:, used] = _at(blurred, rows)
        sharp = SharpLight(noisy[:, :3], noisy[:, 3])
        if step == 1:
            soft = self._blurred_soft(self.met, rows, surfaces, tile_index)
            return sampler.incident(self.met.normals, soft.radiance(), sharp)
        asked = np.flatnonzero((y % step == 0) & (x % step == 0))
        y, x = y[asked] // step, x[asked] // step
        coarse = surfaces[::step, ::step].compact()
        places = y * coarse.known.shape[1] + x
        soft = self._blurred_soft(self.met[asked], places, coarse, BAYER_4X4[y % 4, x % 4])
        spread, lit = spread_between(_planes(soft.radiance(), places, coarse.known.shape), surfaces)
        radiance = _at(spread, rows)
        if len(lonely := np.flatnonzero(~lit.ravel()[rows])):
            radiance[lonely] = sampler.soft(self.met[lonely], tile_index[lonely]).radiance()
        return sampler.incident(self.met.normals, radiance, sharp)

    def _blurred_soft(
        self, hits: RayHits, places: NDArray[np.intp], surfaces: Surfaces, tile_index: NDArray[np.intp]
    ) -> SoftLight:
        """Return the soft light at `hits`, which lie at `places` of an image that shows `surfaces`."""
        soft = self.light_sampler.soft(hits, tile_index)
        noisy = _planes(np.concatenate([soft.ambient, soft.visibility], axis=1), places, surfaces.known.shape)
        noisy = _at(cross_bilateral_blur(noisy, surfaces), places)
        return SoftLight(noisy[:, :3], noisy[:, 3:], soft.unshadowed)

    def _shade(self, hits: RayHits, rays: FloatArray, light: IncidentLight) -> tuple[FloatArray, FloatArray]:
        tracer = self.tracer
        incoming = normalise_rows(rays)
        facing = np.clip(-dot_rows(incoming, hits.normals), 0, 1)
        footprint = hits.ray_parameter * np.float32(self.camera.pixel_slope) / np.maximum(facing, np.float32(0.15))
        albedo, emitted = evaluate_materials(tracer, hits, footprint)
        number = tracer.material_of_face[hits.face]
        straight, away = tracer.reflectance[number], 1 - facing
        squared = away * away
        # Schlick's approximation of Fresnel: mirrors grow towards grazing angles.
        mirror_share = tracer.gloss[number] * (straight + (1 - straight) * squared * squared * away)
        colour = self.light_sampler.radiance(light, albedo, emitted, mirror_share[:, None])
        if (haze := self.light_sampler.scene.haze) is not None:
            colour = haze.attenuate(colour, hits.ray_parameter * np.sqrt(dot_rows(rays, rays)))
        return albedo, colour

    def edge_mask(self) -> NDArray[np.bool_]:
        """Return (H, W) whether a pixel's neighbour shows another mesh, another slope or a different colour."""
        mesh, inside = self.hits.mesh.reshape(self.inside.shape), self.inside
        normal = np.ascontiguousarray(self.hits.normals.T).reshape(3, *inside.shape)
        # About what the eye sees: the square root stands for the display's gamma.
        tone = np.sqrt(self.albedo)
        out = np.zeros(inside.shape, bool)
        for a, b in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1, :], np.s_[1:, :])):
            differs = mesh[a] != mesh[b]
            for plane in tone:
                differs |= np.abs(plane[a] - plane[b]) > 0.045
            alike = normal[0][a] * normal[0][b] + normal[1][a] * normal[1][b] + normal[2][a] * normal[2][b]
            differs |= (alike < 0.85) & inside[a] & inside[b]
            out[a] |= differs
            out[b] |= differs
        return out

    def supersample(self, rows: NDArray[np.intp], samples: int) -> tuple[FloatArray, FloatArray]:
        """Return colour (m, 3) and coverage (m,) of the pixels `rows`, the mean of `samples` rays through each."""
        width, m = self.inside.shape[1], len(rows)
        # Points of the R2 sequence: no two share a row or a column of the pixel.
        k = np.arange(1, samples + 1)[:, None]
        dx, dy = (0.5 + k * 0.7548776662466927) % 1, (0.5 + k * 0.5698402909980532) % 1
        hits, rays = self._shoot((rows % width + dx).ravel(), (rows // width + dy).ravel())
        found = np.flatnonzero(hits.face >= 0)
        hits, rays = hits[found], take_rows(rays, found)
        _, colour = self._shade(hits, rays, self._borrow_light(hits, rays, rows[found % m]))
        # Bright samples count less, or an edge against a window would not look smooth (Karis 2013).
        share = 1 / (1 + (colour[:, 0] + colour[:, 1] + colour[:, 2]) / 3)
        sums = np.zeros((5, samples * m), np.float32)
        sums[:3, found], sums[3, found], sums[4, found] = (colour * share[:, None]).T, share, 1
        red, green, blue, weight, covered = sums.reshape(5, samples, m).sum(axis=1)
        return np.stack([red, green, blue], axis=1) / np.maximum(weight, 1e-9)[:, None], covered / samples

    def _borrow_light(self, hits: RayHits, rays: FloatArray, rows: NDArray[np.intp]) -> IncidentLight:
        """Return the light at `hits` in the pixels `rows`: that of the pixel or the neighbour on their own surface."""
        lender = self.row_of[rows]
        cost = self._borrowing_cost(hits, lender)
        if len(ill := np.flatnonzero(cost > NEAR_COST)):
            lender[ill], cost[ill] = self._best_neighbour(hits[ill], rows[ill], lender[ill], cost[ill])
        light = self.light[lender]
        if len(lost := np.flatnonzero(cost > 3)):
            # No neighbour will do: such a sample gathers light of its own, in directions that vary along a row.
            own = self.light_sampler.gather(hits[lost], take_rows(rays, lost), (rows[lost] * 7) % 16)
            light.diffuse[lost], light.reflected[lost] = own.diffuse, own.reflected
        return light

    def _best_neighbour(
        self, hits: RayHits, rows: NDArray[np.intp], lender: NDArray[np.intp], cost: FloatArray
    ) -> tuple[NDArray[np.intp], FloatArray]:
        """Return which of the pixels around `rows` holds each hit best, unless `lender` does, and at which cost."""
        height, width = self.inside.shape
        y, x = rows // width, rows % width
        for dy, dx in ((0, -1), (0, 1), (-1, 0), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)):
            near = self.row_of[np.clip(y + dy, 0, height - 1) * width + np.clip(x + dx, 0, width - 1)]
            its_cost = self._borrowing_cost(hits, near)
            better = its_cost < cost
            lender, cost = np.where(better, near, lender), np.where(better, its_cost, cost)
        return lender, cost

    def _borrowing_cost(self, hits: RayHits, lender: NDArray[np.intp]) -> FloatArray:
        """Return (n,) how ill the light of `lender` (rows of `met`, -1 for none) suits each hit."""
        tolerance = np.maximum(hits.ray_parameter * np.float32(self.camera.pixel_slope), np.float32(1e-3))
        apart = take_rows(self.met.points, lender) - hits.points
        unlike = 1 - dot_rows(hits.normals, take_rows(self.met.normals, lender))
        cost = np.abs(dot_rows(hits.normals, apart)) / tolerance + 4 * unlike
        return np.where(lender >= 0, cost, np.float32(np.inf))


def _planes(values: FloatArray, places: NDArray[np.intp], shape: tuple[int, ...]) -> FloatArray:
    """Return `values` (n, C) as an image (C, H, W) that has them at `places` of its H x W pixels, 0 elsewhere."""
    if len(places) == shape[0] * shape[1]:
        return np.ascontiguousarray(values.T).reshape(-1, *shape)
    out = np.zeros((values.shape[1], shape[0] * shape[1]), np.float32)
    out[:, places] = values.T
    return out.reshape(-1, *shape)


def _at(planes: FloatArray, places: NDArray[np.intp]) -> FloatArray:
    """Return what `planes` (C, H, W) hold at `places` (n,), as (n, C)."""
    return take_rows(planes.reshape(len(planes), -1).T, places)
