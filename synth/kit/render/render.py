"""A scene and a camera become a picture: colour, coverage and depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from bgfg.synth.kit.render.denoise import joint_blur
from bgfg.synth.kit.render.lighting import LANES, Gathered, Lighting, surface
from bgfg.synth.kit.render.scene import Camera, Floats, Scene
from bgfg.synth.kit.render.tracer import Hits, Tracer, dot, unit
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Rendering:
    """A picture, H x W.

    `colour` (H, W, 3) float32 linear RGB radiance, the mean of what covers the pixel (not multiplied by alpha; black
    where nothing does); `alpha` (H, W) float32 coverage 0..1; `depth_m` (H, W) float32 z-depth of what the ray through
    the pixel's centre meets, 0 where it meets nothing.
    """

    colour: Floats
    alpha: Floats
    depth_m: Floats


def render(scene: Scene, camera: Camera, samples: int = 4, ambient_rays: int = 4, light_rays: int = 3) -> Rendering:
    """Draw `scene` as `camera` sees it. The same scene gives the same bytes.

    One ray goes through each pixel's centre and gathers light (16 x `ambient_rays` directions after the blur);
    pixels on an edge of shape or colour get `samples` further rays, which borrow the light of the nearest pixel on
    their own surface.
    """
    frame = _Frame(scene, camera, Lighting(scene, Tracer(scene), ambient_rays, light_rays))
    colour = frame.colour.reshape(camera.height_px, camera.width_px, 3)
    alpha = frame.inside.astype(np.float32)
    edges = frame.edges()
    if samples > 0 and edges.any():
        rows = np.flatnonzero(edges)
        colour.reshape(-1, 3)[rows], alpha.reshape(-1)[rows] = frame.supersampled(rows, samples)
    depth = np.where(frame.hits.face >= 0, frame.hits.reach, 0).astype(np.float32)
    return Rendering(colour, alpha, depth.reshape(alpha.shape))


def exposure_of(colour: Floats, middle: float = 0.42) -> float:
    """Return the factor that brings the geometric mean luminance of `colour` (..., 3) to `middle`."""
    luminance = colour.reshape(-1, 3) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    return float(middle / np.exp(np.log(np.clip(luminance, 1e-2, 4.0)).mean()))


def tone_mapped(colour: Floats, exposure: float = 1.0) -> NDArray[np.uint8]:
    """Return sRGB uint8 of linear `colour` (..., 3) x `exposure`: straight in the darks, a soft shoulder above 0.6."""
    light = np.maximum(colour * np.float32(exposure), 0)
    knee = np.float32(0.6)
    above = np.maximum(light - knee, 0)
    light = np.minimum(light, knee) + (1 - knee) * (1 - np.exp(-above / (1 - knee)))
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.power(np.maximum(light, 1e-6), 1 / 2.4) - 0.055)
    return np.asarray(np.clip(encoded, 0, 1) * 255 + 0.5).astype(np.uint8)


class _Frame:
    """The rays through the pixels' centres, with their light; everything here is flat, row after row."""

    def __init__(self, scene: Scene, camera: Camera, lighting: Lighting) -> None:
        self.camera, self.lighting, self.tracer = camera, lighting, lighting.tracer
        height, width = camera.height_px, camera.width_px
        y, x = np.mgrid[0:height, 0:width]
        self.rays = camera.rays(x.ravel() + 0.5, y.ravel() + 0.5)
        self.eye = np.asarray(camera.eye, np.float32)
        self.hits = self.tracer.hits(np.broadcast_to(self.eye, self.rays.shape).copy(), self.rays)
        self.inside = (self.hits.face >= 0).reshape(height, width)
        rows = np.flatnonzero(self.hits.face >= 0)
        self.row_of = np.full(height * width, -1, np.intp)
        self.row_of[rows] = np.arange(len(rows))
        self.met = self.hits[rows]
        lanes = LANES[(rows // width) % 4, (rows % width) % 4]
        self.light = self._blurred(lighting.gather(self.met, self.rays[rows], lanes), rows)
        self.albedo = np.zeros((height * width, 3), np.float32)
        self.colour = np.zeros((height * width, 3), np.float32)
        self.albedo[rows], self.colour[rows] = self._shade(self.met, self.rays[rows], self.light)

    def _blurred(self, light: Gathered, rows: NDArray[np.intp]) -> Gathered:
        height, width = self.inside.shape

        def planes(values: Floats) -> Floats:
            grid = np.zeros((values.shape[1], height * width), np.float32)
            grid[:, rows] = values.T
            return grid.reshape(-1, height, width)

        points, normals = planes(self.met.points), planes(self.met.normals)
        tolerance = np.maximum(planes(self.met.reach[:, None])[0] * self.camera.pixel_slope * 1.5, 2e-3)
        values = planes(light.noisy())
        values = joint_blur(values, points, normals, self.inside, tolerance)
        return light.smoothed(np.ascontiguousarray(values.reshape(len(values), -1)[:, rows].T))

    def _shade(self, hits: Hits, rays: Floats, light: Gathered) -> tuple[Floats, Floats]:
        incoming = unit(rays)
        facing = np.clip(-dot(incoming, hits.normals), 0, 1)
        footprint = hits.reach * np.float32(self.camera.pixel_slope) / np.maximum(facing, 0.15)
        albedo, emitted = surface(self.tracer, hits, footprint)
        materials = self.tracer.materials
        number = self.tracer.material[hits.face]
        gloss = np.array([m.gloss for m in materials], np.float32)[number]
        straight = np.array([m.reflectance for m in materials], np.float32)[number]
        shine = gloss * (straight + (1 - straight) * (1 - facing) ** 5)
        colour = self.lighting.radiance(light, albedo, emitted, shine[:, None])
        if (haze := self.lighting.scene.haze) is not None:
            colour = haze.veiled(colour, hits.reach * np.sqrt(dot(rays, rays)))
        return albedo, colour

    def edges(self) -> NDArray[np.bool_]:
        """Return (H, W) whether a pixel's neighbour shows another part, another slope or a different colour."""
        height, width = self.inside.shape
        part = self.hits.part.reshape(height, width)
        normal = np.where(self.inside[..., None], self.hits.normals.reshape(height, width, 3), 0)
        tone = np.sqrt(self.albedo.reshape(height, width, 3))
        out = np.zeros((height, width), bool)
        for a, b in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1, :], np.s_[1:, :])):
            differs = part[a] != part[b]
            differs |= np.abs(tone[a] - tone[b]).max(axis=-1) > 0.045
            differs |= ((normal[a] * normal[b]).sum(axis=-1) < 0.85) & self.inside[a] & self.inside[b]
            out[a] |= differs
            out[b] |= differs
        return out

    def supersampled(self, rows: NDArray[np.intp], samples: int) -> tuple[Floats, Floats]:
        """Return colour (m, 3) and coverage (m,) of the pixels `rows`, the mean of `samples` rays through each."""
        width = self.inside.shape[1]
        total = np.zeros((len(rows), 3), np.float32)
        weight = np.zeros(len(rows), np.float32)
        covered = np.zeros(len(rows), np.float32)
        for k in range(samples):
            # Points of the R2 sequence: no two share a row or a column of the pixel.
            dx, dy = (0.5 + (k + 1) * 0.7548776662466927) % 1, (0.5 + (k + 1) * 0.5698402909980532) % 1
            rays = self.camera.rays(rows % width + dx, rows // width + dy)
            hits = self.tracer.hits(np.broadcast_to(self.eye, rays.shape).copy(), rays)
            found = np.flatnonzero(hits.face >= 0)
            hits, rays = hits[found], rays[found]
            _, colour = self._shade(hits, rays, self._borrowed(hits, rays, rows[found]))
            # Bright samples count less, or an edge against a window would not look smooth (Karis 2013).
            share = 1 / (1 + colour.mean(axis=1))
            total[found] += colour * share[:, None]
            weight[found] += share
            covered[found] += 1
        return total / np.maximum(weight, 1e-9)[:, None], covered / samples

    def _borrowed(self, hits: Hits, rays: Floats, rows: NDArray[np.intp]) -> Gathered:
        """Return the light at `hits` near the pixels `rows`: that of the neighbour whose plane holds the hit best."""
        height, width = self.inside.shape
        y, x = rows // width, rows % width
        tolerance = np.maximum(hits.reach * np.float32(self.camera.pixel_slope), 1e-3)
        best = np.full(len(rows), np.inf, np.float32)
        lender = np.zeros(len(rows), np.intp)
        for dy, dx in ((0, 0), (0, -1), (0, 1), (-1, 0), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)):
            near = np.clip(y + dy, 0, height - 1) * width + np.clip(x + dx, 0, width - 1)
            row = self.row_of[near]
            apart = self.met.points[row] - hits.points
            cost = np.abs(dot(hits.normals, apart)) / tolerance + 4 * (1 - dot(hits.normals, self.met.normals[row]))
            cost = np.where(row >= 0, cost, np.inf)
            better = cost < best
            best[better], lender[better] = cost[better], row[better]
        light = self.light[lender]
        lost = np.flatnonzero(best > 3)
        if len(lost):
            own = self.lighting.gather(hits[lost], rays[lost], (rows[lost] * 7) % 16)
            for field, found in zip(vars(light).values(), vars(own).values(), strict=True):
                field[lost] = found
        return light
