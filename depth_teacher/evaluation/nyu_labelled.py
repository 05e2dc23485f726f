"""NYU Depth v2's labelled data set, one MATLAB file of 1,449 pictures and depth maps, read frame by frame."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bgfg.data_manifests.images.depth_over_picture import is_same_shape
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.evaluation.depth_files import metres_of
from bgfg.depth_teacher.evaluation.mat_arrays import DAMAGE, cannot_be_read, is_hdf5, require_own_values
from bgfg.depth_teacher.evaluation.pair_sizes import BYTES_PER_PIXEL, require_size
from bgfg.depth_teacher.evaluation.rgbd_files import RgbdPair, rgb_of
from bgfg.depth_teacher.ops.limited_read import Items, read_limited

_RGB, _DEPTH = "images", "depths"  # (n, 3, W, H) uint8 and (n, W, H) metres, as HDF5 has the axes


class NyuLabelled:
    """The pairs of such a file.

    Args:
        path: The file, of MATLAB 7.3.

    Attributes:
        count: How many there are.
        pair_bytes: How much memory one takes while it is scored.

    Raises:
        Problem: It is none with `images` and `depths` of one size.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        items = read_limited(path, nyu_frames, True)
        try:
            first = next(items)
        finally:
            items.close()
        self.count: int = first["count"]
        self.pair_bytes: int = BYTES_PER_PIXEL * first["pixels"]

    def read(self, scale_m: float | None) -> Iterator[RgbdPair]:
        """Yield the pairs; `scale_m` is the metres of one unit of depth, None for metres."""
        items = read_limited(self._path, nyu_frames, False)
        try:
            for i in range(self.count):  # nothing here holds a frame while it is used
                item = next(items)
                yield RgbdPair(
                    f"{i:04d}",
                    rgb_of(self._path, item.pop("rgb")),
                    np.ascontiguousarray(metres_of(item.pop("depth"), 1.0 if scale_m is None else scale_m)),
                )
        finally:
            items.close()


def nyu_frames(name: str, count_alone: bool) -> Items:
    """Yield how many frames there are, or picture and depth of each; only for `read_limited` to call."""
    import h5py

    path = Path(name)
    if not is_hdf5(path):
        raise Problem(f"{path}: no MATLAB file of version 7.3: give NYU's labelled data set, or a folder of pairs")
    try:
        with h5py.File(path, "r", locking="best-effort") as file:
            arrays = [file.get(name) for name in (_RGB, _DEPTH)]
            rgb, depth = (array if isinstance(array, h5py.Dataset) else None for array in arrays)
            if rgb is None or depth is None:
                raise Problem(f"{path}: a MATLAB file without {_RGB} and {_DEPTH}: give a folder of pairs")
            if len(rgb.shape) != 4 or len(rgb) != len(depth) or not is_same_shape(depth.shape[1:], rgb.shape[2:]):
                raise Problem(f"{path}: {_RGB} of shape {rgb.shape} beside {_DEPTH} of {depth.shape}: check the file")
            require_own_values(rgb, depth)
            pixels = {"picture": math.prod(rgb.shape[2:]), "depth map": math.prod(depth.shape[1:])}
            for kind, count in pixels.items():
                require_size(path, count, kind)
            if count_alone:
                yield {"count": len(rgb), "pixels": pixels["picture"]}
                return
            for picture, values in zip(rgb, depth, strict=True):
                yield {"rgb": picture.transpose(2, 1, 0), "depth": values.T}
    except DAMAGE as error:
        raise cannot_be_read(path, error) from error
