"""What a model says of itself comes back as it was, and is refused where it says nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.models.model_card import parse_model_card
from tests.support.doors import refusal
from tests.support.stub_models import stub_card

FILE = Path("m.onnx")


def test_a_card_is_read_as_it_was_written() -> None:
    written = stub_card(options={"width": 8}, threshold=0.48, near_m=0.1, far_m=10.0)
    assert parse_model_card(FILE, written.as_json()) == written
    assert json.loads(written.as_json())["normalisation"] == "RGB, level / 255"


@pytest.mark.parametrize(
    "text", [None, "", "{", "[]", "[" * 100_000, '"x"', '{"format": "other"}', '{"format": "bgfg-model"}']
)
def test_what_is_no_card_is_one_line(text: str | None) -> None:
    with pytest.raises(Problem, match=r"m\.onnx: a model, but not of bgfg .*: give a file that `bgfg onnx` wrote"):
        parse_model_card(FILE, text)


def test_other_versions_and_half_a_card_are_refused() -> None:
    content = json.loads(stub_card().as_json())
    with pytest.raises(Problem, match="model version 2; this bgfg knows version 1 only"):
        parse_model_card(FILE, json.dumps(content | {"version": 2}))
    del content["inputs"]
    with pytest.raises(Problem, match=r"incomplete .*inputs"):
        parse_model_card(FILE, json.dumps(content))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"options": []}, "card.options is []"),
        ({"inputs": ["bg_fg", "bg"]}, "card.inputs is ['bg_fg', 'bg']"),
        ({"outputs": ["mask", "mask"]}, "card.outputs is ['mask', 'mask']"),
        ({"outputs": "mask"}, "card.outputs is 'mask'"),
        ({"input_px": 10**9}, "card.input_px is 1000000000"),
        ({"step_px": 0}, "card.step_px is 0"),
        ({"threshold": None}, "card.threshold is None"),
        ({"closer_look": 1}, "card.closer_look is 1"),
        ({"mirrored": 1}, "card.mirrored is 1"),
        ({"near_m": "near"}, "card.near_m is 'near'"),
        ({"classes": ["pet"]}, "classes[0] is 'pet'"),
        ({"classes": [{"name": "a", "value": "#00"}]}, "classes[0].value is '#00'"),
        (
            {"classes": [{"name": "a", "value": "#000000"}, {"name": "b", "value": 1}]},
            "classes have colours and numbers",
        ),
        ({"classes": [{"name": "a", "value": 300, "colour": "#000000"}]}, "classes are 1, with values up to 300"),
    ],
)
def test_what_a_card_cannot_say_is_one_line(changed: dict[str, Any], said: str) -> None:
    line = refusal(lambda: parse_model_card(FILE, json.dumps(json.loads(stub_card().as_json()) | changed)))
    assert line.startswith(f"m.onnx: what it says of itself is incomplete or damaged ({said}")


@given(
    st.sampled_from(sorted(json.loads(stub_card().as_json()))),
    st.none() | st.integers() | st.floats() | st.text() | st.lists(st.text()) | st.dictionaries(st.text(), st.none()),
)
def test_any_other_value_is_read_or_one_line(name: str, value: object) -> None:
    line = refusal(lambda: parse_model_card(FILE, json.dumps(json.loads(stub_card().as_json()) | {name: value})))
    assert line == "" or line.startswith("m.onnx: ")


def test_what_a_later_bgfg_adds_is_left_alone() -> None:
    content = json.loads(stub_card().as_json()) | {"mood": "good"}
    assert parse_model_card(FILE, json.dumps(content)) == stub_card()


@pytest.mark.parametrize(
    ("size", "shorter_px", "wanted"),
    [
        ((1080, 1920), None, (128, 224)),
        ((1080, 1920), 96, (96, 160)),
        ((17, 13), None, (160, 128)),
        ((100, 800), 64, (64, 512)),
        ((100, 1600), 64, (32, 512)),
    ],
)
def test_a_network_looks_at_pictures_in_their_proportions(
    size: tuple[int, int], shorter_px: int | None, wanted: tuple[int, int]
) -> None:
    assert stub_card(input_px=96, step_px=32).inference_size_px(*size, shorter_px) == wanted


def test_a_network_of_one_size_looks_at_that() -> None:
    assert stub_card(input_px=64, step_px=None).inference_size_px(1080, 1920, 300) == (64, 64)
    assert not stub_card(inputs=("image",)).needs_background
