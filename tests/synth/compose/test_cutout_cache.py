"""What is kept of cut-outs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgfg.synth.compose import cutout_cache
from bgfg.synth.compose.cutout_cache import CutoutCache
from bgfg.synth.painting.figures import FIGURE_BYTES_PER_PIXEL
from bgfg.synth.store.corpus import Corpus


def test_figures_that_are_asked_for_first_are_kept(composed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = Corpus(composed)
    height_px, width_px = corpus.geometry.largest_box_px
    monkeypatch.setattr(cutout_cache, "_FIGURES_BYTES", 2 * height_px * width_px * FIGURE_BYTES_PER_PIXEL)
    cache = CutoutCache(corpus)
    once, again = ([cache.figure(f) for f in (1, 0, 2)] for _ in range(2))
    assert [a is b for a, b in zip(once, again, strict=True)] == [True, True, False]
