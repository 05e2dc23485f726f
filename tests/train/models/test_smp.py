"""Networks of segmentation_models_pytorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import pytest

smp = pytest.importorskip("segmentation_models_pytorch", reason="the extra [train] isn't installed")

import timm  # noqa: E402
import torch  # noqa: E402
import torchvision  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

from bgfg.data_manifests.terminal.errors import Problem  # noqa: E402
from bgfg.train.models.registry import build_model  # noqa: E402
from bgfg.train.models.stored_network import build_stored  # noqa: E402
from tests.support.noise_inputs import count_parameters, predict_noise  # noqa: E402


@pytest.mark.parametrize("architecture", ["unet", "fpn", "linknet"])
def test_an_architecture_gives_maps_of_the_size_of_the_pictures(architecture: str) -> None:
    net = build_model(f"smp:{architecture}:tu-test_resnet")
    maps = predict_noise(net, 64, 96)
    assert {name: map_.shape for name, map_ in maps.items()} == dict.fromkeys(("mask", "depth"), (2, 1, 64, 96))
    assert net.output_px(64, 96) == (64, 96)


def test_an_encoder_is_named_with_the_network_or_by_an_option() -> None:
    named, chosen = build_model("smp:unet:tu-test_resnet"), build_model("smp:unet", encoder="tu-test_resnet")
    assert count_parameters(named) == count_parameters(chosen) < count_parameters(build_model("smp:unet"))


def test_two_encoders_are_refused() -> None:
    with pytest.raises(Problem, match="the option encoder says 'resnet34': leave one of the two out"):
        build_model("smp:unet:resnet18", encoder="resnet34")


def test_unknown_names_list_what_there_is() -> None:
    with pytest.raises(Problem, match=r"smp:vnet: no architecture 'vnet': choose one of unet, unetplusplus, .*dpt"):
        build_model("smp:vnet")
    with pytest.raises(Problem, match=r"no encoder 'resnet17': choose tu- and a name of timm, or resnet1"):
        build_model("smp:unet:resnet17")
    with pytest.raises(Problem, match="no encoder 'tu-nothing'"):
        build_model("smp:unet:tu-nothing")


def test_an_encoder_that_an_architecture_cannot_use_is_said() -> None:
    with pytest.raises(Problem, match=r"smp:deeplabv3plus:vgg11: can't be built with vgg11 .*: choose another"):
        build_model("smp:deeplabv3plus:vgg11")


def test_sizes_are_multiples_of_32() -> None:
    with pytest.raises(Problem, match="takes pictures with sides that are multiples of 32 px, not 64 by 72"):
        build_model("smp:unet:tu-test_resnet").output_px(64, 72)


def test_published_weights_that_cannot_be_fetched_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_args: Any, **_options: Any) -> NoReturn:
        raise OSError("no connection")

    monkeypatch.setattr(smp.encoders, "get_preprocessing_params", offline)
    with pytest.raises(Problem, match=r"can't be had for the encoder resnet18 \(no connection\): connect, or leave"):
        build_model("smp:unet:resnet18", weights="imagenet")


def test_a_network_with_published_weights_is_built_again_without_fetching_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create, started = smp.encoders.get_encoder, []

    def fetched(name: str, inputs: int, weights: str) -> Any:
        started.append(create(name, inputs))
        return started[-1]

    normalisation = {"mean": [0.1, 0.2, 0.3], "std": [0.5, 0.5, 0.5]}
    monkeypatch.setattr(smp.encoders, "get_encoder", fetched)
    monkeypatch.setattr(smp.encoders, "get_preprocessing_params", lambda *_: normalisation)
    net: Any = build_model("smp:unet:resnet18", weights="imagenet")
    assert net.options["weights"] == normalisation | {
        "source": "smp-hub/resnet18.imagenet", "licence": "licence not stated"
    }  # fmt: skip
    assert torch.equal(net.network.encoder.conv1.weight, started[0].conv1.weight)
    assert net.standardise.mean.flatten().tolist() == pytest.approx([0.1, 0.2, 0.3])
    monkeypatch.setattr(smp.encoders, "get_preprocessing_params", None)
    again: Any = build_stored(Path("m"), {"name": net.name, "options": net.options}, net.state_dict(), "")
    assert again.options == net.options
    assert torch.equal(again.standardise.mean, net.standardise.mean)


def test_a_file_of_weights_is_taken_by_encoders_of_both_packages(tmp_path: Path) -> None:
    save_file(timm.create_model("test_resnet").state_dict(), tmp_path / "timm.safetensors")
    save_file(torchvision.models.resnet18().state_dict(), tmp_path / "torchvision.safetensors")
    for encoder, file, first in (
        ("tu-test_resnet", "timm.safetensors", "conv1.0.weight"),
        ("resnet18", "torchvision.safetensors", "conv1.weight"),
    ):
        net: Any = build_model(f"smp:unet:{encoder}", ("mask",), weights=str(tmp_path / file))
        found = next(each for each in net.network.encoder.parameters())
        wanted = load_file(tmp_path / file)[first]
        assert torch.allclose(found[:, :3] * 2, wanted)  # both shots have half of them each
        assert net.origin.source.startswith(f"{file}, SHA-256 ")
    with pytest.raises(Problem, match=r"torchvision.safetensors: of another network than test_resnet \("):
        build_model("smp:unet:tu-test_resnet", weights=str(tmp_path / "torchvision.safetensors"))
    with pytest.raises(Problem, match=r"can't be had for the encoder resnet18 \(.*\): give a file of its own weights"):
        build_model("smp:unet:resnet18", weights=str(tmp_path / "timm.safetensors"))


def test_an_encoder_with_channels_last_gives_maps_of_the_size_of_the_pictures() -> None:
    net = build_model("smp:unet:tu-test_mambaout", ("mask",), input_px=96)
    assert predict_noise(net, 96, 64)["mask"].shape == (2, 1, 96, 64)


def test_an_encoder_of_a_fixed_size_names_the_size_and_takes_no_other_afterwards() -> None:
    encoder = "tu-swin_tiny_patch4_window7_224"
    with pytest.raises(
        Problem, match=r"can't take pictures of 96 px with tu-swin_.* \(.+\): give --size 224, or choose"
    ):
        build_model(f"smp:unet:{encoder}", ("mask",), input_px=96)
    net = build_model(f"smp:unet:{encoder}", ("mask",), input_px=224)  # it has its channels last, too
    assert (net.step_px, net.output_px(224, 224)) == (None, (224, 224))
    with pytest.raises(Problem, match=r"takes pictures with sides of 224 px, .*, not 256 by 224: give another --size"):
        net.output_px(256, 224)


@pytest.mark.parametrize("encoder", ["tu-test_vit3", "tu-levit_128s"])
def test_encoders_that_cannot_work_are_one_line(encoder: str) -> None:
    with pytest.raises(Problem, match=rf"^smp:unet:{encoder}: can't .*{encoder} \(.+\): .*choose another encoder$"):
        build_model(f"smp:unet:{encoder}", ("mask",), input_px=96)
