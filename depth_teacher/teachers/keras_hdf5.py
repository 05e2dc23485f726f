"""The arrays and the description in a Keras HDF5 file, read by h5py alone, for `read_limited` to call.

The file is not trusted: only what the attributes name is read, links out of the file are refused, sizes are checked
before anything is read, and nothing is executed.
"""

from __future__ import annotations

import io
import itertools
import os
import re
import zipfile
import zlib
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.limited_read import Items

# A variable's own name at the end of its path, without a scope's suffix and without the `:0` of TensorFlow.
_VARIABLE = re.compile(r"(kernel|bias|gamma|beta|moving_mean|moving_variance)(?:_\d+)?(?::\d+)?$")

# Keras 3 numbers the variables of a layer in a `.weights.h5`; how many there are tells the layer's kind.
_NUMBERED = {1: ("kernel",), 2: ("kernel", "bias"), 4: ("gamma", "beta", "moving_mean", "moving_variance")}

# What h5py and zipfile are known to raise on damaged files.
_DAMAGE = (OSError, RuntimeError, LookupError, ValueError, TypeError, ArithmeticError, AttributeError, EOFError,
           AssertionError, SystemError, zipfile.BadZipFile, zlib.error)  # fmt: skip

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_WEIGHTS, _CONFIG = "model.weights.h5", "config.json"  # the members of an archive
_MAX_NAMES = 10_000
_MAX_CONFIG_BYTES = 64 * 2**20
_MAX_WEIGHTS_BYTES = 640 * 2**20  # of an archive, which are unpacked into memory: three times those of DenseDepth
_MAX_PATH_PARTS = 32

WHOLE_COPY_ADVICE = "replace it with a whole copy"
_OTHER_FILE = "give the weights of a DenseDepth on DenseNet-169"


def is_keras(path: Path) -> bool:
    """Say by its first bytes whether a file is HDF5, or by its members whether it is an archive of Keras 3."""
    with open_regular(path) as stream:
        return stream.read(len(_SIGNATURE)) == _SIGNATURE or _is_archive(path)


def read_keras(name: str, wanted: Sequence[Sequence[str]]) -> Items:
    """Yield shapes and description of a file, then the values of each weight of `wanted` that it has.

    Not to be called on files that aren't trusted but by `read_limited`: they can make HDF5 crash.
    """
    path = Path(name)
    order = [(layer, variable) for layer, variable in wanted]
    with _open_hdf5(path) as (file, config):
        try:
            root = _group(file, "model_weights") or file
            is_listed = _has_list(root, "layer_names")
            weights = dict(_listed(root, {layer for layer, _ in order}) if is_listed else _numbered(root))
            generation = _generation(file, root) if is_listed else 3
            shapes = [(*weight, list(dataset.shape or ())) for weight, dataset in weights.items()]
            if config is None and "model_config" in file.attrs:
                config = _text(_attribute(file, "model_config"))
        except _DAMAGE as error:
            raise Problem(f"{path}: can't be read as a Keras file ({_one_line(error)}): {WHOLE_COPY_ADVICE}") from error
        if not weights:
            raise Problem(f"{path}: an HDF5 file without the weights of a Keras model: {_OTHER_FILE}")
        yield {"shapes": shapes, "config": config, "generation": generation}
        for weight in order:
            if weight in weights:
                yield {"values": _values(f"{path}: layer {weight[0]}: {weight[1]}", weights[weight])}


def _values(where: str, dataset: h5py.Dataset) -> NDArray[np.float32]:
    """Read one array; raise Problem where it is no plain array of finite reals, or is damaged."""
    try:
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


@contextmanager
def _open_hdf5(path: Path) -> Generator[tuple[h5py.File, str | None]]:
    """Open the HDF5 file, or that within an archive, with the description that lies beside it there."""
    config: str | None = None
    source: Any = os.fspath(path)
    what = "damaged, or not an HDF5 file"
    try:
        if _is_archive(path):
            what = "an archive of Keras 3 that is damaged"
            weights, text = _unpacked(path)
            source, config = io.BytesIO(weights), text.decode()
        else:
            what = "cut short or damaged" if is_keras(path) else "not an HDF5 file"
        file = h5py.File(source, "r", locking="best-effort")
    except _DAMAGE as error:
        raise Problem(f"{path}: {what} ({_one_line(error)}): {WHOLE_COPY_ADVICE}") from error
    with file:
        yield file, config


def _is_archive(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return _WEIGHTS in archive.namelist()
    except _DAMAGE:
        return False  # whatever it is, it is no such archive


def _unpacked(path: Path) -> tuple[bytes, bytes]:
    with zipfile.ZipFile(path) as archive:
        weights, config = (archive.getinfo(member) for member in (_WEIGHTS, _CONFIG))
        if weights.file_size > _MAX_WEIGHTS_BYTES or config.file_size > _MAX_CONFIG_BYTES:
            raise ValueError(f"{weights.file_size:,} bytes of weights")
        return archive.read(weights), archive.read(config)


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
        raise ValueError(f"an attribute holds {type(value).__name__}, not text")
    return value.decode() if isinstance(value, bytes) else value


def _one_line(error: BaseException) -> str:
    text = str(error.args[0]) if error.args else type(error).__name__
    return " ".join(text.split())[:160]
