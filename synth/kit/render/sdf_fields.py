"""Signed distance fields on a lattice: sampled, joined and cut smoothly, and turned into meshes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.render.scene import LinearRGB, Material, Mesh, Texture
from bgfg.synth.kit.render.vectors import Float32Array

# The distance a field reports where it was never evaluated; larger than any blend.
OUTSIDE_DISTANCE_M = np.float32(1.0)


class Solid(Protocol):
    """A closed shape: an upper bound of its extent, and how far a point lies outside it."""

    def bounds(self) -> tuple[Float32Array, Float32Array]:
        """Return the lowest and highest corner, each (3,) metres."""

    def distance(self, x: Float32Array, y: Float32Array, z: Float32Array) -> Float32Array:
        """Return the distance in metres (negative inside) at broadcastable coordinates in metres."""


@dataclass(frozen=True)
class DistanceField:
    """Distances in metres, negative inside, at the points `(low + index) * voxel_m` of a lattice.

    Attributes:
        voxel_m: The pitch of the lattice. All fields of one pitch share one lattice.
        low: (3,) int64, the lattice point of the first value.
        values: (X, Y, Z) float32 m.
    """

    voxel_m: float
    low: NDArray[np.int64]
    values: Float32Array

    def axes(self) -> tuple[Float32Array, Float32Array, Float32Array]:
        """Return the x, y and z of the lattice points as arrays that broadcast to the shape of `values`."""
        x, y, z = (
            ((np.arange(n) + start) * self.voxel_m).astype(np.float32)
            for start, n in zip(self.low, self.values.shape, strict=True)
        )
        return x[:, None, None], y[None, :, None], z[None, None, :]


def sample_solid(solid: Solid, voxel_m: float, margin_m: float = 0.0) -> DistanceField:
    """Evaluate `solid` on the lattice points within its bounds widened by `margin_m` and two voxels."""
    lowest, highest = solid.bounds()
    low = np.floor((lowest - margin_m) / voxel_m).astype(np.int64) - 2
    high = np.ceil((highest + margin_m) / voxel_m).astype(np.int64) + 3
    empty = DistanceField(voxel_m, low, np.empty(tuple(high - low), np.float32))
    return DistanceField(
        voxel_m, low, np.broadcast_to(solid.distance(*empty.axes()), empty.values.shape).astype(np.float32)
    )


def smooth_minimum(a: Float32Array, b: Float32Array, blend_m: float | Float32Array) -> Float32Array:
    """Return the minimum of `a` and `b`, rounded where they differ by less than `blend_m`.

    The quadratic polynomial of I. Quilez, "smooth minimum" (iquilezles.org/articles/smin): exact where one of the
    two is nearer by `blend_m`, so that a field evaluated only near its solid can be joined without a seam.
    """
    overlap = np.maximum(blend_m - np.abs(a - b), 0)
    return np.asarray(np.minimum(a, b) - overlap * overlap / (4 * np.maximum(blend_m, 1e-6)), np.float32)


def smooth_union(
    first: DistanceField, second: DistanceField, blend_m: float | tuple[NDArray[np.float64], float, float, float] = 0.0
) -> DistanceField:
    """Return the union of two fields of one lattice, rounded into each other.

    Args:
        first: One field.
        second: The other.
        blend_m: The distance over which they are rounded. It may be (point, reach_m, near_m, far_m): `near_m` at the
            point, falling to `far_m` at `reach_m` from it; so an arm blends into the shoulder and yet doesn't stick to
            the hip.
    """
    low = np.minimum(first.low, second.low)
    high = np.maximum(first.low + first.values.shape, second.low + second.values.shape)
    values = np.full(tuple(high - low), OUTSIDE_DISTANCE_M, np.float32)
    values[_window(first, low)] = first.values
    window = _window(second, low)
    if isinstance(blend_m, tuple):
        point, reach_m, near_m, far_m = blend_m
        x, y, z = second.axes()
        away = np.sqrt((x - point[0]) ** 2 + (y - point[1]) ** 2 + (z - point[2]) ** 2) / np.float32(reach_m)
        blend: float | Float32Array = near_m + (far_m - near_m) * np.clip(away, 0, 1)
    else:
        blend = blend_m
    values[window] = smooth_minimum(values[window], second.values, blend)
    return DistanceField(first.voxel_m, low, values)


def union_of_solids(solids: Iterable[Solid], voxel_m: float, blend_m: float = 0.0) -> DistanceField:
    """Return the union of `solids`, all rounded into each other over `blend_m`, as a field."""
    fields = [sample_solid(solid, voxel_m, blend_m) for solid in solids]
    union = fields[0]
    for field in fields[1:]:
        union = smooth_union(union, field, blend_m)
    return union


def smooth_subtract(field: DistanceField, solid: Solid, round_m: float = 0.0) -> DistanceField:
    """Return `field` without `solid`, the new edge rounded over `round_m`."""
    taken = solid.distance(*field.axes())
    return DistanceField(field.voxel_m, field.low, -smooth_minimum(-field.values, taken, round_m))


def _window(field: DistanceField, low: NDArray[np.int64]) -> tuple[slice, ...]:
    """Return where `field` lies in an array of values whose first lattice point is `low`."""
    start = field.low - low
    return tuple(slice(int(s), int(s) + n) for s, n in zip(start, field.values.shape, strict=True))


CELL_CORNERS = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
CELL_EDGES = [(a, b) for a in range(8) for b in range(a + 1, 8) if np.abs(CELL_CORNERS[a] - CELL_CORNERS[b]).sum() == 1]


def surface_nets(field: DistanceField) -> tuple[Float32Array, NDArray[np.int64]]:
    """Return the zero surface of `field` as triangles.

    Naive surface nets (S. Gibson 1998, "Constrained elastic surface nets"): a vertex in every cell that the surface
    crosses, at the mean of the crossings of the cell's edges; a quad for every lattice edge that it crosses.

    Returns:
        Vertices (V, 3) float32 metres, and faces (F, 3) int64 that look outwards.
    """
    values, inside = field.values, field.values < 0
    # How many of the eight corners of each cell lie inside: the surface crosses a cell with some, but not all.
    shape = values.shape
    count = sum(
        (
            inside[i : shape[0] - 1 + i, j : shape[1] - 1 + j, k : shape[2] - 1 + k].view(np.int8)
            for i, j, k in CELL_CORNERS
        ),
        start=np.zeros([n - 1 for n in shape], np.int8),
    )
    crossed = (count > 0) & (count < 8)
    cells = np.stack(np.nonzero(crossed))
    first = np.ravel_multi_index(tuple(cells), shape)
    steps = CELL_CORNERS @ (shape[1] * shape[2], shape[2], 1)
    corner = [values.take(first + step) for step in steps]
    below = [distance < 0 for distance in corner]
    total, crossings = np.zeros((3, len(first))), np.zeros(len(first))
    for a, b in CELL_EDGES:
        differs = below[a] != below[b]
        share = corner[a] / np.where(differs, corner[a] - corner[b], np.float32(1))
        for axis in range(3):
            if CELL_CORNERS[a, axis] != CELL_CORNERS[b, axis]:
                total[axis] += differs * share
            elif CELL_CORNERS[a, axis]:
                total[axis] += differs
        crossings += differs
    vertices = (cells + total / crossings + field.low[:, None]) * field.voxel_m
    number = np.full(crossed.shape, -1, np.int64)
    number[crossed] = np.arange(len(first))
    faces = [_faces_across(inside, number, axis) for axis in range(3)]
    return vertices.T.astype(np.float32), np.concatenate(faces)


def field_mesh(field: DistanceField, albedo: LinearRGB | Texture, gloss: float = 0.0, roughness: float = 0.4) -> Mesh:
    """Return the surface of `field` as a smooth mesh of one material."""
    vertices, faces = surface_nets(field)
    return Mesh(vertices, faces.astype(np.int32), Material(albedo, gloss=gloss, roughness=roughness), smooth=True)


def _faces_across(inside: NDArray[np.bool_], number: NDArray[np.int64], axis: int) -> NDArray[np.int64]:
    """Return the triangles around the lattice edges along `axis` whose two ends lie on different sides."""
    along = np.moveaxis(inside, axis, 0)
    start, end = along[:-1, 1:-1, 1:-1], along[1:, 1:-1, 1:-1]
    differs = start != end
    places = np.unravel_index(np.flatnonzero(differs), differs.shape)
    one, across, up = (stride // number.itemsize for stride in np.moveaxis(number, axis, 0).strides)
    cell = places[0] * one + places[1] * across + places[2] * up
    ring = np.stack([number.take(cell + step) for step in (0, across, across + up, up)], axis=1)
    # Moving axis 1 to the front is an odd permutation of the axes, so its rings run the other way round.
    flipped = start[places] == (axis == 1)
    ring[flipped] = ring[flipped, ::-1]
    return np.concatenate([ring[:, [0, 1, 2]], ring[:, [0, 2, 3]]])
