"""Checks the array `instance` against instances.parquet and the masks, which needs no new composition."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bgfg.data_manifests.corpus.instances import INSTANCES_FILE, InstanceTable
from bgfg.data_manifests.terminal.errors import first_few
from bgfg.synth.store.corpus import Corpus


def find_instance_problems(corpus: Corpus, shard: int) -> Iterator[str]:
    """Yield a line for each block of a shard in which pixels and table disagree.

    Each instance has as many pixels as its row says, there is no other, and where one is seen the mask is set.
    """
    K, samples = corpus.geometry.placements, corpus.samples_of(shard)
    strip = corpus.geometry.index.strip_of(samples.start)
    within = samples.start - strip.samples.start
    by_sample = InstanceTable.read(corpus.table_path(INSTANCES_FILE, strip.part), strip).by_sample(strip.samples)
    shape, byte = corpus.layouts["instance"].stored_shape, np.dtype(np.uint8)
    reader = corpus.open_shard("instance", shard)
    masks = corpus.open_shard("mask", shard) if corpus.mark_path("mask", shard).exists() else None
    for chunk in range(len(samples) // K):
        first = samples.start + chunk * K
        instance, wrong = reader.read(chunk, shape, byte), []
        for k, rows in enumerate(by_sample[within + chunk * K : within + (chunk + 1) * K]):
            expected = np.zeros(256, np.int64)
            expected[rows[:, 1]] = rows[:, 7]  # columns of the number of the instance, and of its visible pixels
            counts = np.bincount(instance[k].ravel(), minlength=256)
            if not np.array_equal(counts[1:], expected[1:]):
                wrong.append(first + k)
        if wrong:
            yield f"instances of samples {first_few(wrong)} haven't the visible pixels that {INSTANCES_FILE} says"
        if masks is not None and ((instance > 0) & (masks.read(chunk, shape, byte) < 128)).any():
            yield f"samples {first} to {first + K - 1}: instances are seen where the mask isn't set"
