"""Pictures that are copies of one another: as they are, mirrored, or turned by quarters; re-encoded, resized, re-lit.

A picture's look is the low frequencies of its grey thumbnail (the discrete cosine transform that perceptual hashes are
made of), each weighted by its frequency, so that what most pictures share, light above and dark below, doesn't count.
Mirroring and turning a picture only change signs and places in it, so a look is compared in all eight positions.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

LOOK_SIDE = 12
_THUMBNAIL_PX = 32
_BLOCK = 512

# Least correlation of the looks of copies. Measured on 100 rooms, 20 portraits and 80 photos of all kinds: 0.54 at most
# of pictures that have nothing to do with each other, of copies (re-encoded, half the size, blurred, noisy) 0.998 at
# least, and 0.946 to 0.99 of those brightened until light parts are white.
COPY_CORRELATION = 0.95
# Least correlation of the scenes behind what moves, in neighbours among the frames of a clip.
NEIGHBOUR_CORRELATION = 0.5

_FREQUENCIES = np.add.outer(np.arange(LOOK_SIDE), np.arange(LOOK_SIDE)).astype(np.float32)
_MIRROR = np.where(np.arange(LOOK_SIDE) % 2, -1, 1).astype(np.float32)


def picture_look(thumbnail: NDArray[np.float32]) -> NDArray[np.int8]:
    """Return the look of a picture.

    Args:
        thumbnail: Of `grey_thumbnail`.

    Returns:
        (LOOK_SIDE, LOOK_SIDE) int8, the largest value 127 in magnitude; zeros of a picture of one grey.
    """
    return _look(thumbnail)


def scene_look(thumbnail: NDArray[np.float32], mask: NDArray[np.unsignedinteger]) -> NDArray[np.int8]:
    """Return the look of what is behind the objects of a picture, which in the frames of a clip stays the same.

    Args:
        thumbnail: Of `grey_thumbnail`.
        mask: (h, w) or (h, w, C), as it is stored, at any size: the value that most of it has is no object.
    """
    rows, columns = (
        ((np.arange(_THUMBNAIL_PX) + 0.5) * side / _THUMBNAIL_PX).astype(np.intp) for side in mask.shape[:2]
    )
    values = mask[rows][:, columns].reshape(_THUMBNAIL_PX**2, -1)
    _, codes, counts = np.unique(values, axis=0, return_inverse=True, return_counts=True)
    inside = (codes.reshape(thumbnail.shape) != counts.argmax()).astype(np.uint8)
    hidden = cv2.dilate(inside, np.ones((3, 3), np.uint8)) > 0  # a pixel of a thumbnail has some of its neighbours'
    scene = thumbnail.copy()
    if not hidden.all():
        scene[hidden] = thumbnail[~hidden].mean()
    return _look(scene)


def grey_thumbnail(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Shrink a picture (H, W, 3) or (H, W, 4) uint8, RGB or RGBA, whose alpha doesn't count, to a grey square."""
    grey = cv2.cvtColor(np.ascontiguousarray(pixels[..., :3]), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_THUMBNAIL_PX, _THUMBNAIL_PX), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32)


def _look(small: NDArray[np.float32]) -> NDArray[np.int8]:
    waves = cv2.dct(small - small.mean())[:LOOK_SIDE, :LOOK_SIDE] * _FREQUENCIES
    largest = float(np.abs(waves).max())
    if largest < 1:  # less than a grey level: noise of the encoder
        return np.zeros((LOOK_SIDE, LOOK_SIDE), np.int8)
    look: NDArray[np.int8] = np.round(waves * (127 / largest)).astype(np.int8)
    return look


def look_of(text: str) -> NDArray[np.int8]:
    """Return a look that was kept as hexadecimal text."""
    return np.frombuffer(bytes.fromhex(text), np.int8).reshape(LOOK_SIDE, LOOK_SIDE)


def copies(looks: NDArray[np.int8], least: float = COPY_CORRELATION) -> Iterator[tuple[int, int]]:
    """Yield the pairs of pictures that are copies of one another, each with the lower index first, some more than once.

    Args:
        looks: (N, LOOK_SIDE, LOOK_SIDE).
        least: Least correlation of two looks, in any of the eight positions.
    """
    flat = _normalised(looks)
    square = flat.reshape(looks.shape)
    for turned in (square, square.transpose(0, 2, 1)):
        for rows in (1, _MIRROR[:, None]):
            for columns in (1, _MIRROR):
                others = np.ascontiguousarray((turned * rows * columns).reshape(len(looks), -1))
                for start in range(0, len(flat), _BLOCK):
                    alike = flat[start : start + _BLOCK] @ others[start:].T >= least
                    for low, high in zip(*(at.tolist() for at in np.nonzero(np.triu(alike, k=1))), strict=True):
                        yield low + start, high + start


def neighbour_correlations(looks: NDArray[np.int8]) -> NDArray[np.float32]:
    """Return the correlation of each look (N, ...) with the next one, (N - 1,) float32."""
    flat = _normalised(looks)
    correlations: NDArray[np.float32] = np.einsum("nk,nk->n", flat[:-1], flat[1:])
    return correlations


def _normalised(looks: NDArray[np.int8]) -> NDArray[np.float32]:
    flat = looks.reshape(len(looks), -1).astype(np.float32)
    normalised: NDArray[np.float32] = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1)
    return normalised
