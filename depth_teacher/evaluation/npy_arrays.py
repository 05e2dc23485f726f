"""Arrays of numbers in .npy files and streams, whole or frame by frame; nothing is unpickled."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem

_MAX_PIXELS = 200_000_000
_MAX_BYTES = 8 * 2**30  # of a stack in Fortran order, whose frames lie interleaved and so are read together


def read_npy(path: Path, ranks: tuple[int, ...]) -> NDArray[Any]:
    """Read the one array of a file, in C or Fortran order.

    Args:
        path: The file.
        ranks: How many axes it may have.

    Raises:
        Problem: It is no plain array of numbers of such a rank, too large, or cut short.
    """
    try:
        with path.open("rb") as stream:
            return npy_array(path, stream, ranks)
    except OSError as error:
        raise Problem(f"{path}: can't be read ({error.strerror or error}): put the file back") from error


def npy_array(path: Path, stream: IO[bytes], ranks: tuple[int, ...]) -> NDArray[Any]:
    """Read the one array of a stream; the arguments are those of `read_npy`, `path` being named in errors."""
    return _whole(path, stream, *npy_header(path, stream, ranks))


def npy_frames(path: Path, stream: IO[bytes], rank: int) -> Iterator[NDArray[Any]]:
    """Yield the frames of an array of several, along its first axis, one at a time; those in Fortran order at once."""
    shape, is_fortran, dtype = npy_header(path, stream, (rank,))
    if is_fortran:
        yield from _whole(path, stream, shape, is_fortran, dtype)
        return
    count, frame_shape = shape[0], shape[1:]
    for i in range(count):
        yield _values(path, stream, frame_shape, dtype, f" at frame {i} of {count}").reshape(frame_shape)


def npy_header(path: Path, stream: IO[bytes], ranks: tuple[int, ...]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Read a header: shape, whether in Fortran order, and dtype.

    Raises:
        Problem: It isn't one of a plain array of numbers of such a rank.
    """
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, is_fortran, dtype = read(stream)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise Problem(f"{path}: not a whole .npy array ({error}): replace it with a whole copy") from error
    pixels = int(np.prod(shape[1:] if len(shape) == 4 else shape[-3:], dtype=object)) if len(shape) > 1 else 0
    if len(shape) not in ranks or dtype.kind not in "uif" or pixels > 4 * _MAX_PIXELS:
        raise Problem(f"{path}: an array of {dtype} {shape}, which holds no pictures or depth maps: check the file")
    return shape, is_fortran, dtype


def _whole(path: Path, stream: IO[bytes], shape: tuple[int, ...], is_fortran: bool, dtype: np.dtype) -> NDArray[Any]:
    size_bytes = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if size_bytes > _MAX_BYTES:
        raise Problem(
            f"{path}: {size_bytes:,} bytes in Fortran order, which must be read at once: save it in C order "
            "(numpy.ascontiguousarray)"
        )
    return _values(path, stream, shape, dtype, "").reshape(shape, order="F" if is_fortran else "C")


def _values(path: Path, stream: IO[bytes], shape: tuple[int, ...], dtype: np.dtype, where: str) -> NDArray[Any]:
    size_bytes = int(np.prod(shape, dtype=object)) * dtype.itemsize
    data = stream.read(size_bytes)
    if len(data) < size_bytes:
        raise Problem(f"{path}: cut short{where}: replace it with a whole copy")
    return np.frombuffer(data, dtype)
