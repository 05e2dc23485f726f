"""What the README says is so: its tree is the disk's, its commands and options exist, its Python runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from bgfg import cli
from tests.support.project import ROOT
from tests.support.stream_corpus import make_corpus

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line[2:] for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]


def test_the_tree_captions_every_file() -> None:
    tree = re.search(r"## The house.*?```\n(.*?)```", README, re.DOTALL)
    assert tree is not None
    captioned, folder = set(), ""
    for line in tree[1].splitlines():
        match = re.match(r"( *)([\w/.]+?)(/?) +\S", line)
        if match and match[3]:
            folder = match[2] + "/"
        elif match:
            captioned.add(folder * bool(match[1]) + match[2])
    packages = ("data_manifests", "synth", "depth_teacher", "train", "benchmarks")
    files = {str(path.relative_to(ROOT)) for package in packages for path in (ROOT / package).rglob("*.py")}
    assert captioned == {file for file in files if not file.endswith("__init__.py")} | {"bgfg.py"}


@pytest.mark.parametrize("line", [line for line in COMMANDS if "bgfg" in line])
def test_every_bgfg_command_of_the_readme_parses(line: str) -> None:
    program, name, *arguments = shlex.split(line)
    assert program == ".venv/bin/bgfg"
    command = cli.door.get_command(click.Context(cli.door), name)
    assert command is not None
    for argument in [a for a in arguments if a.startswith("--")]:
        assert any(argument in parameter.opts for parameter in command.params), argument


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("make")])
def test_every_make_target_and_variable_of_the_readme_exists(line: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for word in shlex.split(line)[1:]:
        name, is_variable, _ = word.partition("=")
        assert re.search(rf"^{name} \?=" if is_variable else rf"^{name}:", makefile, re.MULTILINE), word


def test_every_command_is_in_the_readme() -> None:
    assert set(re.findall(r"^\| `bgfg (\w[\w-]*)` \|", README, re.MULTILINE)) == set(cli.COMMANDS)


def test_the_python_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 3
    (tmp_path / "data").mkdir()
    make_corpus(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    for block in blocks:
        exec(compile(block.replace("123_456", "12"), "README.md", "exec"), {})
