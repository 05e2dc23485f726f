"""Load Keras HDF5 weights into the DenseDepth network, checked layer by layer in the order of the forward pass."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.teachers.densedepth import (
    BATCH_NORM_EPS,
    BLOCK_LAYERS,
    SKIP_CHANNELS,
    DenseDepth,
    DenseDepthVariant,
    UpsampleMode,
    guess_variant,
)
from bgfg.depth_teacher.teachers.keras_config import KerasNode, keras_nodes
from bgfg.depth_teacher.teachers.keras_file import KerasFile, open_keras
from bgfg.depth_teacher.teachers.keras_hdf5 import WHOLE_COPY_ADVICE

# The layers whose outputs the up-blocks append, from the deepest on.
_SKIPS = ("pool3_pool", "pool2_pool", "pool1", "conv1_relu")

_CONV = {"kernel": "weight", "bias": "bias"}
_NORM = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}


@dataclass(frozen=True)
class LayerMapping:
    """Which layer of the Keras model is which module of the network.

    Attributes:
        layer: Its name in the Keras model.
        module: Its name in the network.
        variables: Variable in the Keras model -> parameter or buffer of the module.
    """

    layer: str
    module: str
    variables: Mapping[str, str]


def load_keras(path: str | os.PathLike[str], resize: UpsampleMode | None = None) -> DenseDepth:
    """Load official weights, or others of the same network, from an HDF5 file of Keras 2.2 to 3.

    Args:
        path: The file.
        resize: Where bilinear doubling takes its samples; None for what the file says: half-pixel centres where it
            doubles by Keras's own layer or was written by Keras 3, whose resizing has no other, else aligned corners,
            as the released weights have them.

    Returns:
        The network in eval mode: (n, 3, H, W) float32 RGB in 0..1 -> raw output (n, 1, H/2, W/2). Its `variant` says
        what was found in the file.

    Raises:
        Problem: The file is none of these; one line, which names the first layer that is wrong.
    """
    mappings = list(layer_mappings())
    wanted = [(mapping.layer, variable) for mapping in mappings for variable in mapping.variables]
    with open_keras(Path(path), wanted) as file:
        nodes = keras_nodes(file)
        variant = detect_variant(file, nodes, resize or doubling_of(file, nodes))
        net = empty_network(variant)
        expected = net.state_dict()
        found = dict(_tensors(file, mappings, expected))
        _refuse_unknown_layers(file, {mapping.layer for mapping in mappings})
    return assign_weights(net, found)


def assign_weights(net: DenseDepth, tensors: Mapping[str, Tensor]) -> DenseDepth:
    """Return the empty network with these weights, all of them and checked, in eval mode and not to be trained."""
    net.load_state_dict(dict(tensors), strict=False, assign=True)  # PyTorch would ask for the batch counters, too
    return net.eval().requires_grad_(False)


def empty_network(variant: DenseDepthVariant) -> DenseDepth:
    """Return the network without memory for its weights, which are assigned later."""
    with torch.device("meta"):
        net = DenseDepth(variant)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.num_batches_tracked = None  # counts batches in training; no file of ours has it
    return net


def layer_mappings() -> Iterator[LayerMapping]:
    """Yield every layer that has weights, in the order of the forward pass."""
    yield LayerMapping("conv1_conv", "encoder.conv0", {"kernel": "weight"})
    yield LayerMapping("conv1_bn", "encoder.norm0", _NORM)
    for b, layers in enumerate(BLOCK_LAYERS, start=1):
        for i in range(1, layers + 1):
            layer, module = f"conv{b + 1}_block{i}", f"encoder.denseblock{b}.denselayer{i}"
            yield LayerMapping(f"{layer}_0_bn", f"{module}.norm1", _NORM)
            yield LayerMapping(f"{layer}_1_conv", f"{module}.conv1", {"kernel": "weight"})
            yield LayerMapping(f"{layer}_1_bn", f"{module}.norm2", _NORM)
            yield LayerMapping(f"{layer}_2_conv", f"{module}.conv2", {"kernel": "weight"})
        if b < len(BLOCK_LAYERS):
            yield LayerMapping(f"pool{b + 1}_bn", f"encoder.transition{b}.norm", _NORM)
            yield LayerMapping(f"pool{b + 1}_conv", f"encoder.transition{b}.conv", {"kernel": "weight"})
    yield LayerMapping("bn", "encoder.norm5", _NORM)
    yield LayerMapping("conv2", "decoder.conv2", _CONV)
    for i in range(1, len(SKIP_CHANNELS) + 1):
        for half in ("convA", "convB"):
            yield LayerMapping(f"up{i}_{half}", f"decoder.up{i}.{half}", _CONV)
    yield LayerMapping("conv3", "decoder.conv3", _CONV)


def doubling_of(file: KerasFile, nodes: Mapping[str, KerasNode] | None) -> UpsampleMode:
    """Return where a file's doubling takes its samples, as `load_keras` says."""
    is_own_layer = nodes is not None and any(node.kind == "UpSampling2D" for node in nodes.values())
    return "half_pixel" if is_own_layer or file.generation >= 3 else "align_corners"


def detect_variant(file: KerasFile, nodes: Mapping[str, KerasNode] | None, resize: UpsampleMode) -> DenseDepthVariant:
    """Return the variant of a file: its width from the shape of conv2, the rest from how its layers are connected."""
    shape = file.shapes.get(("conv2", "kernel"), ())
    variant = guess_variant(int(shape[3]) if len(shape) == 4 else 0, resize)
    if nodes is None:
        return variant
    try:
        return _read_connections(nodes, variant)
    except KeyError as error:
        raise Problem(f"{file.path}: its model_config lacks layer {error.args[0]}: {_OTHER}") from error
    except _NotDenseDepth as unlike:
        raise Problem(f"{file.path}: {unlike}: {_OTHER}") from unlike
    except (TypeError, ValueError, AttributeError) as error:
        raise Problem(f"{file.path}: its model_config is damaged ({error}): {WHOLE_COPY_ADVICE}") from error


_OTHER = "give the weights of a DenseDepth on DenseNet-169"


class _NotDenseDepth(ValueError):
    """A layer that isn't joined, or doesn't work, as DenseDepth's is; the message names it."""


def _read_connections(nodes: Mapping[str, KerasNode], variant: DenseDepthVariant) -> DenseDepthVariant:
    """Read from the layers' inputs what the shapes don't tell; raise _NotDenseDepth for what no DenseDepth does."""
    for name, node in nodes.items():
        for option, (kind, usual) in _FIXED_OPTIONS.items():
            value = node.options.get(option, usual)
            alike = value == usual or (isinstance(value, float) and math.isclose(value, BATCH_NORM_EPS, rel_tol=1e-3))
            if node.kind == kind and not alike:
                raise _NotDenseDepth(f"layer {name} has {option} {value!r}, where DenseDepth has {usual!r}")
    placed, slopes = set(), set()
    source = "conv2"
    for i, skip in enumerate(_SKIPS, start=1):
        _require_inputs(nodes, f"up{i}_concat", (f"up{i}_upsampling2d", skip))
        _require_inputs(nodes, f"up{i}_upsampling2d", (source,))
        _require_inputs(nodes, f"up{i}_convA", (f"up{i}_concat",))
        after_a = _only_input(nodes, f"up{i}_convB")
        source = _only_input(nodes, f"up{i + 1}_upsampling2d" if i < len(_SKIPS) else "conv3")
        placed.add((_is_leaky(nodes, after_a, f"up{i}_convA"), _is_leaky(nodes, source, f"up{i}_convB")))
        slopes |= {_slope(nodes[name]) for name in (after_a, source) if nodes[name].kind == "LeakyReLU"}
        if placed not in ({(False, True)}, {(True, True)}) or len(slopes) != 1:
            raise _NotDenseDepth(
                f"layer {source} after up{i}_convB: the LeakyReLUs of the up-blocks aren't DenseDepth's"
            )
    is_head = placed == {(True, True)}
    return replace(variant, leaky_after_a=is_head, final_relu=_has_final_relu(nodes), slope=slopes.pop())


# Options of a kind of layer that change what it does, and have one value in every DenseDepth.
_FIXED_OPTIONS = {
    "epsilon": ("BatchNormalization", BATCH_NORM_EPS),
    "activation": ("Conv2D", "linear"),
    "interpolation": ("UpSampling2D", "bilinear"),
}


def _has_final_relu(nodes: Mapping[str, KerasNode]) -> bool:
    """Say whether conv2 takes the encoder's last batch norm by way of a ReLU, as all but the oldest files do."""
    source = _only_input(nodes, "conv2")
    if source != "bn" and (nodes[source].kind not in ("Activation", "ReLU") or nodes[source].inputs != ("bn",)):
        raise _NotDenseDepth(f"layer conv2 takes {source}, where DenseDepth has the ReLU after bn")
    return source != "bn"


def _require_inputs(nodes: Mapping[str, KerasNode], layer: str, inputs: tuple[str, ...]) -> None:
    if nodes[layer].inputs != inputs:
        raise _NotDenseDepth(
            f"layer {layer} takes {', '.join(nodes[layer].inputs)}, where DenseDepth has {', '.join(inputs)}"
        )


def _only_input(nodes: Mapping[str, KerasNode], layer: str) -> str:
    inputs = nodes[layer].inputs
    if len(inputs) != 1:
        raise _NotDenseDepth(f"layer {layer} has {len(inputs)} inputs, where DenseDepth has 1")
    if inputs[0] not in nodes:
        raise KeyError(inputs[0])
    return inputs[0]


def _is_leaky(nodes: Mapping[str, KerasNode], layer: str, conv: str) -> bool:
    """Say whether `layer` is a LeakyReLU after `conv`, and not `conv` itself."""
    if layer != conv and (nodes[layer].kind != "LeakyReLU" or nodes[layer].inputs != (conv,)):
        raise _NotDenseDepth(f"layer {layer} follows {conv}, where DenseDepth has a LeakyReLU")
    return layer != conv


def _slope(node: KerasNode) -> float:
    """Return the slope of a LeakyReLU: `alpha` in Keras 2, `negative_slope` in Keras 3."""
    value = node.options["alpha"] if "alpha" in node.options else node.options["negative_slope"]
    if isinstance(value, dict):  # an array of NumPy, as some versions write it
        value = value["value"]
    return round(float(value), 6)


def _tensors(
    file: KerasFile, mappings: list[LayerMapping], expected: Mapping[str, Tensor]
) -> Iterator[tuple[str, Tensor]]:
    """Read every weight, in the network's order and layout; raise Problem at the first layer that is wrong."""
    for mapping in mappings:
        for variable, own in mapping.variables.items():
            name = f"{mapping.module}.{own}"
            shape = tuple(expected[name].shape)
            if (mapping.layer, variable) not in file.shapes:
                has_others = any(layer == mapping.layer for layer, _ in file.shapes)
                what = f"lacks its {variable}" if has_others else "is missing"
                raise Problem(f"{file.path}: layer {mapping.layer} {what}: {_OTHER}")
            # Keras has kernels as height, width, inputs, outputs; PyTorch as outputs, inputs, height, width.
            stored = tuple(shape[axis] for axis in (2, 3, 1, 0)) if len(shape) == 4 else shape
            found = file.shapes[mapping.layer, variable]
            if found != stored:
                where = f"{file.path}: layer {mapping.layer}: {variable}"
                raise Problem(f"{where} has shape {found}, where DenseDepth has {stored}: {_OTHER}")
            values = torch.from_numpy(next(file.values))
            yield name, values.permute(3, 2, 0, 1).contiguous() if len(shape) == 4 else values


def _refuse_unknown_layers(file: KerasFile, known: set[str]) -> None:
    """Raise Problem for a layer with weights that the network has no place for: it is another network."""
    for layer, variable in file.shapes:
        if layer not in known:
            raise Problem(f"{file.path}: layer {layer} ({variable}) is none of DenseDepth's: {_OTHER}")
