"""A picture taken apart: the scene behind the person."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.inference.layers import Layers, fill_smoothly
from bgfg.train.inference.predictor import Prediction, Predictor
from tests.support.composites import composite
from tests.support.stub_models import DifferenceModel


def test_what_is_known_stays_and_the_rest_comes_from_around() -> None:
    values = np.tile(np.linspace(0, 100, 61, dtype=np.float32), (45, 1))
    weight = np.ones((45, 61), np.float32)
    weight[10:30, 20:40] = 0
    damaged = np.where(weight > 0, values, 999).astype(np.float32)
    found = fill_smoothly(damaged, weight)
    np.testing.assert_array_equal(found[weight > 0], values[weight > 0])
    assert np.abs(found - values)[weight == 0].max() < 20
    assert fill_smoothly(np.repeat(damaged[..., None], 3, axis=2), weight).shape == (45, 61, 3)
    assert np.isfinite(fill_smoothly(damaged, np.zeros_like(weight))).all()


@pytest.mark.parametrize("known", [True, False])
def test_the_bare_scene_has_no_trace_of_the_person(tmp_path: Path, known: bool) -> None:
    picture, background, mask = composite(122, 166, 1)
    found = Predictor(DifferenceModel(tmp_path / "w", input_px=72)).predict(picture, background)
    scene = Layers.separate(picture, background if known else None, found)
    assert np.abs(scene.background[mask == 0].astype(int) - background[mask == 0]).mean() < 2
    person = mask == 255
    apart = np.abs(scene.background.astype(int) - background)[person].mean()
    before = np.abs(picture.astype(int) - background)[person].mean()
    assert apart == 0 if known else apart < 0.4 * before
    assert scene.depths is not None
    assert scene.depths.person_m == pytest.approx(2.0)
    assert np.abs(scene.depths.background_m - 4).max() < 0.5


def test_a_model_that_looks_for_nobody_is_refused() -> None:
    picture, _, _ = composite(13, 17, 1)
    with pytest.raises(Problem, match="finds no mask: give one that was trained for the mask"):
        Layers.separate(picture, None, Prediction(None, np.ones((13, 17), np.float32)))
