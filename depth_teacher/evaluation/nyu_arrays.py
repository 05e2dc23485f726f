"""The test data of NYU Depth v2 as DenseDepth's authors hand them out: arrays of pictures and depth, zipped or not."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import numpy as np

from bgfg.data_manifests.images.depth_over_picture import is_same_shape
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.evaluation.npy_arrays import npy_array, npy_frames, npy_header
from bgfg.depth_teacher.evaluation.rgbd_files import RgbdPair, metres_of

_FILES = {name: f"eigen_test_{name}.npy" for name in ("rgb", "depth", "crop")}

Crop = tuple[int, int, int, int]


class NyuArrays:
    """The pairs of NYU's arrays: rgb (n, H, W, 3) uint8 and depth (n, H, W) metres.

    Args:
        path: A folder with the arrays, or a zip of them.

    Attributes:
        count: How many pairs there are.
        crop: Top, bottom, left and right of what is to be scored, the ends not included; None where no file says it.

    Raises:
        Problem: It is a zip without them, or an array is none of theirs.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._members = _members(path) if path.is_file() else None
        with self._open("depth") as stream:
            self.count = npy_header(path, stream, (3,))[0][0]
        self.crop = self._crop() if self._has_crop() else None

    @staticmethod
    def are_in(path: Path) -> bool:
        """Say whether a folder holds them."""
        return all((path / _FILES[name]).is_file() for name in ("rgb", "depth"))

    def read(self, scale_m: float | None) -> Iterator[RgbdPair]:
        """Yield the pairs, frame by frame; `scale_m` is the metres of one unit of depth, None for metres."""
        with ExitStack() as stack:
            rgb, depth = (stack.enter_context(self._open(name)) for name in ("rgb", "depth"))
            frames = zip(npy_frames(self._path, rgb, 4), npy_frames(self._path, depth, 3), strict=True)
            for i, (picture, values) in enumerate(frames):
                if not is_same_shape(values.shape, picture.shape):
                    raise Problem(
                        f"{self._path}: pictures of shape {picture.shape} beside depth of {values.shape}: they show "
                        "different cut-outs: give arrays of the same"
                    )
                depth_m = metres_of(values, 1.0 if scale_m is None else scale_m)
                yield RgbdPair(f"{i:04d}", np.ascontiguousarray(picture, np.uint8), np.ascontiguousarray(depth_m))

    def _open(self, name: str) -> IO[bytes]:
        if self._members is None:
            return (self._path / _FILES[name]).open("rb")
        return zipfile.ZipFile(self._path).open(self._members[_FILES[name]])

    def _has_crop(self) -> bool:
        return (self._path / _FILES["crop"]).is_file() if self._members is None else _FILES["crop"] in self._members

    def _crop(self) -> Crop:
        with self._open("crop") as stream:
            top, last_row, left, last_column = (int(n) for n in npy_array(self._path, stream, (1,)))
        return top, last_row + 1, left, last_column + 1


def _members(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as file:
        inside = {Path(member).name: member for member in file.namelist()}
    if not {_FILES["rgb"], _FILES["depth"]} <= inside.keys():
        raise Problem(
            f"{path}: a zip without {_FILES['rgb']} and {_FILES['depth']}: unpack it, and give the folder", exit_code=2
        )
    return inside
