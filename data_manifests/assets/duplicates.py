"""Near-duplicates: pictures that show the same thing share a group, so that splits never separate them.

Pairs pass three filters, each finer and slower than the one before: perceptual hashes by Hamming distance, thumbnails
by correlation, thumbnails by correlation after an affine alignment (ECC: Evangelidis and Psarakis, "Parametric image
alignment using enhanced correlation coefficient maximization", PAMI 2008).

The thresholds were measured on 100 office photographs and 100 cut-outs of people, 19,800 pairs with the mirrored ones,
of which three are truly the same shot (with another watermark, framing or sharpness): these lie at distances of 2, 14
and 18 bits, correlate by 0.99, 0.69 and 0.83 as they are, and by 0.995, 0.987 and 0.979 aligned. Of all others the
closest, two men in the same stride, reach 0.928 aligned. Re-encoded, brightened, blurred, mirrored or slightly turned
copies are found; of copies with a tenth of the picture cropped away on two sides a good half.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

import cv2
import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.images.perceptual_hash import luma_of, perceptual_hash
from bgfg.data_manifests.images.resampling.fit_to_frame import flip

MAX_HASH_DISTANCE = 20
MIN_CORRELATION = 0.5
MIN_ALIGNED_CORRELATION = 0.95
_MIN_OVERLAP = 0.5  # of the area, and the least and (inverted) most that the alignment may shrink it
_THUMBNAIL_PX = 32
_ECC_BLUR_PX = 3
_BLOCK = 256


def duplicate_groups(pictures: Sequence[NDArray[np.uint8]], digests: Sequence[str], workers: int = 1) -> list[int]:
    """Group near-duplicates.

    Pictures with equal digests or equal pixels share a group, and so do pairs that pass the three filters, as they are
    or with one of them mirrored. Groups are closed under this relation: a chain of near-duplicates is one group.

    Args:
        pictures: (H, W, 3) RGB or (H, W, 4) RGBA uint8, of any sizes.
        digests: Hash of the file that each of them comes from.
        workers: Number of threads.

    Returns:
        For each picture the smallest index in its group.
    """
    groups = np.arange(len(pictures))
    _join_near_duplicates(groups, pictures, digests, len(pictures), workers)
    return [int(group) for group in groups]


def added_groups(
    pictures: Sequence[NDArray[np.uint8]],
    digests: Sequence[str],
    there: Sequence[NDArray[np.uint8]],
    their_digests: Sequence[str],
    their_groups: Sequence[int],
    workers: int = 1,
) -> tuple[list[int], list[tuple[int, ...]]]:
    """Group pictures that are added to others; these aren't compared with one another again.

    Args:
        pictures: The new pictures, as `duplicate_groups` takes them.
        digests: Hash of the file that each of them comes from.
        there: The pictures that are there.
        their_digests: Likewise.
        their_groups: The group of each of them.
        workers: Number of threads.

    Returns:
        groups: For each new picture the smallest index of a new one in its group.
        joined: For each new picture the groups that are there to which it belongs, ascending: none or one, unless it
            looks like pictures of several.
    """
    n, everything = len(pictures), [*pictures, *there]
    groups = np.arange(len(everything))
    first: dict[int, int] = {}
    for index, group in enumerate(their_groups, start=n):
        _join(groups, first.setdefault(group, index), index)
    if n:
        _join_near_duplicates(groups, everything, [*digests, *their_digests], n, workers)
    joined: dict[int, set[int]] = {}
    for index, group in enumerate(their_groups, start=n):
        joined.setdefault(int(groups[index]), set()).add(group)
    found = [int(group) for group in groups[:n]]
    return found, [tuple(sorted(joined.get(group, ()))) for group in found]


def _join_near_duplicates(
    groups: NDArray[np.intp], pictures: Sequence[NDArray[np.uint8]], digests: Sequence[str], compared: int, workers: int
) -> None:
    """Join the groups of near-duplicates of which one is among the first so many pictures."""
    for keys in (digests, [hashlib.sha256(np.ascontiguousarray(picture).data).hexdigest() for picture in pictures]):
        first: dict[str, int] = {}
        for index, key in enumerate(keys):
            _join(groups, first.setdefault(key, index), index)
    contents = [_content(picture) for picture in pictures]
    as_they_are, mirrored = (_features(contents, is_mirrored) for is_mirrored in (False, True))
    hashes, thumbnails = as_they_are
    with Parallel(n_jobs=workers, backend="threading") as parallel:
        # Each picture is compared with the others as they are, then with the others mirrored.
        for others, other_thumbnails in (as_they_are, mirrored):
            for lows, highs in _similar_pairs(hashes[:compared], thumbnails, others, other_thumbnails):
                apart = groups[lows] != groups[highs]  # the others are known: frames of a film all look alike
                lows, highs = lows[apart], highs[apart]
                pairs = zip(thumbnails[lows], other_thumbnails[highs], strict=True)
                same = np.array(parallel(delayed(_aligned)(*pair) for pair in pairs), dtype=bool)
                for low, high in zip(lows[same].tolist(), highs[same].tolist(), strict=True):
                    _join(groups, low, high)


def _content(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGB as it is; of RGBA the box of what is opaque, over mid grey: margins must not count.

    Where nothing is opaque it is the whole picture.
    """
    if picture.shape[2] == 3:
        return picture
    opaque = picture[..., 3] >= OPAQUE_U8
    rows, columns = np.nonzero(opaque if opaque.any() else np.ones_like(opaque))
    box = picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(np.float32)
    alpha = box[..., 3:] / 255
    return np.round(box[..., :3] * alpha + 128 * (1 - alpha)).astype(np.uint8)


def _features(
    contents: Iterable[NDArray[np.uint8]], is_mirrored: bool
) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    """Return hash and thumbnail of each picture, as it is or mirrored: (N,) and (N, 32, 32).

    Thumbnails are grey, of mean 0 and norm 1, so that a dot product is a correlation.
    """
    hashes, greys = [], []
    for content in contents:
        # A mirrored grey picture is the grey of the mirrored one, and has a third of its values.
        luma, grey = (flip(each) if is_mirrored else each for each in (luma_of(content), _grey(content)))
        hashes.append(perceptual_hash(luma))
        size = (_THUMBNAIL_PX, _THUMBNAIL_PX)
        greys.append(cv2.resize(grey.astype(np.float32), size, interpolation=cv2.INTER_AREA))
    stack = np.stack(greys)
    centred: NDArray[np.float32] = (stack - stack.mean(axis=(1, 2), keepdims=True)).astype(np.float32)
    norms = np.linalg.norm(centred, axis=(1, 2), keepdims=True)
    centred /= np.maximum(norms, np.float32(1e-6))
    return np.array(hashes, np.uint64), centred


def _grey(content: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(content, cv2.COLOR_RGB2GRAY), np.uint8)


def _similar_pairs(
    hashes: NDArray[np.uint64],
    thumbnails: NDArray[np.float32],
    others: NDArray[np.uint64],
    other_thumbnails: NDArray[np.float32],
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the pairs low < high that pass the first two filters, some at a time: 10,000 pictures make 50 million.

    The lower one is of those whose hashes are given.
    """
    for start in range(0, len(hashes), _BLOCK):
        distance = np.bitwise_count(hashes[start : start + _BLOCK, None] ^ others[None, start:])
        lows, highs = np.nonzero(np.triu(distance <= MAX_HASH_DISTANCE, k=1))
        for part in range(0, len(lows), _BLOCK):
            low, high = lows[part : part + _BLOCK] + start, highs[part : part + _BLOCK] + start
            correlation = np.einsum("nyx,nyx->n", thumbnails[low], other_thumbnails[high])
            similar = correlation >= MIN_CORRELATION
            yield low[similar], high[similar]


def _aligned(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Say whether an affine warp that neither collapses nor leaves the picture makes two thumbnails correlate."""
    warp = np.eye(2, 3, dtype=np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 1e-4)
    everywhere = np.ones(one.shape, np.uint8)
    try:
        correlation, _ = cv2.findTransformECC(one, other, warp, cv2.MOTION_AFFINE, stop, everywhere, _ECC_BLUR_PX)
    except cv2.error:  # what ECC raises where the two have nothing in common to climb on
        return False
    area = float(np.linalg.det(warp[:, :2]))
    inside = cv2.warpAffine(everywhere, warp, one.shape, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    sane = _MIN_OVERLAP <= area <= 1 / _MIN_OVERLAP and float(inside.mean()) >= _MIN_OVERLAP
    return sane and correlation >= MIN_ALIGNED_CORRELATION


def _join(groups: NDArray[np.intp], one: int, other: int) -> None:
    """Make two groups one, named by the smallest index in it."""
    low, high = sorted((groups[one], groups[other]))
    if low != high:
        groups[groups == high] = low
