"""Options of a network: of another type, beyond its bounds or unknown, each is one line before anything is built."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.config.network_options import require_options
from bgfg.train.models.registry import MODELS, network_class, require_parameters


@pytest.mark.parametrize(
    ("option", "value", "takes"),
    [
        *(
            ("width", value, "a whole number from 1 to 65,536")
            for value in ("nan", 0, -1, 1.5, True, None, 1e30, 10**30)
        ),
        ("convolutions", 65, "a whole number from 1 to 64"),
        ("input_px", "32", "a whole number from 1 to 4,096"),
        *(("siamese", value, "true or false") for value in (1, "no", None)),
        *(("encoder", value, "a name") for value in (None, 3, "../x", "\x1b[31m", "")),
        ("encoder_options", [1], "an object of JSON or null"),
        *(("weights", value, "a name or a file") for value in (3, True, [1])),
    ],
)
def test_a_wrong_value_is_one_line_with_what_the_option_takes(option: str, value: Any, takes: str) -> None:
    with pytest.raises(Problem) as caught:
        require_options("two_stream", network_class("two_stream"), {option: value})
    assert caught.value.lines[0].startswith(f"two_stream: {option} is ")
    assert caught.value.lines[0].endswith(f": give {takes}")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "0.5", True])
def test_a_share_is_a_finite_number(value: Any) -> None:
    with pytest.raises(Problem, match=r"unet: dropout is .*: give a number"):
        require_options("unet", network_class("unet"), {"dropout": value})


@pytest.mark.parametrize("name", [name for name in MODELS if ":" not in name])
@pytest.mark.parametrize("option", ["name", "targets", "given_shots", "self", "", "WIDTH"])
def test_what_is_no_option_of_a_network_is_refused(name: str, option: str) -> None:
    with pytest.raises(Problem, match=f"{name}: has no option '{option}'; it has input_px"):
        require_options(name, network_class(name), {option: 1})


def test_a_network_that_no_machine_trains_is_told_by_its_parameters_before_it_takes_memory() -> None:
    with pytest.raises(Problem) as caught:
        require_parameters("unet", ("mask",), 1, {"width": 2000})
    (line,) = caught.value.lines
    assert line.startswith("--model-option width=2000: unet would have 21,")
    assert line.endswith("more than 2,000,000,000: give smaller numbers")
    require_parameters("unet", ("mask",), 1, {"width": 64})  # as in the original
