"""Values and arrays on a pipe: a header of JSON, then the arrays' bytes. Nothing is pickled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.json_form import parse_json

_LENGTH_BYTES = 8
_MAX_HEADER_BYTES = 256 * 2**20


class BrokenFrame(ValueError):
    """What came over the pipe is no frame."""


def write_frame(stream: IO[bytes], values: Mapping[str, Any]) -> None:
    """Write values by name: arrays of numbers, and whatever JSON knows."""
    arrays = {name: np.ascontiguousarray(v) for name, v in values.items() if isinstance(v, np.ndarray)}
    plain = {name: value for name, value in values.items() if name not in arrays}
    shapes = [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()]
    header = json.dumps({"plain": plain, "arrays": shapes}).encode()
    stream.write(len(header).to_bytes(_LENGTH_BYTES, "little") + header)
    for array in arrays.values():
        stream.write(array.reshape(-1).view(np.uint8).data)
    stream.flush()


def read_frame(stream: IO[bytes], most_bytes: int) -> dict[str, Any] | None:
    """Read the values of one frame by name; None where the stream ends before it does.

    Args:
        stream: What `write_frame` wrote to.
        most_bytes: What its arrays may take together.

    Raises:
        BrokenFrame: It is none: who wrote it went astray.
    """
    prefix = stream.read(_LENGTH_BYTES)
    length = int.from_bytes(prefix, "little")
    if len(prefix) == _LENGTH_BYTES and length > _MAX_HEADER_BYTES:
        raise BrokenFrame(f"a header of {length:,} bytes")
    text = stream.read(length) if len(prefix) == _LENGTH_BYTES else b""
    if not text or len(text) < length:
        return None
    try:
        header = parse_json(text)
        values = dict(header["plain"])
        shapes = [(str(name), np.dtype(str(dtype)), tuple(map(int, shape))) for name, dtype, shape in header["arrays"]]
    except (ValueError, TypeError, KeyError) as error:
        raise BrokenFrame(str(error)) from error
    for name, dtype, shape in shapes:
        size_bytes = int(np.prod(shape, dtype=object)) * dtype.itemsize
        if dtype.kind not in "biuf" or min(shape, default=0) < 0 or size_bytes > most_bytes:
            raise BrokenFrame(f"an array of {dtype} {shape}")
        most_bytes -= size_bytes
        array: NDArray[Any] = np.empty(shape, dtype)
        if not _fill(stream, array.reshape(-1).view(np.uint8).data):
            return None
        values[name] = array
    return values


def _fill(stream: IO[bytes], target: memoryview) -> bool:
    """Read bytes until the target is full; return whether there were enough."""
    filled = 0
    while filled < len(target):
        piece = stream.readinto(target[filled:])  # type: ignore[attr-defined]  # every binary stream has it
        if not piece:
            return False
        filled += piece
    return True
