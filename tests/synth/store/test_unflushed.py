"""Shards that a power cut took are made again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.store import unflushed
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.unflushed import flushed_together, may_be_torn, unmark_torn_shards
from tests.support.executors import IN_PROCESS
from tests.support.killed import tree


def _lose_data(corpus: Path, array: str, shard: int) -> None:
    """Leave a shard as a file system may bring it back: with its name and size, and without its data."""
    path = Corpus(corpus).chunk_path(array, shard)
    path.write_bytes(bytes(path.stat().st_size))


def _stop_within(corpus: Path, stop: BaseException) -> None:
    with flushed_together(Corpus(corpus), ["image"]):
        assert may_be_torn(Corpus(corpus), ["image"])
        raise stop


def test_shards_that_came_back_without_their_data_are_made_again(
    composed: Path, copy_of: Callable[[Path], Path]
) -> None:
    corpus = copy_of(composed)
    (corpus / "done/image/.unflushed").touch()
    _lose_data(corpus, "image", 1)
    assert Corpus(corpus).is_done("image", 1)
    compose_corpus(corpus, IN_PROCESS)
    assert tree(corpus) == tree(composed)


def test_only_arrays_of_the_stopped_run_are_held_to_their_marks(
    composed: Path, copy_of: Callable[[Path], Path]
) -> None:
    corpus = Corpus(copy_of(composed))
    (corpus.path / "done/image/.unflushed").touch()
    _lose_data(corpus.path, "image", 0)
    _lose_data(corpus.path, "mask", 1)
    assert may_be_torn(corpus, ["image", "mask"])
    assert not may_be_torn(corpus, ["mask"])
    unmark_torn_shards(corpus, ["image", "mask"])
    assert corpus.done_shards("image") == set(corpus.shards) - {0}
    assert corpus.done_shards("mask") == set(corpus.shards)


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), ValueError()])
def test_what_ends_a_run_in_order_flushes_what_it_made(
    planned: Path, copy_of: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch, stop: BaseException
) -> None:
    corpus = copy_of(planned)
    flushed: list[Path] = []
    monkeypatch.setattr(unflushed, "flush_file_system", flushed.append)
    with pytest.raises(type(stop)):
        _stop_within(corpus, stop)
    assert flushed == [corpus]
    assert not may_be_torn(Corpus(corpus), ["image"])


def test_a_disk_that_fails_at_the_flush_leaves_the_note(
    planned: Path, copy_of: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_folder: Path) -> None:
        raise OSError("Input/output error")

    corpus = copy_of(planned)
    monkeypatch.setattr(unflushed, "flush_file_system", fail)
    with pytest.raises(OSError, match="Input/output error"):
        compose_corpus(corpus, IN_PROCESS)
    assert may_be_torn(Corpus(corpus), ["image", "mask"])
    assert not Corpus(corpus).manifest.statistics
