"""RGB-D data: pictures with measured depth, in folders of pairs, or as the files of NYU Depth v2."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.decode import UnreadPicture
from bgfg.data_manifests.machine.memory_room import MOST_BYTES
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.evaluation.nyu_arrays import NyuArrays
from bgfg.depth_teacher.evaluation.nyu_labelled import NyuLabelled
from bgfg.depth_teacher.evaluation.pair_sizes import pair_bytes
from bgfg.depth_teacher.evaluation.rgbd_files import BadPair, RgbdPair, read_pair
from bgfg.depth_teacher.evaluation.rgbd_layouts import find_pairs
from bgfg.depth_teacher.ops.prefetch import prefetch, prefetch_within

_PAIRS_AHEAD = 1


@dataclass(frozen=True)
class RgbdDataset:
    """Pictures with measured depth, read one at a time, large ones when the one before is let go.

    Attributes:
        path: Where they lie.
        count: How many there are.
        crop: Top, bottom, left and right of what the data set says is to be scored, or None.
        read: Yields the pairs, and those that can't be used.
        notes: What was left out, in words.
    """

    path: Path
    count: int
    crop: tuple[int, int, int, int] | None
    read: Callable[[], Iterator[RgbdPair | BadPair]]
    notes: tuple[str, ...] = ()


def open_rgbd(
    path: Path, scale_m: float | None = None, key: str | None = None, skip_bad: bool = False, inverse: bool = False
) -> RgbdDataset:
    """Find pictures with measured depth.

    Args:
        path: A folder of pictures and depth in a layout that `find_pairs` knows, NYU's test data as a zip or as arrays
            in a folder, or its labelled data set as the .mat that it is.
        scale_m: Metres of one unit of the depth maps (0.001 for millimetres, 1/5000, 1/256 ...), integers and
            floating-point numbers alike; None for what files of their kind mean: millimetres of integers, metres of
            floating-point numbers, and the codings of sensors decoded.
        key: The array to take of .npz and .mat files of several; None for the one that can be meant.
        skip_bad: Whether files without a partner are left out, and are no error.
        inverse: Whether the maps hold inverse depth or disparity, of which `scale_m` makes 1 by metres.

    Raises:
        Problem: Nothing is found, or a picture has no depth or the other way round.
    """
    data = _opened(path, scale_m, key, skip_bad)
    return replace(data, read=lambda: _inverted(data.read())) if inverse else data


def _require_keyed(path: Path, key: str | None, depth_files: Iterable[Path]) -> None:
    """Raise Problem where a key is given and no depth map is in a file that holds arrays by name."""
    if key is not None and not any(file.suffix.lower() in (".npz", ".mat") for file in depth_files):
        line = f"--depth-key {key}: {path} has no .npz and no .mat of depth, whose arrays have names: leave it out"
        raise Problem(line, exit_code=2)


def _opened(path: Path, scale_m: float | None, key: str | None, skip_bad: bool) -> RgbdDataset:
    if path.is_file() and path.suffix.lower() == ".mat":
        _require_keyed(path, key, ())
        labelled = NyuLabelled(path)
        return RgbdDataset(path, labelled.count, None, lambda: _ahead(labelled.read(scale_m), labelled.pair_bytes))
    if path.is_file() or (path.is_dir() and NyuArrays.are_in(path)):
        _require_keyed(path, key, ())
        arrays = NyuArrays(path)
        return RgbdDataset(path, arrays.count, arrays.crop, lambda: _ahead(arrays.read(scale_m), arrays.pair_bytes))
    if not path.is_dir():
        raise Problem(f"{path}: neither a folder of pairs nor NYU's files: give one of them", exit_code=2)
    pairs, notes = find_pairs(path, skip_bad)
    _require_keyed(path, key, [depth for _, depth in pairs.values()])

    def read(name: str) -> RgbdPair | BadPair:
        try:
            return read_pair(name, *pairs[name], scale_m, key)
        except UnreadPicture:
            raise  # nothing is known of the picture, so that it isn't left out
        except Problem as problem:
            return BadPair(name, problem.lines)

    def bytes_of(name: str) -> int:
        return pair_bytes(*pairs[name])

    return RgbdDataset(
        path, len(pairs), None, lambda: prefetch_within(read, pairs, bytes_of, _PAIRS_AHEAD), tuple(notes)
    )


def _ahead(pairs: Iterator[RgbdPair], size_bytes: int) -> Iterator[RgbdPair]:
    """Yield pairs of one size, read ahead where three of them aren't much: one in use, one waiting, one being read."""
    return pairs if 3 * size_bytes > MOST_BYTES else prefetch(pairs, _PAIRS_AHEAD)


def _inverted(pairs: Iterator[RgbdPair | BadPair]) -> Iterator[RgbdPair | BadPair]:
    """Yield pairs with metres of what was read as 1 by metres; what isn't finite then is unknown."""
    for pair in pairs:
        handed = [replace(pair, depth_m=_inverse(pair.depth_m)) if isinstance(pair, RgbdPair) else pair]
        del pair
        yield handed.pop()  # nothing here holds it while it is used


def _inverse(depth_m: NDArray[np.float32]) -> NDArray[np.float32]:
    with np.errstate(divide="ignore", over="ignore"):
        inverse = 1 / depth_m
    return np.where(np.isfinite(inverse), inverse, np.float32(0))
