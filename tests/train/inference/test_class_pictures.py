"""Pictures of predicted classes: in the values of the masks, with a legend."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import no_progress
from bgfg.train.inference.class_pictures import save_classes, write_legend
from bgfg.train.inference.outputs import predict_files
from bgfg.train.inference.predictor import Predictor
from bgfg.train.inference.runtime import load_model
from bgfg.train.models.model_card import ModelCard, parse_model_card
from tests.support.mask_folders import SIDE_PX, stripes, write_folder

CODES = np.random.default_rng(0).integers(0, 3, (7, 9)).astype(np.uint8)


def legend(*values: object, **more: list) -> list[dict]:
    return [
        {"code": code, "name": str(value), "value": value, **{name: each[code] for name, each in more.items()}}
        for code, value in enumerate(values)
    ]


def saved(tmp_path: Path, entries: list[dict]) -> Image.Image:
    save_classes(CODES, entries, tmp_path / "p.png")
    return Image.open(tmp_path / "p.png")


@pytest.mark.parametrize("values", [(0, 100, 200), (0, 1, 2), (1, 2, 3), (0, 1000, 26001)])
def test_numbers_are_those_of_the_masks(tmp_path: Path, values: tuple[int, ...]) -> None:
    assert np.array_equal(np.asarray(saved(tmp_path, legend(*values))), np.array(values)[CODES])


def test_indices_come_with_their_palette(tmp_path: Path) -> None:
    image = saved(tmp_path, legend(0, 5, 9, colour=["#000000", "#c80000", "#0000c8"]))
    assert image.mode == "P"
    assert np.array_equal(np.asarray(image), np.array([0, 5, 9])[CODES])
    assert np.array_equal(
        np.asarray(image.convert("RGB")), np.array([(0, 0, 0), (200, 0, 0), (0, 0, 200)], np.uint8)[CODES]
    )


def test_colours_are_those_of_the_masks_on_a_transparent_ground_too(tmp_path: Path) -> None:
    rgb = np.asarray(saved(tmp_path, legend("#000000", "#c80000", "#0000c8")))
    assert np.array_equal(rgb, np.array([(0, 0, 0), (200, 0, 0), (0, 0, 200)])[CODES])
    rgba = np.asarray(saved(tmp_path, legend("transparent", "#c80000", "#0000c8")))
    assert np.array_equal(rgba, np.array([(0, 0, 0, 0), (200, 0, 0, 255), (0, 0, 200, 255)])[CODES])


def test_without_a_legend_codes_are_written(tmp_path: Path) -> None:
    assert np.array_equal(np.asarray(saved(tmp_path, [])), CODES)
    assert np.array_equal(np.asarray(saved(tmp_path, [{"code": i, "name": "x"} for i in range(3)])), CODES)


def test_the_legend_is_that_of_the_card_which_travels_as_text(tmp_path: Path) -> None:
    card = ModelCard("unet", {}, ("image",), ("classes",), 64, 16, 1, "MIT", classes=tuple(legend(0, 100)), masks="how")
    read = parse_model_card(tmp_path, card.as_json())
    assert read == card
    write_legend(read, tmp_path)
    content = json.loads((tmp_path / "classes.json").read_text(encoding="utf-8"))
    assert content == {"made_by": "made by bgfg predict.", "masks": "how", "classes": legend(0, 100)}
    write_legend(ModelCard("unet", {}, ("image",), ("mask",), 64, 16, 1, "MIT"), tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_run_keeps_what_was_decided_and_its_predictions_hold_the_values_of_its_masks(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the extra [train] isn't installed")
    from bgfg.train.config.options import TrainOptions
    from bgfg.train.engine.launch import open_data, train
    from bgfg.train.ops.device import Device

    data = write_folder(tmp_path / "data", 4, lambda i: stripes([0, 100, 200], i))
    options = TrainOptions(
        model="unet", model_options={"width": 4}, targets=("classes",), size_px=16, epochs=None, steps=2, batch=2,
        warmup_steps=1, threads=1, data={"split": "100/0/0"},
    )  # fmt: skip
    run, device = tmp_path / "run", Device("cpu", "a test's")
    train(open_data(str(data), options.data, run), run, options, device)
    masks = json.loads((run / "run.json").read_text(encoding="utf-8"))["masks"]
    assert masks["codes"] == {"0": 0, "100": 1, "200": 2}
    assert (run / "scans.json").exists()
    model = load_model(run)
    assert model.card.masks == masks["how"] == "3 classes, numbered in the order of their levels"
    predict_files(Predictor(model), data / "images", None, tmp_path / "out", False, no_progress)
    for path in (tmp_path / "out/classes").iterdir():
        predicted = np.asarray(Image.open(path))
        assert predicted.shape == (SIDE_PX, SIDE_PX)
        assert set(np.unique(predicted)) <= {0, 100, 200}
    listed = json.loads((tmp_path / "out/classes.json").read_text(encoding="utf-8"))["classes"]
    assert [entry["value"] for entry in listed] == [0, 100, 200]
    with pytest.raises(Problem, match=r"began with the classes 0, 100, 200, and .* is read as none: give --masks as"):
        train(open_data(str(data), {"masks": "binary"}, run), run, options, device)
