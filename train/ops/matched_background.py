"""Matching a background to its picture: of the same size, and lying over it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.ops.align import find_alignment, warp_background
from bgfg.train.ops.displacement import find_displacement


@dataclass(frozen=True)
class MatchedBackground:
    """A background at the size of its picture.

    Attributes:
        pixels: (H, W, 3) uint8 RGB.
        displaced_px: How far it lies beside the picture, or lay before it was moved; 0 where it lies over it, nothing
            is sure, or it was to be moved in any case.
    """

    pixels: NDArray[np.uint8]
    displaced_px: float = 0.0


def match_background(
    picture: NDArray[np.uint8],
    picture_path: Path,
    background: NDArray[np.uint8],
    background_path: Path,
    align: bool | None,
) -> MatchedBackground:
    """Return a background at the picture's size.

    Args:
        picture: (H, W, 3) uint8 RGB.
        picture_path: Its file, for messages.
        background: (h, w, 3) uint8 RGB.
        background_path: Its file, for messages.
        align: Whether to move it over the picture; None for where it surely lies beside it.

    Raises:
        Problem: It has another size and isn't to be moved in any case, or it can't be; names both files.
    """
    if align:
        found = find_alignment(background, picture)
        if found.matrix is None:
            again = "give a shot of the same scene from the same place"
            raise Problem(f"{background_path}: can't be laid over {picture_path} ({found.why}): {again}")
        return MatchedBackground(warp_background(background, picture, found.matrix))
    if background.shape != picture.shape:
        sizes = " and ".join(f"{path} {p.shape[1]}×{p.shape[0]}" for path, p in (
            (background_path, background), (picture_path, picture)))  # fmt: skip
        raise Problem(f"{sizes} px: a background is never stretched: give --align, or a shot of the picture's size")
    beside = find_displacement(background, picture)
    if beside is None:
        return MatchedBackground(background)
    return MatchedBackground(background if align is False else beside.moved, beside.px)
