"""Wallpaper and rugs: two tones in their places, the mean of both from afar, the same every time."""

import numpy as np
import pytest

from bgfg.synth.kit.pieces.pattern_textures import MOTIFS, Rug, Wallpaper, ink_coverage

WHITE, RED = (0.8, 0.8, 0.8), (0.5, 0.05, 0.05)


def places(count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    points = np.random.default_rng(0).uniform(-1, 1, (count, 3)).astype(np.float32)
    points[:, 1] = 0
    return points, np.tile(np.array([[0, -1, 0]], np.float32), (count, 1))


@pytest.mark.parametrize("motif", MOTIFS)
def test_a_motif_has_ink_and_ground(motif: str) -> None:
    u, v = np.random.default_rng(1).uniform(-5, 5, (2, 3000)).astype(np.float32)
    share = ink_coverage(motif, u, v, 3)
    assert 0 <= share.min() < 0.05
    assert 0.95 < share.max() <= 1
    assert 0.1 < share.mean() < 0.9


@pytest.mark.parametrize("motif", [m for m in MOTIFS if m != "leaves"])
def test_a_printed_motif_comes_again(motif: str) -> None:
    u, v = np.random.default_rng(1).uniform(-1, 1, (2, 500)).astype(np.float64)
    again = ink_coverage(motif, u + 2, v + 6, 3)
    assert (np.abs(again - ink_coverage(motif, u, v, 3)) < 1e-3).mean() > 0.98


def test_wallpaper_fades_to_its_mean_from_afar() -> None:
    paper = Wallpaper(WHITE, RED, "diamonds", 0.2)
    points, normals = places()
    near = paper(points, normals, np.full(len(points), 0.001, np.float32))
    far = paper(points, normals, np.full(len(points), 1.0, np.float32))
    assert near[:, 1].std() > 0.2
    assert far[:, 1].std() < 0.02
    assert near.shape == (4000, 3)


def test_a_rug_has_a_border_of_its_ink_all_around() -> None:
    rug = Rug(WHITE, RED, (2.0, 1.4), "bands", 0.3)
    x = np.array([0.0, 0.88, -0.88, 0.0], np.float32)
    y = np.array([0.58, 0.0, 0.2, -0.58], np.float32)
    points = np.column_stack([x, y, np.zeros(4)]).astype(np.float32)
    up = np.tile(np.array([[0, 0, 1]], np.float32), (4, 1))
    colours = rug(points, up, np.full(4, 0.001, np.float32))
    assert (colours[:, 0] > 3 * colours[:, 1]).all()
