"""Makes the shards of a corpus that aren't done: work, write, mark. Finished shards are never touched."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.compose.executor import Executor, TaskResult, raise_failures
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.done_marks import combined_statistics
from bgfg.synth.store.unflushed import flushed_together, may_be_torn, unmark_torn_shards

# Factor on the estimate of disk space, for compression varies from picture to picture.
_SPARE = 1.05


def make_missing_shards(
    corpus: Corpus,
    arrays: Sequence[str],
    work: Callable[[int], Any],
    executor: Executor,
    bytes_per_sample: Callable[[], float],
    on_made: Callable[[Any], None] = lambda _value: None,
) -> None:
    """Make every shard that isn't marked done in all of `arrays`, then gather their statistics.

    Where parts of the corpus are being made and nothing is left of them, they become parts of it. The caller holds the
    writer lock.

    Args:
        corpus: The corpus.
        arrays: Names of arrays that are made together.
        work: Writes and marks one shard; picklable, a pure function of the corpus on disk and the shard's number.
        executor: What runs the shards.
        bytes_per_sample: Estimates what a sample of these arrays takes on disk; called only if something is to be made.
        on_made: Called with what `work` returned of each shard.

    Raises:
        Problem: Shards failed, a line for each reason, or there is too little free disk.
    """
    make_shards(corpus, arrays, work, executor, bytes_per_sample, on_made)
    if corpus.pending:
        needed = (*corpus.composed_arrays, *(("depth",) if corpus.manifest.teacher else ()))
        if all(corpus.done_shards(array) == set(corpus.shards) for array in needed):
            corpus.list_pending(statistics_of(corpus, needed, corpus.shards))
            return
    listed = range(corpus.pending[0].first_shard) if corpus.pending else corpus.shards
    everything = dict(sorted({**corpus.manifest.statistics, **statistics_of(corpus, arrays, listed)}.items()))
    if everything != corpus.manifest.statistics:
        corpus.save_manifest(replace(corpus.manifest, statistics=everything))


def make_shards(
    corpus: Corpus,
    arrays: Sequence[str],
    work: Callable[[int], Any],
    executor: Executor,
    bytes_per_sample: Callable[[], float],
    on_made: Callable[[Any], None] = lambda _value: None,
) -> None:
    """Make every shard that isn't marked done in all of `arrays`; arguments and errors are `make_missing_shards`'s."""
    corpus.clear_partial()
    torn = may_be_torn(corpus, arrays)
    unmark_torn_shards(corpus, arrays, executor.progress)
    done = set.intersection(*(corpus.done_shards(array) for array in arrays))
    left = [shard for shard in corpus.shards if shard not in done]
    if left:
        _require_space(corpus, sum(len(corpus.samples_of(shard)) for shard in left) * bytes_per_sample())
    if left or torn:
        with flushed_together(corpus, arrays):
            _run_shards(corpus, left, work, executor, on_made, " + ".join(arrays))


def statistics_of(corpus: Corpus, arrays: Sequence[str], shards: Sequence[int]) -> dict[str, Any]:
    """Return the statistics of arrays over some shards, from their marks."""
    return {array: combined_statistics(corpus.mark(array, shard) for shard in shards) for array in arrays}


def _run_shards(
    corpus: Corpus,
    shards: Sequence[int],
    work: Callable[[int], Any],
    executor: Executor,
    on_made: Callable[[Any], None],
    title: str,
) -> None:
    samples = {shard: len(corpus.samples_of(shard)) for shard in shards}

    def on_done(result: TaskResult) -> None:
        on_made(result.value)
        advance(samples[result.task])

    with executor.progress(title, len(corpus), len(corpus) - sum(samples.values())) as advance:
        failures = executor.run(corpus.path, work, shards, on_done)
    try:
        corpus.clear_partial()
    finally:
        raise_failures(failures)


def _require_space(corpus: Corpus, bytes_needed: float) -> None:
    free = shutil.disk_usage(corpus.path).free
    if free < bytes_needed * _SPARE:
        raise Problem(
            f"{corpus.path}: about {bytes_needed * _SPARE / 1e6:,.0f} MB are needed and {free / 1e6:,.0f} MB are free: "
            "make room, or choose another disk"
        )
