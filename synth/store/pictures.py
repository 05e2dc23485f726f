"""Prepared pictures, a chunk each, read without Zarr, whose way to one small chunk takes ten times as long."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.store.layout import ArrayLayout
from bgfg.synth.store.shard import decode_frame, verified_frame


class PictureFiles:
    """The pictures of an array that has no shards; indexed along its first axis, by a number or a slice."""

    def __init__(self, layout: ArrayLayout, path_of: Callable[[int], Path]) -> None:
        """Set up to read the pictures of an array.

        Args:
            layout: How the array lies on disk.
            path_of: Returns the file of a picture by its number.
        """
        self._layout, self._path_of = layout, path_of

    def __getitem__(self, selection: int | slice) -> NDArray[Any]:
        """Read one picture, or those of a slice; raise DamagedShard where one is damaged."""
        numbers = range(self._layout.shape[0])[selection]
        chosen = [numbers] if isinstance(numbers, int) else numbers
        pictures = np.empty((len(chosen), *self._layout.shape[1:]), self._layout.dtype)
        for picture, number in zip(pictures, chosen, strict=True):
            self._read_into(picture, number)
        return pictures[0] if isinstance(numbers, int) else pictures

    def _read_into(self, picture: NDArray[Any], number: int) -> None:
        try:
            data = self._path_of(number).read_bytes()
        except FileNotFoundError:
            picture.fill(0)  # Zarr writes no chunk that would hold nothing but its fill value
            return
        decode_frame(f"picture {number}", verified_frame(f"picture {number}", data), picture)
