"""Files of DenseDepth weights as versions of Keras write them, from a network here, by names of their own."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from bgfg.depth_teacher.teachers.densedepth import DenseDepth


def keras_name(parameter: str, slash: str) -> tuple[str, str]:
    """Return layer and variable, as Keras has them, of a parameter here."""
    module, _, own = parameter.rpartition(".")
    is_norm = "norm" in module
    norm = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    variable = norm[own] if is_norm else {"weight": "kernel", "bias": "bias"}[own]
    rules = [
        (r"encoder\.conv0", f"conv1{slash}conv"),
        (r"encoder\.norm0", f"conv1{slash}bn"),
        (r"encoder\.norm5", "bn"),
        (r"encoder\.denseblock(\d)\.denselayer(\d+)\.norm1", r"conv{}_block\2_0_bn"),
        (r"encoder\.denseblock(\d)\.denselayer(\d+)\.conv1", r"conv{}_block\2_1_conv"),
        (r"encoder\.denseblock(\d)\.denselayer(\d+)\.norm2", r"conv{}_block\2_1_bn"),
        (r"encoder\.denseblock(\d)\.denselayer(\d+)\.conv2", r"conv{}_block\2_2_conv"),
        (r"encoder\.transition(\d)\.norm", r"pool{}_bn"),
        (r"encoder\.transition(\d)\.conv", r"pool{}_conv"),
        (r"decoder\.(conv\d)", r"\1"),
        (r"decoder\.(up\d)\.(conv\w)", r"\1_\2"),
    ]
    for pattern, layer in rules:
        match = re.fullmatch(pattern, module)
        if match:
            return match.expand(layer).format(int(match[1]) + 1 if "{}" in layer else ""), variable
    raise ValueError(parameter)


def layers_of(net: DenseDepth, slash: str = "/") -> dict[str, dict[str, np.ndarray]]:
    """Return layer -> variable -> values, kernels as Keras lays them."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for parameter, tensor in net.state_dict().items():
        if parameter.endswith("num_batches_tracked"):
            continue
        layer, variable = keras_name(parameter, slash)
        values = tensor.numpy()
        found.setdefault(layer, {})[variable] = values.transpose(2, 3, 1, 0) if values.ndim == 4 else values
    return found


def config(net: DenseDepth, slash: str, keras: int, doubling: str = "BilinearUpSampling2D") -> dict[str, Any]:
    """Return what Keras writes as model_config, of the layers that matter, joined as those of `net` are."""
    v, joined = net.variant, list[tuple[str, str, dict[str, Any], list[str]]]()

    def add(kind: str, name: str, inputs: list[str], **options: Any) -> str:
        joined.append((kind, name, options, inputs))
        return name

    add("InputLayer", "input_1", [])
    stem = add("BatchNormalization", f"conv1{slash}bn", ["input_1"], epsilon=1.001e-5)
    skips = ["pool3_pool", "pool2_pool", "pool1", add("Activation", f"conv1{slash}relu", [stem], activation="relu")]
    for name in skips[:3]:
        add("AveragePooling2D", name, ["input_1"])
    x = add("BatchNormalization", "bn", ["input_1"], epsilon=1.001e-5)
    if v.final_relu:
        x = add("Activation", "relu", [x], activation="relu")
    x = add("Conv2D", "conv2", [x], activation="linear")
    slope = {"alpha": np.float32(v.slope).item()} if keras == 2 else {"negative_slope": v.slope}
    for i, skip in enumerate(skips, start=1):
        x = add(doubling, f"up{i}_upsampling2d", [x], interpolation="bilinear")
        x = add("Concatenate", f"up{i}_concat", [x, skip])
        x = add("Conv2D", f"up{i}_convA", [x], activation="linear")
        if v.leaky_after_a:
            x = add("LeakyReLU", f"leaky_re_lu_{2 * i}", [x], **slope)
        x = add("Conv2D", f"up{i}_convB", [x], activation="linear")
        x = add("LeakyReLU", f"leaky_re_lu_{2 * i + 1}", [x], **slope)
    add("Conv2D", "conv3", [x], activation="linear")
    return {"class_name": "Model", "config": {"name": "model_1", "layers": [_layer(*row, keras) for row in joined]}}


def _layer(kind: str, name: str, options: dict[str, Any], inputs: list[str], keras: int) -> dict[str, Any]:
    if keras == 2:
        nodes: list[Any] = [[[source, 0, 0, {}] for source in inputs]] if inputs else []
    else:
        tensors = [
            {"class_name": "__keras_tensor__", "config": {"shape": [None, 8, 8, 3], "keras_history": [source, 0, 0]}}
            for source in inputs
        ]
        nodes = [{"args": [tensors] if kind == "Concatenate" else tensors, "kwargs": {}}] if inputs else []
    return {"class_name": kind, "config": {"name": name, **options}, "name": name, "inbound_nodes": nodes}


def write(
    path: Path,
    net: DenseDepth,
    *,
    keras: int = 2,
    whole: bool = True,
    with_config: bool = True,
    as_text: bool = False,
    in_parts: bool = False,
    suffix: str = ":0",
    scope: str = "",
    doubling: str = "BilinearUpSampling2D",
) -> Path:
    """Write a file in the layout of a version of Keras.

    whole: a model with its weights in a group and an optimizer beside it, else weights alone. as_text: attributes as
    str, not bytes. in_parts: lists of names cut into pieces. suffix, scope: of the names of variables. doubling: the
    class of the layers that double.
    """
    slash = "/" if keras == 2 else "_"
    layers = layers_of(net, slash)
    names = sorted(["input_1", "zero_padding2d", *layers], key=len)  # any order but that of the forward pass
    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if whole else file
        file.attrs["keras_version"] = b"2.2.4" if keras == 2 else b"3.10.0"
        _set_list(root, "layer_names", names, as_text, in_parts)
        for layer in sorted(names):
            group = root.create_group(layer)
            own = [f"{layer}{scope}/{variable}{suffix}" for variable in layers.get(layer, {})]
            _set_list(group, "weight_names", own, as_text, in_parts and len(own) > 2)
            for name, values in zip(own, layers.get(layer, {}).values(), strict=True):
                group[name] = values
        if whole:
            file.create_group("optimizer_weights")["conv2/kernel:0"] = np.zeros((1, 1, 3, 3), np.float32)
        if whole and with_config:
            text = json.dumps(config(net, slash, keras, doubling))
            file.attrs["model_config"] = text if as_text else np.bytes_(text.encode())
    return path


def write_numbered(path: Path, net: DenseDepth) -> Path:
    """Write the `.weights.h5` of Keras 3: numbered variables, the layer's name an attribute."""
    with h5py.File(path, "w") as file:
        for i, (layer, values) in enumerate(layers_of(net, "_").items()):
            group = file.create_group(f"layers/{'conv2d' if 'kernel' in values else 'batch_normalization'}_{i}/vars")
            group.attrs["name"] = layer
            for number, array in enumerate(values.values()):
                group[str(number)] = array
    return path


def write_archive(path: Path, net: DenseDepth) -> Path:
    """Write the archive `.keras` of Keras 3: the description, and numbered weights in a file within."""
    inner = write_numbered(path.with_suffix(".weights.h5"), net)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        archive.writestr("config.json", json.dumps(config(net, "_", 3, "UpSampling2D")))
        archive.write(inner, "model.weights.h5")
    inner.unlink()
    return path


def _set_list(group: h5py.Group, name: str, values: list[str], as_text: bool, in_parts: bool) -> None:
    stored: Any = values if as_text else np.array([value.encode() for value in values])
    if not values:
        stored = np.zeros(0)
    if not in_parts:
        group.attrs[name] = stored
        return
    for i, part in enumerate(_parts(stored, 3)):
        group.attrs[f"{name}{i}"] = part


def _parts(values: Any, count: int) -> Iterator[Any]:
    size = -(-len(values) // count)
    for start in range(0, len(values), size):
        yield values[start : start + size]
