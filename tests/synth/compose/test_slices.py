"""Slices of the shards of a corpus, made by commands of their own: together they make what one command makes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.lock import slice_lock, writer_lock
from bgfg.synth.store.shard_slice import ShardSlice
from bgfg.synth.store.unflushed import may_be_torn
from tests.support.executors import IN_PROCESS
from tests.support.killed import tree


@given(st.integers(0, 200), st.integers(1, 40))
def test_each_shard_is_in_one_slice_and_slices_are_of_a_size(shards: int, count: int) -> None:
    slices = [ShardSlice(number, count).of(range(shards)) for number in range(1, count + 1)]
    assert sorted(shard for each in slices for shard in each) == [*range(shards)]
    assert max(map(len, slices)) - min(map(len, slices)) <= 1


def test_slices_that_are_made_at_the_same_time_make_what_one_command_does(
    planned: Path, composed: Path, copy_of: Callable[[Path], Path]
) -> None:
    corpus = copy_of(planned)
    words = [sys.executable, "-m", "bgfg", "compose", str(corpus), "--workers", "1"]
    processes = [
        subprocess.Popen([*words, "--shards", f"{number}/2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for number in (1, 2)
    ]
    said = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert said[1] == (f"{corpus}: slice 2/2 of its images and masks is made; once all are: `bgfg compose {corpus}`\n")
    assert Corpus(corpus).done_shards("mask") == set(Corpus(corpus).shards)
    assert not Corpus(corpus).manifest.statistics
    made = {path: path.stat().st_mtime_ns for path in (corpus / "done").rglob("*.json")}
    compose_corpus(corpus, IN_PROCESS)
    assert {path: path.stat().st_mtime_ns for path in made} == made
    assert tree(corpus) == tree(composed)


def test_a_slice_keeps_to_its_shards_and_lets_others_be(planned: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(planned)
    of_others = corpus / ".partial/image-0.0123456789ab"
    with slice_lock(corpus, ShardSlice(1, 3)):
        of_others.write_bytes(b"half")
        note = corpus / "done/image/.unflushed-1-3"
        note.parent.mkdir(parents=True)
        note.touch()
        compose_corpus(corpus, IN_PROCESS, ShardSlice(2, 3))
        assert of_others.exists()
        assert note.exists()
    assert Corpus(corpus).done_shards("image") == set(Corpus(corpus).shards[1::3])


def test_a_slice_that_a_power_cut_took_is_made_again_by_itself_or_by_the_whole(
    composed: Path, copy_of: Callable[[Path], Path]
) -> None:
    corpus, which = copy_of(composed), ShardSlice(2, 2)
    for again in (which, None):
        (corpus / "done/image/.unflushed-2-2").touch()
        shard = Corpus(corpus).chunk_path("image", 1)
        shard.write_bytes(bytes(shard.stat().st_size))
        assert not may_be_torn(Corpus(corpus), ["image"], ShardSlice(1, 2))
        compose_corpus(corpus, IN_PROCESS, again)
        assert not may_be_torn(Corpus(corpus), ["image"])
    assert tree(corpus) == tree(composed)


def test_the_whole_and_slices_keep_each_other_out_and_so_does_a_slice_itself(
    planned: Path, copy_of: Callable[[Path], Path]
) -> None:
    corpus = copy_of(planned)
    with slice_lock(corpus, ShardSlice(1, 2)):
        with pytest.raises(Problem, match=r"\(process of --shards, maybe on another machine\) is writing"):
            compose_corpus(corpus, IN_PROCESS)
        with pytest.raises(Problem, match=r"is writing to this slice, 1/2,: wait"):
            compose_corpus(corpus, IN_PROCESS, ShardSlice(1, 2))
    with writer_lock(corpus), pytest.raises(Problem, match="another bgfg"):
        compose_corpus(corpus, IN_PROCESS, ShardSlice(1, 2))
