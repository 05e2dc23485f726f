"""Arrays of numbers in .npy files and streams, whole or frame by frame; nothing is unpickled or evaluated."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.terminal.errors import Problem

_MAX_PIXELS = 200_000_000
_MAX_FRAME_BYTES = 300_000_000
_MAX_STACK_BYTES = 10**9  # of one in Fortran order, whose frames lie interleaved and so are read together

_MAGIC = b"\x93NUMPY"
_LENGTH_BYTES = {1: 2, 2: 4, 3: 4}  # of the field that says how long the header is, by the format's major version
_MAX_HEADER_BYTES = 10_000

# The header is a Python dictionary, whose three entries are looked for instead of evaluating it.
_DTYPE = re.compile(r"""['"]descr['"]\s*:\s*['"]([<>=|]?)([A-Za-z])(\d*)['"]""")
_ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)""")
_SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(([\d\sL,]*)\)""")
_NUMBERS = {"u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", f"f{np.dtype(np.longdouble).itemsize}"}
_KINDS = {"O": "object", "b": "bool", "c": "complex", "S": "text", "U": "text", "V": "records"}


class NpyHeader(NamedTuple):
    """What the header of an array says."""

    shape: tuple[int, ...]
    is_fortran: bool
    dtype: np.dtype


def read_npy(path: Path, ranks: tuple[int, ...]) -> NDArray[Any]:
    """Read the one array of a file, in C or Fortran order.

    Args:
        path: The file.
        ranks: How many axes it may have.

    Raises:
        Problem: It is no plain array of numbers of such a rank, too large, or cut short.
    """
    try:
        with open_regular(path) as stream:
            return npy_array(path, stream, ranks)
    except OSError as error:
        raise_failed_call(error, path)
        raise Problem(f"{path}: can't be read ({error.strerror or error}): put the file back") from error


def npy_array(path: Path, stream: IO[bytes], ranks: tuple[int, ...]) -> NDArray[Any]:
    """Read the one array of a stream; the arguments are those of `read_npy`, `path` being named in errors."""
    return _whole(path, stream, npy_header(path, stream, ranks), _MAX_FRAME_BYTES)


def npy_frames(path: Path, stream: IO[bytes], rank: int) -> Iterator[NDArray[Any]]:
    """Yield the frames of an array of several, along its first axis, one at a time; those in Fortran order at once."""
    header = npy_header(path, stream, (rank,))
    if header.is_fortran:
        yield from _whole(path, stream, header, _MAX_STACK_BYTES)
        return
    count, *frame_shape = header.shape
    for i in range(count):
        yield _values(path, stream, tuple(frame_shape), header.dtype, f" at frame {i} of {count}")


def npy_header(path: Path, stream: IO[bytes], ranks: tuple[int, ...]) -> NpyHeader:
    """Read a header.

    Raises:
        Problem: It isn't one of a plain array of numbers of such a rank, none of whose sides is 0.
    """
    text = _header_text(path, stream)
    dtype, order, shape = _DTYPE.search(text), _ORDER.search(text), _SHAPE.search(text)
    if order is None or shape is None:
        raise Problem(f"{path}: not a whole .npy array (its header is damaged): {_WHOLE_COPY}")
    sides = tuple(int(side) for side in re.findall(r"\d+", shape[1]))
    kind = "records" if dtype is None else dtype[2] + dtype[3]
    pixels = math.prod(sides[1:] if len(sides) == 4 else sides[-3:]) if len(sides) > 1 else 0
    if len(sides) not in ranks or kind not in _NUMBERS or pixels > 4 * _MAX_PIXELS or 0 in sides:
        said = _KINDS.get(kind[:1], kind)
        raise Problem(f"{path}: an array of {said} {sides}, which holds no pictures or depth maps: check the file")
    assert dtype is not None  # since its kind is one of numbers
    return NpyHeader(sides, order[1] == "True", np.dtype(f"{dtype[1].replace('|', '')}{kind}"))


_WHOLE_COPY = "replace it with a whole copy"


def _header_text(path: Path, stream: IO[bytes]) -> str:
    magic = stream.read(len(_MAGIC) + 2)
    length_bytes = _LENGTH_BYTES.get(magic[-2]) if len(magic) == len(_MAGIC) + 2 else None
    if not magic.startswith(_MAGIC) or length_bytes is None:
        raise Problem(f"{path}: not a whole .npy array (its first bytes are none of one): {_WHOLE_COPY}")
    length = int.from_bytes(stream.read(length_bytes), "little")
    text = stream.read(length) if length <= _MAX_HEADER_BYTES else b""
    if not text or len(text) < length:
        raise Problem(f"{path}: not a whole .npy array (its header is damaged or cut short): {_WHOLE_COPY}")
    return text.decode("latin1")


def _whole(path: Path, stream: IO[bytes], header: NpyHeader, most_bytes: int) -> NDArray[Any]:
    if header.is_fortran:
        return _values(path, stream, header.shape[::-1], header.dtype, "", most_bytes).T
    return _values(path, stream, header.shape, header.dtype, "", most_bytes)


def _values(
    path: Path,
    stream: IO[bytes],
    shape: tuple[int, ...],
    dtype: np.dtype,
    where: str,
    most_bytes: int = _MAX_FRAME_BYTES,
) -> NDArray[Any]:
    size_bytes = math.prod(shape) * dtype.itemsize
    if size_bytes > most_bytes:
        advice = "save it smaller" if most_bytes == _MAX_FRAME_BYTES else "save it in C order (numpy.ascontiguousarray)"
        raise Problem(f"{path}: {size_bytes:,} bytes that are read at once; at most {most_bytes:,} are: {advice}")
    try:
        values = np.empty(shape, dtype)
    except (MemoryError, ValueError) as error:
        raise Problem(f"{path}: an array of {dtype} {shape}, too large for the memory here: check the file") from error
    target, filled = values.reshape(-1).view(np.uint8).data, 0
    while filled < len(target):  # so that memory is taken only as far as the file goes
        piece = stream.read(min(len(target) - filled, 2**24))
        if not piece:
            raise Problem(f"{path}: cut short{where}: {_WHOLE_COPY}")
        target[filled : filled + len(piece)] = piece
        filled += len(piece)
    return values
