"""A cache of cut-outs for those that are pasted in no particular order."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.compose.cutout import Cutout
from bgfg.synth.painting.figures import FIGURE_BYTES_PER_PIXEL, Figure
from bgfg.synth.store.corpus import Corpus

# Cut-outs held at a time, as pictures and made ready, so that a worker's memory doesn't grow with the corpus; and as
# figures.
_HELD_BYTES = 32_000_000
_FIGURES_BYTES = 64_000_000
_BYTES_PER_PIXEL = 17


class CutoutCache:
    """Cut-outs of a corpus by their number, the latest ones kept in memory.

    Attributes:
        rgba: Function of the number f of a cut-out: its picture, (h, w, 4) uint8 RGBA.
        prepared: Function of the number f of a cut-out: its blending tables.
    """

    def __init__(self, corpus: Corpus) -> None:
        self._corpus, variety = corpus, corpus.manifest.variety
        self._is_recoloured = variety is not None and variety.colour_match != (0, 0)
        h, w = corpus.geometry.largest_box_px
        held = max(1, _HELD_BYTES // (h * w * _BYTES_PER_PIXEL))
        self.rgba, self.prepared = lru_cache(held)(self._read), lru_cache(held)(self._prepare)
        self._figures: dict[int, Figure] = {}
        self._most_figures = _FIGURES_BYTES // (h * w * FIGURE_BYTES_PER_PIXEL)

    def figure(self, f: int) -> Figure:
        """Return what scenes are painted of; those asked for first are kept, as many as there is room for.

        Every background has all of them, in the same order: of more than there is room for, the latest ones would be
        gone each time before they are asked for again.

        Args:
            f: Number of the cut-out.
        """
        found = self._figures.get(f)
        if found is None:
            found = Figure(self._read(f), self._is_recoloured)
            if len(self._figures) < self._most_figures:
                self._figures[f] = found
        return found

    def _read(self, f: int) -> NDArray[np.uint8]:
        height_px, width_px = self._corpus.cutout_sizes_px[f].tolist()
        rgba: NDArray[np.uint8] = self._corpus.read("cutout", f)
        return rgba[:height_px, :width_px]

    def _prepare(self, f: int) -> Cutout:
        return Cutout.prepare(self.rgba(f))


def cutout_cache(corpus: Corpus) -> CutoutCache:
    """Return the cache of a corpus; that of the shard before where it was of the same corpus."""
    key = str(corpus.path), corpus.manifest.digest
    if key not in _latest:
        _latest.clear()
        _latest[key] = CutoutCache(corpus)
    return _latest[key]


# Keyed by the digest too: a long-lived process may see a corpus planned anew under the same path.
_latest: dict[tuple[str, str], CutoutCache] = {}
