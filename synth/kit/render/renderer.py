"""Renderer: a scene and a camera give an image of colour, coverage and depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.render.denoise import cross_bilateral_blur
from bgfg.synth.kit.render.lighting import BAYER_4X4, IncidentLight, LightSampler, evaluate_materials
from bgfg.synth.kit.render.scene import Camera, Scene
from bgfg.synth.kit.render.tracer import RayHits, Tracer
from bgfg.synth.kit.render.vectors import FloatArray, dot_rows, normalise_rows


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


def render(scene: Scene, camera: Camera, samples: int = 4, ambient_rays: int = 4, light_rays: int = 3) -> Rendering:
    """Draw `scene` as `camera` sees it. The same scene gives the same bytes.

    One ray goes through each pixel's centre and gathers light. Pixels on an edge of shape or colour get further rays,
    which borrow the light of the nearest pixel on their own surface.

    Args:
        scene: What is drawn.
        camera: From where, and the size of the image.
        samples: How many further rays a pixel on an edge gets.
        ambient_rays: Each pixel looks for the light of the sky in so many directions, 16 times as many after the blur.
        light_rays: How many shadow rays each pixel sends to lamps and windows.
    """
    frame = _Frame(scene, camera, LightSampler(scene, Tracer(scene), ambient_rays, light_rays))
    colour = frame.colour.reshape(camera.height_px, camera.width_px, 3)
    alpha = frame.inside.astype(np.float32)
    edges = frame.edge_mask()
    if samples > 0 and edges.any():
        rows = np.flatnonzero(edges)
        colour.reshape(-1, 3)[rows], alpha.reshape(-1)[rows] = frame.supersample(rows, samples)
    depth = np.where(frame.hits.face >= 0, frame.hits.ray_parameter, 0).astype(np.float32)
    return Rendering(colour, alpha, depth.reshape(alpha.shape))


def auto_exposure(colour: FloatArray, middle: float = 0.42) -> float:
    """Return the factor that brings the geometric mean luminance of `colour` (..., 3) to `middle`."""
    luminance = colour.reshape(-1, 3) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    return float(middle / np.exp(np.log(np.clip(luminance, 1e-2, 4.0)).mean()))


def tone_map(colour: FloatArray, exposure: float = 1.0) -> NDArray[np.uint8]:
    """Return sRGB uint8 of linear `colour` (..., 3) x `exposure`: linear up to 0.6, with a soft shoulder above."""
    light = np.maximum(colour * np.float32(exposure), 0)
    knee = np.float32(0.6)
    above = np.maximum(light - knee, 0)
    light = np.minimum(light, knee) + (1 - knee) * (1 - np.exp(-above / (1 - knee)))
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.power(np.maximum(light, 1e-6), 1 / 2.4) - 0.055)
    return np.asarray(np.clip(encoded, 0, 1) * 255 + 0.5).astype(np.uint8)


class _Frame:
    """The rays through the pixels' centres, with their light; everything here is flat, row after row."""

    def __init__(self, scene: Scene, camera: Camera, light_sampler: LightSampler) -> None:
        self.camera, self.light_sampler, self.tracer = camera, light_sampler, light_sampler.tracer
        height, width = camera.height_px, camera.width_px
        y, x = np.mgrid[0:height, 0:width]
        self.rays = camera.rays(x.ravel() + 0.5, y.ravel() + 0.5)
        self.eye = np.asarray(camera.eye, np.float32)
        self.hits = self.tracer.intersect(np.broadcast_to(self.eye, self.rays.shape).copy(), self.rays)
        self.inside = (self.hits.face >= 0).reshape(height, width)
        rows = np.flatnonzero(self.hits.face >= 0)
        self.row_of = np.full(height * width, -1, np.intp)
        self.row_of[rows] = np.arange(len(rows))
        self.met = self.hits[rows]
        tile_index = BAYER_4X4[(rows // width) % 4, (rows % width) % 4]
        self.light = self._denoise(light_sampler.gather(self.met, self.rays[rows], tile_index), rows)
        self.albedo = np.zeros((height * width, 3), np.float32)
        self.colour = np.zeros((height * width, 3), np.float32)
        self.albedo[rows], self.colour[rows] = self._shade(self.met, self.rays[rows], self.light)

    def _denoise(self, light: IncidentLight, rows: NDArray[np.intp]) -> IncidentLight:
        height, width = self.inside.shape

        def planes(values: FloatArray) -> FloatArray:
            grid = np.zeros((values.shape[1], height * width), np.float32)
            grid[:, rows] = values.T
            return grid.reshape(-1, height, width)

        # The tolerance grows with the distance as the width of a pixel does.
        points, normals = planes(self.met.points), planes(self.met.normals)
        tolerance = np.maximum(planes(self.met.ray_parameter[:, None])[0] * self.camera.pixel_slope * 1.5, 2e-3)
        values = planes(light.noisy_channels())
        values = cross_bilateral_blur(values, points, normals, self.inside, tolerance)
        return light.with_noisy_channels(np.ascontiguousarray(values.reshape(len(values), -1)[:, rows].T))

    def _shade(self, hits: RayHits, rays: FloatArray, light: IncidentLight) -> tuple[FloatArray, FloatArray]:
        incoming = normalise_rows(rays)
        facing = np.clip(-dot_rows(incoming, hits.normals), 0, 1)
        footprint = hits.ray_parameter * np.float32(self.camera.pixel_slope) / np.maximum(facing, 0.15)
        albedo, emitted = evaluate_materials(self.tracer, hits, footprint)
        materials = self.tracer.materials
        number = self.tracer.material_of_face[hits.face]
        gloss = np.array([m.gloss for m in materials], np.float32)[number]
        straight = np.array([m.reflectance for m in materials], np.float32)[number]
        # Schlick's approximation of Fresnel: mirrors grow towards grazing angles.
        mirror_share = gloss * (straight + (1 - straight) * (1 - facing) ** 5)
        colour = self.light_sampler.radiance(light, albedo, emitted, mirror_share[:, None])
        if (haze := self.light_sampler.scene.haze) is not None:
            colour = haze.attenuate(colour, hits.ray_parameter * np.sqrt(dot_rows(rays, rays)))
        return albedo, colour

    def edge_mask(self) -> NDArray[np.bool_]:
        """Return (H, W) whether a pixel's neighbour shows another mesh, another slope or a different colour."""
        height, width = self.inside.shape
        mesh = self.hits.mesh.reshape(height, width)
        normal = np.where(self.inside[..., None], self.hits.normals.reshape(height, width, 3), 0)
        # About what the eye sees: the square root stands for the display's gamma.
        tone = np.sqrt(self.albedo.reshape(height, width, 3))
        out = np.zeros((height, width), bool)
        for a, b in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1, :], np.s_[1:, :])):
            differs = mesh[a] != mesh[b]
            differs |= np.abs(tone[a] - tone[b]).max(axis=-1) > 0.045
            differs |= ((normal[a] * normal[b]).sum(axis=-1) < 0.85) & self.inside[a] & self.inside[b]
            out[a] |= differs
            out[b] |= differs
        return out

    def supersample(self, rows: NDArray[np.intp], samples: int) -> tuple[FloatArray, FloatArray]:
        """Return colour (m, 3) and coverage (m,) of the pixels `rows`, the mean of `samples` rays through each."""
        width = self.inside.shape[1]
        total = np.zeros((len(rows), 3), np.float32)
        weight = np.zeros(len(rows), np.float32)
        covered = np.zeros(len(rows), np.float32)
        for k in range(samples):
            # Points of the R2 sequence: no two share a row or a column of the pixel.
            dx, dy = (0.5 + (k + 1) * 0.7548776662466927) % 1, (0.5 + (k + 1) * 0.5698402909980532) % 1
            rays = self.camera.rays(rows % width + dx, rows // width + dy)
            hits = self.tracer.intersect(np.broadcast_to(self.eye, rays.shape).copy(), rays)
            found = np.flatnonzero(hits.face >= 0)
            hits, rays = hits[found], rays[found]
            _, colour = self._shade(hits, rays, self._borrow_light(hits, rays, rows[found]))
            # Bright samples count less, or an edge against a window would not look smooth (Karis 2013).
            share = 1 / (1 + colour.mean(axis=1))
            total[found] += colour * share[:, None]
            weight[found] += share
            covered[found] += 1
        return total / np.maximum(weight, 1e-9)[:, None], covered / samples

    def _borrow_light(self, hits: RayHits, rays: FloatArray, rows: NDArray[np.intp]) -> IncidentLight:
        """Return the light at `hits` near the pixels `rows`: that of the neighbour whose plane holds the hit best."""
        height, width = self.inside.shape
        y, x = rows // width, rows % width
        tolerance = np.maximum(hits.ray_parameter * np.float32(self.camera.pixel_slope), 1e-3)
        best = np.full(len(rows), np.inf, np.float32)
        lender = np.zeros(len(rows), np.intp)
        for dy, dx in ((0, 0), (0, -1), (0, 1), (-1, 0), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)):
            near = np.clip(y + dy, 0, height - 1) * width + np.clip(x + dx, 0, width - 1)
            row = self.row_of[near]
            apart = self.met.points[row] - hits.points
            cost = np.abs(dot_rows(hits.normals, apart)) / tolerance + 4 * (
                1 - dot_rows(hits.normals, self.met.normals[row])
            )
            cost = np.where(row >= 0, cost, np.inf)
            better = cost < best
            best[better], lender[better] = cost[better], row[better]
        light = self.light[lender]
        lost = np.flatnonzero(best > 3)
        if len(lost):
            # No neighbour will do: such a sample gathers light of its own, in directions that vary along a row.
            tile_index = (rows[lost] * 7) % 16
            own = self.light_sampler.gather(hits[lost], rays[lost], tile_index)
            for field, found in zip(vars(light).values(), vars(own).values(), strict=True):
                field[lost] = found
        return light
