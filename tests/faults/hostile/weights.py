"""Readers of weights, networks and what they say of themselves."""

from __future__ import annotations

import json
import zipfile
from functools import partial
from pathlib import Path

import numpy as np

from bgfg.data_manifests.files.seal import SAFETENSORS_MARK
from tests.faults.hostile.layers import (
    json_in_header,
    safetensors_header,
    sealed,
    zip_member,
)
from tests.faults.hostile.readers import Layer, Reader, Stock, Target, in_file

_BY_THE_DOOR = 500
_WANTED = [["conv2", "kernel"], ["conv2", "bias"]]


def _make_keras(folder: Path) -> None:
    import h5py

    with h5py.File(folder / "w.h5", "w") as file:
        file.attrs["layer_names"] = [b"conv2"]
        file.attrs["model_config"] = json.dumps({"config": {"layers": []}})
        file.create_group("conv2").attrs["weight_names"] = [b"conv2/kernel:0", b"conv2/bias:0"]
        file["conv2/conv2/kernel:0"] = np.ones((1, 1, 2, 3), np.float32)
        file["conv2/conv2/bias:0"] = np.ones(3, np.float32)
    with h5py.File(folder / "numbered.h5", "w") as file:
        file["layers/conv2d/vars/0"] = np.ones((1, 1, 2, 3), np.float32)
        file["layers/conv2d/vars/1"] = np.ones(3, np.float32)
        file["layers/conv2d/vars"].attrs["name"] = "conv2"
    layer = {
        "class_name": "Conv2D",
        "config": {"name": "conv2", "filters": 3},
        "inbound_nodes": [["input_1", 0, 0, {}]],
    }
    with zipfile.ZipFile(folder / "w.keras", "w") as archive:
        archive.write(folder / "numbered.h5", "model.weights.h5")
        archive.writestr("config.json", json.dumps({"config": {"layers": [layer, layer]}}))
        archive.writestr("metadata.json", "{}")


KERAS = Stock("keras", _make_keras, ("h5py", "bgfg.depth_teacher.teachers.keras_hdf5"))


def _keras(folder: Path) -> list[Target]:
    from bgfg.depth_teacher.teachers.keras_config import keras_nodes
    from bgfg.depth_teacher.teachers.keras_file import KerasFile
    from bgfg.depth_teacher.teachers.keras_hdf5 import read_keras

    def read(path: Path) -> None:
        items = read_keras(str(path), _WANTED)
        about = next(items)
        keras_nodes(KerasFile(path, {}, about["config"], about["generation"], iter(())))
        for _ in items:
            pass

    inside = {"weights": zip_member("model.weights.h5"), "config": zip_member("config.json")}
    return [
        in_file(folder / "w.h5", lambda: read(folder / "w.h5")),
        in_file(folder / "w.keras", lambda: read(folder / "w.keras"), layers=inside),
    ]


def _keras_doors(folder: Path) -> list[Target]:
    from bgfg.depth_teacher.teachers.keras_file import open_keras

    def read(path: Path) -> None:
        with open_keras(path, [("conv2", "kernel"), ("conv2", "bias")]) as file:
            for _ in file.values:
                pass

    return [in_file(folder / name, partial(read, folder / name)) for name in ("w.h5", "w.keras")]


def _make_torch(folder: Path) -> None:
    import torch
    from safetensors.torch import save_file

    from bgfg.depth_teacher.teachers.compact_weights import CompactMetadata, sealed_safetensors
    from bgfg.train.models.checkpoint import Checkpoint
    from tests.support.saved_runs import save_run

    tensors = {"decoder.conv2.weight": torch.zeros(2, 3, 1, 1), "encoder.norm0.weight": torch.ones(4)}
    torch.save(tensors, folder / "zip.pt")
    torch.save(tensors, folder / "legacy.pth", _use_new_zipfile_serialization=False)
    about = {"format": '"bgfg-densedepth"', "variant": '{"width": 16}', "range_m": "[0.1, 10]"}
    save_file(tensors, folder / "densedepth.safetensors", about)
    description = {
        "model": {"name": "two_branch_net", "options": {"targets": ["mask"], "input_px": 32, "width": 4}},
        "standing": {"step": 3, "threshold": 0.5, "figures": {"iou": 0.5}},
        "options": {"data": {"masks": "binary"}},
        "depth": {"near_m": 0.1, "far_m": 10.0, "kind": "log"},
        "masks": {"how": "grey", "kind": "binary", "values": [0, 255], "classes": [{"name": "a", "value": 1}]},
        "files": ["a.png"], "classes": ["a"], "versions": {"bgfg": "1"},
    }  # fmt: skip
    part = {"a": torch.arange(6.0), "b": torch.arange(5)}
    save_run(folder / "run", "unet", ("mask",), width=2, input_px=32)
    Checkpoint({"average": part}, description).save(folder / "checkpoint.safetensors")
    compact = CompactMetadata({"backbone": "x", "width": 16}, 64, 0.1, 10.0, "CC0", "a corpus", [[0.5, 0.2]])
    (folder / "compact.onnx").write_bytes(b"onnx")
    content = sealed_safetensors(part, compact, _sha256(b"onnx"))
    (folder / "compact.safetensors").write_bytes(content)


def _sha256(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


TORCH = Stock(
    "torch", _make_torch,
    ("torch", "safetensors.torch", "bgfg.depth_teacher.teachers.densedepth_weights", "bgfg.train.models.checkpoint",
     "bgfg.train.models.pretrained", "bgfg.depth_teacher.teachers.compact_weights"),
)  # fmt: skip


def _densedepth(folder: Path) -> list[Target]:
    from bgfg.depth_teacher.teachers.densedepth_weights import _read_safetensors
    from bgfg.train.models.encoder_weights import describe_file
    from bgfg.train.models.pretrained import read_weights

    path = folder / "densedepth.safetensors"
    layers = {"header": safetensors_header(), "variant": json_in_header("variant"), "range": json_in_header("range_m")}
    reads = [partial(read, path) for read in (_read_safetensors, read_weights, describe_file)]
    return [in_file(path, *reads, layers=layers)]


def _torch_files(folder: Path) -> list[Target]:
    from bgfg.depth_teacher.teachers.densedepth_weights import _read_torch
    from bgfg.train.models.pretrained import read_weights

    pickled = {"pickle": zip_member("zip/data.pkl")}
    return [
        in_file(path, partial(read_weights, path), partial(_read_torch, path), layers=layers)
        for path, layers in ((folder / "zip.pt", pickled), (folder / "legacy.pth", {}))
    ]


def _safetensors_layers() -> dict[str, Layer]:
    """The layers of safetensors that carry a seal and a description."""
    return {
        "sealed": sealed(SAFETENSORS_MARK),
        "header": safetensors_header(SAFETENSORS_MARK),
        "description": json_in_header("bgfg", SAFETENSORS_MARK),
    }


def _checkpoints(folder: Path) -> list[Target]:
    from bgfg.train.models.checkpoint import Checkpoint

    path = folder / "checkpoint.safetensors"
    return [
        in_file(path, lambda: Checkpoint.load(path), lambda: Checkpoint.load(path, []), layers=_safetensors_layers())
    ]


def _networks(folder: Path) -> list[Target]:
    from bgfg.train.models.checkpoint import load_network

    path = folder / "run/checkpoints/best.safetensors"
    layers = {"sealed": sealed(SAFETENSORS_MARK), "description": json_in_header("bgfg", SAFETENSORS_MARK)}
    return [in_file(path, partial(load_network, path), layers=layers)]


def _compact(folder: Path) -> list[Target]:
    from bgfg.depth_teacher.teachers.compact_weights import open_weights_pair

    path = folder / "compact.safetensors"
    return [
        in_file(path, lambda: open_weights_pair(path), layers=_safetensors_layers()),
        in_file(folder / "compact.onnx", lambda: open_weights_pair(path)),
    ]


def _make_onnx(folder: Path) -> None:
    from bgfg.train.models.model_card import ModelCard
    from tests.support.difference_onnx import write_difference_onnx

    card = ModelCard("differs", {}, ("bg", "bg_fg"), ("mask",), 32, 16, 0, "CC0")
    write_difference_onnx(folder / "m.onnx", card)
    (folder / "card.json").write_text(card.as_json())


ONNX = Stock("onnx", _make_onnx, ("onnxruntime", "bgfg.train.inference.onnx_model"))


def _onnx(folder: Path) -> list[Target]:
    from bgfg.train.inference.onnx_model import OnnxModel

    small = np.zeros((1, 3, 4, 5), np.float32)
    path = folder / "m.onnx"
    return [in_file(path, lambda: OnnxModel(path, "cpu", 1).run([small, small]))]


def _cards(folder: Path) -> list[Target]:
    from bgfg.train.models.model_card import parse_model_card

    text = (folder / "card.json").read_bytes()
    return [Target("card", text, [lambda card: parse_model_card(Path("m.onnx"), card.decode(errors="replace"))])]


READERS = [
    Reader("keras", KERAS, _keras, is_limited=True),
    Reader("keras-doors", KERAS, _keras_doors, inputs=_BY_THE_DOOR),
    Reader("safetensors", TORCH, _densedepth),
    Reader("torch-files", TORCH, _torch_files),
    Reader("checkpoints", TORCH, _checkpoints),
    Reader("networks", TORCH, _networks),
    Reader("compact.safetensors", TORCH, _compact),
    Reader("onnx", ONNX, _onnx),
    Reader("model-cards", ONNX, _cards),
]
