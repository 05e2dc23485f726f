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
from bgfg.synth.store.block_decoder import BlockDecoder, ShardFrames
from bgfg.synth.store.corpus import Corpus
from bgfg.train.stream.buffer_pool import BufferPool
from bgfg.train.stream.decode_workers import DecodeWorkers
from bgfg.train.stream.sampler import BatchSampler
from tests.support.tiny_corpus import H, K, W

ITEMS: dict[str, tuple[tuple[int, ...], np.dtype]] = {
    "image": ((H, W, 3), np.dtype(np.uint8)),
    "mask": ((H, W), np.dtype(np.uint8)),
}
BATCH = 8


@contextmanager
def decoding(
    corpus: Corpus, threads: int, spare: int = 1, window: int | None = 2
) -> Iterator[tuple[DecodeWorkers, list[np.ndarray]]]:
    """A feed of all samples of the corpus and the samples of each of its batches."""
    order = BatchSampler(np.arange(len(corpus)), K, seed=3, window=window, batch=BATCH)
    schedule = order.schedule(0)
    pool = BufferPool(ITEMS, BATCH, schedule.span + spare)
    workers = DecodeWorkers(schedule, pool, ShardFrames(corpus), threads)
    try:
        yield workers, list(order.batches(0))
    finally:
        workers.close()


def decoding_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("bgfg-decode")]


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("slow", ["nobody", "threads", "consumer"])
def test_every_batch_is_what_the_store_has(
    composed: Path, monkeypatch: pytest.MonkeyPatch, threads: int, slow: str
) -> None:
    decode = BlockDecoder.decode

    def dawdle(self: BlockDecoder, block: int, placements: np.ndarray, slots: np.ndarray) -> None:
        time.sleep(0.002 * (block % 3))
        decode(self, block, placements, slots)

    if slow == "threads":
        monkeypatch.setattr(BlockDecoder, "decode", dawdle)
    images, masks = (np.asarray(zarr.open_group(composed / "data.zarr", mode="r")[n]) for n in ("image", "mask"))
    with decoding(Corpus(composed), threads) as (workers, batches):
        assert len(batches) == 4
        for samples in batches:
            views = workers.next_batch(BATCH)
            if slow == "consumer":
                time.sleep(0.005)
            assert np.array_equal(views["image"], images[samples])
            assert np.array_equal(views["mask"], masks[samples])
    assert decoding_threads() == []


def test_a_batch_that_is_held_stays_as_it_is(composed: Path) -> None:
    images = np.asarray(zarr.open_group(composed / "data.zarr", mode="r")["image"])
    with decoding(Corpus(composed), threads=2, spare=4) as (workers, batches):
        held = [workers.next_batch(BATCH)["image"] for _ in batches]
        assert all(np.array_equal(kept, images[samples]) for kept, samples in zip(held, batches, strict=True))


def test_holding_more_than_there_is_room_for_is_refused_at_once(composed: Path) -> None:
    with decoding(Corpus(composed), threads=2, window=None) as (workers, _):
        held = [workers.next_batch(BATCH), workers.next_batch(BATCH)]
        with pytest.raises(Problem, match=r"2 batches of the stream are still held"):
            workers.next_batch(BATCH)
        assert len(held) == 2


def test_close_ends_threads_that_wait_for_room(composed: Path) -> None:
    with decoding(Corpus(composed), threads=3, window=None) as (workers, _):
        kept = workers.next_batch(BATCH)
        assert decoding_threads() != []
    assert decoding_threads() == []
    with pytest.raises(RuntimeError, match="closed"):
        workers.next_batch(BATCH)
    del kept


def test_of_the_threads_that_wait_for_room_one_is_woken(composed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, may_proceed = [], DecodeWorkers._may_proceed

    def noted(self: DecodeWorkers) -> bool:
        asked.append(threading.current_thread().name)
        return may_proceed(self)

    monkeypatch.setattr(DecodeWorkers, "_may_proceed", noted)
    with decoding(Corpus(composed), threads=3, window=None) as (workers, _):
        kept = workers.next_batch(BATCH)
        time.sleep(0.05)
        assert len(decoding_threads()) == 3
        asked.clear()
        with workers._pool.lock:
            workers._pool.row_released.notify_all()
        time.sleep(0.05)
        assert len(asked) == 1
        del kept


def test_a_failure_in_a_thread_is_raised_by_take(composed: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = Corpus(copy_of(composed))
    for shard in corpus.shards:
        path = corpus.chunk_path("mask", shard)
        path.write_bytes(b"\0" * path.stat().st_size)
    with (
        decoding(corpus, threads=2) as (workers, _),
        pytest.raises(Problem, match=r"mask/c/\d/0/0: the index .* see `bgfg verify"),
    ):
        workers.next_batch(BATCH)
    assert decoding_threads() == []


def test_the_time_of_all_threads_is_told(composed: Path) -> None:
    with decoding(Corpus(composed), threads=2) as (workers, _):
        workers.next_batch(BATCH)
        spent = workers.times
        assert min(spent.read_s, spent.decode_s, spent.scatter_s) > 0
        assert workers.wait_s > 0
