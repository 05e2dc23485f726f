"""What a checkpoint says of itself is held to its form, and read in one piece or refused in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from hypothesis import given
from hypothesis import strategies as st

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.models.description import parse_description
from tests.support.doors import refusal

FILE = Path("last.safetensors")
SOUND: dict[str, Any] = {
    "format": "bgfg-checkpoint",
    "version": 1,
    "model": {"name": "unet", "options": {"targets": ["mask"]}},
    "standing": {"step": 3, "epoch": 0, "score": None, "threshold": 0.5, "figures": {"iou": 0.25}},
    "options": {"batch": 8, "data": {"split": "80/10/10"}},
    "depth": {"kind": "log", "near_m": 0.1, "far_m": 10.0},
    "digest": "ab",
    "files": ["cd"],
    "classes": ["pet", "background"],
    "masks": {"read_as": "classes", "how": "x", "values_are": "numbers", "codes": {"1": 0}, "classes": [{"name": "a"}]},
    "versions": {"bgfg": "0.1.0"},
    "of a later version": 3,
}


def test_what_is_sound_is_read_as_it_is() -> None:
    assert parse_description(FILE, json.dumps(SOUND)) == SOUND


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"model": "unet"}, "description.model is 'unet'"),
        ({"standing": {"step": -1}}, "description.standing.step is -1"),
        ({"standing": {"threshold": "half"}}, "description.standing.threshold is 'half'"),
        ({"depth": {"kind": "log", "near_m": 10, "far_m": 0.1}}, "description.depth is from 10 to 0.1 m"),
        ({"licence": ""}, "description.licence is ''"),
        ({"licence": "   "}, "description.licence is '   '"),
        ({"files": [1]}, "description.files[0] is 1"),
        ({"masks": {"codes": {"one": 1}}}, "description.masks: "),
        ({"options": {"data": []}}, "description.options.data is []"),
    ],
)
def test_what_does_not_fit_is_one_line_that_names_it(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(Problem) as caught:
        parse_description(FILE, json.dumps(SOUND | changed))
    [line] = caught.value.lines
    assert line.startswith(f"last.safetensors: its description is damaged ({said}")
    assert line.endswith("): restore the file, or give another one")


@given(st.text() | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_any_other_text_is_one_line(text: str) -> None:
    with pytest.raises(Problem, match="a safetensors file, but no checkpoint of bgfg"):
        parse_description(FILE, text)


@given(
    st.sampled_from(sorted(SOUND)),
    st.none() | st.integers() | st.text() | st.lists(st.integers()) | st.dictionaries(st.text(), st.none()),
)
def test_any_other_value_is_read_or_one_line(name: str, value: object) -> None:
    line = refusal(lambda: parse_description(FILE, json.dumps(SOUND | {name: value})))
    assert line == "" or line.startswith("last.safetensors: ")
