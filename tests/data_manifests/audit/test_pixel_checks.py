"""A ghost of an old background is told from leaves, hair and smooth edges, which are as soft."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.audit.pixel_checks import check_alpha

H, W = 149, 113


def figure() -> NDArray[np.float64]:
    """Return the alpha of a figure, 0..1, soft at its edge."""
    alpha = cv2.ellipse(np.zeros((H, W), np.uint8), (56, 80), (24, 60), 0, 0, 360, 255, -1)
    return cv2.GaussianBlur(alpha, (0, 0), 1.5).astype(np.float64) / 255


def leaves(size_px: float, seed: int = 3) -> NDArray[np.float64]:
    """Return the alpha of a crown of leaves of a size, as a matting network or a shrunk photograph has it."""
    scale = 8
    draw = np.random.default_rng(seed)
    fine = np.zeros((H * scale // 2, W * scale // 2), np.uint8)
    for _ in range(int(3.0 * fine.size / (size_px * scale / 2) ** 2)):
        centre = int(draw.integers(fine.shape[1])), int(draw.integers(fine.shape[0]))
        axes = max(1, int(size_px * scale / 4)), max(1, int(size_px * scale / 12))
        cv2.ellipse(fine, centre, axes, float(draw.uniform(0, 180)), 0, 360, 255, -1)
    return cv2.resize(fine, (W, H), interpolation=cv2.INTER_AREA).astype(np.float64) / 255


def ghost(kind: str) -> NDArray[np.float64]:
    draw = np.random.default_rng(5)
    if kind == "even":
        return np.full((H, W), 0.35)
    if kind == "noisy":
        return 0.4 + draw.normal(0, 0.012, (H, W))
    if kind == "of a scene":  # what a matting network leaves of walls and furniture
        coarse = draw.uniform(0.1, 0.6, (6, 5))
        return np.asarray(cv2.resize(coarse, (W, H), interpolation=cv2.INTER_LINEAR), np.float64)
    return np.linspace(0.1, 0.7, H)[:, None] * np.ones((1, W))


def checks(alpha: NDArray[np.float64]) -> list[str]:
    alpha_u8 = np.round(255 * np.clip(alpha, 0, 1)).astype(np.uint8)
    alpha_u8[0, 0] = 0
    rgba = np.dstack([np.full((*alpha_u8.shape, 3), 90, np.uint8), alpha_u8])
    return [finding.check for finding in check_alpha("fg001.png", rgba)]


@pytest.mark.parametrize("kind", ["even", "noisy", "of a scene", "a ramp"])
def test_a_ghost_is_told(kind: str) -> None:
    assert checks(np.maximum(figure(), ghost(kind))) == ["ghost"]


@pytest.mark.parametrize("size_px", [1.0, 1.5, 2.5, 4.0])
def test_soft_leaves_are_no_ghost(size_px: float) -> None:
    crown = leaves(size_px)
    soft = ((crown > 0.04) & (crown < 0.97)).sum() / (crown > 0.04).sum()
    assert soft > 0.5  # so that softness alone would be a ghost
    assert checks(crown) == []


def test_leaves_out_of_focus_in_a_large_picture_are_no_ghost() -> None:
    crown = np.asarray(cv2.GaussianBlur(cv2.resize(leaves(4.0), (8 * W, 8 * H)), (0, 0), 6), np.float64)
    assert checks(crown) == []
    assert checks(np.full((8 * H, 8 * W), 0.4)) == ["ghost"]


@pytest.mark.parametrize("alpha", [figure(), np.maximum(figure(), 0.02)])
def test_a_person_is_no_ghost(alpha: NDArray[np.float64]) -> None:
    assert checks(alpha) == []
