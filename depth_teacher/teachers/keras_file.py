"""A Keras file: the weights of its layers, and how the layers are joined.

Written by Keras 2.2 to 3, as a whole model or as weights alone, HDF5 or an archive `.keras` of Keras 3 with such a file
in it. It is read in a process with limits, since damaged ones make the HDF5 library crash or run for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.limited_read import read_limited
from bgfg.depth_teacher.teachers.keras_hdf5 import read_keras

_MEMORY_BYTES = 2 * 2**30

Weight = tuple[str, str]


@dataclass(frozen=True)
class KerasFile:
    """The layers of a file. Their names have `_` for `/`: `conv1/conv` and `conv1_conv` are one layer.

    Attributes:
        path: The file.
        shapes: (layer, variable) -> shape of its array.
        config: The model's own description, JSON; None where the file has weights alone.
        generation: Major version of the Keras that wrote it, as the file says it; 2 where it doesn't.
        values: The arrays that were asked for, as far as the file has them, in the order in which they were.
    """

    path: Path
    shapes: Mapping[Weight, tuple[int, ...]]
    config: str | None
    generation: int
    values: Iterator[NDArray[np.float32]]


@contextmanager
def open_keras(path: Path, wanted: Sequence[Weight]) -> Iterator[KerasFile]:
    """Open a file to read its layers.

    Args:
        path: The file.
        wanted: The arrays that are to be read, (layer, variable), in order; such layers may also lie in a model within
            the model.

    Raises:
        Problem: It is none of Keras's files, or cut short; or, while `values` are taken, one is no plain array of
            finite reals.
    """
    if not path.is_file():
        raise Problem(f"{path}: there is no such file: check the path of the weights", exit_code=2)
    items = read_limited(path, read_keras, [list(weight) for weight in wanted], memory_bytes=_MEMORY_BYTES)
    try:
        about = next(items)
        shapes = {(layer, variable): tuple(shape) for layer, variable, shape in about["shapes"]}
        yield KerasFile(path, shapes, about["config"], about["generation"], (item["values"] for item in items))
    finally:
        items.close()
