"""Each block of README and docs is text, runs, or says why not; what is called is there and takes what it is given."""

from __future__ import annotations

import inspect
import re
import runpy
import shlex
from pathlib import Path

import click
import pytest

from bgfg import cli
from bgfg.commands import COMMANDS
from tests.support.doc_blocks import PAGES, Block, bgfg_calls, blocks
from tests.support.doc_world import run_block
from tests.support.project import ROOT
from tests.support.stream_corpus import make_stream_corpus

BLOCKS = [block for page in PAGES for block in blocks(page)]
LINES = [(block, line) for block in BLOCKS if block.language == "console" for line in block.commands()]


def command_named(name: str) -> click.Command:
    command = cli.command_group.get_command(click.Context(cli.command_group), name)
    assert command is not None, name
    return command


def check_call(name: str, arguments: list[str]) -> None:
    """Parse a call as the command does, but for files, which needn't be there, and URLs, which aren't opened."""
    command = command_named(name)
    context = click.Context(command, info_name=name, resilient_parsing=True)
    values, left, given = command.make_parser(context).parse_args(list(arguments))
    assert left == []
    for parameter in given:
        if not isinstance(parameter.type, click.Path) and values[str(parameter.name)] is not None:
            parameter.type_cast_value(context, values[str(parameter.name)])
    needed = [str(each.name) for each in command.params if isinstance(each, click.Argument) and each.required]
    # What isn't given is a mark of click's.
    assert [name for name in needed if not isinstance(values.get(name), str | tuple) or not values[name]] == []


def test_every_fence_is_of_a_known_kind() -> None:
    fences = sum(text.count("```") for text in PAGES.values())
    assert fences == 2 * len(BLOCKS), "a fence is indented, or isn't closed"
    kinds = {"console", "python", "text", "javascript"}
    assert [block.place for block in BLOCKS if block.language not in kinds] == []


def test_what_is_only_text_holds_no_command() -> None:
    called = r"^\s*(\$|(\.venv/bin/)?(bgfg|python|pip|make) )"
    texts = [block for block in BLOCKS if block.language == "text"]
    assert [block.place for block in texts if re.search(called, block.text, re.MULTILINE)] == []
    assert [p for p, t in PAGES.items() if re.search(r"\n\n {4}(\$|(\.venv/bin/)?(bgfg|python|pip|make) )", t)] == []


def test_what_is_not_run_says_why() -> None:
    assert [block.place for block in BLOCKS if block.not_run and len(block.not_run.split()) < 3] == []
    served = [block.place for block, line in LINES if re.search(r"bgfg app |--serve", line) and not block.not_run]
    assert served == [], "a server never ends"
    assert sum(text.count("<!-- not run") for text in PAGES.values()) == sum(bool(block.not_run) for block in BLOCKS)


@pytest.mark.parametrize(("block", "line"), LINES, ids=[block.place for block, _ in LINES])
def test_a_command_takes_what_it_is_given(block: Block, line: str) -> None:
    """Of a target of make, its variables are there, and so are the commands that a dry run comes to."""
    for name, *arguments in bgfg_calls(line):
        check_call(name, arguments)
    first, *words = shlex.split(line)
    if first == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert [word for word in words if "=" in word and f"\n{word.partition('=')[0]} ?=" not in makefile] == []
    elif first.endswith("python"):
        check_script(words)
    else:
        assert first in (".venv/bin/bgfg", ".venv/bin/torchrun"), f"{block.place}: {line}"


def check_script(words: list[str]) -> None:
    """Find the module or the example of a call; a photograph's script takes as many words."""
    if words[0] != "-m":
        assert (ROOT / words[0]).is_file()
        return
    path = ROOT / Path(*words[1].split("."))
    assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()
    if words[1].startswith("examples."):
        inspect.signature(runpy.run_path(str(path.with_suffix(".py")))["main"]).bind(*words[2:])


def test_what_a_command_does_not_take_is_found() -> None:
    for arguments in (["corpus", "--no-such"], ["corpus", "extra"], [], ["corpus", "--placements", "many"]):
        with pytest.raises((click.UsageError, AssertionError)):
            check_call("plan", arguments)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    (folder / "data").mkdir()
    make_stream_corpus(folder / "data")
    (folder / "corpus").symlink_to("data/corpus")
    return folder


@pytest.mark.parametrize(
    "block", [b for b in BLOCKS if b.language == "python" and not b.not_run], ids=lambda block: block.place
)
def test_the_python_runs(block: Block, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    run_block(block)


@pytest.mark.parametrize("page", PAGES)
def test_commands_between_the_words_are_there(page: str) -> None:
    text = re.sub(r"^```.*?^```$", "", PAGES[page], flags=re.DOTALL | re.MULTILINE)
    for call in re.findall(r"`bgfg ([a-z][^`]*)`", text):
        name, *words = call.split()
        options = {option for each in command_named(name).params for option in (*each.opts, *each.secondary_opts)}
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= {*options, "--help"}, call


def test_every_command_is_in_the_docs() -> None:
    assert set(re.findall(r"^\| `bgfg (\w[\w-]*)` \|", PAGES["docs/commands.md"], re.MULTILINE)) == set(COMMANDS)


def test_every_example_is_called_in_the_docs() -> None:
    called = {line.split()[1] for _, line in LINES if line.startswith("python examples/")}
    assert called == {f"examples/{path.name}" for path in (ROOT / "examples").glob("[!_]*.py")}
