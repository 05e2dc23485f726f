"""Matting networks of others: fed as their recipe says, at their own size, and held to what they should give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.notes import no_note
from bgfg.train.cutouts.matting_onnx import MattingOnnx, open_matting_onnx
from bgfg.train.cutouts.matting_recipes import RECIPES
from bgfg.train.inference.predictor import Predictor
from tests.support.difference_onnx import write_difference_onnx
from tests.support.matting_onnx import save_matting_onnx
from tests.support.red_photos import red_photo
from tests.support.stub_models import stub_card


def opened(file: Path, side_px: int | None = None, **given: Any) -> MattingOnnx:
    model = open_matting_onnx(file, given, side_px, "cpu", 1, no_note)
    assert model is not None
    return model


@pytest.mark.parametrize(
    ("name", "signature", "seen_px"),
    [
        ("u2net", {}, (320, 320)),
        ("isnet", {"takes": "input", "gives": ["output"], "shape": (1, 3, 64, 64)}, (64, 64)),
        ("modnet", {"takes": "input", "gives": ["output"], "shape": ("n", 3, "h", "w")}, (512, 768)),
        ("birefnet", {"takes": "input_image", "gives": ["output_image"], "shape": (1, 3, 512, 512)}, (512, 512)),
        ("rmbg-2.0", {"takes": "pixel_values", "gives": ["alphas"], "shape": (1, 3, 96, 96)}, (96, 96)),
    ],
)
def test_each_network_finds_what_is_red(
    tmp_path: Path, name: str, signature: dict[str, Any], seen_px: tuple[int, int]
) -> None:
    recipe = RECIPES[name]
    is_logits = recipe.values == "logits"
    file = save_matting_onnx(tmp_path / "a.onnx", mean=recipe.mean, std=recipe.std, logits=is_logits, **signature)
    model = opened(file, model=name)
    assert model.card.inference_size_px(80, 120) == seen_px
    prediction = Predictor(model).predict(red_photo(80, 120, [(30, 20, 40, 50)]))
    assert prediction.person is not None
    wanted = np.zeros((80, 120), bool)
    wanted[20:70, 30:70] = True
    assert ((prediction.person.alpha > 0.5) == wanted).mean() > 0.98


def test_half_precision_and_another_size_are_taken(tmp_path: Path) -> None:
    recipe = RECIPES["modnet"]
    file = save_matting_onnx(
        tmp_path / "a.onnx", "input", ["output"], ("n", 3, "h", "w"), recipe.mean, recipe.std, half=True
    )
    model = opened(file, 96)
    assert model.card.inference_size_px(80, 160) == (96, 192)
    (found,) = model.run([np.full((1, 3, 96, 192), 0.5, np.float32)]).values()
    assert found.shape == (1, 1, 96, 192)
    assert found.dtype == np.float32


def test_an_input_that_is_no_square_is_filled(tmp_path: Path) -> None:
    file = save_matting_onnx(tmp_path / "a.onnx", "data", ["map"], (1, 3, 48, 96))
    model = opened(file, model="u2net")
    assert model.card.inference_size_px(500, 300) == (48, 96)


def test_a_network_of_any_size_looks_at_the_square_of_its_table(tmp_path: Path) -> None:
    file = save_matting_onnx(tmp_path / "a.onnx", "pixel_values", ["alphas"], ("n", "channels", "h", "w"))
    assert opened(file).card.inference_size_px(500, 300) == (1024, 1024)
    assert opened(file, 64).card.inference_size_px(500, 300) == (64, 64)


def test_the_licence_is_told_where_the_file_says_it(tmp_path: Path) -> None:
    told: list[str] = []
    file = save_matting_onnx(tmp_path / "a.onnx", properties={"license": "MIT"})
    assert open_matting_onnx(file, {}, None, "cpu", 1, told.append) is not None
    assert told == [f"{file}: read as u2net; licence MIT"]


def test_logits_that_are_taken_for_alpha_are_told(tmp_path: Path) -> None:
    model = opened(save_matting_onnx(tmp_path / "a.onnx", logits=True))
    with pytest.raises(
        Problem, match=r"gives -?[0-9.]+ to [0-9.]+, which is no alpha in 0..1: give --onnx values=logits"
    ):
        Predictor(model).predict(red_photo(40, 40, [(0, 0, 20, 20)]))


@pytest.mark.parametrize(
    ("given", "side_px", "line"),
    [
        ({"shape": (1, 4, 320, 320)}, None, "and not one picture"),
        ({}, 64, "--size 64: .*takes 320x320 alone: leave it out"),
    ],
)
def test_what_takes_no_such_picture_is_refused(
    tmp_path: Path, given: dict[str, Any], side_px: int | None, line: str
) -> None:
    file = save_matting_onnx(tmp_path / "a.onnx", **given)
    with pytest.raises(Problem, match=line):
        opened(file, side_px)


def test_a_network_of_bgfg_is_left_to_the_other_door(tmp_path: Path) -> None:
    file = write_difference_onnx(tmp_path / "a.onnx", stub_card(outputs=("mask",)))
    assert open_matting_onnx(file, {}, None, "cpu", 1, no_note) is None
