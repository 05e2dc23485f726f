"""What is said of a changed teacher names the options, and nothing that only the manifest knows."""

from __future__ import annotations

from typing import Any

import pytest

from bgfg.depth_teacher.labelling.changed_teacher import changed_options

RECORDED: dict[str, Any] = {
    "name": "densedepth",
    "version": 1,
    "weights_sha256": "a" * 64,
    "licence": "GPL-3.0",
    "resize": "align_corners",
    "input_size_px": [448, 640],
    "size_px": [224, 320],
    "range_m": [0.1, 10.0],
    "encoding": {"kind": "log", "near_m": 0.1, "far_m": 10.0},
}


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({"name": "compact", "weights_sha256": "b", "resize": None}, "--teacher densedepth"),
        ({"weights_sha256": "b" * 64, "licence": "MIT"}, "--weights of another file"),
        ({"resize": "half_pixel"}, "--resize align_corners"),
        ({"input_size_px": [224, 320], "size_px": [112, 160]}, "--input-size 640x448"),
        (
            {"range_m": [1.0, 80.0], "encoding": {"kind": "log", "near_m": 1.0, "far_m": 80.0}},
            "--trained-on of 0.1 to 10 m",
        ),
        ({"encoding": {"kind": "linear", "scale_m": 0.001}}, "--depth log8"),
        ({"weights_sha256": "b", "input_size_px": [64, 64]}, "--weights of another file, --input-size 640x448"),
        ({"version": 2}, "another version of this teacher (1; now 2)"),
    ],
)
def test_what_differs_is_told_in_the_words_of_options(now: dict[str, Any], said: str) -> None:
    assert changed_options(RECORDED, RECORDED | now) == said


def test_a_model_of_the_hub_is_its_teacher() -> None:
    assert changed_options({"name": "hub:some/model"}, {"name": "layered"}) == "--teacher hub"
    assert changed_options({"name": "hub:some/model"}, {"name": "hub:another"}) == "--weights some/model"


def test_the_range_of_other_teachers_is_that_of_their_weights() -> None:
    compact = RECORDED | {"name": "compact", "trained_on": "these"}
    wider = {"weights_sha256": "b" * 64, "trained_on": "others", "range_m": [0.1, 20.0]}
    coded = {"encoding": {"kind": "log", "near_m": 0.1, "far_m": 20.0}}
    assert changed_options(compact, compact | wider | coded) == "--weights of another file"
    in_millimetres = {"encoding": {"kind": "linear", "scale_m": 0.001}}
    assert changed_options(compact, compact | wider | in_millimetres) == "--weights of another file, --depth log8"
