"""Matches of a block that are known from where its cut-out was pasted, or from where it shows its background.

With one cut-out nothing is painted, and nothing searched; of a painted block only what isn't background is.

The work is done by known_matches.c, painted_matches.c and mask_matches.c, which are compiled when bgfg is installed
where there is a C compiler.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.machine.compiled import compiled_library
from bgfg.synth.compose.blend import Composer
from bgfg.synth.compose.cutout import Cutout
from bgfg.synth.painting.painted_scenes import PATCH
from bgfg.synth.store.zstd_sequences import BLOCK_BYTES, SEQUENCE, SPARE_LITERALS, WINDOW_BYTES

_INTERFACE_VERSION = 4
_MOST_PLACEMENTS = 1 << 15  # whose squares of levels 31 bits hold
_LEAST_PX = 8  # in smaller frames, zstd may find that there are too many sequences for so few bytes
_REPEAT = np.dtype([("start", "=i4"), ("length", "=i4"), ("from_row", "=i4"), ("from", "=i4")])
_LEAST_REPEAT = 8

_pointer, _count = ctypes.c_void_p, ctypes.c_ssize_t


class _Output(ctypes.Structure):
    _fields_ = (
        ("sequences", _pointer), ("literals", _pointer), ("sequence_room", _count), ("sequence_count", _count),
        ("literal_count", _count), ("sums", ctypes.c_int64 * 6), ("pending", _count), ("first", _count),
    )  # fmt: skip


class _Frame(ctypes.Structure):
    _fields_ = (
        ("background", _pointer), ("height", _count), ("row_bytes", _count), ("placements", _count),
        ("window", _count), ("block_bytes", _count), ("repeat_ends", _pointer), ("repeats", _pointer),
    )  # fmt: skip


class _Pasted(ctypes.Structure):
    _fields_ = (
        ("premultiplied", _pointer), ("transparency", _pointer), ("alpha", _pointer), ("height", _count),
        ("width", _count), ("colour_stride", _count), ("alpha_stride", _count), ("x", _pointer), ("y", _pointer),
    )  # fmt: skip


@cache
def library() -> ctypes.CDLL | None:
    """Return what was compiled of the matcher; None where nothing was, or something else than is to be called."""
    found = compiled_library("bgfg.synth.compose._known_matches", _INTERFACE_VERSION)
    if found is None:
        return None
    found.find_repeats.restype = _count
    found.find_repeats.argtypes = [_pointer, _count, _count, _count, _pointer, _pointer]
    found.write_images.restype = ctypes.c_int
    found.write_images.argtypes = [ctypes.POINTER(_Frame), ctypes.POINTER(_Pasted), ctypes.POINTER(_Output)]
    found.write_masks.restype = ctypes.c_int
    found.write_masks.argtypes = [_pointer, *found.write_images.argtypes]
    found.write_painted_images.restype = found.write_painted_masks.restype = ctypes.c_int
    found.write_painted_images.argtypes = [_pointer, ctypes.POINTER(_Frame), ctypes.POINTER(_Output)]
    found.write_painted_masks.argtypes = [_pointer, *found.write_painted_images.argtypes]
    return found


def are_within_reach(placements: int, height_px: int, width_px: int) -> bool:
    """Say whether blocks of this shape have matches that can be known: K from 2, with a row of all of them in reach."""
    row_fits = 3 * width_px <= min(BLOCK_BYTES, WINDOW_BYTES // placements)
    return row_fits and min(height_px, width_px) >= _LEAST_PX and 2 <= placements <= _MOST_PLACEMENTS


def patches_of(composer: Composer) -> NDArray[np.void]:
    """Return what of each image of a composer isn't its background, (K,) of PATCH."""
    patches, (_, K, W, _) = np.zeros(len(composer.masks), PATCH), composer.stored.shape
    top, _, left, _ = composer.boxes_px.T.astype(np.int64)
    patches["pixels"] = composer.stored.ctypes.data + ((top * K + np.arange(K)) * W + left) * 3
    patches["stride"], patches["box_px"] = composer.stored.strides[0], composer.boxes_px
    return patches


@dataclass(frozen=True)
class WrittenBlock:
    """One array of a block as sequences for zstd, in buffers of `KnownMatches` until its next call.

    Attributes:
        sequences: As `SequenceEncoder.encode` takes them.
        literals: So, too.
        sums: (2, C) int64, the exact sums and sums of squares of its levels, one a channel.
    """

    sequences: NDArray[np.void]
    literals: NDArray[np.uint8]
    sums: NDArray[np.int64]


class KnownMatches:
    """Writes blocks of K placements of one cut-out on one background as sequences for zstd."""

    def __init__(self, compiled: ctypes.CDLL, background: NDArray[np.uint8], placements: int) -> None:
        """Look up what repeats within the background.

        Args:
            compiled: What `library` found.
            background: (H, W, 3) uint8 RGB; `are_within_reach` holds of it.
            placements: K.
        """
        self._compiled, self._placements = compiled, placements
        self._background = np.ascontiguousarray(background)
        H, W, _ = background.shape
        size_bytes = background.size * placements
        # Masks have no more, for matches have 3 bytes at least; images hardly ever a tenth of it.
        self._sequences = np.empty(size_bytes // 9 + 2 * H * placements + W, SEQUENCE)
        self._literals = np.empty(size_bytes + SPARE_LITERALS, np.uint8)
        self._output = self._sequences.ctypes.data, self._literals.ctypes.data
        self._masks = np.zeros((placements, H, W), np.uint8)
        self._repeat_ends = np.empty(H + 1, np.intp)
        self._repeats = np.empty(H * (3 * W // _LEAST_REPEAT) + 1, _REPEAT)
        most_rows = WINDOW_BYTES // (placements * 3 * W) - 1
        found = compiled.find_repeats(
            self._background.ctypes.data, H, 3 * W, most_rows, self._repeat_ends.ctypes.data, self._repeats.ctypes.data
        )
        if found < 0:
            raise MemoryError("no memory to look up what a background repeats")
        levels = self._background.reshape(-1, 3).astype(np.int64)
        self._background_sums = placements * np.stack([levels.sum(axis=0), (levels**2).sum(axis=0)])
        self._frame = _Frame(
            self._background.ctypes.data, H, 3 * W, placements, WINDOW_BYTES, BLOCK_BYTES,
            self._repeat_ends.ctypes.data, self._repeats.ctypes.data,
        )  # fmt: skip

    def images(self, cutout: Cutout, x_px: NDArray[np.integer], y_px: NDArray[np.integer]) -> WrittenBlock | None:
        """Write the images of a block, row y of the K placements side by side.

        Args:
            cutout: The cut-out.
            x_px: (K,) left edges; they may lie outside the frame.
            y_px: (K,) top edges.

        Returns:
            The images; None where they are so ragged that there is no room for their sequences.
        """
        return self._written(self._compiled.write_images, cutout, x_px, y_px, self._background_sums)

    def masks(self, cutout: Cutout, x_px: NDArray[np.integer], y_px: NDArray[np.integer]) -> WrittenBlock | None:
        """Write the masks of a block, one after the other; never None."""
        write = partial(self._compiled.write_masks, self._masks.ctypes.data)
        return self._written(write, cutout, x_px, y_px, np.zeros((2, 1), np.int64))

    def painted_images(self, patches: NDArray[np.void]) -> WrittenBlock | None:
        """Write painted images, searched for repeats only where they differ from the background.

        Args:
            patches: (K,) of PATCH, what of each isn't its background; the pixels that they point to have to be there.

        Returns:
            The images; None where they are so ragged that there is no room for their sequences.
        """
        return self._written_by(
            partial(self._compiled.write_painted_images, patches.ctypes.data), self._background_sums
        )

    def painted_masks(self, masks: NDArray[np.uint8], patches: NDArray[np.void]) -> WrittenBlock | None:
        """Write painted masks or instances, (K, H, W) uint8 that are 0 outside the boxes of patches; never None."""
        write = partial(self._compiled.write_painted_masks, masks.ctypes.data, patches.ctypes.data)
        return self._written_by(write, np.zeros((2, 1), np.int64))

    def _written(
        self,
        write: Callable[..., int],
        cutout: Cutout,
        x_px: NDArray[np.integer],
        y_px: NDArray[np.integer],
        bare_sums: NDArray[np.int64],
    ) -> WrittenBlock | None:
        x, y = (np.ascontiguousarray(each, np.int32) for each in (x_px, y_px))
        if not len(x) == len(y) == self._placements:
            raise ValueError(f"{len(x)} left and {len(y)} top edges for {self._placements} placements")
        colours, transparency, alpha = cutout.premultiplied, cutout.transparency, cutout.alpha_u8
        pasted = _Pasted(
            colours.ctypes.data, transparency.ctypes.data, alpha.ctypes.data, *alpha.shape,
            colours.strides[0] // colours.itemsize, alpha.strides[0], x.ctypes.data, y.ctypes.data,
        )  # fmt: skip
        return self._written_by(lambda frame, output: write(frame, pasted, output), bare_sums)

    def _written_by(self, write: Callable[[_Frame, _Output], int], bare_sums: NDArray[np.int64]) -> WrittenBlock | None:
        output = _Output(*self._output, len(self._sequences))
        if result := write(self._frame, output):
            if result < 0:
                raise MemoryError("no memory to write a block")
            return None
        sums = np.array(output.sums, np.int64).reshape(2, 3)[:, : bare_sums.shape[1]]
        literals = self._literals[: output.literal_count + SPARE_LITERALS]
        return WrittenBlock(self._sequences[: output.sequence_count], literals, bare_sums + sums)
