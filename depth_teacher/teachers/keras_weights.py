"""Keras HDF5 weights -> the DenseDepth network, checked layer by layer in the order in which a picture meets them."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.teachers.densedepth import (
    BATCH_NORM_EPS,
    BLOCK_LAYERS,
    SKIP_CHANNELS,
    DenseDepth,
    Resize,
    Variant,
    likely_variant,
)
from bgfg.depth_teacher.teachers.keras_file import WHOLE_COPY, KerasFile, Node, open_keras
from torch import Tensor

# The layers whose outputs the up-blocks append, from the deepest on.
_SKIPS = ("pool3_pool", "pool2_pool", "pool1", "conv1_relu")

_CONV = {"kernel": "weight", "bias": "bias"}
_NORM = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}


@dataclass(frozen=True)
class Place:
    """Where a layer of the Keras model lies in the network: its name there, its module here, its variables."""

    layer: str
    module: str
    variables: Mapping[str, str]


def load_keras(path: str | os.PathLike[str], resize: Resize = "align_corners") -> DenseDepth:
    """Load official weights, or others of the same network, from an HDF5 file of Keras 2.2 to 3.

    Returns the network in eval mode: (n, 3, H, W) float32 RGB in 0..1 -> raw output (n, 1, H/2, W/2). Its `variant`
    says what was found in the file; `resize`, which no file tells, is that of the released weights by default. Raises
    Problem, one line, where the file is none of these, naming the first layer that is wrong.
    """
    places = list(keras_places())
    with open_keras(Path(path), {place.layer for place in places}) as file:
        variant = detect(file, resize)
        net = empty(variant)
        expected = net.state_dict()
        found = dict(_tensors(file, places, expected))
        _refuse_strangers(file, {place.layer for place in places})
    return filled(net, found)


def filled(net: DenseDepth, tensors: Mapping[str, Tensor]) -> DenseDepth:
    """Return the empty network with these weights, all of them and checked, in eval mode and not to be trained."""
    net.load_state_dict(dict(tensors), strict=False, assign=True)  # PyTorch would ask for the batch counters, too
    return net.eval().requires_grad_(False)


def empty(variant: Variant) -> DenseDepth:
    """Return the network without memory for its weights, which are to be assigned."""
    with torch.device("meta"):
        net = DenseDepth(variant)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.num_batches_tracked = None  # counts batches in training; no file of ours has it
    return net


def keras_places() -> Iterator[Place]:
    """Yield every layer that has weights, in the order of the forward pass."""
    yield Place("conv1_conv", "encoder.conv0", {"kernel": "weight"})
    yield Place("conv1_bn", "encoder.norm0", _NORM)
    for b, layers in enumerate(BLOCK_LAYERS, start=1):
        for i in range(1, layers + 1):
            layer, module = f"conv{b + 1}_block{i}", f"encoder.denseblock{b}.denselayer{i}"
            yield Place(f"{layer}_0_bn", f"{module}.norm1", _NORM)
            yield Place(f"{layer}_1_conv", f"{module}.conv1", {"kernel": "weight"})
            yield Place(f"{layer}_1_bn", f"{module}.norm2", _NORM)
            yield Place(f"{layer}_2_conv", f"{module}.conv2", {"kernel": "weight"})
        if b < len(BLOCK_LAYERS):
            yield Place(f"pool{b + 1}_bn", f"encoder.transition{b}.norm", _NORM)
            yield Place(f"pool{b + 1}_conv", f"encoder.transition{b}.conv", {"kernel": "weight"})
    yield Place("bn", "encoder.norm5", _NORM)
    yield Place("conv2", "decoder.conv2", _CONV)
    for i in range(1, len(SKIP_CHANNELS) + 1):
        for half in ("convA", "convB"):
            yield Place(f"up{i}_{half}", f"decoder.up{i}.{half}", _CONV)
    yield Place("conv3", "decoder.conv3", _CONV)


def detect(file: KerasFile, resize: Resize) -> Variant:
    """Return the variant of a file: its width from the shape of conv2, the rest from how its layers are joined."""
    kernel = file.weights.get(("conv2", "kernel"))
    shape: tuple[int, ...] = (kernel.shape or ()) if kernel is not None else ()
    variant = likely_variant(int(shape[3]) if len(shape) == 4 else 0, resize)
    if file.nodes is None:
        return variant
    try:
        return _joined(file.nodes, variant)
    except KeyError as error:
        raise Problem(f"{file.path}: its model_config lacks layer {error.args[0]}: {_OTHER}") from error
    except _Unlike as unlike:
        raise Problem(f"{file.path}: {unlike}: {_OTHER}") from unlike
    except (TypeError, ValueError, AttributeError) as error:
        raise Problem(f"{file.path}: its model_config is damaged ({error}): {WHOLE_COPY}") from error


_OTHER = "give the weights of a DenseDepth on DenseNet-169"


class _Unlike(ValueError):
    """A layer that isn't joined, or doesn't work, as DenseDepth's is; the message names it."""


def _joined(nodes: Mapping[str, Node], variant: Variant) -> Variant:
    """Read from the layers' inputs what the shapes don't tell; raise _Unlike for what no DenseDepth does."""
    for name, node in nodes.items():
        for option, (kind, usual) in _USUAL.items():
            value = node.options.get(option, usual)
            alike = value == usual or (isinstance(value, float) and math.isclose(value, BATCH_NORM_EPS, rel_tol=1e-3))
            if node.kind == kind and not alike:
                raise _Unlike(f"layer {name} has {option} {value!r}, where DenseDepth has {usual!r}")
    placed, slopes = set(), set()
    source = "conv2"
    for i, skip in enumerate(_SKIPS, start=1):
        _expect(nodes, f"up{i}_concat", (f"up{i}_upsampling2d", skip))
        _expect(nodes, f"up{i}_upsampling2d", (source,))
        _expect(nodes, f"up{i}_convA", (f"up{i}_concat",))
        after_a = _only(nodes, f"up{i}_convB")
        source = _only(nodes, f"up{i + 1}_upsampling2d" if i < len(_SKIPS) else "conv3")
        placed.add((_is_leaky(nodes, after_a, f"up{i}_convA"), _is_leaky(nodes, source, f"up{i}_convB")))
        slopes |= {_slope(nodes[name]) for name in (after_a, source) if nodes[name].kind == "LeakyReLU"}
        if placed not in ({(False, True)}, {(True, True)}) or len(slopes) != 1:
            raise _Unlike(f"layer {source} after up{i}_convB: the LeakyReLUs of the up-blocks aren't DenseDepth's")
    is_head = placed == {(True, True)}
    return replace(variant, leaky_after_a=is_head, final_relu=_has_final_relu(nodes), slope=slopes.pop())


# Options of a kind of layer that change what it does, and have one value in every DenseDepth.
_USUAL = {
    "epsilon": ("BatchNormalization", BATCH_NORM_EPS),
    "activation": ("Conv2D", "linear"),
    "interpolation": ("UpSampling2D", "bilinear"),
}


def _has_final_relu(nodes: Mapping[str, Node]) -> bool:
    """Say whether conv2 takes the encoder's last batch norm by way of a ReLU, as all but the oldest files do."""
    source = _only(nodes, "conv2")
    if source != "bn" and (nodes[source].kind not in ("Activation", "ReLU") or nodes[source].inputs != ("bn",)):
        raise _Unlike(f"layer conv2 takes {source}, where DenseDepth has the ReLU after bn")
    return source != "bn"


def _expect(nodes: Mapping[str, Node], layer: str, inputs: tuple[str, ...]) -> None:
    if nodes[layer].inputs != inputs:
        raise _Unlike(f"layer {layer} takes {', '.join(nodes[layer].inputs)}, where DenseDepth has {', '.join(inputs)}")


def _only(nodes: Mapping[str, Node], layer: str) -> str:
    inputs = nodes[layer].inputs
    if len(inputs) != 1:
        raise _Unlike(f"layer {layer} has {len(inputs)} inputs, where DenseDepth has 1")
    if inputs[0] not in nodes:
        raise KeyError(inputs[0])
    return inputs[0]


def _is_leaky(nodes: Mapping[str, Node], layer: str, conv: str) -> bool:
    """Say whether `layer` is a LeakyReLU after `conv`, and not `conv` itself."""
    if layer != conv and (nodes[layer].kind != "LeakyReLU" or nodes[layer].inputs != (conv,)):
        raise _Unlike(f"layer {layer} follows {conv}, where DenseDepth has a LeakyReLU")
    return layer != conv


def _slope(node: Node) -> float:
    """Return the slope of a LeakyReLU: `alpha` in Keras 2, `negative_slope` in Keras 3."""
    value = node.options["alpha"] if "alpha" in node.options else node.options["negative_slope"]
    if isinstance(value, dict):  # an array of NumPy, as some versions write it
        value = value["value"]
    return round(float(value), 6)


def _tensors(file: KerasFile, places: list[Place], expected: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Read every weight, in the network's order and layout; raise Problem at the first layer that is wrong."""
    for place in places:
        for variable, own in place.variables.items():
            name = f"{place.module}.{own}"
            shape = tuple(expected[name].shape)
            if (place.layer, variable) not in file.weights:
                has_others = any(layer == place.layer for layer, _ in file.weights)
                what = f"lacks its {variable}" if has_others else "is missing"
                raise Problem(f"{file.path}: layer {place.layer} {what}: {_OTHER}")
            # Keras has kernels as height, width, inputs, outputs; PyTorch as outputs, inputs, height, width.
            stored = tuple(shape[axis] for axis in (2, 3, 1, 0)) if len(shape) == 4 else shape
            values = torch.from_numpy(file.read(place.layer, variable, stored))
            yield name, values.permute(3, 2, 0, 1).contiguous() if len(shape) == 4 else values


def _refuse_strangers(file: KerasFile, known: set[str]) -> None:
    """Raise Problem for a layer with weights that the network has no place for: it is another network."""
    for layer, variable in file.weights:
        if layer not in known:
            raise Problem(f"{file.path}: layer {layer} ({variable}) is none of DenseDepth's: {_OTHER}")
