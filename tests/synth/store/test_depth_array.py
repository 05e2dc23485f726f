"""The array `depth`, stopped while it is started or removed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.depth_array import remove_depth, start_depth
from tests.support.executors import IN_PROCESS
from tests.support.killed import steps_killed, tree

TEACHER = {"name": "some", "version": "1", "encoding": {"kind": "linear", "scale_m": 0.001}}


def test_started_anew_after_a_kill_at_any_change_it_is_whole(
    composed: Path, copy_of: Callable[[Path], Path], tmp_path: Path
) -> None:
    corpus = copy_of(composed)
    (corpus / "data.zarr/depth/c").mkdir(parents=True)  # of a teacher that was removed
    (corpus / "done/depth").mkdir()
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(corpus, undisturbed)
    start_depth(Corpus(undisturbed), TEACHER)
    Corpus(undisturbed).clear_partial()
    steps = 0
    for _ in steps_killed(corpus, lambda: start_depth(Corpus(corpus), TEACHER)):
        start_depth(Corpus(corpus), TEACHER)
        Corpus(corpus).clear_partial()
        assert tree(corpus) == tree(undisturbed)
        shutil.rmtree(corpus)
        copy_of(composed)
        steps += 1
    assert steps >= 4


@pytest.mark.parametrize("left", [b"", b'{"shape": [', None])
def test_metadata_that_a_power_cut_took_is_made_again(
    labelled: Path, copy_of: Callable[[Path], Path], left: bytes | None
) -> None:
    corpus = copy_of(labelled)
    metadata = corpus / "data.zarr/depth/zarr.json"
    metadata.unlink()
    if left is not None:
        metadata.write_bytes(left)
    (corpus / "data.zarr/depth/zarr.0123456789abcdef.partial").write_bytes(b"")
    label_corpus(corpus, "layered", IN_PROCESS)
    assert tree(corpus) == tree(labelled)


def test_labels_removed_and_made_again_by_another_teacher_are_not_mixed(
    labelled: Path, copy_of: Callable[[Path], Path], tmp_path: Path
) -> None:
    def replace() -> None:
        corpus = Corpus(path)
        if corpus.manifest.teacher is not None and corpus.manifest.teacher["name"] != "some":
            remove_depth(corpus)
        start_depth(Corpus(path), TEACHER)

    path = tmp_path / "corpus"
    copy_of(labelled)
    for _ in steps_killed(path, replace, every=3):
        # Whatever is there, no shard counts as done that isn't of the teacher in the manifest.
        corpus = Corpus(path)
        done = corpus.done_shards("depth")
        assert not done or (corpus.manifest.teacher or {})["name"] == "layered"
        replace()
        assert not Corpus(path).done_shards("depth")
        assert not (path / "data.zarr/depth/c").exists()
        shutil.rmtree(path)
        copy_of(labelled)
