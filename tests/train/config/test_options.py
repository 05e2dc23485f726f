"""The options of a run: refused in one line, kept as JSON, compared."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.config.options import CHANGEABLE_ON_RESUME, TrainOptions
from bgfg.train.config.presets import PRESETS, RUN_LENGTHS, preset_for, with_preset


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"epochs": None}, "--epochs, --steps, --minutes: give one of them, above 0"),
        ({"steps": 5}, "--epochs, --steps, --minutes: give one of them, above 0"),
        ({"epochs": -1.0}, "--epochs -1.0: give a number above 0"),
        ({"epochs": float("inf")}, "--epochs inf: give a number above 0"),
        ({"batch": 0}, "--batch 0: give at least 1"),
        ({"lr": 0.0}, "--lr 0.0: give a number above 0"),
        ({"lr": float("nan")}, "--lr nan: give a number above 0"),
        ({"epochs": None, "steps": 10**30}, f"--steps {10**30}: give at most 1,000,000,000"),
        ({"epochs": None, "minutes": 1e30}, "--minutes 1e+30: give at most 525,600"),
        ({"epochs": 1e30}, "--epochs 1e+30: give at most 1,000,000"),
        ({"lr": 1e30}, "--lr 1e+30: give at most 100"),
        ({"gamma": 1.5}, "--gamma 1.5: give at most 1"),
        ({"weight_decay": 1e30}, "--weight-decay 1e+30: give at most 1,000"),
        ({"clip": 0.0}, "--clip 0.0: give a number above 0"),
        ({"size_px": 2}, "--size 2: give at least 8"),
        ({"checkpoint_every_s": -1.0}, "--checkpoint-every -1.0: give at least 0"),
        ({"average": 1.0}, "--average 1.0: give a decay from 0 (none) to below 1"),
        ({"targets": ("mask", "colour")}, "--targets mask,colour: give some of mask, depth, classes, matte, instances"),
        ({"targets": ("mask", "mask")}, "--targets mask,mask: give some of mask, depth, classes, matte, instances"),
        ({"betas": (0.9, 1.0)}, "--betas 0.9,1.0: give two numbers from 0 to below 1"),
        ({"targets": ()}, "--targets : give some of mask, depth, classes, matte, instances"),
        ({"schedule": "up"}, "--schedule up: give one of cosine, step, constant"),
        ({"log": ("paper",)}, "--log paper: give some of csv, tensorboard, wandb"),
    ],
)
def test_a_wrong_option_is_one_line(given: dict[str, Any], line: str) -> None:
    with pytest.raises(Problem) as caught:
        TrainOptions(**given)
    assert caught.value.lines == (line,)
    assert caught.value.exit_code == 2


def test_options_go_through_json() -> None:
    options = TrainOptions(targets=("mask", "depth"), model_options={"width": 16, "encoder": "resnet18"}, clip=None)
    assert TrainOptions.of(json.loads(json.dumps(options.content()))) == options


def test_what_makes_another_run_is_named_and_what_may_change_is_not() -> None:
    other = TrainOptions(lr=0.5, batch=8, log_every=3, precision="32-true", threads=1)
    assert other.differing(TrainOptions()) == ["--batch 8 (was 64)", "--lr 0.5 (was 0.001)"]
    assert TrainOptions(parallax="drawn").differing(TrainOptions()) == []  # as runs had it before it could be left out
    assert TrainOptions(parallax="depth").differing(TrainOptions()) == ["--parallax depth (was drawn)"]
    other = TrainOptions(augment=False, model_options={"width": 16}, size_px=96, data={"masks": "soft"})
    assert other.differing(TrainOptions()) == [
        "--model-option width=16 (was not given)", "--size 96 (was not given)", "--augment no (was yes)",
        "--masks soft (was not given)",
    ]  # fmt: skip
    assert set(CHANGEABLE_ON_RESUME) <= set(TrainOptions.__dataclass_fields__)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_makes_options(name: str) -> None:
    made = TrainOptions(**with_preset(name, {}))
    assert {option: getattr(made, option) for option in PRESETS[name]} == PRESETS[name]


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("length", RUN_LENGTHS)
def test_a_length_that_is_given_takes_the_place_of_the_presets(name: str, length: str) -> None:
    options = TrainOptions(**with_preset(name, {length: 3}))
    assert {each: getattr(options, each) for each in RUN_LENGTHS} == dict.fromkeys(RUN_LENGTHS) | {length: 3}


def test_precision_is_measured_of_runs_by_minutes_alone() -> None:
    found = [with_preset("cpu", given).get("precision") for given in ({}, {"minutes": 3}, {"steps": 3}, {"epochs": 3})]
    assert found == ["auto", "auto", None, None]
    assert with_preset("cpu", {"steps": 3, "precision": "auto"})["precision"] == "auto"


def test_a_processor_gets_the_short_run_and_a_gpu_the_full_one() -> None:
    assert [preset_for(kind) for kind in ("cpu", "cuda", "mps")] == ["cpu", "gpu", "gpu"]
    assert [preset_for(kind, shots=1) for kind in ("cpu", "mps")] == ["pictures-cpu", "pictures-gpu"]
    matting = [preset_for(kind, shots=1, model="matting_unet") for kind in ("cpu", "cuda")]
    assert matting == ["matting-cpu", "matting"]


def test_a_preset_gives_its_network_its_options_and_another_network_none() -> None:
    mine = PRESETS["cpu"]["model_options"]
    assert with_preset("cpu", {})["model_options"] == mine
    changed = with_preset("cpu", {"model": "two_stream", "model_options": {"width": 8}})
    assert changed["model_options"] == {**mine, "width": 8}
    other = with_preset("cpu", {"model": "basic_net", "model_options": {"a": 1}})
    assert (other["model_options"], "size_px" in other) == ({"a": 1}, False)
    assert "targets" not in with_preset("matting", {"model": "unet"})
