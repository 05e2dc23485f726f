"""The cut-outs that are pasted after the first one of each sample, ready to blend."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.instances import INSTANCES_FILE, InstanceTable
from bgfg.data_manifests.placement.sample_index import Strip
from bgfg.synth.compose.cutout import PlacedCutout
from bgfg.synth.compose.cutout_cache import cutout_cache
from bgfg.synth.compose.perspective_cutouts import PerspectiveCutouts
from bgfg.synth.store.corpus import Corpus


class CrowdCutouts:
    """The additional cut-outs of the samples of one background."""

    def __init__(self, corpus: Corpus, strip: Strip, perspective: PerspectiveCutouts | None) -> None:
        """Read the additional cut-outs of one background in one part.

        Args:
            corpus: A corpus whose samples have several cut-outs.
            strip: The samples.
            perspective: Fits cut-outs to the background's depth, None where they are pasted as they are.
        """
        self._placements, self._perspective = corpus.geometry.placements, perspective
        table = InstanceTable.read(corpus.table_path(INSTANCES_FILE, strip.part), strip)
        self._samples = table.by_sample(strip.samples)
        self._cutouts = cutout_cache(corpus)

    @classmethod
    def of(cls, corpus: Corpus, strip: Strip, perspective: PerspectiveCutouts | None) -> CrowdCutouts | None:
        """Return the additional cut-outs of one background in one part; None where samples have one cut-out."""
        return None if corpus.manifest.crowd is None else cls(corpus, strip, perspective)

    def additional(self, place: int) -> list[list[PlacedCutout]]:
        """Return the cut-outs that are pasted after the first of each of the K samples of a block, in their order.

        Args:
            place: Number of the block within the samples.
        """
        first = place * self._placements
        return [[self._placed(row) for row in rows[1:]] for rows in self._samples[first : first + self._placements]]

    def _placed(self, row: NDArray[np.int64]) -> PlacedCutout:
        f, x, y = (int(number) for number in row[2:5])
        if self._perspective is None:
            cutout = self._cutouts.prepared(f)
            return PlacedCutout(cutout, cutout.alpha_u8, x, y)
        (cutout,), (alpha_u8,) = self._perspective.fit_to_boxes(self._cutouts.rgba(f), row[None, 3:7])
        return PlacedCutout(cutout, alpha_u8, x, y)
