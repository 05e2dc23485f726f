"""DenseDepth weights in safetensors and PyTorch files: round trips, and what is wrong named in one line."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from safetensors.torch import load_file, save_file

from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.teachers.densedepth import (
    HEAD,
    OFFICIAL,
    DenseDepth,
    DenseDepthVariant,
    guess_variant,
    raw_to_metres,
)
from bgfg.depth_teacher.teachers.densedepth_weights import DenseDepthWeights, load_weights, save_safetensors
from tests.support import keras_files
from tests.support.thin_densedepth import save_thin_densedepth, thin_densedepth

pytestmark = pytest.mark.usefixtures("thin_encoder")


@pytest.fixture(scope="module")
def net() -> DenseDepth:
    return thin_densedepth(3)


@pytest.fixture(scope="module")
def state(net: DenseDepth) -> dict[str, torch.Tensor]:
    return dict(net.state_dict())


def same(found: DenseDepth, net: DenseDepth) -> bool:
    state, wanted = (
        {name: values for name, values in each.state_dict().items() if not name.endswith("num_batches_tracked")}
        for each in (found, net)
    )
    return (
        found.variant == net.variant
        and state.keys() == wanted.keys()
        and all(torch.equal(state[name], values) for name, values in wanted.items())
    )


def test_converted_weights_say_what_they_are(tmp_path: Path) -> None:
    variant = DenseDepthVariant(width=16, leaky_after_a=True, final_relu=False, resize="half_pixel")
    net = thin_densedepth(1, variant)
    loaded = load_weights(keras_files.write(tmp_path / "kitti_best.h5", net), "half_pixel")
    assert (loaded.net.variant, loaded.range_m) == (variant, (1.0, 80.0))
    save_safetensors(loaded, tmp_path / "mine.safetensors")
    again = load_weights(tmp_path / "mine.safetensors")
    assert (again.net.variant, again.range_m) == (variant, (1.0, 80.0))
    assert again.sha256 == file_sha256(tmp_path / "mine.safetensors")
    assert same(again.net, net)
    other = load_weights(tmp_path / "mine.safetensors", "align_corners", "nyu")
    assert (other.net.variant.resize, other.range_m) == ("align_corners", (0.1, 10.0))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_archive_of_keras_3_is_read_as_the_file_within(tmp_path: Path) -> None:
    net = thin_densedepth(3, DenseDepthVariant(width=16, leaky_after_a=True, resize="half_pixel"))
    path = keras_files.write_archive(tmp_path / "kitti.keras", net)
    found = load_weights(path)
    assert (found.net.variant, found.range_m) == (net.variant, (1.0, 80.0))
    assert same(found.net, net)


def test_an_archive_that_is_damaged_is_one_line(tmp_path: Path, net: DenseDepth) -> None:
    path = keras_files.write_archive(tmp_path / "nyu.keras", net)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(Problem, match=r"nyu\.keras: an archive of Keras 3 that is damaged .*replace it") as caught:
        load_weights(path)
    assert len(caught.value.lines) == 1


@pytest.mark.parametrize("wrap", ["plain", "state_dict", "DataParallel", "the repository's own"])
def test_state_dicts_of_pytorch_are_read(tmp_path: Path, net: DenseDepth, state: dict[str, Any], wrap: str) -> None:
    wrapped: dict[str, Any] = {
        "plain": state,
        "state_dict": {"epoch": 3, "state_dict": state},
        "DataParallel": {f"module.{name}": values for name, values in state.items()},
        "the repository's own": {
            **{name.replace("encoder.", "encoder.original_model.features."): v for name, v in state.items()},
            "encoder.original_model.classifier.weight": torch.zeros(1000, 1664),
        },
    }[wrap]
    torch.save(wrapped, tmp_path / "net.pth")
    assert same(load_weights(tmp_path / "net.pth").net, net)


def test_plain_safetensors_are_read_by_their_width(tmp_path: Path, net: DenseDepth, state: dict[str, Any]) -> None:
    save_file({name: values.contiguous() for name, values in state.items()}, tmp_path / "net.safetensors")
    assert same(load_weights(tmp_path / "net.safetensors").net, net)
    assert guess_variant(832, "align_corners").leaky_after_a == HEAD.leaky_after_a
    assert guess_variant(1664, "align_corners") == OFFICIAL
    assert guess_variant(7, "align_corners") == OFFICIAL


class Hostile:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("owned"),))


def test_nothing_is_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"decoder.conv2.weight": Hostile()}, tmp_path / "a.pth")
    (tmp_path / "b.pth").write_bytes(pickle.dumps(Hostile()))
    for name in ("a.pth", "b.pth"):
        with pytest.raises(Problem, match=rf"{name}: cut short, or not a file of weights") as caught:
            load_weights(tmp_path / name)
        assert len(caught.value.lines) == 1
        assert "PyTorch 2" not in str(caught.value)
    assert not (tmp_path / "owned").exists()


def drop(state: dict[str, torch.Tensor]) -> None:
    del state["decoder.up1.convA.bias"], state["encoder.denseblock2.denselayer3.norm1.running_var"]


def reshape(state: dict[str, torch.Tensor]) -> None:
    state["encoder.transition2.conv.weight"] = torch.zeros(3, 3)


def spoil(state: dict[str, torch.Tensor]) -> None:
    state["decoder.conv3.bias"] = torch.full((1,), float("nan"))


def whole_numbers(state: dict[str, torch.Tensor]) -> None:
    state["decoder.conv3.bias"] = torch.zeros(1, dtype=torch.int64)


def add(state: dict[str, torch.Tensor]) -> None:
    state["decoder.up5.convA.weight"] = torch.zeros(3)


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (drop, r"layer encoder\.denseblock2\.denselayer3\.norm1: its running_var is missing"),
        (reshape, r"layer encoder\.transition2\.conv has shape \(3, 3\), where DenseDepth has \(13, 26, 1, 1\)"),
        (spoil, r"layer decoder\.conv3 has values that aren't finite"),
        (whole_numbers, r"layer decoder\.conv3 has values that aren't finite"),
        (add, r"layer decoder\.up5\.convA is none of DenseDepth's"),
    ],
)
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_the_first_wrong_layer_is_named(
    tmp_path: Path, state: dict[str, torch.Tensor], damage: Any, line: str, suffix: str
) -> None:
    changed = {name: values.contiguous() for name, values in state.items()}
    damage(changed)
    path = tmp_path / f"net{suffix}"
    save_file(changed, path) if suffix == ".safetensors" else torch.save(changed, path)
    with pytest.raises(Problem, match=line) as caught:
        load_weights(path)
    assert len(caught.value.lines) == 1


def test_cut_files_and_strange_contents_are_one_line(tmp_path: Path) -> None:
    whole = save_thin_densedepth(tmp_path / "w.safetensors")
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(whole.read_bytes()[:-100])
    with pytest.raises(Problem, match=r"cut\.safetensors: cut short, or not a safetensors file"):
        load_weights(cut)
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(Problem, match="holds list, not a state dict"):
        load_weights(tmp_path / "list.pt")
    with pytest.raises(Problem, match="there is no such file: check the path of the weights"):
        load_weights(tmp_path / "none.h5")
    metadata = {"format": json.dumps("bgfg-densedepth"), "variant": '{"width": -1}', "range_m": "[0.1, 10]"}
    save_file(load_file(whole), tmp_path / "odd.safetensors", metadata)
    with pytest.raises(Problem, match=r"its metadata are damaged .width is -1.: convert it again"):
        load_weights(tmp_path / "odd.safetensors")


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path, net: DenseDepth) -> None:
    with pytest.raises(Problem, match=r"there is no folder .*nowhere: make it, or give another"):
        save_safetensors(DenseDepthWeights(net, "", (0.1, 10.0)), tmp_path / "nowhere" / "w.safetensors")


def test_raw_output_becomes_metres_as_in_the_original() -> None:
    raw = torch.tensor([2.0, 100.0, 500.0, 0.5, 0.0, -3.0, float("nan")])
    found = raw_to_metres(raw, 0.1, 10.0)
    assert found[:6].tolist() == pytest.approx([5.0, 0.1, 0.1, 10.0, 10.0, 0.1])
    assert found[6].isnan()
    assert raw_to_metres(torch.tensor([1.0, 100.0]), 1.0, 80.0).tolist() == [80.0, 1.0]
