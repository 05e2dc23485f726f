"""What README and docs say is so: the tree is the disk's, links lead somewhere, commands exist, Python runs."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path

import click
import pytest

from bgfg import cli
from bgfg.commands import COMMANDS
from tests.support.project import ROOT
from tests.support.stream_corpus import make_stream_corpus

PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))
}
LINES = [
    line[2:]
    for text in PAGES.values()
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    for line in block.replace("\\\n", " ").splitlines()
]
PYTHON = [
    (page, block) for page, text in PAGES.items() for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL)
]


def test_the_tree_in_the_architecture_is_the_one_on_disk() -> None:
    spec = importlib.util.spec_from_file_location("make_tree", ROOT / "docs" / "make_tree.py")
    assert spec is not None
    assert spec.loader is not None
    make_tree = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make_tree)
    text = PAGES["docs/architecture.md"]
    assert make_tree.page(text) == text, "run `make tree`"
    assert " trainer.py " in text.partition("## The tree")[2]


def test_every_file_has_a_caption() -> None:
    tree = PAGES["docs/architecture.md"].partition("## The tree")[2]
    bare = [line for line in tree.splitlines() if re.fullmatch(r" *[\w/]+(\.py|/) *", line)]
    assert bare == []


def test_the_readme_is_short() -> None:
    assert len(PAGES["README.md"].splitlines()) <= 250


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", PAGES[page])
    assert [link for link in links if "://" not in link and not ((ROOT / page).parent / link).exists()] == []


def test_every_page_is_linked_from_the_readme() -> None:
    assert {page for page in PAGES if page.startswith("docs/")} <= set(re.findall(r"\]\((\S+?)\)", PAGES["README.md"]))


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith(".venv/bin/bgfg")])
def test_every_command_parses(line: str) -> None:
    _, name, *arguments = shlex.split(line)
    command = cli.command_group.get_command(click.Context(cli.command_group), name)
    assert command is not None
    for argument in [a for a in arguments if a.startswith("--")]:
        assert any(argument in (*each.opts, *each.secondary_opts) for each in command.params), argument


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("make")])
def test_every_make_target_and_variable_exists(line: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for word in shlex.split(line)[1:]:
        name, is_variable, _ = word.partition("=")
        assert re.search(rf"^{name} \?=" if is_variable else rf"^{name}:", makefile, re.MULTILINE), word


def test_every_line_of_a_console_is_of_a_known_kind() -> None:
    kinds = (".venv/bin/bgfg ", "make ", "python examples/")
    assert [line for line in LINES if not line.startswith(kinds)] == []


def test_modules_that_are_called_exist() -> None:
    called = {name for text in PAGES.values() for name in re.findall(r"-m\s+((?:benchmarks|examples)[\w.]*)", text)}
    assert called
    for name in called:
        path = ROOT / Path(*name.split("."))
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), name


def test_examples_that_are_called_exist() -> None:
    called = {line.split()[1] for line in LINES if line.startswith("python examples/")}
    assert called == {f"examples/{path.name}" for path in (ROOT / "examples").glob("[!_]*.py")}


def test_every_command_is_in_the_docs() -> None:
    assert set(re.findall(r"^\| `bgfg (\w[\w-]*)` \|", PAGES["docs/commands.md"], re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize(("page", "block"), PYTHON, ids=[page for page, _ in PYTHON])
def test_the_python_runs(page: str, block: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    make_stream_corpus(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    exec(compile(block.replace("123_456", "12"), page, "exec"), {})
