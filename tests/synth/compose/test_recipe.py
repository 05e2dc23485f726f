"""Recipes of shards and blocks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.corpus.sample_table import read_boxes
from bgfg.synth.compose import recipe
from bgfg.synth.compose.recipe import ShardRecipe
from bgfg.synth.store import corpus_part as store
from bgfg.synth.store.corpus import Corpus
from tests.support.tiny_corpus import B, C, K


@pytest.mark.parametrize("window_bytes", [1, 2 * 7 * 9 * 13, 10**6])
@pytest.mark.parametrize("blocks", [1, 2, 4])
def test_blocks_come_in_the_order_of_the_samples_whatever_the_window_and_shard(
    planned: Path, monkeypatch: pytest.MonkeyPatch, window_bytes: int, blocks: int
) -> None:
    monkeypatch.setattr(recipe, "_WINDOW_BYTES", window_bytes)
    monkeypatch.setattr(store, "blocks_per_shard", lambda _cutouts: blocks)
    recipe._prepared_cutouts.cache_clear()
    corpus = Corpus(planned)
    cutouts = np.asarray(corpus.array("cutout"))
    seen = []
    for shard in corpus.shards:
        found = ShardRecipe(corpus, shard)
        boxes = read_boxes(planned / "manifest/samples.parquet", corpus.geometry.index.strip_of(found.samples.start))
        assert np.array_equal(found.background, np.asarray(corpus.array("background"))[found.background_index])
        for block in found.blocks():
            assert isinstance(block, recipe.BlockRecipe)
            f = (shard * blocks + block.chunk) % (2 * C)
            assert np.array_equal(np.stack([block.x_px, block.y_px]), boxes[f, :, :2].T)
            (cutout,) = block.cutouts
            h, w = cutout.alpha_u8.shape
            assert (h, w) == (boxes[f, 0, 3], boxes[f, 0, 2])
            assert np.array_equal(cutout.alpha_u8, cutouts[f, :h, :w, 3])
            assert [[only.x, only.y] for (only,) in block.layers()] == boxes[f, :, :2].tolist()
            seen.append((found.background_index, f))
    assert seen == [(b, f) for b in range(B) for f in range(2 * C)]
    assert len(corpus) == len(seen) * K
