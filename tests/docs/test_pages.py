"""The tree is the disk's, links lead somewhere, the site has each page, and its references are made of the code."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

import bgfg
from bgfg import cli
from bgfg.commands import COMMANDS
from docs import make_pages, make_tree
from tests.support.doc_blocks import PAGES
from tests.support.project import ROOT


def test_the_tree_in_the_architecture_is_the_one_on_disk() -> None:
    text = PAGES["docs/architecture.md"]
    assert make_tree.page(text) == text, "run `make tree`"
    assert " trainer.py " in text.partition("## The tree")[2]


def test_every_file_has_a_caption() -> None:
    tree = PAGES["docs/architecture.md"].partition("## The tree")[2]
    assert [line for line in tree.splitlines() if re.fullmatch(r" *[\w/]+(\.py|/) *", line)] == []


def test_the_readme_is_short() -> None:
    assert len(PAGES["README.md"].splitlines()) <= 250


def test_every_page_is_linked_from_the_readme() -> None:
    assert {page for page in PAGES if page.startswith("docs/")} <= set(re.findall(r"\]\((\S+?)\)", PAGES["README.md"]))


def test_every_picture_is_on_a_page_and_small() -> None:
    shown = {name for text in PAGES.values() for name in re.findall(r"\]\((?:docs/)?images/(\S+?)\)", text)}
    there = list((ROOT / "docs/images").iterdir())
    assert {path.name for path in there} == shown
    assert max(path.stat().st_size for path in there) < 150_000


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    make_pages.gather(folder)
    return folder


def test_every_page_is_in_the_navigation_and_on_disk(pages: Path) -> None:
    there = {path.relative_to(pages).as_posix() for path in pages.rglob("*.md")}
    assert there == set(make_pages.navigation())
    assert {"README.md", "docs/format.md", "train/weights/README.md"} < there
    assert (pages / "synth/kit/sheet.jpeg").is_file()


def test_a_page_that_nobody_finds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_pages, "navigation", lambda: make_pages.REFERENCES)
    with pytest.raises(ValueError, match=r"navigation.*docs/format\.md"):
        make_pages.gather(tmp_path)


def test_a_link_to_nothing_and_one_to_a_folder_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/other.md").write_text("`[code](is none)` [page](../README.md#no) [out](https://example.org)")
    monkeypatch.setattr(make_pages, "ROOT", tmp_path)
    (tmp_path / "README.md").write_text("[other](docs/other.md) ![picture](docs/lost.png) [folder](docs)")
    with pytest.raises(FileNotFoundError, match=r"README.md: docs, README.md: docs/lost.png$"):
        make_pages.sources()


def test_the_reference_has_every_option_of_every_command(pages: Path) -> None:
    text = (pages / "docs/reference/commands.md").read_text(encoding="utf-8")
    sections = {part.partition("\n")[0]: part for part in text.split("\n### ")[1:]}
    assert set(sections) == {f"bgfg {name}" for name in COMMANDS}
    for name in COMMANDS:
        command = cli.command_group.get_command(click.Context(cli.command_group), name)
        assert command is not None
        shown = [each for each in command.params if isinstance(each, click.Option) and not each.hidden]
        assert [each.opts[0] for each in shown if each.opts[0] not in sections[f"bgfg {name}"]] == []


def test_the_reference_has_every_public_name(pages: Path) -> None:
    text = (pages / "docs/reference/python.md").read_text(encoding="utf-8")
    named = {line.removeprefix("::: bgfg.") for line in text.splitlines() if line.startswith("::: ")}
    assert {name for name in bgfg.__all__ if not name.startswith("_")} <= named


def test_every_public_name_is_explained() -> None:
    table = "".join(re.findall(r"^\| `.*$", PAGES["docs/python.md"], re.MULTILINE))
    assert [name for name in bgfg.__all__ if not name.startswith("_") and not re.search(rf"`{name}[`(]", table)] == []
