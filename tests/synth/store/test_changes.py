"""A corpus is kept open between shards for as long as its plan stays as it is."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.changes import open_with_digest
from bgfg.synth.store.corpus import Corpus


@pytest.fixture
def corpus(planned: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(planned, tmp_path / "corpus"))


def test_the_next_shard_finds_the_corpus_open(corpus: Path) -> None:
    digest = Corpus(corpus).manifest.digest
    assert open_with_digest(corpus, digest) is open_with_digest(corpus, digest)


def test_a_manifest_that_was_written_anew_is_read_anew(corpus: Path) -> None:
    opened = Corpus(corpus)
    open_with_digest(corpus, opened.manifest.digest)
    (corpus / ".partial").mkdir(exist_ok=True)
    opened.save_manifest(replace(opened.manifest, statistics={"mask": {"count": 1}}))
    assert open_with_digest(corpus, opened.manifest.digest).manifest.statistics == {"mask": {"count": 1}}


def test_a_corpus_of_another_digest_or_that_is_gone_is_a_problem(corpus: Path) -> None:
    digest = Corpus(corpus).manifest.digest
    open_with_digest(corpus, digest)
    with pytest.raises(Problem, match="planned anew while work was going on"):
        open_with_digest(corpus, "f" * 64)
    shutil.rmtree(corpus)
    with pytest.raises(Problem, match="not a planned corpus"):
        open_with_digest(corpus, digest)
