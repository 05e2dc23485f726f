"""Images as textures: the right way up, with their mean kept from afar."""

import numpy as np

from bgfg.synth.kit.render.image_textures import ImageTexture, PanoramaTexture, mip_pyramid, sample_mipmap


def test_a_picture_lies_the_right_way_up() -> None:
    image = np.zeros((8, 8, 3), np.float32)
    image[:4, :, 0] = 1  # red above
    image[:, 4:, 1] = 1  # green on the right
    face = ImageTexture(image, (0, 0, 0), (2, 0, 0), (0, 0, 1))
    corners = np.array([[0.1, 0, 0.9], [1.9, 0, 0.9], [0.1, 0, 0.1], [1.9, 0, 0.1]], np.float32)
    seen = face(corners, corners, np.full(4, 1e-3, np.float32))
    np.testing.assert_allclose(seen[:, :2], [[1, 0], [1, 1], [0, 0], [0, 1]])


def test_a_pyramid_keeps_the_mean() -> None:
    image = np.random.default_rng(0).uniform(0, 1, (64, 128, 3)).astype(np.float32)
    for level in mip_pyramid(image):
        np.testing.assert_allclose(level.mean(axis=(0, 1)), image.mean(axis=(0, 1)), atol=1e-3)
    half = np.full(5, 0.5, np.float32)
    wide = sample_mipmap(mip_pyramid(image), half, half, np.full(5, 1e6, np.float32))
    np.testing.assert_allclose(wide, image.mean(), atol=0.1)


def test_a_panorama_depends_on_the_direction_alone() -> None:
    image = np.random.default_rng(0).uniform(0, 1, (64, 256, 3)).astype(np.float32)
    view = PanoramaTexture(image, (1, 2, 1.5))
    off = np.array([[0.3, 1, 0.1], [-1, 2, -0.4]], np.float32)
    eye = np.array([1, 2, 1.5], np.float32)
    fine = np.full(2, 1e-3, np.float32)
    np.testing.assert_allclose(view(eye + off, off, fine), view(eye + 3 * off, off, fine), atol=1e-4)
