"""The cut-outs that join the first ones of a background's samples, made ready to paste."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from bgfg.data_manifests.corpus.instances import INSTANCES, Instances
from bgfg.synth.compose.blend import Cutout, Pasted
from bgfg.synth.compose.standing_cutouts import Standing
from bgfg.synth.store.store import Corpus
from numpy.typing import NDArray

# Cut-outs held at a time, as pictures and made ready, so that a worker's memory doesn't grow with the corpus.
_HELD_BYTES = 32_000_000
_BYTES_PER_PIXEL = 17


class Crowds:
    """Who joins the samples of one background. standing: how cut-outs stand on it, None where they needn't."""

    def __init__(self, corpus: Corpus, b: int, standing: Standing | None) -> None:
        self._placements, self._standing = corpus.geometry.placements, standing
        self._samples = Instances.read(corpus.path / "manifest" / INSTANCES, b, corpus.geometry).by_sample()
        self._wardrobe = _wardrobe(corpus)

    @classmethod
    def of(cls, corpus: Corpus, b: int, standing: Standing | None) -> Crowds | None:
        """Return who joins the samples of background `b`; None where samples have one cut-out."""
        return None if corpus.manifest.crowd is None else cls(corpus, b, standing)

    def further(self, f: int) -> list[list[Pasted]]:
        """Return for each of the K samples of cut-out f those that are pasted after it."""
        first = f * self._placements
        return [[self._pasted(row) for row in rows[1:]] for rows in self._samples[first : first + self._placements]]

    def _pasted(self, row: NDArray[np.int64]) -> Pasted:
        f, x, y = (int(number) for number in row[2:5])
        if self._standing is None:
            cutout = self._wardrobe.ready(f)
            return Pasted(cutout, cutout.alpha_u8, x, y)
        (cutout,), (shape,) = self._standing.in_boxes(self._wardrobe.picture(f), row[None, 3:7])
        return Pasted(cutout, shape, x, y)


class Wardrobe:
    """Cut-outs of a corpus in any order, the latest ones held ready."""

    def __init__(self, corpus: Corpus) -> None:
        h, w = corpus.geometry.cutout_box_px
        self._corpus, held = corpus, max(1, _HELD_BYTES // (h * w * _BYTES_PER_PIXEL))
        self.picture, self.ready = lru_cache(held)(self._read), lru_cache(held)(self._prepare)

    def _read(self, f: int) -> NDArray[np.uint8]:
        height_px, width_px = self._corpus.cutout_sizes[f].tolist()
        rgba: NDArray[np.uint8] = self._corpus.read("cutout", f)
        return rgba[:height_px, :width_px]

    def _prepare(self, f: int) -> Cutout:
        return Cutout.prepare(self.picture(f))


def _wardrobe(corpus: Corpus) -> Wardrobe:
    """Return the wardrobe of a corpus, the one of the shard before where it is of the same corpus."""
    key = str(corpus.path), corpus.manifest.digest
    if key not in _latest:
        _latest.clear()
        _latest[key] = Wardrobe(corpus)
    return _latest[key]


# Keyed by the digest too: a long-lived process may see a corpus planned anew under the same path.
_latest: dict[tuple[str, str], Wardrobe] = {}
