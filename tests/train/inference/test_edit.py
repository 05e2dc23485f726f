"""Another background behind the same person, with soft edges."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.inference.edit import (
    BackgroundEdit,
    apply_edit,
    blur_background,
    defocus_background,
    paint_background,
    replace_background,
    tint_background,
)
from bgfg.train.inference.layers import LayerDepths, Layers
from bgfg.train.inference.predictor import Predictor
from tests.support.composites import composite, far_from_edges
from tests.support.stub_models import DifferenceModel

PICTURE, BACKGROUND, MASK = composite(122, 166, 1)
PERSON = far_from_edges(MASK, 6) & (MASK == 255)
EMPTY = far_from_edges(MASK, 9) & (MASK == 0)
BLUE = (10, 70, 120)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Layers:
    model = DifferenceModel(tmp_path_factory.mktemp("model") / "w", input_px=72)
    return Layers.separate(PICTURE, BACKGROUND, Predictor(model).predict(PICTURE, BACKGROUND))


@pytest.mark.parametrize(
    "edit",
    [
        paint_background(BLUE),
        tint_background(BLUE),
        blur_background(3),
        defocus_background(3),
        replace_background(PICTURE[::-1].copy()),
    ],
)
def test_the_person_stays_and_the_scene_changes(scene: Layers, edit: BackgroundEdit) -> None:
    found = apply_edit(scene, edit)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found[PERSON], PICTURE[PERSON])
    assert np.abs(found[EMPTY].astype(int) - PICTURE[EMPTY]).mean() > 3


def test_a_colour_is_mixed_in_by_its_strength(scene: Layers) -> None:
    assert (apply_edit(scene, paint_background(BLUE))[EMPTY] == BLUE).all()
    weak = apply_edit(scene, paint_background(BLUE, 0.3))[EMPTY]
    assert np.abs(weak - (0.7 * PICTURE[EMPTY] + 0.3 * np.array(BLUE))).max() <= 1
    assert np.abs(apply_edit(scene, paint_background(BLUE, 0))[EMPTY].astype(int) - PICTURE[EMPTY]).max() == 0


def test_a_tint_leaves_lightness_and_takes_the_hue(scene: Layers) -> None:
    def lab(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab), np.float32)

    before, after = lab(PICTURE)[EMPTY], lab(apply_edit(scene, tint_background((60, 90, 120), 1)))[EMPTY]
    assert np.abs(before[:, 0] - after[:, 0]).mean() < 2
    assert after[:, 1:].std(axis=0).max() < 6
    assert np.abs(apply_edit(scene, tint_background(BLUE, 0))[EMPTY].astype(int) - PICTURE[EMPTY]).max() <= 1


def test_the_person_does_not_bleed_into_the_blur(scene: Layers) -> None:
    found = apply_edit(scene, blur_background(4))
    wanted = cv2.GaussianBlur(BACKGROUND, (0, 0), 4, borderType=cv2.BORDER_REFLECT)
    assert np.abs(found[EMPTY].astype(int) - wanted[EMPTY]).max() <= 12


def test_another_picture_is_cropped_and_never_stretched(scene: Layers) -> None:
    wide = np.zeros((20, 200, 3), np.uint8)
    cv2.circle(wide, (100, 10), 8, (255, 255, 255), -1)
    behind = replace_background(wide)(scene)
    assert behind.shape == PICTURE.shape
    rows, columns = (np.flatnonzero((behind[..., 0] > 127).any(axis=axis)) for axis in (1, 0))
    assert abs(len(rows) - len(columns)) <= 3


def test_what_is_as_far_as_the_person_stays_sharp(scene: Layers) -> None:
    far_m = np.full((122, 166), 2.0, np.float32)
    far_m[:, 81:] = 40.0
    staged = Layers(scene.person, scene.background, LayerDepths(far_m, 2.0))
    behind = defocus_background(4)(staged)
    np.testing.assert_array_equal(behind[:, :81], scene.background[:, :81])
    wanted = cv2.GaussianBlur(scene.background, (0, 0), 4 * 0.95, borderType=cv2.BORDER_REFLECT)
    assert np.abs(behind[:, 81:].astype(int) - wanted[:, 81:]).mean() < 2


def test_depth_of_field_needs_depth(scene: Layers) -> None:
    with pytest.raises(Problem, match="--depth-of-field: needs the depth of person and scene"):
        defocus_background()(Layers(scene.person, scene.background, None))
