"""A corpus in an object store is streamed as one in a folder is; what is missing there is said in a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.objects.object_store import ObjectStore
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.open_corpus import open_corpus
from bgfg.synth.store.block_decoder import BlockDecoder, ShardFrames
from bgfg.synth.store.corpus import Corpus
from bgfg.train.stream.split_index import require_done, split_samples
from tests.support.stored_corpus import contents, remove, upload
from tests.support.tiny_corpus import H, K, W

URL = "memory://bucket/corpus"


@pytest.fixture
def stored(labelled: Path) -> Iterator[str]:
    """The labelled corpus in a store of objects, in memory."""
    yield upload(labelled, URL)
    remove(URL)


def test_a_stored_corpus_is_that_of_the_folder(stored: str, labelled: Path) -> None:
    here, there = Corpus(labelled), open_corpus(stored + "/")
    assert there.location == URL
    assert there.manifest == here.manifest
    for i in (0, 17, len(here) - 1):
        mine, theirs = here[i], there[i]
        assert mine.row == theirs.row
        for name in ("background", "cutout", "image", "mask", "depth_m"):
            assert np.array_equal(getattr(mine, name), getattr(theirs, name))
    assert np.array_equal(split_samples(here, "mixed"), split_samples(there, "mixed"))


def test_blocks_are_decoded_from_ranges_of_bytes(stored: str, labelled: Path) -> None:
    pools = []
    for corpus in (Corpus(labelled), open_corpus(stored)):
        pool = {"image": np.empty((K, H, W, 3), np.uint8), "depth": np.empty((K, H, W), np.uint8)}
        BlockDecoder(ShardFrames(corpus), pool).decode(7, np.arange(K), np.arange(K)[::-1])
        pools.append(pool)
    assert all(np.array_equal(pools[0][name], pools[1][name]) for name in pools[0])


def test_an_unfinished_shard_is_refused(stored: str) -> None:
    remove(URL, "data.zarr/mask/c/1")
    with pytest.raises(
        Problem, match=r"memory://bucket/corpus: shard 1 of mask is not done: run `bgfg compose memory://bucket/corpus`"
    ):
        require_done(open_corpus(stored), ("image", "mask"), np.arange(48))


def test_damage_is_named_with_the_url(stored: str) -> None:
    corpus = open_corpus(stored)
    store, key = ObjectStore(stored), "data.zarr/image/c/0/0/0/0"
    store.write(key, b"\1" + contents(stored)[key][1:])
    with pytest.raises(
        Problem,
        match=rf"^{URL}/data.zarr/image/c/0/0/0/0: chunk 0 doesn't match its checksum: see `bgfg",
    ):
        BlockDecoder(ShardFrames(corpus), {"image": np.empty((K, H, W, 3), np.uint8)}).decode(
            0, np.arange(K), np.arange(K)
        )
    store.delete([key])
    with pytest.raises(Problem, match=rf"{URL}/data.zarr/image/c/0/0/0/0: there is no such object: copy"):
        BlockDecoder(ShardFrames(corpus), {"image": np.empty((K, H, W, 3), np.uint8)}).decode(
            0, np.arange(K), np.arange(K)
        )


@pytest.mark.parametrize("url", ["memory://nowhere", "nosuch://bucket/corpus"])
def test_what_is_no_corpus_is_refused(url: str) -> None:
    with pytest.raises(Problem, match=url):
        open_corpus(url)
