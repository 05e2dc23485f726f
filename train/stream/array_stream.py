"""Stream of a corpus as NumPy arrays: what `Stream` gives, without PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bgfg.train.stream.corpus_stream import ArrayBatch, CorpusStream


class ArrayStream(CorpusStream[ArrayBatch]):
    """Batches of a split of a corpus as dictionaries of NumPy arrays.

    They are those of `Stream`, but pictures are (n, H, W, 3), and masks, depth and instances (n, H, W). They lie in the
    stream's own memory as `Stream` has it.
    """

    @cached_property
    def backgrounds(self) -> NDArray[np.uint8]:
        """The backgrounds, (B, H, W, 3) uint8 RGB.

        Raises:
            Problem: Of some of the samples, which were imported, nobody knows the background.
        """
        return self._prepared_backgrounds()

    def _delivered(self, host: Iterator[ArrayBatch]) -> Iterator[ArrayBatch]:
        return host
