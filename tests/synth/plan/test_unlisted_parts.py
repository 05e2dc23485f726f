"""An extension that isn't whole is given up: the corpus is what it was to the byte, and whole parts stay."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import bgfg
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.cli.plan import plan
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.unlisted_parts import undo_extension
from bgfg.synth.store.corpus import Corpus
from tests.support.executors import IN_PROCESS
from tests.support.extended_corpus import contents, extend, finish, more_sources
from tests.support.tiny_corpus import CUTOUT_HEIGHT, H, W

Copy = Callable[[Path], Path]


def undone(path: Path) -> str:
    done = CliRunner().invoke(plan, [str(path), "--extend", "--undo"], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_what_is_being_added_goes_and_nothing_else(copy_of: Copy, labelled: Path, more: Path) -> None:
    path = copy_of(labelled)
    there = contents(path)
    extend(path, more)
    compose_corpus(path, IN_PROCESS)
    assert contents(path) != there
    assert undone(path) == f"{path}: no longer extended by 2 backgrounds and 1 cut-out; what there was stays as it is\n"
    assert contents(path) == there
    assert not (path / "parts").exists()
    assert undone(path) == f"{path}: nothing is being added to it\n"


def test_parts_that_are_whole_stay(copy_of: Copy, extended: Path, tmp_path: Path) -> None:
    path = copy_of(extended)
    there = contents(path)
    assert undo_extension(path) == ""
    extend(path, more_sources(tmp_path / "others", H, W, CUTOUT_HEIGHT, seed=900), fg=False)
    assert undo_extension(path) == "2 backgrounds"
    assert contents(path) == there


def test_another_extension_takes_the_place_and_a_damaged_one_can_be_given_up(
    copy_of: Copy, labelled: Path, extended: Path, more: Path
) -> None:
    path = copy_of(labelled)
    extend(path, more, bg=False)
    (path / "parts/1/manifest/part.json").write_text("{")
    with pytest.raises(Problem, match=r"part\.json"):
        compose_corpus(path, IN_PROCESS)
    assert undo_extension(path) == "parts whose plan is damaged"
    extend(path, more)
    finish(path)
    assert Corpus(path).manifest.digest == Corpus(extended).manifest.digest


def test_in_python_and_what_makes_no_sense(copy_of: Copy, labelled: Path, more: Path, tmp_path: Path) -> None:
    path = copy_of(labelled)
    there = contents(path)
    extend(path, more)
    assert len(bgfg.extend(path, undo=True)) == len(Corpus(labelled))
    assert contents(path) == there
    with pytest.raises(Problem, match="leave bg, fg and bg_depth out"):
        bgfg.extend(path, more / "bg", undo=True)
    for words, line in (
        (["--undo"], "--undo: is of an extension that isn't whole yet: give --extend --undo"),
        (["--extend", "--undo", "--skip-bad"], "--skip-bad: --extend --undo adds nothing, and gives up what is being"),
    ):
        with pytest.raises(Problem, match=line):
            CliRunner().invoke(plan, [str(path), *words], catch_exceptions=False)
    with pytest.raises(Problem, match="not a planned corpus"):
        undo_extension(tmp_path)
    shutil.copytree(path, tmp_path / "other")
    assert undo_extension(tmp_path / "other") == ""
