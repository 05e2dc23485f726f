"""The depth of samples: the nearest, the mean and the farthest of each, and how far away the person is.

They are taken on a grid of some pixels of each: a person of a corpus is seen by many of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.synth.overview.sample_reader import SampleReader

DEPTH_COLUMNS = ("near_m", "mean_m", "far_m", "person_m")

# Rows and columns of the grid: 28 or so of a person of the usual size.
_GRID = 56

# Samples that are read at a time, in whole blocks.
_AT_A_TIME = 1_000


def measure_depths(
    reader: SampleReader, samples: NDArray[np.int64], advance: Callable[[int], None] = lambda _n: None
) -> dict[str, NDArray[np.float32]]:
    """Measure the depth of samples; of all 400,000 of a corpus that takes about a minute of one core.

    Args:
        reader: Reads the samples.
        samples: (n,) their numbers; ascending ones are read fastest.
        advance: Is told how many samples were measured since.

    Returns:
        Column of DEPTH_COLUMNS -> (n,) metres, or what codes without a unit stand for; NaN where nothing is known, or
        the sample isn't labelled.

    Raises:
        Problem: A block is damaged or gone, or the corpus was planned or labelled anew meanwhile.
    """
    found = {name: np.full(len(samples), np.nan, np.float32) for name in DEPTH_COLUMNS}
    for first in range(0, len(samples), _AT_A_TIME):
        some = samples[first : first + _AT_A_TIME]
        is_made = reader.is_made("depth", some) & reader.is_made("mask", some)
        if is_made.any():
            for name, values in zip(DEPTH_COLUMNS, _measured(reader, some[is_made]), strict=True):
                found[name][first : first + len(some)][is_made] = values
        advance(len(some))
    return found


def _measured(reader: SampleReader, samples: NDArray[np.int64]) -> tuple[NDArray[np.float32], ...]:
    pixels = reader.read(["depth", "mask"], samples)
    codes, mask = (_on_grid(pixels[name]) for name in ("depth", "mask"))
    values_m = reader.corpus.depth_code().values_m().astype(np.float32)[codes]
    known = codes > 0
    person = known & (mask >= OPAQUE_U8)
    near = np.where(known, values_m, np.inf).min(axis=1)
    far = values_m.max(axis=1)
    means = [_mean(values_m, where) for where in (known, person)]
    nothing = ~known.any(axis=1)
    near[nothing], far[nothing] = np.nan, np.nan
    return near, means[0], far, means[1]


def _mean(values: NDArray[np.float32], where: NDArray[np.bool_]) -> NDArray[np.float32]:
    counts = where.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray((values * where).sum(axis=1) / counts, np.float32)  # 0 / 0: NaN


def _on_grid(pictures: NDArray) -> NDArray:
    """Return pixels of (n, H, W), (n, rows times columns): the same places of maps of any size, evenly spread."""
    rows, columns = (_spread(side) for side in pictures.shape[1:])
    return np.ascontiguousarray(pictures[:, rows][:, :, columns]).reshape(len(pictures), -1)


def _spread(side_px: int) -> slice | NDArray[np.int64]:
    """Return which of so many pixels the grid has; a slice, which is read faster, where that is even."""
    step, rest = divmod(side_px, _GRID)
    if step and not rest:
        return slice(step // 2, None, step)
    return ((np.arange(_GRID) + 0.5) * side_px / _GRID).astype(np.int64)
