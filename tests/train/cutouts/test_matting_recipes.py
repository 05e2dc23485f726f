"""Recipes of matting networks: told by the file's signature or by what is said of it, never guessed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.cutouts.matting_recipes import RECIPES, find_recipe
from tests.support.matting_onnx import U2NET_GIVES

Size = tuple[int, int] | None


@pytest.mark.parametrize(
    ("takes", "gives", "fixed_px", "name"),
    [
        ("input.1", U2NET_GIVES, (320, 320), "u2net"),
        ("input", ["output"], (320, 320), "u2net"),
        ("input.1", ["2081", "2092"], (1024, 1024), "isnet"),
        ("input", ["output"], None, "modnet"),
        ("input_image", ["output_image"], (2048, 2048), "birefnet"),
        ("input_image", ["output_image"], None, "birefnet"),
        ("pixel_values", ["alphas"], None, "rmbg-2.0"),
    ],
)
def test_a_signature_tells_the_model(takes: str, gives: list[str], fixed_px: Size, name: str) -> None:
    assert find_recipe(Path("a.onnx"), takes, gives, fixed_px, {}) == (name, RECIPES[name])


@pytest.mark.parametrize(
    ("takes", "fixed_px", "line"),
    [
        ("input", (1024, 1024), "takes input of 1024x1024 and gives output, as files of isnet, ormbg do: say which"),
        ("data", None, "takes data and gives output, as no matting network that bgfg knows"),
        ("input", (320, 640), "takes input of 640x320 and gives output, as no matting network"),
    ],
)
def test_several_or_none_are_asked_for(takes: str, fixed_px: Size, line: str) -> None:
    with pytest.raises(Problem, match=line):
        find_recipe(Path("a.onnx"), takes, ["output"], fixed_px, {})


def test_what_lies_beside_a_file_of_transformers_decides(tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    config = tmp_path / "preprocessor_config.json"
    nothing_said: dict[str, Any] = {}
    ask = (tmp_path / "onnx/model.onnx", "input", ["output"], (1024, 1024), nothing_said)
    config.write_text(json.dumps({"do_normalize": True, "image_mean": [0.5] * 3, "image_std": [1.0] * 3}))
    assert find_recipe(*ask)[0] == "isnet"
    config.write_text(json.dumps({"do_normalize": False}))
    assert find_recipe(*ask)[0] == "ormbg"
    config.write_text(json.dumps({"image_mean": [0.1] * 3}))
    with pytest.raises(Problem, match="as files of isnet, ormbg do"):
        find_recipe(*ask)
    config.write_text("{")
    with pytest.raises(Problem, match=r"preprocessor_config.json: can't be read .*: restore it, or give --onnx model="):
        find_recipe(*ask)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"size": 3}, "--onnx size: no such setting: give model, values, mean, std"),
        ({"model": "nix"}, "--onnx model=nix: no such model: give u2net"),
        ({"model": "other", "values": "alpha"}, "--onnx model=other: give --onnx mean=, --onnx std= too"),
        ({"model": "u2net", "values": "maybe"}, "--onnx values=maybe: give alpha or logits"),
        ({"model": "u2net", "std": [1, 0, 1]}, r"--onnx std=[1, 0, 1]: give three numbers above 0"),
        ({"model": "u2net", "mean": 1}, "--onnx mean=1: give three numbers"),
    ],
)
def test_settings_that_make_no_sense_are_named(given: dict[str, Any], line: str) -> None:
    with pytest.raises(Problem, match=re.escape(line)) as caught:
        find_recipe(Path("a.onnx"), "input", ["output"], None, given)
    assert caught.value.exit_code == 2


def test_settings_go_before_the_table() -> None:
    name, recipe = find_recipe(Path("a"), "x", ["y"], None, {"model": "u2net", "values": "logits", "mean": [0, 0, 0]})
    assert (name, recipe.values, recipe.mean, recipe.std) == ("u2net", "logits", (0, 0, 0), RECIPES["u2net"].std)
