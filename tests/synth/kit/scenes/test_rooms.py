"""Rooms: seen whole, at true depths, furnished within their walls, each one different."""

import imagehash
import numpy as np
import pytest
from bgfg.synth.kit.build import draw_background
from bgfg.synth.kit.pieces.looks import draw_look
from bgfg.synth.kit.render.render import render
from bgfg.synth.kit.render.tracer import Tracer
from bgfg.synth.kit.scenes.rooms import KINDS, kind_of, room
from PIL import Image

EVERY_KIND = range(len(KINDS))


@pytest.mark.parametrize("index", range(3 * len(KINDS)))
def test_every_depth_is_known_and_near(index: int) -> None:
    seen = render(*room(11, index, 48), samples=0, ambient_rays=1, light_rays=1)
    assert (seen.alpha == 1).all()
    assert seen.depth_m.min() >= 0.3
    assert seen.depth_m.max() <= 9.9


@pytest.mark.parametrize("index", EVERY_KIND)
def test_the_camera_stands_free(index: int) -> None:
    scene, camera = room(5, index, 16)
    around = np.random.default_rng(0).normal(size=(400, 3)).astype(np.float32)
    around /= np.linalg.norm(around, axis=1, keepdims=True)
    eyes = np.tile(np.asarray(camera.eye, np.float32), (400, 1))
    hits = Tracer(scene).hits(eyes, around)
    assert (hits.face >= 0).all()  # closed all around
    assert hits.reach.min() > 0.3


@pytest.mark.parametrize("index", EVERY_KIND)
def test_there_is_floor_to_stand_on_before_the_camera(index: int) -> None:
    scene, camera = room(7, index, 16)
    _, _, forward = camera.axes()
    ahead = np.linspace(2.2, 3.2, 5)[:, None] * forward[None, :2] / np.hypot(*forward[:2])
    tops = np.column_stack([np.asarray(camera.eye[:2]) + ahead, np.full(5, 1.9)]).astype(np.float32)
    down = np.tile(np.array([[0, 0, -1]], np.float32), (5, 1))
    hits = Tracer(scene).hits(tops, down)
    assert (tops[:, 2] - hits.reach < 0.05).mean() >= 0.6


def test_every_kind_has_its_turn() -> None:
    assert {kind_of(index) for index in EVERY_KIND} == set(KINDS)
    assert {"open plan", "meeting room", "corridor", "lobby", "cafeteria"} <= set(KINDS)


def test_a_room_depends_on_seed_and_number_alone() -> None:
    one, depth_one = draw_background(3, 4, 40)
    draw_background(3, 5, 40)
    two, depth_two = draw_background(3, 4, 40)
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(depth_one, depth_two)
    assert (draw_background(4, 4, 40)[0] != one).any()


def test_depth_is_the_same_room_at_any_size() -> None:
    """The depth at the centre of a 3 x 3 block of pixels is that of the pixel that covers the block."""
    small, large = draw_background(0, 3, 32)[1], draw_background(0, 3, 96)[1]
    assert (np.abs(large[1::3, 1::3].astype(int) - small) <= 2).mean() > 0.99


def test_rooms_are_neither_dark_nor_blown_out() -> None:
    for index in EVERY_KIND:
        colour, _ = draw_background(0, index, 64)
        assert 60 < colour.mean() < 225
        assert colour.std() > 18


def test_no_two_rooms_look_alike() -> None:
    hashes = [imagehash.phash(Image.fromarray(draw_background(0, index, 64)[0])) for index in range(20)]
    close = [(i, j) for i in range(20) for j in range(i) if hashes[i] - hashes[j] <= 6]
    assert close == []


def test_looks_differ_by_seed() -> None:
    looks = [draw_look(np.random.default_rng(k)) for k in range(12)]
    assert len({look.accent_colour for look in looks}) > 8
    assert len({look.wood_colour for look in looks}) > 3
