"""What a file says decides which network of the registry is built, and nothing else."""

from __future__ import annotations

import socket
import urllib.request
from pathlib import Path
from typing import Any, NoReturn

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import timm
import torch

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.models.checkpoint import Checkpoint, load_network, model_options_of
from bgfg.train.models.registry import build_model
from bgfg.train.models.stored_network import build_stored, without_download

FILE = Path("m.safetensors")
SMALL: dict[str, Any] = {"targets": ["mask"], "input_px": 64, "width": 4}

# Harmless ones of each kind that would reach for another file or the network.
REACHING: list[tuple[str, dict[str, Any], str]] = [
    ("two_stream", {"weights": "imagenet"}, "option weights is 'imagenet', which is for new networks only"),
    ("two_stream", {"encoder": "hf-hub:nobody/nothing"}, "option.encoder is 'hf-hub:nobody/nothing'"),
    ("two_stream", {"encoder": "local-dir:/nowhere"}, "option.encoder is 'local-dir:/nowhere'"),
    ("two_stream", {"encoder_options": {"checkpoint_path": "nowhere"}}, "it has no option 'checkpoint_path'"),
    ("two_stream", {"encoder_options": {"pretrained_cfg": {"file": "nowhere"}}}, "it has no option 'pretrained_cfg'"),
    ("two_stream", {"encoder_options": {"cache_dir": "nowhere"}}, "it has no option 'cache_dir'"),
    ("two_stream", {"encoder_options": {"act_layer": "/nowhere"}}, "act_layer is '/nowhere', no word"),
    ("compact", {"start": "nowhere.safetensors"}, "option start is 'nowhere.safetensors'"),
    ("compact", {"encoder": "hf-hub:nobody/nothing"}, "option.encoder is 'hf-hub:nobody/nothing'"),
    ("maskrcnn", {"weights": "nowhere.pth"}, "option weights is 'nowhere.pth'"),
    ("smp:unet", {"encoder_weights": "imagenet"}, "option weights is 'imagenet'"),
    ("smp:unet", {"encoder": "tu-hf-hub:nobody/nothing"}, "option.encoder is 'tu-hf-hub:nobody/nothing'"),
    ("smp:unet:tu-hf-hub:nobody/nothing", {}, "it is called 'smp:unet:tu-hf-hub:nobody/nothing'"),
]
MADE_UP: list[tuple[str, dict[str, Any], str]] = [
    ("two_streams", {}, "it is called 'two_streams'"),
    ("two_stream", {"colour": 1}, "it has no option 'colour'"),
    ("two_stream", {"width": "4"}, "option.width is '4'"),
    ("two_stream", {"width": True}, "option.width is True"),
    ("two_stream", {"width": 10**9}, "option.width is 1000000000"),
    ("two_stream", {"convolutions": 65}, "option.convolutions is 65"),
    ("two_stream", {"input_px": 8192}, "option.input_px is 8192"),
    ("two_stream", {"targets": "mask"}, "option.targets is 'mask'"),
    ("unet", {"dropout": "0.5"}, "option.dropout is '0.5'"),
]


@pytest.fixture
def nothing_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where anything is built, downloaded or opened."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise AssertionError("reached for something")

    for owner, name in (
        (timm, "create_model"),
        (torch, "load"),
        (socket.socket, "connect"),
        (urllib.request, "urlopen"),
    ):
        monkeypatch.setattr(owner, name, refuse)
    monkeypatch.setattr("bgfg.train.models.maskrcnn.load_pretrained", refuse)
    monkeypatch.setattr("bgfg.train.models.compact_depth.open_weights_pair", refuse)
    monkeypatch.setattr("segmentation_models_pytorch.create_model", refuse)


@pytest.mark.usefixtures("nothing_reached")
@pytest.mark.parametrize(("name", "options", "said"), [*REACHING, *MADE_UP])
def test_an_option_that_no_run_writes_is_one_line_and_nothing_is_reached(
    tmp_path: Path, name: str, options: dict[str, Any], said: str
) -> None:
    file = tmp_path / "m.safetensors"
    model = {"name": name, "options": {"targets": ["mask"]} | options}
    Checkpoint({"average": {"a": torch.zeros(1)}}, {"model": model}).save(file)
    with pytest.raises(Problem) as caught:
        load_network(file)
    [line] = caught.value.lines
    assert said in line
    if "encoder_options" not in options:
        assert line.startswith(f"{file}: no network is built from what it says (")
        with pytest.raises(Problem, match="no network is built"):
            model_options_of(file)


def test_what_a_run_writes_is_let_through() -> None:
    single: dict[str, Any] = {"targets": ["mask"], "shots": 1}
    for name, options in (("two_stream", SMALL), ("smp:unet:tu-test_resnet", single)):
        net = build_model(name, **options)
        assert without_download(FILE, {"name": name, "options": net.options}) == net.options
        again = build_stored(FILE, {"name": name, "options": net.options}, net.state_dict(), "")
        assert again.options == net.options


def test_a_network_larger_than_its_weights_takes_no_memory() -> None:
    net = build_model("two_stream", **SMALL)
    model = {"name": "two_stream", "options": net.options | {"width": 20_000}}
    with pytest.raises(Problem, match=r"m\.safetensors: its weights don't fit the two_stream .*or use bgfg 9"):
        build_stored(FILE, model, net.state_dict(), "9")


def test_an_encoder_that_cannot_be_described_without_memory_is_built_all_the_same() -> None:
    net = build_model("smp:segformer:mit_b0", targets=["mask"], input_px=64)
    built = build_stored(FILE, {"name": net.name, "options": net.options}, net.state_dict(), "")
    assert built.input_px == 64
