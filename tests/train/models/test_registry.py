"""Networks by their names."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.support.project import ROOT

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.models.registry import MODELS, build_model
from tests.support.instance_corpus import LIGHT_MASKRCNN
from tests.support.noise_inputs import predict_noise

# With options that keep them small, and a size that each can take.
EXAMPLES: dict[str, tuple[dict[str, Any], int]] = {
    "two_stream": ({"encoder": "test_resnet", "width": 8, "input_px": 64}, 64),
    "basic_net": ({}, 20),
    "two_branch_net": ({}, 9),
    "unet_valid": ({"final_activation": "relu"}, 128),
    "unet": ({"width": 4}, 16),
    "person": ({"encoder": "test_efficientnet", "width": 4}, 64),
    "matting_unet": ({}, 16),
    "compact": ({"encoder": "mobilenetv4_conv_small_050", "width": 4, "input_px": 64}, 64),
    "maskrcnn": ({**LIGHT_MASKRCNN, "input_px": 64}, 64),
    "smp:unet": ({"encoder": "tu-test_resnet"}, 64),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_name_and_options_build_the_same_network_again(name: str) -> None:
    options, side_px = EXAMPLES[name]
    net = build_model(name, **options)
    again = build_model(net.name, **json.loads(json.dumps(net.options)))
    assert again.options == net.options
    again.load_state_dict(net.state_dict())
    torch.testing.assert_close(predict_noise(again, side_px, side_px), predict_noise(net, side_px, side_px))


def test_the_examples_are_all_there_are() -> None:
    ours = [name for name, entry in MODELS.items() if entry.network.startswith("bgfg.train.")]
    assert {name.split(":")[0] for name in EXAMPLES} == {name.split(":")[0] for name in ours}


def test_a_wrong_name_lists_the_names() -> None:
    with pytest.raises(Problem) as caught:
        build_model("three_stream")
    assert str(caught.value).startswith("--model three_stream: no such network: choose one of two_stream, ")
    assert all(name in str(caught.value) for name in MODELS)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("targets", [(), ("masks",), ("mask", "mask")])
def test_wrong_targets_are_refused(targets: tuple[str, ...]) -> None:
    with pytest.raises(
        Problem, match=r"--targets .*: basic_net learns mask, depth: choose of these, each once, or another --model: "
    ):
        build_model("basic_net", targets)


def test_a_wrong_option_lists_the_options() -> None:
    with pytest.raises(Problem, match="basic_net: has no option 'width'; it has input_px"):
        build_model("basic_net", width=3)


def test_an_input_size_that_the_network_cannot_take_is_refused_at_once() -> None:
    with pytest.raises(Problem, match=r"unet_valid: takes pictures with .*, not 100 by 100: give another"):
        build_model("unet_valid", input_px=100)


def test_listing_the_networks_imports_no_torch() -> None:
    code = "import sys; sys.modules['torch'] = None\nimport bgfg.train.targets, bgfg.train.models.registry"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
