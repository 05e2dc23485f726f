"""The test data of NYU Depth v2 as DenseDepth's authors hand them out: arrays of pictures and depth, zipped or not."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.images.depth_over_picture import is_same_shape
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.evaluation.depth_files import metres_of
from bgfg.depth_teacher.evaluation.npy_arrays import npy_array, npy_frames, npy_header
from bgfg.depth_teacher.evaluation.pair_sizes import BYTES_PER_PIXEL, require_size
from bgfg.depth_teacher.evaluation.rgbd_files import RgbdPair, rgb_of
from bgfg.depth_teacher.evaluation.zip_damage import one_line_of_damage

_FILES = {name: f"eigen_test_{name}.npy" for name in ("rgb", "depth", "crop")}

Crop = tuple[int, int, int, int]


class NyuArrays:
    """The pairs of NYU's arrays: rgb (n, H, W, 3) uint8 and depth (n, H, W) metres.

    Args:
        path: A folder with the arrays, or a zip of them.

    Attributes:
        count: How many pairs there are.
        pair_bytes: How much memory one takes while it is scored.
        crop: Top, bottom, left and right of what is to be scored, the ends not included; None where no file says it.

    Raises:
        Problem: It is a zip without them, or an array is none of theirs.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._members = _members(path) if path.is_file() else None
        with self._open("depth") as stream:
            depth = npy_header(self._named("depth"), stream, (3,))
        with self._open("rgb") as stream:
            rgb = npy_header(self._named("rgb"), stream, (4,))
        if rgb.shape[0] != depth.shape[0] or not is_same_shape(depth.shape[1:], rgb.shape[1:]):
            raise Problem(
                f"{path}: pictures of shape {rgb.shape} beside depth of {depth.shape}: they show different cut-outs: "
                "give arrays of the same"
            )
        for name, shape, kind in (("rgb", rgb.shape, "picture"), ("depth", depth.shape, "depth map")):
            require_size(self._named(name), math.prod(shape[1:3]), kind)
        self.count, self.pair_bytes = depth.shape[0], BYTES_PER_PIXEL * math.prod(rgb.shape[1:3])
        self.crop = self._crop() if self._has_crop() else None

    @staticmethod
    def are_in(path: Path) -> bool:
        """Say whether a folder holds them."""
        return all((path / _FILES[name]).is_file() for name in ("rgb", "depth"))

    def read(self, scale_m: float | None) -> Iterator[RgbdPair]:
        """Yield the pairs, frame by frame; `scale_m` is the metres of one unit of depth, None for metres."""
        with ExitStack() as stack:
            rgb, depth = (stack.enter_context(self._open(name)) for name in ("rgb", "depth"))
            pictures = npy_frames(self._named("rgb"), rgb, 4)
            maps = npy_frames(self._named("depth"), depth, 3)
            unit_m = 1.0 if scale_m is None else scale_m
            for i in range(self.count):  # nothing here holds a frame while it is used
                yield RgbdPair(
                    f"{i:04d}",
                    rgb_of(self._named("rgb"), next(pictures)),
                    np.ascontiguousarray(metres_of(next(maps), unit_m)),
                )

    @contextmanager
    def _open(self, name: str) -> Iterator[IO[bytes]]:
        """Open one of the arrays; what is wrong with the zip while it is open becomes a Problem."""
        if self._members is None:
            with open_regular(self._path / _FILES[name]) as stream:
                yield stream
            return
        with (
            one_line_of_damage(self._path),
            open_regular(self._path) as file,
            zipfile.ZipFile(file) as archive,
            archive.open(self._members[_FILES[name]]) as stream,
        ):
            yield stream

    def _named(self, name: str) -> Path:
        """Return the path by which errors name an array."""
        return self._path / _FILES[name]

    def _has_crop(self) -> bool:
        return (self._path / _FILES["crop"]).is_file() if self._members is None else _FILES["crop"] in self._members

    def _crop(self) -> Crop:
        with self._open("crop") as stream:
            bounds = npy_array(self._named("crop"), stream, (1,))
        bounds = bounds if np.isfinite(bounds).all() else bounds[:0]
        top, last_row, left, last_column = (int(n) for n in bounds) if len(bounds) == 4 else (-1, 0, 0, 0)
        if not (0 <= top <= last_row and 0 <= left <= last_column):
            raise Problem(
                f"{self._named('crop')}: no top, bottom, left and right of a crop: replace it, or move it away"
            )
        return top, last_row + 1, left, last_column + 1


def _members(path: Path) -> dict[str, str]:
    with one_line_of_damage(path), open_regular(path) as stream, zipfile.ZipFile(stream) as file:
        inside = {Path(member).name: member for member in file.namelist()}
    if not {_FILES["rgb"], _FILES["depth"]} <= inside.keys():
        raise Problem(
            f"{path}: a zip without {_FILES['rgb']} and {_FILES['depth']}: unpack it, and give the folder", exit_code=2
        )
    return inside
