"""Values and arrays on a pipe: a header of JSON, then the arrays' bytes. Nothing is pickled."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.json_form import Form, is_count, misfit, parse_json

_LENGTH_BYTES = 8
_MAX_HEADER_BYTES = 256 * 2**20

# What NumPy calls numbers; more than that it would evaluate.
_NUMBERS = re.compile(r"[<>|][biuf]\d{1,2}")


def _is_array(entry: Any) -> bool:
    """Say whether an entry of the header is name, type and shape of an array."""
    if not isinstance(entry, list) or len(entry) != 3:
        return False
    name, dtype, shape = entry
    return isinstance(name, str) and isinstance(dtype, str) and bool(_NUMBERS.fullmatch(dtype)) and _is_shape(shape)


def _is_shape(value: Any) -> bool:
    return misfit(value, [is_count]) == "" and len(value) <= 32


_HEADER: Form = {"plain": dict, "arrays": [_is_array]}


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
        if fault := misfit(header, _HEADER, "the header"):
            raise ValueError(fault)
        values = dict(header["plain"])
        shapes = [(name, np.dtype(dtype), tuple(shape)) for name, dtype, shape in header["arrays"]]
    except (ValueError, TypeError) as error:
        raise BrokenFrame(str(error)) from error
    for name, dtype, shape in shapes:
        size_bytes = int(np.prod(shape, dtype=object)) * dtype.itemsize
        if size_bytes > most_bytes:
            raise BrokenFrame(f"an array of {dtype} {shape}")
        most_bytes -= size_bytes
        try:
            array: NDArray[Any] = np.empty(shape, dtype)
        except ValueError as error:  # sides that are too long, whatever they are multiplied by
            raise BrokenFrame(f"an array of {dtype} {shape}") from error
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
