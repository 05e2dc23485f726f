"""Rooms: seen whole, at true depths, furnished within their walls, each one different."""

from dataclasses import dataclass

import imagehash
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bgfg.synth.kit.build import draw_background
from bgfg.synth.kit.render.scene import Camera
from bgfg.synth.kit.render.tracer import Tracer
from bgfg.synth.kit.scenes.offices import OFFICE_KINDS, office_kind, office_scene

# A picture and its depth in millimetres.
Room = tuple[NDArray[np.uint8], NDArray[np.uint16]]

EVERY_KIND = range(len(OFFICE_KINDS))


@dataclass(frozen=True)
class TracedRoom:
    """The camera of a room, and its tracer, which takes longer to set up than to ask."""

    camera: Camera
    tracer: Tracer


@pytest.fixture(scope="module")
def rooms() -> list[Room]:
    """Pictures and their depth, two of each kind."""
    return [draw_background(0, index, 48) for index in range(2 * len(OFFICE_KINDS))]


@pytest.fixture(scope="module")
def traced() -> list[TracedRoom]:
    """A room of each kind."""
    scenes = [office_scene(5, index, 16) for index in EVERY_KIND]
    return [TracedRoom(camera, Tracer(scene)) for scene, camera in scenes]


def test_every_depth_is_known_and_near(rooms: list[Room]) -> None:
    for _, depth_mm in rooms:
        assert depth_mm.min() >= 300
        assert depth_mm.max() <= 9900


@pytest.mark.parametrize("index", EVERY_KIND)
def test_the_camera_stands_free(traced: list[TracedRoom], index: int) -> None:
    room = traced[index]
    around = np.random.default_rng(0).normal(size=(400, 3)).astype(np.float32)
    around /= np.linalg.norm(around, axis=1, keepdims=True)
    eyes = np.tile(np.asarray(room.camera.eye, np.float32), (400, 1))
    hits = room.tracer.intersect(eyes, around)
    assert (hits.face >= 0).all()  # closed all around
    assert hits.ray_parameter.min() > 0.3


@pytest.mark.parametrize("index", EVERY_KIND)
def test_there_is_floor_to_stand_on_before_the_camera(traced: list[TracedRoom], index: int) -> None:
    room = traced[index]
    _, _, forward = room.camera.axes()
    ahead = np.linspace(2.2, 3.2, 5)[:, None] * forward[None, :2] / np.hypot(*forward[:2])
    tops = np.column_stack([np.asarray(room.camera.eye[:2]) + ahead, np.full(5, 1.9)]).astype(np.float32)
    down = np.tile(np.array([[0, 0, -1]], np.float32), (5, 1))
    hits = room.tracer.intersect(tops, down)
    assert (tops[:, 2] - hits.ray_parameter < 0.05).mean() >= 0.6


def test_every_kind_has_its_turn() -> None:
    assert {office_kind(index) for index in EVERY_KIND} == set(OFFICE_KINDS)
    assert {"open plan", "meeting room", "corridor", "lobby", "cafeteria"} <= set(OFFICE_KINDS)


def test_a_room_depends_on_seed_and_number_alone() -> None:
    one, depth_one = draw_background(3, 4, 40)
    other, _ = draw_background(4, 4, 40)
    two, depth_two = draw_background(3, 4, 40)
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(depth_one, depth_two)
    assert (other != one).any()


def test_depth_is_the_same_room_at_any_size() -> None:
    """The depth at the centre of a 3 x 3 block of pixels is that of the pixel that covers the block."""
    small, large = draw_background(0, 3, 32)[1], draw_background(0, 3, 96)[1]
    assert (np.abs(large[1::3, 1::3].astype(int) - small) <= 2).mean() > 0.99


def test_rooms_are_neither_dark_nor_blown_out(rooms: list[Room]) -> None:
    for room, _ in rooms:
        assert 60 < room.mean() < 225
        assert room.std() > 18


def test_no_two_rooms_look_alike(rooms: list[Room]) -> None:
    hashes = [imagehash.phash(Image.fromarray(room)) for room, _ in rooms]
    close = [(i, j) for i in range(len(rooms)) for j in range(i) if hashes[i] - hashes[j] <= 6]
    assert close == []
