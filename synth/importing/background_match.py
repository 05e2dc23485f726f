"""Which background a composite shows, found by its pixels where names don't tell it."""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.synth.store.corpus import Corpus

THUMBNAIL_PX = 16
_CANDIDATES = 3
# Mean difference of levels, where nobody is, that a lossy format leaves; and how far behind the next best must be.
_MOST_DIFFERENCE = 6.0
_LEAST_LEAD = 1.5
_EDGE_PX = 9  # around people, where JPEG's blocks show them too
_LEAST_SHARE_SEEN = 0.1


class BackgroundMatcher:
    """Finds the background of composites among those of a corpus."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    @cached_property
    def _thumbnails(self) -> NDArray[np.float32]:
        """Small copies of all backgrounds, made once a composite is asked about."""
        pictures = (self._corpus.read("background", b) for b in range(self._corpus.geometry.backgrounds))
        return np.array([_thumbnail(each) for each in pictures], np.float32)

    def match(self, image: NDArray[np.uint8], mask: NDArray[np.uint8]) -> int | None:
        """Return the number of the background that a composite shows, None where none is clearly it.

        Args:
            image: (H, W, 3) uint8.
            mask: (H, W) uint8, alpha of what covers the background.
        """
        bare = (cv2.dilate(mask, np.ones((_EDGE_PX, _EDGE_PX), np.uint8)) == 0).astype(np.uint8)
        if not len(self._thumbnails) or bare.mean() < _LEAST_SHARE_SEEN:
            return None
        small = (_thumbnail(bare * np.uint8(255)) > 250)[..., None]
        apart = np.abs(self._thumbnails - _thumbnail(image)) * small
        nearest = np.argsort(apart.sum(axis=(1, 2, 3)), kind="stable")[:_CANDIDATES].tolist()
        found = sorted((self._difference(image, bare, b), b) for b in nearest)
        best, b = found[0]
        is_clear = len(found) == 1 or best == 0 or found[1][0] >= _LEAST_LEAD * best
        return b if best <= _MOST_DIFFERENCE and is_clear else None

    def _difference(self, image: NDArray[np.uint8], bare: NDArray[np.uint8], b: int) -> float:
        apart = cv2.absdiff(image, self._corpus.read("background", b))
        return float(np.mean(cv2.mean(apart, bare)[:3]))


def _thumbnail(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    side = THUMBNAIL_PX, THUMBNAIL_PX
    return cv2.resize(pixels, side, interpolation=cv2.INTER_AREA).astype(np.float32)
