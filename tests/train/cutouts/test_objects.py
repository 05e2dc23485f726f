"""Objects that a model finds: cut out with their own colours, apart by the mask or one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.cutouts import objects
from bgfg.train.cutouts.objects import found_objects, require_masks
from bgfg.train.inference.predictor import PersonMatte, Prediction, Predictor
from bgfg.train.models.model_card import SINGLE_IMAGE
from bgfg.train.ops.instances import Instance
from tests.support.red_photos import RED, red_photo
from tests.support.stub_models import DifferenceModel, stub_card


def _instance(shape: tuple[int, int], columns: slice) -> Instance:
    mask = np.zeros(shape, bool)
    mask[20:80, columns] = True
    return Instance((columns.start, 20, columns.stop, 80), 1, 0.9, mask)


def test_people_who_touch_are_apart_one_by_one() -> None:
    photo = red_photo(100, 120, [(20, 20, 60, 60)])
    people = [_instance((100, 120), slice(20, 40)), _instance((100, 120), slice(40, 80))]
    found = found_objects(Prediction(None, None, instances=people), photo, stub_card(outputs=("boxes",)))
    assert [each.cutout.shape[1] for each in found] == pytest.approx([42, 22], abs=6)  # the guided filter's reach
    for each in found:
        opaque = each.cutout[each.cutout[..., 3] == 255]
        assert np.abs(opaque[:, :3].astype(int) - RED).max() <= 6


def test_a_mask_is_freed_of_doubt_at_its_edges_and_a_matte_keeps_its_hair() -> None:
    photo = red_photo(60, 60, [(20, 20, 20, 20)])
    alpha = np.zeros((60, 60), np.float32)
    alpha[20:40, 20:40] = 1
    alpha[18:20, 20:40] = 0.15
    prediction = Prediction(PersonMatte(alpha, photo), None)
    (crisp,) = found_objects(prediction, photo, stub_card(outputs=("mask",)))
    (soft,) = found_objects(prediction, photo, stub_card(outputs=("matte",)))
    assert (crisp.cutout.shape, soft.cutout.shape) == ((22, 22, 4), (24, 22, 4))


def test_nothing_has_a_colour_where_nothing_is_seen(tmp_path: Path) -> None:
    photo = red_photo(90, 120, [(20, 20, 30, 50)])
    photo[20:30, 20:30] = 100  # a corner that is the scene's
    model = DifferenceModel(tmp_path / "weights", inputs=(SINGLE_IMAGE,), outputs=("mask",), input_px=90)
    (found,) = found_objects(Predictor(model, 90).predict(photo), photo, model.card)
    assert (found.cutout[..., 3] == 0).any()
    assert not found.cutout[found.cutout[..., 3] == 0].any()


def test_one_that_is_larger_than_a_cut_out_may_be_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "_MOST_PX", 300)
    photo = red_photo(60, 60, [(10, 10, 40, 30)])
    alpha = np.zeros((60, 60), np.float32)
    alpha[10:40, 10:50] = 1
    (found,) = found_objects(Prediction(PersonMatte(alpha, photo), None), photo, stub_card())
    assert found.cutout.shape == (15, 20, 4)
    assert np.abs(found.cutout[2:-2, 2:-2].astype(int) - [*RED, 255]).max() <= 1


def test_a_model_without_masks_is_refused() -> None:
    with pytest.raises(Problem, match="--model differs: gives depth, and no mask to cut out by: give another"):
        require_masks(stub_card(outputs=("depth",)))


def test_a_box_that_fills_the_photograph_is_a_cut_out_with_transparency_all_the_same() -> None:
    photo = red_photo(30, 40, [(0, 0, 40, 30)])
    (found,) = found_objects(Prediction(PersonMatte(np.ones((30, 40), np.float32), photo), None), photo, stub_card())
    assert found.cutout.shape == (32, 42, 4)
    assert np.array_equal(found.cutout[1:-1, 1:-1, :3], photo)
    assert (found.cutout[..., 3] == 255).sum() == 30 * 40
