"""One picture with its measured depth, read from two files and laid over one another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.decode import PictureError, decode
from bgfg.data_manifests.images.depth_codings import recognise_coding
from bgfg.data_manifests.images.depth_over_picture import is_same_shape, turn_with_picture
from bgfg.data_manifests.images.image_io import read_depth_values, read_rgb
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.evaluation.npy_arrays import read_npy

INTEGER_UNIT_M = 0.001


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


def read_pair(name: str, rgb_file: Path, depth_file: Path, scale_m: float | None) -> RgbdPair:
    """Read a picture and its depth map.

    Args:
        name: Name of the pair.
        rgb_file: A picture file, or an .npy array of RGB.
        depth_file: A 16-bit or floating-point picture file, or an .npy array.
        scale_m: Metres of one unit of the map, whatever its type; None for what the file says: metres of
            floating-point numbers, millimetres of integers, or the coding that a sensor has.

    Raises:
        Problem: A file can't be read, or the two don't show the same.
    """
    rgb = _read_npy_rgb(rgb_file) if rgb_file.suffix.lower() == ".npy" else read_rgb(rgb_file)
    depth_m, *decided = read_depth_m(depth_file, scale_m)
    if rgb_file.suffix.lower() != ".npy":
        turned = turn_with_picture(depth_m, depth_file, rgb_file, rgb.shape)
        if turned is not depth_m:
            decided.append("turned as their photos are by their orientation tag")
        depth_m = turned
    if not is_same_shape(depth_m.shape, rgb.shape):
        raise _unlike(rgb_file, depth_file, rgb.shape, depth_m.shape)
    return RgbdPair(name, rgb, np.ascontiguousarray(depth_m), tuple(decided))


def read_depth_m(path: Path, scale_m: float | None) -> tuple[Any, ...]:
    """Return the metres of a depth map, (h, w) float32, 0 unknown, and its coding in words where it isn't plain."""
    if path.suffix.lower() == ".npy":
        values = read_npy(path, (2, 3))
        if values.ndim == 3:
            axis = next((axis for axis in (2, 0) if values.shape[axis] == 1), None)
            if axis is None:
                raise Problem(f"{path}: an array of {values.dtype} {values.shape}, no depth map (h, w): check the file")
            values = values.squeeze(axis)
    elif (image := decode(path).image).mode == "F":
        values = np.asarray(image)
    else:
        values = read_depth_values(path)
    if values.dtype.kind == "u" and values.dtype.itemsize == 2:
        # A file without a unit of its own may say it by its coding, unless the unit was given.
        coding = recognise_coding(np.ascontiguousarray(values, np.uint16))
        if coding is not None and (scale_m is None or not coding.is_linear):
            metres = coding.to_metres(np.ascontiguousarray(values, np.uint16), scale_m or INTEGER_UNIT_M)
            return metres.astype(np.float32), coding.name
    return (metres_of(values, scale_m),)


def metres_of(values: NDArray[Any], scale_m: float | None) -> NDArray[np.float32]:
    """Return metres, float32, of values of any shape; what isn't finite, positive and below a type's top is 0."""
    unit_m = scale_m if scale_m is not None else 1.0 if values.dtype.kind == "f" else INTEGER_UNIT_M
    known = np.isfinite(values) & (values > 0)
    if values.dtype.kind in "ui":
        known &= values < np.iinfo(values.dtype).max  # the mark of many sensors for "nothing seen"
    return (np.where(known, values, 0) * np.float64(unit_m)).astype(np.float32)


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


def _read_npy_rgb(path: Path) -> NDArray[np.uint8]:
    """Read an array (H, W, 3) or (3, H, W), 0..255, or 0..1 in floating-point numbers; a fourth channel is dropped."""
    values = read_npy(path, (3,))
    if values.shape[2] not in (3, 4) and values.shape[0] in (3, 4):
        values = values.transpose(1, 2, 0)
    lowest, highest = (float(values.min()), float(values.max())) if values.size else (0.0, -1.0)
    if values.shape[2] not in (3, 4) or not 0 <= lowest <= highest <= 255:
        raise PictureError(
            path,
            f"an array of {values.dtype} {values.shape} from {lowest:g} to {highest:g}, no picture of 8 bits",
            "Save it as (H, W, 3) uint8",
        )
    if values.dtype.kind == "f" and highest <= 1:
        values = values * 255
    return np.ascontiguousarray(np.round(values[..., :3]), np.uint8)
