"""Options of a plan, checked when they are made."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.plan.options import PlanOptions


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"height_px": 4}, "--size 4: give at least 8"),
        ({"cutout_height_px": 0}, "--cutout-height 0: give at least 1"),
        ({"placements": 0}, "--placements 0: give at least 1"),
        ({"seed": -1}, "--seed -1: give at least 0"),
        ({"seed": 2**64}, "--seed 18446744073709551616: give less than 2^64"),
        ({"split": "90/20"}, "--split 90/20: give train/val/test"),
        ({"rule": "spiral"}, "--placement spiral: give one of random, grid"),
        (
            {"rule": "perspective"},
            "--placement perspective finds the floor in the depth of the backgrounds: give --bg-d",
        ),
        (
            {"rule": "perspective", "variety": Variety(scale=(0.5, 1.0))},
            "--scale 0.5..1: --placement perspective gives",
        ),
        ({"rule": "perspective", "bg_depth": Path("d"), "fov_deg": 3.0}, "--fov-deg 3: give degrees from 10 to 150"),
        ({"rule": "grid", "placements": 21}, "--placements 21: the grid has 20 corners"),
        ({"depth_scale_m": 0.0}, "--depth-scale 0.0: give the metres"),
        ({"depth_scale_m": float("nan")}, "--depth-scale nan"),
        ({"placements": 900}, "--placements 900 at --size 224x224: a worker would need 183 MB, more than 150"),
        ({"placements": 1, "width_px": 4_600, "height_px": 900}, "--placements 1 at --size 4600x900: a worker would"),
    ],
)
def test_what_makes_no_sense_is_refused_with_option_and_value(given: dict[str, Any], line: str) -> None:
    with pytest.raises(Problem, match=re.escape(line)) as caught:
        PlanOptions(Path("bg"), Path("fg"), **given)
    assert caught.value.exit_code == 2
    assert len(caught.value.lines) == 1
