"""The depth map in an .npz, a zip of arrays; nothing is unpickled."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.evaluation.npy_arrays import npy_array, npy_header
from bgfg.depth_teacher.evaluation.planes import Shape, as_plane, choose_plane
from bgfg.depth_teacher.evaluation.zip_damage import one_line_of_damage

_ANY_RANK = tuple(range(33))


def read_npz(path: Path, key: str | None) -> NDArray[Any]:
    """Read the depth map (h, w) of a file; the arguments are those of `read_depth_m`.

    Raises:
        Problem: It is damaged, or it isn't clear which of its arrays is meant.
    """
    with one_line_of_damage(path), open_regular(path) as file, zipfile.ZipFile(file) as archive:
        members = {name.removesuffix(".npy"): name for name in archive.namelist() if name.endswith(".npy")}
        name = choose_plane(path, _shapes(path, archive, members), key)
        with archive.open(members[name]) as stream:
            return as_plane(path / name, npy_array(path / name, stream, (2, 3)))


def _shapes(path: Path, archive: zipfile.ZipFile, members: dict[str, str]) -> dict[str, Shape]:
    """Return the shapes of the arrays of numbers; scalars, text and objects beside them are no matter."""
    shapes: dict[str, Shape] = {}
    for name, member in members.items():
        with archive.open(member) as stream:
            try:
                shapes[name] = npy_header(path / name, stream, _ANY_RANK).shape
            except Problem:
                continue  # of those that are left, one is the depth, or the file is refused
    return shapes
