"""Mesh primitives: closed, turned outwards and of the right volume."""

import numpy as np
import pytest

from bgfg.synth.kit.render.mesh_primitives import (
    box,
    boxes,
    centred_box,
    cushion,
    cylinder,
    lathe,
    leaf,
    leaves,
    merge_by_material,
    prism,
    quad,
    rounded_rectangle,
    sphere,
    tube,
    tubes,
)
from bgfg.synth.kit.render.scene import Material, Mesh

GREY = Material((0.5, 0.5, 0.5))


def volume(part: Mesh) -> float:
    """Sum the signed tetrahedra under the faces: right only if the part is closed and its faces look outwards."""
    a, b, c = np.moveaxis(part.world_vertices()[part.faces].astype(float), 1, 0)
    return float((a * np.cross(b, c)).sum() / 6)


def test_many_boxes_are_the_boxes_one_by_one() -> None:
    lows, highs = [(0, 0, 0), (2, 1, -1)], [(1, 2, 3), (3, 5, 0)]
    together, singly = boxes(lows, highs, GREY), [box(a, b, GREY) for a, b in zip(lows, highs, strict=True)]
    corners = np.concatenate([p.vertices[p.faces] for p in singly])
    np.testing.assert_allclose(together.vertices[together.faces], corners)


def test_solids_are_closed_and_look_outwards() -> None:
    assert volume(box((0, 0, 0), (1, 2, 3), GREY)) == pytest.approx(6, rel=1e-5)
    assert volume(centred_box((5, 5, 5), (1, 2, 3), GREY)) == pytest.approx(6, rel=1e-5)
    assert volume(cylinder((1, 1, 0), 0.5, 2, GREY, 64)) == pytest.approx(np.pi / 2, rel=0.01)
    assert volume(prism(rounded_rectangle(2, 1, 0.2), 0, 1, GREY)) == pytest.approx(2 - (4 - np.pi) * 0.04, rel=0.01)
    assert volume(sphere((3, 2, 1), 0.5, GREY)) == pytest.approx(np.pi / 6, rel=0.08)
    assert 0.6 < volume(cushion((0, 0, 0), (1, 1, 1), GREY)) < 1
    assert volume(lathe([(0, 0), (1, 0), (1, 1), (0, 1)], GREY, 64)) == pytest.approx(np.pi, rel=0.01)


def test_tubes_and_quads_look_outwards() -> None:
    pipe = tube((0, 0, 0), (0, 1, 1), 0.1, GREY)
    a, b, c = np.moveaxis(pipe.vertices[pipe.faces].astype(float), 1, 0)
    middle = (a + b + c) / 3
    axis = np.array([0, 1, 1]) / np.sqrt(2)
    outwards = middle - (middle @ axis)[:, None] * axis
    assert ((np.cross(b - a, c - a) * outwards).sum(axis=1) > 0).all()
    a, b, c = quad((0, 0, 0), (1, 0, 0), (0, 1, 0), GREY).vertices[:3].astype(float)
    assert np.cross(b - a, c - a)[2] > 0


def test_joining_keeps_every_triangle_in_its_place() -> None:
    other = Material((0.1, 0.2, 0.3))
    parts = [centred_box((k, 0, 0), (1, 1, 1), GREY if k % 2 else other) for k in range(5)]
    parts.append(centred_box((0, 0, 0), (1, 1, 1), GREY).moved((9, 9, 9)))
    together = merge_by_material(parts)
    assert len(together) == 3
    before = np.concatenate([p.world_vertices()[p.faces].reshape(-1, 9) for p in parts])
    after = np.concatenate([p.world_vertices()[p.faces].reshape(-1, 9) for p in together])
    np.testing.assert_array_equal(before[np.lexsort(before.T)], after[np.lexsort(after.T)])


def corners_of(*parts: Mesh) -> np.ndarray:
    return np.concatenate([part.vertices[part.faces] for part in parts])


def test_many_tubes_and_leaves_are_those_one_by_one() -> None:
    low, high = np.random.default_rng(0).normal(size=(2, 4, 3))
    high[0] = low[0] + [0, 0, 1]  # an upright one takes another side
    wide, droop = np.array([0.1, 0.2, 0.05, 0.3]), np.array([0, 0.1, 0.2, 0.05])
    bars = [tube(tuple(a), tuple(b), 0.1, GREY, 5) for a, b in zip(low, high, strict=True)]
    np.testing.assert_allclose(corners_of(tubes(low, high, 0.1, GREY, 5)), corners_of(*bars), atol=1e-6)
    blades = [leaf(tuple(a), tuple(b), w, d, GREY, 3) for a, b, w, d in zip(low, high, wide, droop, strict=True)]
    np.testing.assert_allclose(corners_of(leaves(low, high, wide, droop, GREY, 3)), corners_of(*blades), atol=1e-6)
