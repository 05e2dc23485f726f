"""The images and masks of a corpus: composed shard by shard, or composed again to be compared."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from synth.compose import Composer
from synth.lock import only_writer
from synth.marks import Mark
from synth.produce import Crew, make_missing
from synth.recipe import Recipe, opened
from synth.shard import ChunkEncoder
from synth.store import Corpus


def compose_corpus(path: Path, crew: Crew) -> None:
    """Make every unfinished shard of image and mask of the corpus at `path`.

    The bytes depend on the plan alone, not on the crew, the order or what was there before. Raises Problem where the
    corpus is held by another writer, was changed by hand, or where shards failed.
    """
    Corpus(path)  # what is no corpus has no lock either
    with only_writer(path):
        corpus = Corpus(path)
        corpus.check_plan()
        work = partial(compose_shard, path, corpus.manifest.digest)
        make_missing(corpus, ("image", "mask"), work, crew, lambda: bytes_per_sample(corpus))


def compose_shard(path: Path, digest: str, shard: int) -> None:
    """Compose, write and mark one shard of image and mask; block by block, never whole in memory."""
    corpus = opened(path, digest)
    recipe = Recipe(corpus, shard)
    composer = Composer(recipe.background, corpus.geometry.placements)
    image_sums, mask_sums = np.zeros((2, 3), np.int64), np.zeros((2, 1), np.int64)
    with corpus.write_shard("image", shard) as images, corpus.write_shard("mask", shard) as masks:
        for block in recipe.blocks():
            block.paste(composer)
            images.append(composer.stored)
            masks.append(composer.masks)
            image_sums += composer.image_sums()
            mask_sums += np.array(composer.mask_sums())[:, None]
    count = corpus.samples_per_shard * corpus.geometry.height_px * corpus.geometry.width_px
    for array, writer, (sums, squares) in (("image", images, image_sums), ("mask", masks, mask_sums)):
        totals = tuple(sums.tolist()), tuple(squares.tolist())
        Mark(array, shard, digest, writer.size_bytes, writer.sha256, count, *totals).save(path)


def bytes_per_sample(corpus: Corpus, probes: int = 4) -> float:
    """Estimate what a sample takes on disk, image and mask, from a block of each of some backgrounds."""
    sizes, encoder = [], ChunkEncoder()
    for shard in np.unique(np.linspace(0, len(corpus.shards) - 1, probes).astype(int)).tolist():
        recipe = Recipe(corpus, shard)
        block = next(recipe.blocks())
        composer = Composer(recipe.background, corpus.geometry.placements)
        block.paste(composer)
        sizes.append(len(encoder.encode(composer.stored)) + len(encoder.encode(composer.masks)))
    return float(np.mean(sizes)) / corpus.geometry.placements
