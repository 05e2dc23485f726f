"""What may vary, as options and as the manifest has it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.terminal.errors import Problem


def test_where_nothing_varies_there_is_none() -> None:
    assert Variety.parse() is None
    assert Variety.parse(scale="1.0", shadow="0..0", blend=" alpha ") is None


@pytest.mark.parametrize(
    ("options", "told", "columns"),
    [
        ({"scale": "0.5..1.5"}, {"scale": [0.5, 1.5]}, ("scale",)),
        ({"rotate": 15.0}, {"rotate_deg": 15.0}, ("rotation_deg",)),
        ({"truncate": 25}, {"truncate_percent": 25}, ()),
        ({"distractors": "2"}, {"distractors": [2, 2]}, ()),
        ({"blur": 1.5}, {"blur_px": 1.5}, ("blur_px",)),
        ({"colour_match": "0.5"}, {"colour_match": [0.5, 0.5]}, ("colour_match",)),
        ({"shadow": "0.2..0.4"}, {"shadow": [0.2, 0.4]}, ("shadow",)),
        (
            {"shadow": "0.5", "rule": "perspective"},
            {"shadow": [0.5, 0.5], "throw_shadows": True},
            ("shadow_x_px", "shadow_y_px", "shadow"),
        ),
        ({"blend": "alpha,poisson"}, {"blend": ["alpha", "poisson"]}, ("blend",)),
        ({"blend": "all"}, {"blend": ["alpha", "gaussian", "poisson"], "blend_each": True}, ("blend",)),
    ],
)
def test_an_option_is_told_by_the_manifest_and_by_its_columns(
    options: dict[str, Any], told: dict[str, Any], columns: tuple[str, ...]
) -> None:
    variety = Variety.parse(**options)
    assert variety is not None
    assert variety.to_dict() == told
    assert Variety.from_dict(json.loads(json.dumps(variety.to_dict()))) == variety
    assert variety.columns == columns
    given: dict[str, Any] = {name.lstrip("-").replace("-", "_"): text for name, text in variety.option_values().items()}
    for name, kind in (("rotate", float), ("truncate", int), ("blur", float)):
        given[name] = kind(given[name])
    assert Variety.parse(**given, rule=options.get("rule", "random")) == variety


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"scale": "0.05"}, "--scale 0.05: give a factor or a range from 0.1 to 4, such as 0.5..1.5"),
        ({"scale": "1.5..0.5"}, "--scale 1.5..0.5: give"),
        ({"rotate": float("nan")}, "--rotate nan: give degrees from 0 to 180"),
        ({"truncate": 91}, "--truncate 91: give per cent from 0 to 90"),
        ({"distractors": "1.5"}, "--distractors 1.5: give a number or a range from 0 to 8"),
        ({"distractors": "0..9"}, "--distractors 0..9: give"),
        ({"blur": -1.0}, "--blur -1: give pixels from 0 to 20"),
        ({"colour_match": "2"}, "--colour-match 2: give a share or a range from 0 to 1"),
        ({"shadow": ""}, "--shadow : give a share"),
        ({"blend": "alpha,alpha"}, "--blend alpha,alpha: give some of alpha, gaussian, poisson"),
        ({"blend": "screen"}, "--blend screen: give some of"),
    ],
)
def test_what_is_no_value_is_refused_in_a_line(options: dict[str, Any], named: str) -> None:
    with pytest.raises(Problem) as caught:
        Variety.parse(**options)
    assert str(caught.value).startswith(named)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "content",
    [
        {"scale": [2.0, 1.0]},
        {"truncate_percent": 1.5},
        {"distractors": [0, 99]},
        {"blend": []},
        {"blend": ["screen"]},
        {"colour": [0, 1]},
        {"rotate_deg": "15"},
    ],
)
def test_what_no_plan_wrote_is_no_variety(content: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        Variety.from_dict(content)


def test_rules_that_decide_by_themselves_say_so() -> None:
    for options in ({"scale": "2"}, {"rotate": 5.0}, {"truncate": 5}):
        variety = Variety.parse(**options)
        assert variety is not None
        variety.require_rule("random")
        with pytest.raises(Problem, match="leave it out, or give --placement random"):
            variety.require_rule("perspective")
    cut = Variety(truncate_percent=5)
    with pytest.raises(Problem, match="the corners of --placement grid are fixed"):
        cut.require_rule("grid")
    Variety(scale=(0.5, 1), shadow=(1, 1)).require_rule("grid")
    Variety(blur_px=1, shadow=(1, 1), distractors=(1, 2)).require_rule("perspective")
