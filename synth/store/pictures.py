"""Prepared pictures, a chunk each, read without Zarr, whose way to one small chunk takes ten times as long."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.regular_file import UnfitFile, read_regular
from bgfg.synth.store.layout import ArrayLayout
from bgfg.synth.store.shard import DamagedShard, decode_frame, verified_frame

# More than a frame and its checksum take beside their pixels, which are kept as they are where no coding is smaller.
_MOST_FRAME_BYTES = 4_096


class PictureFiles:
    """The pictures of an array that has no shards; indexed along its first axis, by a number or a slice."""

    def __init__(self, layout: ArrayLayout, path_of: Callable[[int], Path], sha256: str) -> None:
        """Set up to read the pictures of an array.

        Args:
            layout: How the array lies on disk.
            path_of: Returns the file of a picture by its number.
            sha256: Hex SHA-256 of the whole array's bytes in C order.
        """
        self._layout, self._path_of, self._sha256 = layout, path_of, sha256

    def __getitem__(self, selection: int | slice) -> NDArray[Any]:
        """Read one picture, or those of a slice; raise DamagedShard where one is damaged."""
        numbers = range(self._layout.shape[0])[selection]
        chosen = [numbers] if isinstance(numbers, int) else numbers
        pictures = np.empty((len(chosen), *self._layout.shape[1:]), self._layout.dtype)
        for picture, number in zip(pictures, chosen, strict=True):
            # Zarr writes no chunk that would hold nothing but its fill value: only the digest tells this from a loss.
            if not self._read_into(picture, number) and not self._is_whole:
                raise DamagedShard(f"picture {number} is missing")
        return pictures[0] if isinstance(numbers, int) else pictures

    @cached_property
    def _is_whole(self) -> bool:
        """Whether the pictures, zero where there is none, are those of the digest."""
        found, picture = hashlib.sha256(), np.empty(self._layout.shape[1:], self._layout.dtype)
        for number in range(self._layout.shape[0]):
            self._read_into(picture, number)
            found.update(picture.data)
        return found.hexdigest() == self._sha256

    def _read_into(self, picture: NDArray[Any], number: int) -> bool:
        """Read one picture, zero where there is none; say whether there is one."""
        try:
            data = read_regular(self._path_of(number), 2 * picture.nbytes + _MOST_FRAME_BYTES)
        except FileNotFoundError:
            picture.fill(0)
            return False
        except UnfitFile as error:
            raise DamagedShard(f"picture {number} is {error}") from error
        decode_frame(f"picture {number}", verified_frame(f"picture {number}", data), picture)
        return True
