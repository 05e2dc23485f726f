"""Keras files of every layout give the same network; whatever is wrong with one is said in one line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import h5py
import numpy as np
import torch

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.teachers import keras_file
from bgfg.depth_teacher.teachers.densedepth import DenseDepth, DenseDepthVariant, UpsampleMode
from bgfg.depth_teacher.teachers.keras_config import keras_nodes
from bgfg.depth_teacher.teachers.keras_file import open_keras
from bgfg.depth_teacher.teachers.keras_weights import doubling_of, load_keras
from tests.support import keras_files

pytestmark = pytest.mark.usefixtures("thin_encoder")

# A thin decoder too.
OFFICIAL = DenseDepthVariant(width=32)
HEAD = DenseDepthVariant(width=32, leaky_after_a=True, resize="half_pixel")
OLDEST = DenseDepthVariant(width=32, final_relu=False)


def randomised(variant: DenseDepthVariant) -> DenseDepth:
    """Return a network whose every weight is its own, batch norms' statistics included."""
    torch.manual_seed(5)
    net = DenseDepth(variant).eval().requires_grad_(False)
    for name, values in net.state_dict().items():
        if name.endswith(
            ("running_var", "norm0.weight", "norm1.weight", "norm2.weight", "norm.weight", "norm5.weight")
        ):
            values.uniform_(0.7, 1.3)
        elif name.endswith(("bias", "running_mean")):
            values.normal_(0, 0.1)
    return net


@pytest.fixture(scope="module")
def net() -> DenseDepth:
    return randomised(OFFICIAL)


@pytest.fixture(scope="module")
def whole(net: DenseDepth, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keras_files.write(tmp_path_factory.mktemp("keras") / "nyu.h5", net)


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read without a process of its own, which takes longer than the reading."""
    monkeypatch.setattr(keras_file, "read_limited", lambda path, reader, *rest, **_limits: reader(str(path), *rest))


def same(found: DenseDepth, net: DenseDepth) -> bool:
    wanted = {name: values for name, values in net.state_dict().items() if not name.endswith("num_batches_tracked")}
    state = found.state_dict()
    return state.keys() == wanted.keys() and all(torch.equal(state[name], values) for name, values in wanted.items())


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(
    "layout",
    [
        {"keras": 2, "whole": False},
        {"keras": 2, "as_text": True, "in_parts": True},
        {"keras": 2, "scope": "_1", "in_parts": True},
        {"keras": 3, "suffix": "", "as_text": True},
        {"keras": 3, "with_config": False},
    ],
    ids=str,
)
def test_any_layout_gives_the_network(net: DenseDepth, tmp_path: Path, layout: dict[str, Any]) -> None:
    found = load_keras(keras_files.write(tmp_path / "w.h5", net, **layout), resize=OFFICIAL.resize)
    assert same(found, net)
    assert found.variant == OFFICIAL
    assert not found.training
    rgb = torch.rand(2, 3, 64, 32)
    assert torch.equal(found(rgb), net(rgb))


def test_numbered_weights_of_keras_3_give_the_network(net: DenseDepth, tmp_path: Path) -> None:
    found = load_keras(keras_files.write_numbered(tmp_path / "w.weights.h5", net))
    assert same(found, net)
    assert found.variant.resize == "half_pixel"  # what Keras 3 resizes by


def write_one_layer(path: Path, version: str | None, doubling: str | None) -> Path:
    """Write a file with one weight, of this version of Keras, whose model doubles by layers of this class."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"conv2"]
        file.create_group("conv2").attrs["weight_names"] = [b"conv2/kernel:0"]
        file["conv2/conv2/kernel:0"] = np.zeros((1, 1, 8, 16), np.float32)
        if version:
            file.attrs["keras_version"] = version
        if doubling:
            layer = {"class_name": doubling, "config": {"name": "up1_upsampling2d"}, "inbound_nodes": []}
            file.attrs["model_config"] = json.dumps({"config": {"layers": [layer]}})
    return path


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(
    ("version", "doubling", "resize"),
    [
        ("2.2.4", "BilinearUpSampling2D", "align_corners"),  # as the released weights
        ("2.2.4", None, "align_corners"),
        (None, None, "align_corners"),
        ("2.15.0", "UpSampling2D", "half_pixel"),
        ("3.10.0", "BilinearUpSampling2D", "half_pixel"),
        ("3.10.0", "UpSampling2D", "half_pixel"),
        ("3.10.0", None, "half_pixel"),
    ],
)
def test_what_a_file_says_of_its_doubling_is_heard(
    tmp_path: Path, version: str | None, doubling: str | None, resize: UpsampleMode
) -> None:
    with open_keras(write_one_layer(tmp_path / "w.h5", version, doubling), [("conv2", "kernel")]) as file:
        assert doubling_of(file, keras_nodes(file)) == resize


def test_models_within_a_model_give_the_network(net: DenseDepth, tmp_path: Path) -> None:
    parts: dict[str, list[str]] = {"encoder": [], "decoder": []}
    with h5py.File(tmp_path / "w.h5", "w") as file:
        for layer, variables in keras_files.layers_of(net).items():
            is_decoder = layer.startswith("up") or layer in ("conv2", "conv3")
            for variable, values in variables.items():
                name = f"depth_estimate/decoder/{layer}/{variable}:0" if is_decoder else f"{layer}/{variable}:0"
                parts["decoder" if is_decoder else "encoder"].append(name)
                file[f"{'decoder' if is_decoder else 'encoder'}/{name}"] = values
        file.attrs["layer_names"] = list(parts)
        for part, names in parts.items():
            for i in range(0, len(names), 400):
                file[part].attrs[f"weight_names{i // 400}"] = names[i : i + 400]
    assert same(load_keras(tmp_path / "w.h5"), net)


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(("variant", "keras"), [(HEAD, 2), (OLDEST, 3)], ids=["head", "without the final ReLU"])
def test_the_variant_is_read_from_how_the_layers_are_joined(
    tmp_path: Path, variant: DenseDepthVariant, keras: int
) -> None:
    path = keras_files.write(tmp_path / "w.h5", randomised(variant), keras=keras)
    assert load_keras(path, resize=variant.resize).variant == variant


def remove(*layers: str) -> Callable[[h5py.File], None]:
    def damage(file: h5py.File) -> None:
        for layer in layers:
            del file["model_weights"][layer]

    return damage


def reshape(layer: str, shape: tuple[int, ...]) -> Callable[[h5py.File], None]:
    def damage(file: h5py.File) -> None:
        group = file["model_weights"][layer]
        name = next(name.decode() for name in group.attrs["weight_names"] if b"kernel" in name or b"gamma" in name)
        del group[name]
        group.create_dataset(name, shape, np.float32, chunks=True)

    return damage


def replace_kernel(make: Callable[[h5py.Group, str], None]) -> Callable[[h5py.File], None]:
    def damage(file: h5py.File) -> None:
        group = file["model_weights/up2_convA"]
        del group["up2_convA/kernel:0"]
        make(group, "up2_convA/kernel:0")

    return damage


def edit_config(change: Callable[[dict[str, Any]], None]) -> Callable[[h5py.File], None]:
    def damage(file: h5py.File) -> None:
        content = json.loads(file.attrs["model_config"])
        change({layer["name"]: layer for layer in content["config"]["layers"]})
        file.attrs["model_config"] = np.bytes_(json.dumps(content))

    return damage


def external(group: h5py.Group, name: str) -> None:
    group[name] = h5py.ExternalLink("/etc/hostname", "/")


def circle(group: h5py.Group, name: str) -> None:
    group[name] = h5py.SoftLink("/model_weights/up2_convA/up2_convA")


def stored_elsewhere(group: h5py.Group, name: str) -> None:
    group.create_dataset(name, (3, 3, 26, 8), np.float32, external=[("elsewhere.raw", 0, h5py.h5f.UNLIMITED)])


def text(group: h5py.Group, name: str) -> None:
    group.create_dataset(name, (3, 3, 26, 8), h5py.string_dtype())


def infinite(group: h5py.Group, name: str) -> None:
    group[name] = np.full((3, 3, 26, 8), np.inf, np.float32)


def thick(group: h5py.Group, name: str) -> None:
    group.create_dataset(name, (3, 3, 26, 8), np.float32, chunks=(3, 3, 26, 2**17), maxshape=(3, 3, 26, None))


def packed(group: h5py.Group, name: str) -> None:
    group.create_dataset(name, (3, 3, 26, 8), np.float32, compression="gzip")


def swap(layers: dict[str, Any]) -> None:
    layers["up1_concat"]["inbound_nodes"][0].reverse()


def other_epsilon(layers: dict[str, Any]) -> None:
    layers["bn"]["config"]["epsilon"] = 1e-3


def rectified(layers: dict[str, Any]) -> None:
    layers["up3_convA"]["config"]["activation"] = "relu"


def no_leaky(layers: dict[str, Any]) -> None:
    layers["up3_upsampling2d"]["inbound_nodes"] = [[["up2_convB", 0, 0, {}]]]


def renamed(layers: dict[str, Any]) -> None:
    layers["conv3"]["config"]["name"] = "conv4"


def set_config(value: Any) -> Callable[[h5py.File], None]:
    def damage(file: h5py.File) -> None:
        file.attrs["model_config"] = value

    return damage


DAMAGE: dict[str, tuple[Callable[[h5py.File], None], str]] = {
    "lacks a layer": (remove("conv4_block7_1_bn"), "layer conv4_block7_1_bn is missing"),
    "lacks conv2": (remove("conv2"), "layer conv2 is missing"),
    "lacks several": (remove("conv3", "pool2_bn"), "layer pool2_bn is missing"),
    "lacks a bias": (
        lambda f: f["model_weights/up1_convB"].attrs.__setitem__("weight_names", np.array([b"up1_convB/kernel:0"])),
        "layer up1_convB lacks its bias",
    ),
    "another shape": (
        reshape("pool4_bn", (64,)),
        r"layer pool4_bn: gamma has shape \(64,\), where DenseDepth has \(45,\)",
    ),
    "a shape beyond all memory": (reshape("up4_convA", (3, 3, 2**40, 2)), r"up4_convA: kernel has shape \(3, 3, 1099"),
    "conv2 of a width that can't be": (reshape("conv2", (1, 1, 38, 7)), r"conv2: kernel has shape \(1, 1, 38, 7\)"),
    "a layer too many": (
        lambda f: (
            f["model_weights"].attrs.__setitem__("layer_names", [*f["model_weights"].attrs["layer_names"], b"fc"]),
            f["model_weights"].create_group("fc").attrs.__setitem__("weight_names", [b"fc/kernel:0"]),
            f["model_weights/fc"].__setitem__("fc/kernel:0", np.zeros((3, 3))),
        )[0],
        "layer fc .kernel. is none of DenseDepth's",
    ),
    "an external link": (replace_kernel(external), "is a link to elsewhere"),
    "links in a circle": (replace_kernel(circle), "is a link to elsewhere"),
    "values in another file": (replace_kernel(stored_elsewhere), "layer up2_convA: kernel lies in another file"),
    "text for numbers": (replace_kernel(text), "layer up2_convA: kernel holds object, not real numbers"),
    "infinite values": (replace_kernel(infinite), "layer up2_convA: kernel has values that aren't finite"),
    "chunks of gigabytes": (replace_kernel(thick), "layer up2_convA: kernel is stored in chunks"),
    "packed values": (replace_kernel(packed), "layer up2_convA: kernel is packed, which Keras doesn't do"),
    "concat the other way round": (edit_config(swap), "layer up1_concat takes pool3_pool, up1_upsampling2d, where"),
    "another epsilon": (edit_config(other_epsilon), "layer bn has epsilon 0.001, where DenseDepth has 1.001e-05"),
    "another activation": (edit_config(rectified), "layer up3_convA has activation 'relu', where"),
    "a LeakyReLU forgotten": (edit_config(no_leaky), "layer up2_convB after up2_convB: the LeakyReLUs"),
    "a layer missing in the config": (edit_config(renamed), "model_config lacks layer conv3"),
    "no JSON": (set_config(np.bytes_(b"{")), "model_config can't be read"),
    "JSON without end": (set_config(np.bytes_(b"[" * 40_000)), "model_config can't be read"),
    "a number as config": (set_config(7), "an attribute holds int64, not text"),
    "names that are numbers": (
        lambda f: f["model_weights"].attrs.__setitem__("layer_names", [1, 2]),
        "an attribute holds int, not text",
    ),
    "a million names": (
        lambda f: f["model_weights"].attrs.__setitem__("layer_names", np.zeros(60_000, "S1")),
        "its attribute 'layer_names' has 60,000 elements",
    ),
    "no layers": (lambda f: f.__delitem__("model_weights"), "an HDF5 file without the weights of a Keras model"),
}  # fmt: skip


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("kind", DAMAGE)
def test_what_is_wrong_is_named_in_one_line(whole: Path, tmp_path: Path, kind: str) -> None:
    damage, line = DAMAGE[kind]
    path = Path(shutil.copy(whole, tmp_path / "nyu.h5"))
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(Problem, match=line) as caught:
        load_keras(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert len(caught.value.lines) == 1


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.99])
def test_a_file_cut_short_is_one_line(whole: Path, tmp_path: Path, share: float) -> None:
    data = whole.read_bytes()
    path = tmp_path / "cut.h5"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(Problem, match=r"cut\.h5: .*: replace it with a whole copy") as caught:
        load_keras(path)
    assert len(caught.value.lines) == 1


def test_no_file_and_no_hdf5_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="there is no such file"):
        load_keras(tmp_path / "nyu.h5")
    (tmp_path / "text.h5").write_text("not weights")
    with pytest.raises(Problem, match="not an HDF5 file"):
        load_keras(tmp_path / "text.h5")
