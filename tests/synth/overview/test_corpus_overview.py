"""Looking over a corpus says what there is of it, and nothing of where it lies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bgfg.data_manifests.corpus.records import CorpusRecords
from bgfg.data_manifests.corpus.summary import CorpusSummary
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.overview.corpus_overview import look_over
from bgfg.synth.store.corpus import Corpus
from tests.support.executors import IN_PROCESS
from tests.support.extended_corpus import extend


def test_a_whole_corpus_has_all_of_it_and_no_note(labelled: Path) -> None:
    found = look_over(labelled, IN_PROCESS)
    assert found.notes == []
    assert found.name == "corpus"
    assert found.summary.facts() == CorpusSummary.from_records(CorpusRecords.open(labelled)).facts()
    assert [(each.array, each.samples_left) for each in found.status] == [("image", 0), ("mask", 0), ("depth", 0)]
    assert found.statistics.samples == len(found.corpus)
    assert found.pixels is not None
    assert [each.finding.check for each in found.findings] == ["recognised"]
    assert "placements = 4" in found.recipe


def test_what_is_missing_is_a_note_and_messages_leave_out_the_place(
    composed: Path, more: Path, copy_of: Callable[[Path], Path]
) -> None:
    path = copy_of(composed)
    corpus = Corpus(path)
    for shard in corpus.shards:
        corpus.mark_path("image", shard).unlink()
    extend(path, more)
    (path / "manifest/recipe.toml").write_bytes(b"\xff")
    found = look_over(path, IN_PROCESS)
    assert found.pixels is None
    assert found.recipe == ""
    for words in ("0 of 48 samples have image", "nothing is composed yet", "it isn't labelled", "being extended by"):
        assert any(words in note for note in found.notes), words
    assert any("manifest/recipe.toml: can't be read" in note for note in found.notes)
    messages = [each.finding.message for each in found.findings]
    assert any("`bgfg compose corpus`" in message for message in messages)
    assert str(path) not in " ".join(messages)


def test_what_is_no_corpus_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="not a planned corpus"):
        look_over(tmp_path, IN_PROCESS)
