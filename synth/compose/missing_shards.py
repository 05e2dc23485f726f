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
from bgfg.synth.store.shard_slice import ShardSlice
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
    _make(corpus, arrays, None, work, executor, bytes_per_sample, on_made)


def make_slice(
    corpus: Corpus,
    arrays: Sequence[str],
    work: Callable[[int], Any],
    executor: Executor,
    bytes_per_sample: Callable[[], float],
    which: ShardSlice,
    on_made: Callable[[Any], None] = lambda _value: None,
) -> None:
    """Make every shard of a slice that isn't marked done, while others may be making other slices.

    What others may be writing is left alone: temporary files, also those that killed runs left, and corpus.json.
    `make_missing_shards` clears and gathers, once all slices are made. The caller shares the writer lock; arguments and
    errors are those of that function.
    """
    _make(corpus, arrays, which, work, executor, bytes_per_sample, on_made)


def _make(
    corpus: Corpus,
    arrays: Sequence[str],
    which: ShardSlice | None,
    work: Callable[[int], Any],
    executor: Executor,
    bytes_per_sample: Callable[[], float],
    on_made: Callable[[Any], None],
) -> None:
    torn = may_be_torn(corpus, arrays, which)
    unmark_torn_shards(corpus, arrays, executor.progress, which)
    done = set.intersection(*(corpus.done_shards(array) for array in arrays))
    shards = corpus.shards if which is None else which.of(corpus.shards)
    left = [shard for shard in shards if shard not in done]
    if left and corpus.mirror is not None:
        if which is None:  # of slices it is there already
            corpus.mirror.publish()  # no shard is there before what says how it is to be read
    elif left:
        _require_space(corpus, sum(len(corpus.samples_of(shard)) for shard in left) * bytes_per_sample())
    if left or torn:
        with flushed_together(corpus, arrays, which):
            failures = _run_shards(corpus, shards, left, work, executor, on_made, " + ".join(arrays))
            try:
                if which is None:
                    corpus.clear_partial()
            finally:
                raise_failures(failures)


def statistics_of(corpus: Corpus, arrays: Sequence[str], shards: Sequence[int]) -> dict[str, Any]:
    """Return the statistics of arrays over some shards, from their marks."""
    return {array: combined_statistics(corpus.mark(array, shard) for shard in shards) for array in arrays}


def _run_shards(
    corpus: Corpus,
    shards: Sequence[int],
    left: Sequence[int],
    work: Callable[[int], Any],
    executor: Executor,
    on_made: Callable[[Any], None],
    title: str,
) -> list[TaskResult]:
    """Make what is left of some shards, and show how far they are; return what failed."""
    samples = {shard: len(corpus.samples_of(shard)) for shard in shards}

    def on_done(result: TaskResult) -> None:
        on_made(result.value)
        advance(samples[result.task])

    total = sum(samples.values())
    with executor.progress(title, total, total - sum(samples[shard] for shard in left)) as advance:
        return executor.run(corpus.path, work, left, on_done)


def _require_space(corpus: Corpus, bytes_needed: float) -> None:
    free = shutil.disk_usage(corpus.path).free
    if free < bytes_needed * _SPARE:
        raise Problem(
            f"{corpus.path}: about {bytes_needed * _SPARE / 1e6:,.0f} MB are needed and {free / 1e6:,.0f} MB are free: "
            "make room, or choose another disk"
        )
