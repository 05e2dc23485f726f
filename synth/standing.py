"""The cut-outs of the rule `perspective` made ready to paste: brought to the size of their boxes, and hidden where
something of the background stands in front."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_manifests.area import resize_rgba
from data_manifests.hiding import Foreground
from synth.compose import Cutout
from synth.store import Corpus


class Standing:
    """The cut-outs as they stand on one background of a corpus."""

    def __init__(self, corpus: Corpus, b: int) -> None:
        self._corpus = corpus
        self._foreground = Foreground(corpus.read("background_depth", b))

    def cutouts(self, f: int, boxes: NDArray[np.int32]) -> tuple[Sequence[Cutout], Sequence[NDArray[np.uint8]]]:
        """Return what is to be seen of cut-out `f` in each of its boxes, and its alpha before anything hides it.

        boxes: (K, 4) int32, x, y, width, height.
        """
        height_px, width_px = self._corpus.cutout_sizes[f]
        prepared = _cutouts(self._corpus.path, self._corpus.manifest.digest)[f, :height_px, :width_px]
        cutouts, shapes = [], []
        for x, y, w, h in boxes.tolist():
            rgba = resize_rgba(prepared, h, w)
            shapes.append(rgba[..., 3].copy())
            rgba[..., 3] = self._foreground.visible(shapes[-1], x, y)
            cutouts.append(Cutout.prepare(rgba))
        return cutouts, shapes


@lru_cache(maxsize=1)
def _cutouts(path: Path, digest: str) -> NDArray[np.uint8]:
    # Keyed by the digest too: a long-lived process may see a corpus planned anew under the same path.
    return Corpus(path).read("cutout", slice(None))
