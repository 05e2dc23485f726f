"""Weights from files: fitted, refused, never run."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torchvision.models import resnet18

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.models.pretrained import read_weights
from bgfg.train.models.registry import build_model
from tests.support.doors import damaged, refusal
from tests.support.instance_corpus import LIGHT_MASKRCNN

PREDICTOR = "network.roi_heads.box_predictor.cls_score.weight"


def state(classes: int) -> dict[str, torch.Tensor]:
    """Return the state of a light network as torchvision would save it."""
    torch.manual_seed(classes)
    network = build_model("maskrcnn", classes=classes, **LIGHT_MASKRCNN).network
    assert isinstance(network, torch.nn.Module)
    return network.state_dict()


def built(file: Path, **options: object) -> tuple[dict[str, torch.Tensor], str]:
    torch.manual_seed(9)
    net = build_model("maskrcnn", weights=str(file), **{**LIGHT_MASKRCNN, **options})
    return net.state_dict(), net.weights_origin


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_of_more_classes_the_first_are_kept(tmp_path: Path, suffix: str) -> None:
    given, file = state(5), tmp_path / f"w{suffix}"
    if suffix == ".pth":
        torch.save({"model": given}, file)
    else:
        save_file(given, file)
    found, said = built(file)
    assert said == f"maskrcnn starts from {file}; of its classes the first are kept, background and person"
    assert torch.equal(found[PREDICTOR], given[PREDICTOR.removeprefix("network.")][:2])
    for name, tensor in given.items():
        if "predictor" not in name:
            assert torch.equal(found[f"network.{name}"], tensor)


def test_the_licence_that_a_file_states_is_kept_for_the_run(tmp_path: Path) -> None:
    for name, metadata, licence in (("plain", None, "licence not stated"), ("said", {"license": "BSD-3"}, "BSD-3")):
        file = tmp_path / f"{name}.safetensors"
        save_file(state(2), file, metadata)
        ((kept),) = build_model("maskrcnn", weights=str(file), **LIGHT_MASKRCNN).started_from
        assert kept["name"].startswith(f"{file.name}, SHA-256 ")
        assert kept["licence"] == licence
    assert list(build_model("maskrcnn", **LIGHT_MASKRCNN).started_from) == []


def test_heads_of_fewer_classes_are_replaced(tmp_path: Path) -> None:
    torch.save(state(2), tmp_path / "w.pth")
    found, said = built(tmp_path / "w.pth", classes=4)
    assert said.endswith("w.pth; its heads, of fewer classes, are replaced by fresh ones")
    assert found[PREDICTOR].shape[0] == 4


def test_a_backbone_alone_is_taken_too(tmp_path: Path) -> None:
    backbone = resnet18(weights=None).state_dict()
    torch.save(backbone, tmp_path / "resnet18.pth")
    found, said = built(tmp_path / "resnet18.pth", backbone="resnet18")
    assert said.endswith("resnet18.pth, weights of the backbone alone")
    assert torch.equal(found["network.backbone.body.layer1.0.conv1.weight"], backbone["layer1.0.conv1.weight"])


def test_the_same_network_is_rebuilt_without_the_file(tmp_path: Path) -> None:
    torch.save(state(2), tmp_path / "w.pth")
    net = build_model("maskrcnn", weights=str(tmp_path / "w.pth"), **LIGHT_MASKRCNN)
    (tmp_path / "w.pth").unlink()
    assert build_model(net.name, **net.options).options == net.options


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    torch.save(state(2), tmp_path / "w.pth")
    with pytest.raises(Problem, match=r"w\.pth: of another network \(.* doesn't fit\): choose its backbone and width"):
        built(tmp_path / "w.pth", width=24)
    torch.save({"a": torch.zeros(2)}, tmp_path / "a.pth")
    with pytest.raises(Problem, match=r"a\.pth: of another network \(backbone\..* is missing\)"):
        built(tmp_path / "a.pth")


class Trap:
    """What runs when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("it ran",)


def test_damaged_files_and_others_are_one_line_and_nothing_in_them_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save(state(2), tmp_path / "whole.pth")
    (tmp_path / "cut.pth").write_bytes((tmp_path / "whole.pth").read_bytes()[:5_000])
    (tmp_path / "text.pth").write_text("no weights")
    (tmp_path / "empty.pth").write_bytes(b"")
    (tmp_path / "cut.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{}")
    (tmp_path / "trap.pth").write_bytes(pickle.dumps({"weight": Trap()}, protocol=2))
    for name in ("cut.pth", "text.pth", "empty.pth", "cut.safetensors", "trap.pth"):
        with pytest.raises(Problem, match=rf"weights=.*{name}: can't be read as weights \(.*\): fetch it again") as met:
            read_weights(tmp_path / name)
        assert len(met.value.lines) == 1
    assert "it ran" not in capsys.readouterr().out
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(Problem, match=r"list\.pth: holds no network's state"):
        read_weights(tmp_path / "list.pth")
    torch.save({1: torch.zeros(2), "a": torch.zeros(2).to_sparse()}, tmp_path / "odd.pth")
    with pytest.raises(Problem, match=r"odd\.pth: holds no network's state"):
        read_weights(tmp_path / "odd.pth")
    with pytest.raises(Problem, match=r"none\.pth: no such file"):
        read_weights(tmp_path / "none.pth")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("zipped", [True, False])
def test_any_damage_is_read_or_one_line(tmp_path: Path, data: st.DataObject, zipped: bool) -> None:
    path = tmp_path / "w.pth"
    torch.save({"a": torch.arange(6.0), "b": torch.ones(2, 3)}, path, _use_new_zipfile_serialization=zipped)
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    line = refusal(lambda: read_weights(path))
    assert line == "" or line.startswith(f"weights={path}: ")
