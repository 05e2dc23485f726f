"""A plan that is stopped while it is written or put in its place."""

from __future__ import annotations

import dataclasses
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.plan import install
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from tests.support.killed import steps_killed, tree


@pytest.fixture
def changed(options: PlanOptions) -> PlanOptions:
    return dataclasses.replace(options, seed=3, bg_depth=None)


@pytest.fixture
def undisturbed(tmp_path: Path, changed: PlanOptions) -> Path:
    plan_corpus(tmp_path / "undisturbed", changed, replace=False, workers=1)
    return tmp_path / "undisturbed"


def without_lock(corpus: Path) -> dict[str, str]:
    """Return what is in a corpus beside the lock file, which holds the number of a process."""
    return {name: content for name, content in tree(corpus).items() if name != ".lock"}


def stopped_installs(corpus: Path, composed: Path, undisturbed: Path) -> Iterator[int]:
    """Yield when an install was killed at each of its changes: of `undisturbed` in the place of `composed`."""

    def begin() -> None:
        shutil.rmtree(corpus, ignore_errors=True)
        shutil.copytree(composed, corpus)
        shutil.copytree(undisturbed, install.new_plan_folder(corpus), dirs_exist_ok=True)

    def work() -> None:
        install.install_plan(corpus)
        install.clear_install(corpus)

    begin()
    for step in steps_killed(corpus, work):
        yield step
        begin()


def test_an_install_that_is_killed_at_any_change_is_gone_on_with(
    tmp_path: Path, composed: Path, changed: PlanOptions, undisturbed: Path
) -> None:
    corpus, states = tmp_path / "corpus", []
    old, new = without_lock(composed), without_lock(undisturbed)
    for _ in stopped_installs(corpus, composed, undisturbed):
        found = {name: content for name, content in without_lock(corpus).items() if ".partial" not in name}
        if install.is_being_installed(corpus):
            states.append("being installed")
        else:
            assert found in (old, new)
            states.append("old" if found == old else "new")
        assert plan_corpus(corpus, changed, replace=True, workers=1).unchanged == (states[-1] != "old")
        assert without_lock(corpus) == new
    assert [state for state, _ in groupby(states)] == ["old", "being installed", "new"]


def test_an_install_is_finished_before_another_plan_is_refused(
    tmp_path: Path, composed: Path, options: PlanOptions, undisturbed: Path
) -> None:
    corpus = tmp_path / "corpus"
    for _ in stopped_installs(corpus, composed, undisturbed):
        if not (corpus / "manifest").exists():
            break
    (corpus / "notes.txt").touch()
    with pytest.raises(Problem, match=r"not a planned corpus.*run `bgfg plan"):
        Corpus(corpus)
    with pytest.raises(Problem, match=r"holds a corpus of another plan .*--seed 0 \(was 3\)"):
        plan_corpus(corpus, options, replace=False, workers=1)
    assert Corpus(corpus).manifest.seed == 3
    assert not (corpus / ".partial").exists()


def test_where_a_rename_fails_in_the_middle_nothing_is_lost(
    composed: Path,
    copy_of: Callable[[Path], Path],
    changed: PlanOptions,
    undisturbed: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    corpus, rename = copy_of(composed), Path.rename

    def fail(path: Path, target: Path) -> Path:
        if target == corpus / "data.zarr":
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fail)
        with pytest.raises(Problem, match=r"corpus: can't be written \(Input/output error\)"):
            plan_corpus(corpus, changed, replace=True, workers=1)
    assert (corpus / ".partial/old/data.zarr/image/c").is_dir()
    plan_corpus(corpus, changed, replace=False, workers=1)
    assert without_lock(corpus) == without_lock(undisturbed)


def test_a_plan_is_on_the_disk_before_it_counts(
    tmp_path: Path, changed: PlanOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed = []
    monkeypatch.setattr(install, "flush_file_system", lambda path: flushed.append(sorted(tree(path / ".partial/plan"))))
    plan_corpus(tmp_path / "corpus", changed, replace=False, workers=1)
    (names,) = flushed
    assert {"manifest/corpus.json", "manifest/samples.parquet", "data.zarr/zarr.json"} <= set(names)
    assert names == sorted(name for name in tree(tmp_path / "corpus") if name != ".lock")
