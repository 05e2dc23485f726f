"""The images and masks of a corpus, and instances where samples have several cut-outs: composed shard by shard."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np
from bgfg.synth.compose.executor import Crew, make_missing
from bgfg.synth.compose.recipe import Recipe, opened
from bgfg.synth.store.lock import only_writer
from bgfg.synth.store.marks import Mark
from bgfg.synth.store.shard import ChunkEncoder
from bgfg.synth.store.store import Corpus


def compose_corpus(path: Path, crew: Crew) -> None:
    """Make every unfinished shard of image and mask, and of instance where there are any, of the corpus at `path`.

    The bytes depend on the plan alone, not on the crew, the order or what was there before. Raises Problem where the
    corpus is held by another writer, was changed by hand, or where shards failed.
    """
    Corpus(path)  # what is no corpus has no lock either
    with only_writer(path):
        corpus = Corpus(path)
        corpus.check_plan()
        work = partial(compose_shard, path, corpus.manifest.digest)
        make_missing(corpus, corpus.composed, work, crew, lambda: bytes_per_sample(corpus))


def compose_shard(path: Path, digest: str, shard: int) -> None:
    """Compose, write and mark one shard of each array; block by block, never whole in memory."""
    corpus = opened(path, digest)
    recipe = Recipe(corpus, shard)
    composer = recipe.composer()
    sums = {array: np.zeros((2, 3 if array == "image" else 1), np.int64) for array in corpus.composed}
    with ExitStack() as stack:
        writers = {array: stack.enter_context(corpus.write_shard(array, shard)) for array in corpus.composed}
        for block in recipe.blocks():
            block.paste(composer)
            for array, writer in writers.items():
                writer.append(composer.block(array))
                sums[array] += np.reshape(composer.sums(array), sums[array].shape)
    count = corpus.samples_per_shard * corpus.geometry.height_px * corpus.geometry.width_px
    for array, writer in writers.items():
        totals = (tuple(row) for row in sums[array].tolist())
        Mark(array, shard, digest, writer.size_bytes, writer.sha256, count, *totals).save(path)


def bytes_per_sample(corpus: Corpus, probes: int = 4) -> float:
    """Estimate what a sample takes on disk in all composed arrays, from a block of each of some backgrounds."""
    sizes, encoder = [], ChunkEncoder()
    for shard in np.unique(np.linspace(0, len(corpus.shards) - 1, probes).astype(int)).tolist():
        recipe = Recipe(corpus, shard)
        composer = recipe.composer()
        next(recipe.blocks()).paste(composer)
        sizes.append(sum(len(encoder.encode(composer.block(array))) for array in corpus.composed))
    return float(np.mean(sizes)) / corpus.geometry.placements
