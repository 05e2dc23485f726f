"""A Keras HDF5 file, read by h5py alone: the weights of its layers, and how the layers are joined.

Written by Keras 2.2 to 3, as a whole model or as weights alone. The file is not trusted: only what the attributes name
is read, links out of the file are refused, sizes are checked before anything is read, and nothing is executed.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem

# A variable's own name at the end of its path, without a scope's suffix and without the `:0` of TensorFlow.
_VARIABLE = re.compile(r"(kernel|bias|gamma|beta|moving_mean|moving_variance)(?:_\d+)?(?::\d+)?$")

# Keras 3 numbers the variables of a layer in a `.weights.h5`; how many there are tells the layer's kind.
_NUMBERED = {1: ("kernel",), 2: ("kernel", "bias"), 4: ("gamma", "beta", "moving_mean", "moving_variance")}

# What h5py is known to raise on damaged files.
_DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError, UnicodeError, AttributeError)

_MAX_NAMES = 10_000
_MAX_CONFIG_BYTES = 64 * 2**20
_MAX_PATH_PARTS = 32


@dataclass(frozen=True)
class KerasNode:
    """A layer in the model's own description.

    Attributes:
        kind: Its class.
        options: Its options.
        inputs: Names of the layers that it takes its inputs from.
    """

    kind: str
    options: Mapping[str, Any]
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class KerasFile:
    """The layers of an open file. Their names have `_` for `/`: `conv1/conv` and `conv1_conv` are one layer.

    Attributes:
        path: The file.
        weights: (layer, variable) -> its dataset, not read yet.
        nodes: Layer -> how it is connected; None where the file has weights alone.
        generation: Major version of the Keras that wrote it, as the file says it; 2 where it doesn't.
    """

    path: Path
    weights: Mapping[tuple[str, str], h5py.Dataset]
    nodes: Mapping[str, KerasNode] | None
    generation: int = 2

    def read(self, layer: str, variable: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Read one variable; raise Problem where it has another shape, is no plain array of reals, or is damaged."""
        dataset = self.weights[layer, variable]
        where = f"{self.path}: layer {layer}: {variable}"
        try:
            if dataset.shape != shape:
                raise Problem(f"{where} has shape {dataset.shape}, where DenseDepth has {shape}: {_OTHER_FILE}")
            if dataset.dtype.kind != "f" or dataset.dtype.itemsize > 8:
                raise Problem(f"{where} holds {dataset.dtype}, not real numbers: {_OTHER_FILE}")
            if dataset.external or dataset.is_virtual:
                raise Problem(f"{where} lies in another file: give a file that holds its own weights")
            if dataset.chunks and np.prod(dataset.chunks, dtype=object) > 4 * max(1, dataset.size):
                raise Problem(f"{where} is stored in chunks of {dataset.chunks}, far larger than itself: {_OTHER_FILE}")
            if dataset.id.get_create_plist().get_nfilters():  # unpacking has no limit in HDF5's own code
                raise Problem(f"{where} is packed, which Keras doesn't do: unpack it with `h5repack -f NONE`")
            values = np.asarray(dataset[...], np.float32)
        except _DAMAGE as error:
            raise Problem(f"{where} can't be read ({_one_line(error)}): {WHOLE_COPY_ADVICE}") from error
        if not np.isfinite(values).all():
            raise Problem(f"{where} has values that aren't finite numbers: {WHOLE_COPY_ADVICE}")
        return values


WHOLE_COPY_ADVICE = "replace it with a whole copy"
_OTHER_FILE = "give the weights of a DenseDepth on DenseNet-169"


@contextmanager
def open_keras(path: Path, known: Collection[str]) -> Iterator[KerasFile]:
    """Open a file to read its layers.

    Args:
        path: The file.
        known: Layers that are looked for, which may also lie in a model within the model.

    Raises:
        Problem: It is none of Keras's HDF5 files, or cut short.
    """
    with _open_hdf5(path) as file:
        try:
            root = _group(file, "model_weights") or file
            is_listed = _has_list(root, "layer_names")
            weights = dict(_listed(root, known) if is_listed else _numbered(root))
            generation = _generation(file, root) if is_listed else 3
        except _DAMAGE as error:
            raise Problem(f"{path}: can't be read as a Keras file ({_one_line(error)}): {WHOLE_COPY_ADVICE}") from error
        if not weights:
            raise Problem(f"{path}: an HDF5 file without the weights of a Keras model: {_OTHER_FILE}")
        yield KerasFile(path, weights, _nodes(path, file), generation)


@contextmanager
def _open_hdf5(path: Path) -> Iterator[h5py.File]:
    if not path.is_file():
        raise Problem(f"{path}: there is no such file: check --weights", exit_code=2)
    try:
        file = h5py.File(os.fspath(path), "r", locking="best-effort")
    except _DAMAGE as error:
        what = "cut short or damaged" if h5py.is_hdf5(os.fspath(path)) else "not an HDF5 file"
        raise Problem(f"{path}: {what} ({_one_line(error)}): {WHOLE_COPY_ADVICE}") from error
    with file:
        yield file


def _generation(*groups: h5py.Group) -> int:
    versions = (_text(_attribute(group, "keras_version")) for group in groups if "keras_version" in group.attrs)
    found = re.match(r"\d+", next(versions, ""))
    return int(found[0]) if found else 2


def _listed(root: h5py.Group, known: Collection[str]) -> Iterator[tuple[tuple[str, str], h5py.Dataset]]:
    """Walk the attributes `layer_names` and `weight_names`, as Keras itself does."""
    for layer in _names(root, "layer_names"):
        group = _group(root, layer)
        for weight in _names(group, "weight_names") if group is not None else []:
            variable, dataset = _VARIABLE.search(weight.rpartition("/")[2]), _dataset(group, weight)
            if variable and dataset is not None:
                yield (_owner(layer, weight, known), variable[1]), dataset


def _owner(layer: str, weight: str, known: Collection[str]) -> str:
    """Return which layer a weight belongs to: that of `layer_names`, or in a model within the model its own scope."""
    own, scope = canonical_name(layer), weight.split("/")[:-1]
    if own in known:
        return own
    return next((name for name in ("_".join(scope[-2:]), scope[-1] if scope else "") if name in known), own)


def _numbered(root: h5py.Group) -> Iterator[tuple[tuple[str, str], h5py.Dataset]]:
    """Walk a Keras 3 `.weights.h5`: layers/KEY/vars/0, 1 ..., the layer's name an attribute of `vars`."""
    layers = _group(root, "layers")
    if layers is None:
        return
    if len(layers) > _MAX_NAMES:
        raise ValueError(f"{len(layers):,} layers")
    for key in layers:
        variables = _group(layers, f"{key}/vars")
        if variables is None or not len(variables):
            continue
        if "name" not in variables.attrs:
            raise ValueError("its layers have no names; save the whole model as .h5")
        layer = canonical_name(_text(_attribute(variables, "name")))
        for i, variable in enumerate(_NUMBERED.get(len(variables), ())):
            dataset = _dataset(variables, str(i))
            if dataset is not None:
                yield (layer, variable), dataset


def canonical_name(layer: str) -> str:
    """Return a layer's name with `_` for `/`."""
    return layer.replace("/", "_")


def _group(parent: h5py.Group, path: str) -> h5py.Group | None:
    found = _member(parent, path)
    if found is not None and not isinstance(found, h5py.Group):
        raise ValueError(f"{path[:80]!r} is no group")
    return found


def _dataset(parent: h5py.Group, path: str) -> h5py.Dataset | None:
    found = _member(parent, path)
    if found is not None and not isinstance(found, h5py.Dataset):
        raise ValueError(f"{path[:80]!r} is no array")
    return found


def _member(parent: h5py.Group, path: str) -> Any:
    """Follow a path part by part, by hard links alone: a soft or external one may lead anywhere, or in circles.

    Returns None where a part is missing.
    """
    parts = [part for part in path.split("/") if part]
    if not 0 < len(parts) <= _MAX_PATH_PARTS:
        raise ValueError(f"{path[:80]!r} is no path")
    found: Any = parent
    for part in parts:
        name = part.encode()
        if not isinstance(found, h5py.Group) or not found.id.links.exists(name):
            return None
        if found.id.links.get_info(name).type != h5py.h5l.TYPE_HARD:
            raise ValueError(f"{path[:80]!r} is a link to elsewhere, which Keras doesn't write")
        found = found[part]
    return found


def _has_list(group: h5py.Group, name: str) -> bool:
    return name in group.attrs or f"{name}0" in group.attrs


def _names(group: h5py.Group, name: str) -> list[str]:
    """Return a list of names from an attribute that Keras cuts into `name0`, `name1` ... where it is long."""
    if name in group.attrs:
        return _strings(_attribute(group, name))
    parts = itertools.takewhile(lambda part: part in group.attrs, (f"{name}{i}" for i in itertools.count()))
    return [text for part in parts for text in _strings(_attribute(group, part))]


def _attribute(group: h5py.Group, name: str) -> Any:
    stored = group.attrs.get_id(name)
    elements = int(np.prod(stored.shape, dtype=object))
    if elements > _MAX_NAMES or elements * stored.dtype.itemsize > _MAX_CONFIG_BYTES:
        raise ValueError(f"its attribute {name!r} has {elements:,} elements of {stored.dtype}")
    return group.attrs[name]


def _strings(values: Any) -> list[str]:
    if isinstance(values, h5py.Empty):
        return []
    return [_text(value) for value in np.atleast_1d(values).ravel().tolist()]


def _text(value: Any) -> str:
    if not isinstance(value, str | bytes):
        raise ValueError(f"a name is {type(value).__name__}")
    return value.decode() if isinstance(value, bytes) else value


def _nodes(path: Path, file: h5py.File) -> dict[str, KerasNode] | None:
    """Return how the layers are joined, from the attribute `model_config`; None where there is none."""
    if "model_config" not in file.attrs:
        return None
    try:
        layers = json.loads(_text(_attribute(file, "model_config")))["config"]["layers"]
        return {canonical_name(layer["config"]["name"]): _node(layer) for layer in layers}
    except (*_DAMAGE, IndexError, RecursionError) as error:
        raise Problem(f"{path}: its model_config can't be read ({_one_line(error)}): {WHOLE_COPY_ADVICE}") from error


def _node(layer: dict[str, Any]) -> KerasNode:
    return KerasNode(str(layer["class_name"]), layer["config"], tuple(_sources(layer.get("inbound_nodes", []))))


def _sources(found: Any) -> Iterator[str]:
    """Yield the layers that inbound nodes name: [layer, node, tensor, {}] in Keras 2, `keras_history` in Keras 3."""
    if isinstance(found, dict):
        if "keras_history" in found:
            yield canonical_name(found["keras_history"][0])
        else:
            for value in found.values():
                yield from _sources(value)
    elif isinstance(found, list):
        if len(found) >= 3 and isinstance(found[0], str) and isinstance(found[1], int):
            yield canonical_name(found[0])
        else:
            for value in found:
                yield from _sources(value)


def _one_line(error: BaseException) -> str:
    text = str(error.args[0]) if error.args else type(error).__name__
    return " ".join(text.split())[:160]
