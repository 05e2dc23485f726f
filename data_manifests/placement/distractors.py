"""Distractors: cut-outs that are pasted behind those that are labelled, and aren't labelled themselves.

They lie behind all others, in the order of drawing from the back, so that they hide nothing of what is labelled: mask
and instances are the same as without them. Under the rule `perspective` one must also stand farther away than the
farthest that is labelled, and they are pasted from the farthest on. A distractor has a fixed number of tries; if none
does, the sample has fewer. They come from the split of the sample's first cut-out, and from other groups of
near-duplicates as long as the split has others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.placement.multi_cutout import Company, Paste, PasteDraw, PlaceAt
from bgfg.data_manifests.placement.philox import philox4x32, scale_words

_TRIES = 8
# Last words of the counters: of the numbers, and of the tries.
_COUNT_STREAM, _TRY_STREAM = 0x40000002, 0x50000000


class DistractorSampler:
    """Draws the distractors of samples.

    Args:
        limits: Least and largest number in a sample.
        seed: Seed of the corpus.
        company: Which of the F cut-outs may be together.
    """

    def __init__(self, limits: tuple[int, int], seed: int, company: Company) -> None:
        self._limits, self._seed, self._company = limits, seed, company

    def draw_block(self, b: int, f: int, labelled: list[tuple[Paste, ...]], place_at: PlaceAt) -> list[list[Paste]]:
        """Draw the distractors of each sample of a block.

        Args:
            b: Number of the background.
            f: Number of the block's own cut-out.
            labelled: The labelled cut-outs of each sample, the farthest first.
            place_at: Places a cut-out as was drawn for it.

        Returns:
            Those of each sample in the order of pasting.
        """
        fewest, most = self._limits
        counters = np.empty((len(labelled), most + 1, _TRIES, 4), np.int64)
        counters[..., 0], counters[..., 1] = np.arange(len(labelled))[:, None, None], f
        counters[..., 2] = b
        counters[:, :most, :, 3] = _TRY_STREAM + 256 * np.arange(most)[:, None] + np.arange(_TRIES)
        counters[:, most, :, 3] = _COUNT_STREAM
        words = philox4x32(counters, self._seed)
        counts: NDArray[np.uint64] = fewest + scale_words(words[:, most, 0, 0], most - fewest + 1)
        return [
            self._of_sample(f, k, pastes, words[k, :count].tolist(), place_at)
            for k, (pastes, count) in enumerate(zip(labelled, counts.tolist(), strict=True))
        ]

    def _of_sample(
        self, f: int, k: int, labelled: tuple[Paste, ...], words: list[list[list[int]]], place_at: PlaceAt
    ) -> list[Paste]:
        there = [paste.cutout for paste in labelled]
        found: list[Paste] = []
        for tries in words:
            candidates = self._company.may_join(there)
            for which, *where in tries:
                paste = place_at(PasteDraw(int(candidates[which * len(candidates) >> 32]), f, k, *where))
                if paste is not None and paste.unoccluded_px and paste.distance_mm >= labelled[0].distance_mm:
                    found.append(paste)
                    there.append(paste.cutout)
                    break
        return sorted(found, key=lambda paste: -paste.distance_mm)
