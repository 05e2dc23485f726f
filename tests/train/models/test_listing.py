"""The list of networks has the counts that are published of them."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.train.inference.torch_model import load_decoded
from bgfg.train.models.checkpoint import model_file
from bgfg.train.models.listing import ModelInfo, list_models
from bgfg.train.models.registry import MODELS
from bgfg.train.models.shipped import SHIPPED_MODELS


@pytest.fixture(scope="module")
def models() -> list[ModelInfo]:
    return list(list_models())


def test_every_network_is_listed_with_its_parameters_and_sizes(models: list[ModelInfo]) -> None:
    listed = {model.model: model for model in models if not model.trained}
    assert list(listed)[:5] == list(MODELS)[:5]
    assert {name: listed[name].parameters for name in ("basic_net", "two_branch_net", "unet_valid")} == {
        "basic_net": 523_521, "two_branch_net": 386_816, "unet_valid": 34_520_514
    }  # fmt: skip
    assert (listed["two_stream"].input_px, listed["two_stream"].output_px) == (192, "96x96")
    assert listed["two_stream"].parameters < 5_000_000
    assert listed["unet_valid"].output_px == "98x98"
    assert not listed["unet_valid"].any_size
    assert all(model.licence and model.inputs and model.about for model in listed.values())


def test_the_networks_that_come_with_bgfg_are_listed_with_their_own_sizes(models: list[ModelInfo]) -> None:
    shipped = {model.model: model for model in models if model.trained}
    assert tuple(shipped) == SHIPPED_MODELS
    two_stream = shipped["two_stream"]
    assert (two_stream.parameters, two_stream.outputs, two_stream.input_px) == (591_137, "mask", 192)
    assert "bgfg predict two_stream IMAGE --background EMPTY" in two_stream.about
    for name, model in shipped.items():
        assert model.licence == load_decoded(model_file(Path(name)))[1].licence, name
