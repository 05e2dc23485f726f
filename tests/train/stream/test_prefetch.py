"""Prefetching across epochs: the next epoch's batches are there early, and threads that were started always end."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import zarr

from bgfg.synth.store.block_decoder import BlockDecoder, ShardFrames
from bgfg.synth.store.corpus import Corpus
from bgfg.train.stream.buffer_pool import BufferPool
from bgfg.train.stream.prefetch import EpochPrefetcher
from bgfg.train.stream.sampler import BatchSampler
from tests.support.tiny_corpus import K
from tests.train.stream.test_decode_workers import BATCH, ITEMS, decoding_threads


def prefetcher_of(corpus: Corpus, window: int | None = 2, spare: int = 3) -> EpochPrefetcher:
    order = BatchSampler(np.arange(len(corpus)), K, seed=3, window=window, batch=BATCH)
    return EpochPrefetcher(order, ShardFrames(corpus), 2, lambda span: BufferPool(ITEMS, BATCH, span + spare))


@pytest.fixture
def prefetcher(composed: Path) -> Iterator[EpochPrefetcher]:
    made = prefetcher_of(Corpus(composed))
    yield made
    made.close()


def epoch_of(prefetcher: EpochPrefetcher, epoch: int, consumed: int = 0) -> list[tuple[list[int], np.ndarray]]:
    return [(samples.tolist(), views["mask"].copy()) for samples, views in prefetcher.batches(epoch, consumed)]


def test_the_next_epoch_is_decoded_before_it_is_asked_for(
    prefetcher: EpochPrefetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded, decode = [], BlockDecoder.decode

    def counted(self: BlockDecoder, block: int, placements: np.ndarray, slots: np.ndarray) -> None:
        decode(self, block, placements, slots)
        decoded.append(block)

    monkeypatch.setattr(BlockDecoder, "decode", counted)
    samples = np.concatenate([samples for samples, _ in prefetcher.batches(0, 0)])
    deadline = time.monotonic() + 20
    while len(decoded) <= len(np.unique(samples // K)) and time.monotonic() < deadline:
        time.sleep(0.005)
    assert len(decoded) > len(np.unique(samples // K))


def test_every_epoch_is_what_the_store_has_whichever_was_begun_ahead(
    composed: Path, prefetcher: EpochPrefetcher
) -> None:
    masks = np.asarray(zarr.open_group(composed / "data.zarr", mode="r")["mask"])
    for epoch, consumed in ((0, 0), (1, 0), (3, 0), (4, 2 * BATCH), (5, 0), (0, 0)):
        batches = epoch_of(prefetcher, epoch, consumed)
        expected = BatchSampler(np.arange(len(masks)), K, seed=3, window=2, batch=BATCH).batches(epoch, consumed)
        assert [samples for samples, _ in batches] == [samples.tolist() for samples in expected]
        assert all(np.array_equal(mask, masks[samples]) for samples, mask in batches)


def test_batches_of_an_epoch_may_be_held_into_the_next(composed: Path) -> None:
    masks = np.asarray(zarr.open_group(composed / "data.zarr", mode="r")["mask"])
    prefetcher = prefetcher_of(Corpus(composed), spare=9)
    held = [(samples, views["mask"]) for epoch in (0, 1) for samples, views in prefetcher.batches(epoch, 0)]
    assert all(np.array_equal(mask, masks[samples]) for samples, mask in held)
    prefetcher.close()


def test_an_epoch_that_is_left_ends_all_threads(prefetcher: EpochPrefetcher) -> None:
    for number, _ in enumerate(prefetcher.batches(0, 0)):
        if number == 3:  # the last one: the next epoch is begun by now
            break
    gc.collect()
    assert decoding_threads() == []


@pytest.mark.parametrize("end", ["close", "forget"])
def test_threads_that_went_ahead_end_with_the_feeds(composed: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    decode = BlockDecoder.decode

    def dawdle(self: BlockDecoder, block: int, placements: np.ndarray, slots: np.ndarray) -> None:
        time.sleep(0.1)
        decode(self, block, placements, slots)

    monkeypatch.setattr(BlockDecoder, "decode", dawdle)
    prefetcher = prefetcher_of(Corpus(composed))
    epoch_of(prefetcher, 0)
    assert decoding_threads() != []
    if end == "close":
        prefetcher.close()
    del prefetcher
    assert decoding_threads() == []


def test_the_order_of_the_store_is_read_once(composed: Path) -> None:
    prefetcher = prefetcher_of(Corpus(composed), window=None)
    epoch_of(prefetcher, 0)
    assert decoding_threads() == []
