"""Near-duplicates: pictures that show the same thing share a group, so that splits never separate them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from data_manifests.fitting import OPAQUE_U8, flip
from data_manifests.pictures import perceptual_hash

MAX_HASH_DISTANCE = 10
MIN_CORRELATION = 0.9
_THUMBNAIL_PX = 32
_BLOCK = 512


def duplicate_groups(pictures: Sequence[NDArray[np.uint8]], digests: Sequence[str]) -> list[int]:
    """Return for each picture the smallest index in its group of near-duplicates.

    `pictures` are (H, W, 3) or (H, W, 4) uint8 of any sizes, `digests` identify the files they come from: equal digests
    always share a group. Otherwise two pictures are near-duplicates where their perceptual hashes differ in at most
    MAX_HASH_DISTANCE of 64 bits and their thumbnails correlate by at least MIN_CORRELATION, as they are or with one of
    them mirrored.
    """
    figures = [_figure(picture) for picture in pictures]
    parents = list(range(len(figures)))
    first: dict[str, int] = {}
    for index, digest in enumerate(digests):
        _join(parents, first.setdefault(digest, index), index)
    hashes = np.array([perceptual_hash(figure) for figure in figures], dtype=np.uint64)
    thumbnails = _unit_thumbnails(figures)
    for mirrored in (False, True):
        others = [flip(figure) for figure in figures] if mirrored else figures
        other_hashes = np.array([perceptual_hash(other) for other in others], dtype=np.uint64) if mirrored else hashes
        other_thumbnails = _unit_thumbnails(others) if mirrored else thumbnails
        for low, high in _close_pairs(hashes, other_hashes):
            if float(thumbnails[low] @ other_thumbnails[high]) >= MIN_CORRELATION:
                _join(parents, low, high)
    return [_root(parents, index) for index in range(len(parents))]


def _figure(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGB as it is; of RGBA the box of what is opaque, over mid grey: margins must not decide."""
    if picture.shape[2] == 3:
        return picture
    rows, columns = np.nonzero(picture[..., 3] >= OPAQUE_U8)
    box = picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(np.float32)
    alpha = box[..., 3:] / 255
    return np.round(box[..., :3] * alpha + 128 * (1 - alpha)).astype(np.uint8)


def _unit_thumbnails(figures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Return (N, 1024) float32 grey thumbnails with mean 0 and norm 1, so that a dot product is a correlation."""
    size = (_THUMBNAIL_PX, _THUMBNAIL_PX)
    thumbnails = np.zeros((len(figures), _THUMBNAIL_PX**2), np.float32)
    for thumbnail, figure in zip(thumbnails, figures, strict=True):
        grey = cv2.cvtColor(figure, cv2.COLOR_RGB2GRAY).astype(np.float32)
        thumbnail[:] = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).ravel()
    thumbnails -= thumbnails.mean(axis=1, keepdims=True)
    thumbnails /= np.maximum(np.linalg.norm(thumbnails, axis=1, keepdims=True), 1e-6)
    return thumbnails


def _close_pairs(hashes: NDArray[np.uint64], others: NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
    """Yield index pairs low < high whose hashes differ in few bits; in blocks: 10,000 pictures are 50 million pairs."""
    for start in range(0, len(hashes), _BLOCK):
        distance = np.bitwise_count(hashes[start : start + _BLOCK, None] ^ others[None, start:])
        for low, high in np.argwhere(distance <= MAX_HASH_DISTANCE):
            if low < high:
                yield start + int(low), start + int(high)


def _root(parents: list[int], index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = parents[index]
    return index


def _join(parents: list[int], one: int, other: int) -> None:
    low, high = sorted((_root(parents, one), _root(parents, other)))
    parents[high] = low  # the smallest index stays the root, whatever the order of the pairs
