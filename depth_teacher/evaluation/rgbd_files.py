"""One picture with its measured depth, read from two files and laid over one another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.decode import PictureError, pixel_count
from bgfg.data_manifests.images.depth_over_picture import is_same_shape, turn_with_picture
from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.data_manifests.images.strips import by_strips
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.evaluation.depth_files import read_depth_m
from bgfg.depth_teacher.evaluation.npy_arrays import read_npy
from bgfg.depth_teacher.evaluation.pair_sizes import require_size
from bgfg.depth_teacher.evaluation.planes import as_plane
from bgfg.depth_teacher.evaluation.rgbd_names import is_depth_name


@dataclass(frozen=True)
class RgbdPair:
    """A picture and its measured depth.

    Attributes:
        name: That of its files, or its number.
        rgb: (H, W, 3) uint8.
        depth_m: (h, w) float32 metres, 0 unknown.
        decided: What was found out about its files and isn't the plain case, in words.
    """

    name: str
    rgb: NDArray[np.uint8]
    depth_m: NDArray[np.float32]
    decided: tuple[str, ...] = ()


@dataclass(frozen=True)
class BadPair:
    """A pair that can't be used.

    Attributes:
        name: That of its files.
        lines: What is wrong with it.
    """

    name: str
    lines: tuple[str, ...]


def read_pair(name: str, rgb_file: Path, depth_file: Path, scale_m: float | None, key: str | None = None) -> RgbdPair:
    """Read a picture and its depth map.

    Args:
        name: Name of the pair.
        rgb_file: A picture file, or an .npy array of RGB.
        depth_file: A depth map, as `read_depth_m` takes it.
        scale_m: Metres of one unit of the map; None for what the file says.
        key: The array to take of a file of several; None for the one that can be meant.

    Raises:
        Problem: A file can't be read or is too large, or the two don't show the same.
    """
    require_size(
        rgb_file, pixel_count(rgb_file), "picture"
    )  # before pixels are decoded, of which there may be too many
    require_size(depth_file, pixel_count(depth_file), "depth map")
    rgb = _read_npy_rgb(rgb_file) if rgb_file.suffix.lower() == ".npy" else read_rgb(rgb_file)
    depth_m, decided = read_depth_m(depth_file, scale_m, key)
    valid = _valid_beside(depth_file, depth_m.shape)
    if valid is not None:
        depth_m = np.where(valid, depth_m, np.float32(0))
        decided.append("counted only where the file _mask.npy beside them isn't 0")
    if rgb_file.suffix.lower() != ".npy":
        turned = turn_with_picture(depth_m, depth_file, rgb_file, rgb.shape)
        if turned is not depth_m:
            decided.append("turned as their photos are by their orientation tag")
        depth_m = turned
    if not is_same_shape(depth_m.shape, rgb.shape):
        raise _unlike(rgb_file, depth_file, rgb.shape, depth_m.shape)
    return RgbdPair(name, rgb, np.ascontiguousarray(depth_m), tuple(decided))


def _unlike(rgb_file: Path, depth_file: Path, rgb_shape: tuple[int, ...], depth_shape: tuple[int, ...]) -> Problem:
    (height_px, width_px), (h, w) = rgb_shape[:2], depth_shape
    on_its_side = is_same_shape((w, h), rgb_shape)
    what, advice = (
        ("lies on its side", "turn it as the picture is")
        if on_its_side
        else ("shows another cut-out", "give the depth map of this very picture")
    )
    return Problem(
        f"{depth_file}: a depth map of {w}x{h} px for a picture of {width_px}x{height_px} ({rgb_file.name}): it "
        f"{what}: {advice}"
    )


def _valid_beside(depth_file: Path, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """Return where a map is valid, as DIODE has it: X_depth_mask.npy beside X_depth.npy; None if there is none."""
    path = depth_file.with_name(f"{depth_file.stem}_mask.npy")
    if not (is_depth_name(depth_file.stem) and path.is_file()):
        return None
    valid = as_plane(path, read_npy(path, (2, 3))) != 0
    if valid.shape != shape:
        raise Problem(f"{path}: {valid.shape}, for a depth map of {shape}: give the mask of this map, or move it away")
    return np.asarray(valid)


def _read_npy_rgb(path: Path) -> NDArray[np.uint8]:
    values = read_npy(path, (3,))
    if values.shape[2] not in (3, 4) and values.shape[0] in (3, 4):
        values = values.transpose(1, 2, 0)
    return rgb_of(path, values)


def rgb_of(path: Path, values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return an array (H, W, 3), 0..255, or 0..1 in floating-point numbers, as uint8; a fourth channel is dropped."""
    require_size(path, math.prod(values.shape[:2]), "picture")
    lowest, highest = (float(values.min()), float(values.max())) if values.size else (0.0, -1.0)
    if values.shape[2] not in (3, 4) or not 0 <= lowest <= highest <= 255:
        raise PictureError(
            path,
            f"an array of {values.dtype} {values.shape} from {lowest:g} to {highest:g}, no picture of 8 bits",
            "Save it as (H, W, 3) uint8",
        )
    unit = 255 if values.dtype.kind == "f" and highest <= 1 else 1
    return by_strips(values[..., :3], lambda strip: np.round(strip * unit), np.uint8)
