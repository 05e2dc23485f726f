"""Composes the images and masks of a corpus shard by shard, and instances where samples have several cut-outs."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np

from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command
from bgfg.synth.compose.encoded_blocks import BlockEncoder
from bgfg.synth.compose.executor import Executor
from bgfg.synth.compose.missing_shards import make_missing_shards, make_slice
from bgfg.synth.compose.recipe import ShardRecipe
from bgfg.synth.store.changes import open_with_digest
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.corpus_card import refresh_corpus_card
from bgfg.synth.store.lock import slice_lock, writer_lock
from bgfg.synth.store.shard_slice import ShardSlice


def compose_corpus(path: Path, executor: Executor, which: ShardSlice | None = None) -> tuple[str, ...]:
    """Make every unfinished shard of image and mask, and of instance where there are any; of added parts too.

    The bytes depend on the plan and the installation alone (see `BlockEncoder`), the pixels on the plan: not on the
    executor, the order or what was there before.

    Args:
        path: The folder of the corpus.
        executor: What runs the shards.
        which: A slice of the shards, while others may be making other slices; what is mended, gathered and cleared is
            left to a call without, once all are made.

    Returns:
        What was mended of the corpus, in words, what of its card isn't true any more, and what keeps added parts from
        being read.

    Raises:
        Problem: Another process holds the corpus, it was changed by hand, or shards failed.
    """
    manifest = load_manifest(path / "manifest" / "corpus.json")  # before the lock: no lock file but in a corpus
    if manifest.is_imported:
        line = f"{path}: was imported, so that nothing is left to compose: `bgfg import` makes what is missing"
        raise Problem(line, exit_code=2)
    with writer_lock(path) if which is None else slice_lock(path, which):
        corpus = Corpus(path, mend=which is None, pending=True)
        corpus.check_plan()
        work, size = partial(compose_shard, path, corpus.manifest.digest), partial(estimate_bytes_per_sample, corpus)
        if which is not None:
            make_slice(corpus, corpus.composed_arrays, work, executor, size, which)
            return ()
        make_missing_shards(corpus, corpus.composed_arrays, work, executor, size)
        label = bgfg_command("label", path)
        unread = f"extended by {corpus.describe_pending()}, not read before all of it has depth too: run {label}"
        return (*corpus.mended, *refresh_corpus_card(path), *([unread] if corpus.pending else []))


def compose_shard(path: Path, digest: str, shard: int) -> None:
    """Compose, write and mark one shard of each array; block by block, never whole in memory.

    Args:
        path: The folder of the corpus.
        digest: Digest that the corpus has to have.
        shard: Number of the shard.

    Raises:
        Problem: The corpus has another digest.
    """
    corpus = open_with_digest(path, digest)
    recipe = ShardRecipe(corpus, shard)
    encoder = BlockEncoder(recipe, corpus.composed_arrays)
    sums = {array: np.zeros((2, 3 if array == "image" else 1), np.int64) for array in corpus.composed_arrays}
    with ExitStack() as stack:
        writers = {array: stack.enter_context(corpus.write_shard(array, shard)) for array in corpus.composed_arrays}
        for block in recipe.blocks():
            for array, encoded in encoder.encode(block).items():
                writers[array].append_chunk(encoded.chunk)
                sums[array] += encoded.sums
    count = len(recipe.samples) * corpus.geometry.height_px * corpus.geometry.width_px
    for array, writer in writers.items():
        totals = (tuple(row) for row in sums[array].tolist())
        corpus.mark_done(array, shard, writer, count, *totals)


def estimate_bytes_per_sample(corpus: Corpus, probes: int = 4) -> float:
    """Estimate what a sample takes on disk in all composed arrays, from one block of each of `probes` shards."""
    sizes = []
    for shard in np.unique(np.linspace(0, len(corpus.shards) - 1, probes).astype(int)).tolist():
        recipe = ShardRecipe(corpus, shard)
        encoded = BlockEncoder(recipe, corpus.composed_arrays).encode(next(recipe.blocks()))
        sizes.append(sum(len(each.chunk) for each in encoded.values()))
    return float(np.mean(sizes)) / corpus.geometry.placements
