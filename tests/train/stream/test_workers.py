"""The decoding threads: right batches whoever is slow, ended by close, their failures raised where they are used."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import zarr
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.store import Corpus
from bgfg.train.stream.buffer_pool import Pool
from bgfg.train.stream.decode import Decoder, Shards
from bgfg.train.stream.sampler import Order
from bgfg.train.stream.workers import Feed

from tests.conftest import H, K, W

ITEMS: dict[str, tuple[tuple[int, ...], np.dtype]] = {
    "image": ((H, W, 3), np.dtype(np.uint8)),
    "mask": ((H, W), np.dtype(np.uint8)),
}
BATCH = 8


@contextmanager
def feeding(
    corpus: Corpus, threads: int, spare: int = 1, window: int | None = 2
) -> Iterator[tuple[Feed, list[np.ndarray]]]:
    """A feed of all samples of the corpus and the samples of each of its batches."""
    order = Order(np.arange(len(corpus)), K, seed=3, window=window, batch=BATCH)
    schedule = order.schedule(0)
    pool = Pool(ITEMS, BATCH, schedule.span + spare)
    feed = Feed(schedule, pool, Shards(corpus), threads)
    try:
        yield feed, list(order.batches(0))
    finally:
        feed.close()


def decoding_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("bgfg-decode")]


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("slow", ["nobody", "threads", "consumer"])
def test_every_batch_is_what_the_store_has(
    composed: Path, monkeypatch: pytest.MonkeyPatch, threads: int, slow: str
) -> None:
    decode = Decoder.decode

    def dawdle(self: Decoder, block: int, placements: np.ndarray, slots: np.ndarray) -> None:
        time.sleep(0.002 * (block % 3))
        decode(self, block, placements, slots)

    if slow == "threads":
        monkeypatch.setattr(Decoder, "decode", dawdle)
    images, masks = (np.asarray(zarr.open_group(composed / "data.zarr", mode="r")[n]) for n in ("image", "mask"))
    with feeding(Corpus(composed), threads) as (feed, batches):
        assert len(batches) == 4
        for samples in batches:
            views = feed.take(BATCH)
            if slow == "consumer":
                time.sleep(0.005)
            assert np.array_equal(views["image"], images[samples])
            assert np.array_equal(views["mask"], masks[samples])
    assert decoding_threads() == []


def test_a_batch_that_is_held_stays_as_it_is(composed: Path) -> None:
    images = np.asarray(zarr.open_group(composed / "data.zarr", mode="r")["image"])
    with feeding(Corpus(composed), threads=2, spare=4) as (feed, batches):
        held = [feed.take(BATCH)["image"] for _ in batches]
        assert all(np.array_equal(kept, images[samples]) for kept, samples in zip(held, batches, strict=True))


def test_holding_more_than_there_is_room_for_is_refused_at_once(composed: Path) -> None:
    with feeding(Corpus(composed), threads=2, window=None) as (feed, _):
        held = [feed.take(BATCH), feed.take(BATCH)]
        with pytest.raises(Problem, match=r"2 batches of the stream are still held"):
            feed.take(BATCH)
        assert len(held) == 2


def test_close_ends_threads_that_wait_for_room(composed: Path) -> None:
    with feeding(Corpus(composed), threads=3, window=None) as (feed, _):
        kept = feed.take(BATCH)
        assert decoding_threads() != []
    assert decoding_threads() == []
    with pytest.raises(RuntimeError, match="closed"):
        feed.take(BATCH)
    del kept


def test_a_failure_in_a_thread_is_raised_by_take(composed: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = Corpus(copy_of(composed))
    for shard in corpus.shards:
        path = corpus.chunk_path("mask", shard)
        path.write_bytes(b"\0" * path.stat().st_size)
    with (
        feeding(corpus, threads=2) as (feed, _),
        pytest.raises(Problem, match=r"mask/c/\d/0/0: the index .* see `bgfg verify"),
    ):
        feed.take(BATCH)
    assert decoding_threads() == []


def test_the_time_of_all_threads_is_told(composed: Path) -> None:
    with feeding(Corpus(composed), threads=2) as (feed, _):
        feed.take(BATCH)
        spent = feed.spent
        assert min(spent.read_s, spent.decode_s, spent.scatter_s) > 0
        assert feed.wait_s > 0
