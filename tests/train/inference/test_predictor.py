"""A prediction has its picture's own size, whatever the model looks at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bgfg.train.inference.predictor import Predictor
from tests.support.composites import composite, far_from_edges
from tests.support.stub_models import DifferenceModel


@pytest.mark.parametrize("size", [(13, 17), (122, 166), (149, 83)])
def test_the_person_and_the_depth_are_found_at_the_pictures_size(tmp_path: Path, size: tuple[int, int]) -> None:
    picture, background, mask = composite(*size, 1)
    found = Predictor(DifferenceModel(tmp_path / "w", input_px=72)).predict(picture, background)
    assert found.person is not None
    assert found.depth_m is not None
    assert found.person.alpha.shape == found.depth_m.shape == size
    assert found.person.cutout.shape == (*size, 4)
    sure = far_from_edges(mask, 5 if min(size) > 20 else 1)
    assert (found.person.mask[sure] == mask[sure]).mean() > 0.99
    assert np.abs(found.depth_m[sure] - np.where(mask[sure] > 0, 2, 4)).mean() < 0.05


def test_both_shots_are_brought_to_the_same_size_by_the_same_rule(tmp_path: Path) -> None:
    picture, _, _ = composite(61, 83, 1)
    model = DifferenceModel(tmp_path / "w", step_px=4)
    Predictor(model, shorter_px=20).predict(picture, picture)
    bg, bg_fg = model.seen[0]
    assert bg.shape == (1, 3, 20, 28)
    assert bg.dtype == np.float32
    np.testing.assert_array_equal(bg, bg_fg)
    assert 0 <= bg.min() <= bg.max() <= 1


def test_a_model_of_one_picture_and_one_of_one_output(tmp_path: Path) -> None:
    picture, _, mask = composite(122, 166, 1)
    alone = Predictor(DifferenceModel(tmp_path / "w", input_px=72, inputs=("image",), outputs=("mask",))).predict(
        picture
    )
    assert alone.person is not None
    assert alone.depth_m is None
    assert (alone.person.mask[far_from_edges(mask, 6) & (mask == 255)] == 255).all()
    deep = Predictor(DifferenceModel(tmp_path / "w", outputs=("depth",))).predict(picture, picture)
    assert deep.person is None
    assert deep.depth_m is not None


def test_a_matte_gives_its_alpha(tmp_path: Path) -> None:
    picture, background, _ = composite(122, 166, 1)
    masked, matted = (
        Predictor(DifferenceModel(tmp_path / "w", outputs=outputs)).predict(picture, background).person
        for outputs in (("mask",), ("matte",))
    )
    assert masked is not None
    assert matted is not None
    np.testing.assert_array_equal(masked.cutout, matted.cutout)


def test_over_another_background_stands_the_person(tmp_path: Path) -> None:
    picture, background, mask = composite(122, 166, 1)
    person = Predictor(DifferenceModel(tmp_path / "w", input_px=72)).predict(picture, background).person
    assert person is not None
    blue = np.broadcast_to(np.array([10, 20, 250], np.uint8), picture.shape)
    edited, sure = person.over(blue), far_from_edges(mask, 6)
    assert (edited[sure & (mask == 0)] == [10, 20, 250]).all()
    assert (edited[sure & (mask == 255)] == picture[sure & (mask == 255)]).all()
