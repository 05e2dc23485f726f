"""The depth map in a MATLAB file, of version 7.3 (HDF5) or before, read in a process with limits."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.evaluation.planes import as_plane, choose_plane
from bgfg.depth_teacher.ops.limited_read import Items, read_limited

_HDF5 = b"\x89HDF\r\n\x1a\n"
_HDF5_AT = 512  # after MATLAB's own header
_MAX_ARRAYS = 1_000
_DEEPEST = 4  # structures within structures

# What h5py and SciPy are known to raise on damaged files.
DAMAGE = (OSError, RuntimeError, LookupError, ValueError, TypeError, ArithmeticError, AttributeError, EOFError,
           AssertionError, SystemError, ImportError, zlib.error)  # fmt: skip


def read_mat(path: Path, key: str | None) -> NDArray[Any]:
    """Read the depth map (h, w) of a file; the arguments are those of `read_depth_m`, fields being `outer/inner`.

    Raises:
        Problem: It is damaged, or it isn't clear which of its arrays is meant.
    """
    if not path.is_file():
        raise Problem(f"{path}: there is no such file: put it back")
    items = read_limited(path, mat_plane, key)
    try:
        values: NDArray[Any] = next(items)["values"]
    finally:
        items.close()
    return values


def mat_plane(name: str, key: str | None) -> Items:
    """Yield the depth map of a file.

    Not to be called on files that aren't trusted but by `read_limited`: they can make HDF5 and SciPy crash.
    """
    path = Path(name)
    try:
        values = (_of_hdf5 if is_hdf5(path) else _of_version_5)(path, key)
    except DAMAGE as error:
        raise cannot_be_read(path, error) from error
    yield {"values": as_plane(path, values)}


def is_hdf5(path: Path) -> bool:
    """Say by its bytes after MATLAB's own header whether a file is of version 7.3."""
    with open_regular(path) as stream:
        stream.seek(_HDF5_AT)
        return stream.read(len(_HDF5)) == _HDF5


def cannot_be_read(path: Path, error: BaseException) -> Problem:
    """Return what to say of a file that made a library raise an error."""
    said = " ".join(str(error).split())[:160] or type(error).__name__
    return Problem(f"{path}: can't be read as a MATLAB file ({said}): replace it with a whole copy")


def require_own_values(*datasets: Any) -> None:
    """Raise ValueError where the values of an HDF5 dataset lie in another file, which may be any."""
    if any(dataset.external or dataset.is_virtual for dataset in datasets):
        raise ValueError("its values lie in another file")


def _of_hdf5(path: Path, key: str | None) -> NDArray[Any]:
    import h5py

    def arrays(group: Any, prefix: str, levels: int) -> Iterator[tuple[str, Any]]:
        for name in group:
            # A link may lead to any file, and `#refs#` are the cells of other arrays.
            if name.startswith("#") or not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue
            found = group[name]
            if isinstance(found, h5py.Group) and levels:
                yield from arrays(found, f"{prefix}{name}/", levels - 1)
            elif isinstance(found, h5py.Dataset) and found.dtype.kind in "uif" and found.shape is not None:
                yield f"{prefix}{name}", found

    with h5py.File(path, "r", locking="best-effort") as file:
        found = {}
        for name, dataset in arrays(file, "", _DEEPEST):
            found[name] = dataset
            if len(found) > _MAX_ARRAYS:
                raise ValueError(f"more than {_MAX_ARRAYS} arrays")
        # MATLAB counts from the last axis of HDF5 to the first.
        chosen = found[choose_plane(path, {name: array.shape[::-1] for name, array in found.items()}, key)]
        require_own_values(chosen)
        return np.asarray(chosen[...]).T


def _of_version_5(path: Path, key: str | None) -> NDArray[Any]:
    import scipy.io

    def arrays(fields: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, NDArray[Any]]]:
        for name, value in fields.items():
            if isinstance(value, dict):
                yield from arrays(value, f"{prefix}{name}/")
            elif isinstance(value, np.ndarray) and value.dtype.kind in "uif":
                yield f"{prefix}{name}", value

    try:
        loaded = scipy.io.loadmat(path, simplify_cells=True, appendmat=False)
    except Exception as error:  # what it raises on damaged files is of any kind, UnboundLocalError among them
        raise_failed_call(error, path)
        raise ValueError(str(error) or type(error).__name__) from error
    found = dict(arrays(loaded, ""))
    return found[choose_plane(path, {name: array.shape for name, array in found.items()}, key)]
