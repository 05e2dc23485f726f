"""Slices of the depth of a corpus, labelled and verified by commands of their own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling import label
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.lock import writer_lock
from bgfg.synth.store.shard_slice import ShardSlice
from bgfg.synth.verify.verify import verify_corpus
from tests.support.cluster_tasks import run
from tests.support.executors import IN_PROCESS
from tests.support.killed import tree


def test_slices_that_begin_at_the_same_time_make_what_one_command_does(
    composed: Path, labelled: Path, copy_of: Callable[[Path], Path]
) -> None:
    """None has to come first: whichever does records the teacher, and the others wait for that."""
    corpus, count = copy_of(composed), 3
    with ThreadPoolExecutor(count) as threads:
        slices = [ShardSlice(number, count) for number in range(1, count + 1)]
        made = threads.map(lambda which: label_corpus(corpus, "layered", IN_PROCESS, which=which), slices)
        assert [*made] == [()] * count
    assert Corpus(corpus).done_shards("depth") == set(Corpus(corpus).shards)
    assert "depth" not in Corpus(corpus).manifest.statistics
    label_corpus(corpus, "layered", IN_PROCESS)
    assert tree(corpus) == tree(labelled)


def test_a_slice_keeps_to_its_shards_and_says_what_comes_last(composed: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(composed)
    said = run("label", corpus, "--teacher", "compact", "--device", "cpu", "--input-size", "32", "--shards", "2/3")
    assert said.endswith(f"{corpus}: slice 2/3 of its depth maps is made; once all are: `bgfg label {corpus}`\n")
    assert Corpus(corpus).done_shards("depth") == set(Corpus(corpus).shards[1::3])
    with pytest.raises(Problem, match=r"labelled with --teacher compact, and a corpus has one teacher"):
        label_corpus(corpus, "layered", IN_PROCESS, which=ShardSlice(1, 3))
    with pytest.raises(Problem, match=r"^--replace: removes what others may be making: give it without --shards 1/3"):
        label_corpus(corpus, "layered", IN_PROCESS, replace=True, which=ShardSlice(1, 3))


def test_a_slice_waits_for_who_holds_the_corpus_but_not_for_ever(
    composed: Path, copy_of: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label, "_BEGIN_S", 0.2)
    corpus = copy_of(composed)
    with writer_lock(corpus), pytest.raises(Problem, match="another bgfg"):
        label_corpus(corpus, "layered", IN_PROCESS, which=ShardSlice(1, 2))


def test_each_slice_is_verified_by_itself(labelled: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(labelled)
    damaged = Corpus(corpus).chunk_path("depth", 1)
    damaged.write_bytes(bytes(damaged.stat().st_size))
    found = [verify_corpus(corpus, IN_PROCESS, which=ShardSlice(number, 3)).problems for number in (1, 2, 3)]
    assert [len(lines) > 0 for lines in found] == [False, True, False]
    assert str(damaged) in found[1][0]
    assert run("verify", corpus, "--shards", "3/3").endswith(f"{corpus}: all of slice 3/3 is as it should be\n")
