"""Epoch after epoch from one pool: the next one's batches are there early, and what was begun is always ended."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import zarr
from bgfg.synth.store.store import Corpus
from bgfg.train.stream.buffer_pool import Pool
from bgfg.train.stream.decode import Decoder, Shards
from bgfg.train.stream.prefetch import Feeds
from bgfg.train.stream.sampler import Order

from tests.conftest import K
from tests.train.stream.test_workers import BATCH, ITEMS, decoding_threads


def feeds_of(corpus: Corpus, window: int | None = 2, spare: int = 3) -> Feeds:
    order = Order(np.arange(len(corpus)), K, seed=3, window=window, batch=BATCH)
    return Feeds(order, Shards(corpus), 2, lambda span: Pool(ITEMS, BATCH, span + spare))


@pytest.fixture
def feeds(composed: Path) -> Iterator[Feeds]:
    made = feeds_of(Corpus(composed))
    yield made
    made.close()


def epoch_of(feeds: Feeds, epoch: int, consumed: int = 0) -> list[tuple[list[int], np.ndarray]]:
    return [(samples.tolist(), views["mask"].copy()) for samples, views in feeds.batches(epoch, consumed)]


def test_the_next_epoch_is_decoded_before_it_is_asked_for(feeds: Feeds, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded, decode = [], Decoder.decode

    def counted(self: Decoder, block: int, placements: np.ndarray, slots: np.ndarray) -> None:
        decode(self, block, placements, slots)
        decoded.append(block)

    monkeypatch.setattr(Decoder, "decode", counted)
    samples = np.concatenate([samples for samples, _ in feeds.batches(0, 0)])
    deadline = time.monotonic() + 20
    while len(decoded) <= len(np.unique(samples // K)) and time.monotonic() < deadline:
        time.sleep(0.005)
    assert len(decoded) > len(np.unique(samples // K))


def test_every_epoch_is_what_the_store_has_whichever_was_begun_ahead(composed: Path, feeds: Feeds) -> None:
    masks = np.asarray(zarr.open_group(composed / "data.zarr", mode="r")["mask"])
    for epoch, consumed in ((0, 0), (1, 0), (3, 0), (4, 2 * BATCH), (5, 0), (0, 0)):
        batches = epoch_of(feeds, epoch, consumed)
        expected = Order(np.arange(len(masks)), K, seed=3, window=2, batch=BATCH).batches(epoch, consumed)
        assert [samples for samples, _ in batches] == [samples.tolist() for samples in expected]
        assert all(np.array_equal(mask, masks[samples]) for samples, mask in batches)


def test_batches_of_an_epoch_may_be_held_into_the_next(composed: Path) -> None:
    masks = np.asarray(zarr.open_group(composed / "data.zarr", mode="r")["mask"])
    feeds = feeds_of(Corpus(composed), spare=9)
    held = [(samples, views["mask"]) for epoch in (0, 1) for samples, views in feeds.batches(epoch, 0)]
    assert all(np.array_equal(mask, masks[samples]) for samples, mask in held)
    feeds.close()


def test_an_epoch_that_is_left_ends_all_threads(feeds: Feeds) -> None:
    for number, _ in enumerate(feeds.batches(0, 0)):
        if number == 3:  # the last one: the next epoch is begun by now
            break
    gc.collect()
    assert decoding_threads() == []


@pytest.mark.parametrize("end", ["close", "forget"])
def test_threads_that_went_ahead_end_with_the_feeds(composed: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    decode = Decoder.decode

    def dawdle(self: Decoder, block: int, placements: np.ndarray, slots: np.ndarray) -> None:
        time.sleep(0.1)
        decode(self, block, placements, slots)

    monkeypatch.setattr(Decoder, "decode", dawdle)
    feeds = feeds_of(Corpus(composed))
    epoch_of(feeds, 0)
    assert decoding_threads() != []
    if end == "close":
        feeds.close()
    del feeds
    assert decoding_threads() == []


def test_the_order_of_the_store_is_read_once(composed: Path) -> None:
    feeds = feeds_of(Corpus(composed), window=None)
    epoch_of(feeds, 0)
    assert decoding_threads() == []
