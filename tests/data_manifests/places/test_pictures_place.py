"""Pictures under a URL are read as those in a folder are, and a corpus of them is the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from bgfg import cli
from bgfg.data_manifests.objects.object_store import ObjectStore
from bgfg.data_manifests.places.pictures_place import pictures_folder
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from tests.support.killed import tree
from tests.support.stored_corpus import contents, remove, upload

URL = "memory://pictures/of"


@pytest.fixture
def stored(sources: Path) -> Iterator[str]:
    yield upload(sources, URL)
    remove(URL)


def test_a_corpus_of_them_is_the_one_of_a_folder(
    stored: str, options: PlanOptions, planned: Path, tmp_path: Path
) -> None:
    with (
        pictures_folder(f"{stored}/bg") as bg,
        pictures_folder(f"{stored}/fg") as fg,
        pictures_folder(f"{stored}/depth") as depth,
    ):
        plan_corpus(tmp_path / "corpus", replace(options, bg=bg, fg=fg, bg_depth=depth), replace=False, workers=1)
    assert tree(tmp_path / "corpus") == tree(planned)
    assert not bg.exists()
    assert contents(stored)  # nothing of them goes


def test_what_is_wrong_with_one_is_said_of_its_url(stored: str, tmp_path: Path) -> None:
    words = ["plan", str(tmp_path / "corpus"), "--bg", f"{stored}/bg", "--fg", f"{stored}/bg"]
    done = CliRunner().invoke(cli.command_group, words)
    assert f"{stored}/bg" in str(done.exception)
    assert "bgfg-mirror" not in str(done.exception)


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("http://127.0.0.1:9/bg", "a web server doesn't list its files: copy the pictures into a folder"),
        ("memory://pictures/none", "no pictures are there: check the URL"),
    ],
)
def test_where_none_can_be_listed_the_next_step_is_said(url: str, line: str) -> None:
    with pytest.raises(Problem, match=f"^{url}: {line}$"):
        pictures_folder(url).__enter__()


def test_a_name_that_is_a_file_and_a_folder_is_told() -> None:
    store = ObjectStore("memory://pictures/both")
    for key in ("a", "a/b.png"):
        store.write(key, b"x")
    with pytest.raises(Problem, match=r"^memory://pictures/both/a: is a file and a folder, as .*: rename it$"):
        pictures_folder(store.url).__enter__()
