"""A cache of cut-outs for those that are pasted in no particular order."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.compose.blend import Cutout
from bgfg.synth.painting.figures import FIGURE_BYTES_PER_PIXEL, Figure
from bgfg.synth.store.corpus import Corpus

# Cut-outs held at a time, as pictures and made ready, so that a worker's memory doesn't grow with the corpus.
_HELD_BYTES = 32_000_000
_BYTES_PER_PIXEL = 17


class CutoutCache:
    """Cut-outs of a corpus by their number, the latest ones kept in memory.

    Attributes:
        rgba: Function of the number f of a cut-out: its picture, (h, w, 4) uint8 RGBA.
        prepared: Function of the number f of a cut-out: its blending tables.
        figure: Function of the number f of a cut-out: what scenes are painted of.
    """

    def __init__(self, corpus: Corpus) -> None:
        self._corpus, variety = corpus, corpus.manifest.variety
        self._is_recoloured = variety is not None and variety.colour_match != (0, 0)
        h, w = corpus.geometry.largest_box_px
        held, figures_held = (
            max(1, _HELD_BYTES // (h * w * each)) for each in (_BYTES_PER_PIXEL, FIGURE_BYTES_PER_PIXEL)
        )
        self.rgba, self.prepared = lru_cache(held)(self._read), lru_cache(held)(self._prepare)
        self.figure = lru_cache(figures_held)(self._figure)

    def _read(self, f: int) -> NDArray[np.uint8]:
        height_px, width_px = self._corpus.cutout_sizes_px[f].tolist()
        rgba: NDArray[np.uint8] = self._corpus.read("cutout", f)
        return rgba[:height_px, :width_px]

    def _prepare(self, f: int) -> Cutout:
        return Cutout.prepare(self.rgba(f))

    def _figure(self, f: int) -> Figure:
        return Figure(self._read(f), self._is_recoloured)


def cutout_cache(corpus: Corpus) -> CutoutCache:
    """Return the cache of a corpus; that of the shard before where it was of the same corpus."""
    key = str(corpus.path), corpus.manifest.digest
    if key not in _latest:
        _latest.clear()
        _latest[key] = CutoutCache(corpus)
    return _latest[key]


# Keyed by the digest too: a long-lived process may see a corpus planned anew under the same path.
_latest: dict[tuple[str, str], CutoutCache] = {}
