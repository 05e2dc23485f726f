"""Which array of a file is a depth map: (h, w), or with a third axis of one channel."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem, first_few
from bgfg.depth_teacher.evaluation.pair_sizes import require_size
from bgfg.depth_teacher.evaluation.rgbd_names import is_depth_name

Shape = tuple[int, ...]

_MAX_NAME = 40  # of what a line shows of one; those of damaged files may be anything


def is_plane(shape: Shape) -> bool:
    """Say whether an array of this shape can be a depth map."""
    plane = _without_channel(shape)
    return len(plane) == 2 and min(plane) > 1


def as_plane(path: Path, values: NDArray[Any]) -> NDArray[Any]:
    """Return values (h, w), (h, w, 1) or (1, h, w) as (h, w); raise Problem for others, and for too many."""
    if not is_plane(values.shape):
        raise Problem(f"{path}: an array of {values.dtype} {values.shape}, no depth map (h, w): check the file")
    require_size(path, values.size, "depth map")
    return values.reshape(_without_channel(values.shape))


def _without_channel(shape: Shape) -> Shape:
    if len(shape) != 3:
        return shape
    return shape[:2] if shape[2] == 1 else shape[1:] if shape[0] == 1 else shape


def choose_plane(path: Path, shapes: Mapping[str, Shape], key: str | None) -> str:
    """Return the name of the array that is the depth map.

    Args:
        path: The file.
        shapes: Name -> shape of each array of numbers.
        key: The name that was asked for; None for the only depth map, or the only one that is called depth.

    Raises:
        Problem: There is none, or several can be meant.
    """
    planes = [name for name, shape in shapes.items() if is_plane(shape)]
    listed = first_few([f"{name[:_MAX_NAME]} {shape}" for name, shape in shapes.items()]) or "none"
    if key is not None:
        if key not in planes:
            raise Problem(f"{path}: has no depth map --depth-key {key}; its arrays are {listed}: give one of them")
        return key
    named = [name for name in planes if is_depth_name(name)]
    if not planes:
        raise Problem(f"{path}: holds no depth map (h, w); its arrays are {listed}: check the file")
    if len(planes) > 1 and len(named) != 1:
        several = first_few([name[:_MAX_NAME] for name in named or planes])
        raise Problem(f"{path}: several arrays may be the depth ({several}): say which: --depth-key")
    return (named or planes)[0]
