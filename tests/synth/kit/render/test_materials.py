"""Textures: in range, even from afar, the same each time, and able to travel between processes."""

import pickle

import numpy as np
import pytest
from bgfg.synth.kit.pieces.pictures import accent, hue, poster, screen, sign, slide, whiteboard
from bgfg.synth.kit.render.images import Outlook, Picture, look_up, pyramid
from bgfg.synth.kit.render.materials import Brick, Carpet, Fabric, Plaster, Stone, Stripes, Tiles, Wood, joints, noise
from bgfg.synth.kit.render.scene import Texture
from bgfg.synth.kit.scenes.outside import next_room, panorama

TEXTURES: dict[str, Texture] = {
    "plaster": Plaster((0.7, 0.6, 0.5), 1),
    "wood": Wood((0.5, 0.3, 0.2), 2),
    "planks": Wood((0.5, 0.3, 0.2), 2, (0.14, 1.2), True),
    "carpet": Carpet((0.2, 0.3, 0.4), 3),
    "carpet tiles": Carpet((0.2, 0.3, 0.4), 3, 0.5, (0.6, 0.1, 0.1)),
    "brick": Brick((0.4, 0.2, 0.1), seed=4),
    "tiles": Tiles((0.6, 0.6, 0.6), (0.3, 0.3, 0.3), seed=5),
    "stone": Stone((0.5, 0.5, 0.5), 6, veins=0.5, chips=0.2),
    "stripes": Stripes((0.5, 0.3, 0.2), 0.1, 0.02, 7),
    "fabric": Fabric((0.1, 0.2, 0.5), 8),
}


def places(count: int = 2001) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    normals = np.array([[0, 0, 1], [0, -1, 0], [1, 0, 0]], np.float32)[rng.integers(0, 3, count)]
    return rng.uniform(-9, 9, (count, 3)).astype(np.float32), normals


@pytest.mark.parametrize("name", TEXTURES)
def test_a_texture_is_a_colour_everywhere(name: str) -> None:
    points, normals = places()
    seen = TEXTURES[name](points, normals, np.full(len(points), 0.004, np.float32))
    assert seen.shape == (len(points), 3)
    assert seen.min() >= 0
    assert seen.max() <= 1


@pytest.mark.parametrize("name", TEXTURES)
def test_a_texture_loses_its_detail_from_afar_but_not_its_tone(name: str) -> None:
    points, normals = places()
    close = TEXTURES[name](points, normals, np.full(len(points), 0.0005, np.float32))
    afar = TEXTURES[name](points, normals, np.full(len(points), 0.5, np.float32))
    assert afar.std(axis=0).max() < close.std(axis=0).max()
    np.testing.assert_allclose(afar.mean(axis=0), close.mean(axis=0), rtol=0.12)


@pytest.mark.parametrize("name", TEXTURES)
def test_a_texture_survives_pickling(name: str) -> None:
    points, normals = places(100)
    footprint = np.full(100, 0.003, np.float32)
    copy = pickle.loads(pickle.dumps(TEXTURES[name]))
    np.testing.assert_array_equal(copy(points, normals, footprint), TEXTURES[name](points, normals, footprint))


def test_noise_is_smooth_and_keyed_by_its_seed() -> None:
    u = np.linspace(-3, 300, 5000, dtype=np.float32)
    wave = noise(1, u, u * 0)
    assert np.abs(wave).max() <= 1
    assert np.abs(np.diff(wave)).max() < 0.25
    assert not np.allclose(wave, noise(2, u, u * 0))


def test_joints_cover_their_share_whatever_the_footprint() -> None:
    place = np.linspace(0, 10, 20001, dtype=np.float32)
    for footprint in (0.001, 0.01, 0.05):
        covered = joints(place, 0.5, 0.02, np.full(place.shape, footprint, np.float32))
        assert covered.mean() == pytest.approx(0.04, rel=0.1)


def test_a_picture_lies_the_right_way_up() -> None:
    image = np.zeros((8, 8, 3), np.float32)
    image[:4, :, 0] = 1  # red above
    image[:, 4:, 1] = 1  # green on the right
    face = Picture(image, (0, 0, 0), (2, 0, 0), (0, 0, 1))
    corners = np.array([[0.1, 0, 0.9], [1.9, 0, 0.9], [0.1, 0, 0.1], [1.9, 0, 0.1]], np.float32)
    seen = face(corners, corners, np.full(4, 1e-3, np.float32))
    np.testing.assert_allclose(seen[:, :2], [[1, 0], [1, 1], [0, 0], [0, 1]])


def test_a_pyramid_keeps_the_mean() -> None:
    image = np.random.default_rng(0).uniform(0, 1, (64, 128, 3)).astype(np.float32)
    for level in pyramid(image):
        np.testing.assert_allclose(level.mean(axis=(0, 1)), image.mean(axis=(0, 1)), atol=1e-3)
    half = np.full(5, 0.5, np.float32)
    wide = look_up(pyramid(image), half, half, np.full(5, 1e6, np.float32))
    np.testing.assert_allclose(wide, image.mean(), atol=0.1)


def test_an_outlook_depends_on_the_direction_alone() -> None:
    image = np.random.default_rng(0).uniform(0, 1, (64, 256, 3)).astype(np.float32)
    view = Outlook(image, (1, 2, 1.5))
    off = np.array([[0.3, 1, 0.1], [-1, 2, -0.4]], np.float32)
    eye = np.array([1, 2, 1.5], np.float32)
    fine = np.full(2, 1e-3, np.float32)
    np.testing.assert_allclose(view(eye + off, off, fine), view(eye + 3 * off, off, fine), atol=1e-4)


def test_pictures_are_drawn_from_their_generator() -> None:
    for painter in (screen, slide, poster, whiteboard, panorama):
        one, two = painter(np.random.default_rng(5)), painter(np.random.default_rng(5))
        np.testing.assert_array_equal(one, two)
        assert one.dtype == np.float32
        assert np.ptp(one) > 0.2
    assert next_room(np.random.default_rng(0), (0.7, 0.7, 0.7)).shape == (256, 1024, 3)
    assert sign(np.random.default_rng(0), (0, 0, 0), (1, 1, 1)).max() == 1


def test_dusk_is_darker_than_day() -> None:
    assert panorama(np.random.default_rng(3), dusk=True).mean() < 0.6 * panorama(np.random.default_rng(3)).mean()


def test_colours_are_colours() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        assert all(0 <= c <= 0.8 for c in (*accent(rng), *hue(rng, 0.8, 0.7)))
