"""Gathers the pages of the site: README, docs, what they link to, and the references of commands and of Python.

Called by `make docs`. The folder is laid out as the project is, so that links lead to the same files here and there.
"""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click

import bgfg
from bgfg import cli
from bgfg.commands import SECTIONS

ROOT = Path(__file__).resolve().parents[1]
REFERENCES = ("docs/reference/commands.md", "docs/reference/python.md")
# The files that give the pages their looks.
_LOOKS = ("docs/site/iframe-worker.js", "docs/site/style.css")
# What is relied on of the public classes, and what their methods give.
_MEMBERS = {
    "Corpus": ("read", "read_prepared", "sample_of", "classes", "assets", "focal_px"),
    "Stream": ("__len__", "__iter__", "backgrounds", "set_epoch", "state_dict", "load_state_dict", "summary", "close"),
    "Predictor": ("predict",),
    "Problem": (),
}
_GIVEN = (
    "synth.store.sample.Sample", "train.inference.predictor.Prediction", "train.inference.predictor.PersonMatte",
)  # fmt: skip


def sources() -> list[Path]:
    """Return the files of the project that the site shows: README, docs and, however far, what these link to.

    Raises:
        FileNotFoundError: Links lead to nothing, or to a folder, of which a site has no page.
    """
    found = {ROOT / "README.md", *(ROOT / "docs").glob("*.md")}
    ahead, lost = sorted(found), []
    while ahead:
        page = ahead.pop()
        for link in _links(page.read_text(encoding="utf-8")) if page.suffix == ".md" else ():
            target = (page.parent / link).resolve()
            if not target.is_file() or not target.is_relative_to(ROOT):
                lost.append(f"{page.relative_to(ROOT)}: {link}")
            elif target not in found:
                found.add(target)
                ahead.append(target)
    if lost:
        raise FileNotFoundError(f"links lead to no file of the project: {', '.join(sorted(lost))}")
    return sorted({*found, *(ROOT / name for name in _LOOKS)})


def _links(text: str) -> Iterator[str]:
    """Yield the relative targets of links and pictures, without their anchors; what stands in code is none."""
    text = re.sub(r"^```.*?^```|`[^`\n]+`", "", text, flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path = target.partition("#")[0]
        if path and "://" not in path:
            yield path


def command_reference() -> str:
    """Return the page of all commands: what the help of each says, made of the commands themselves."""
    lines = ["# All commands and options", "", "What `bgfg COMMAND --help` says, made from the commands."]
    parent = click.Context(cli.command_group, info_name="bgfg")
    for title, places in SECTIONS.items():
        lines += ["", f"## {title}"]
        for name in places:
            command = cli.command_group.get_command(parent, name)
            assert command is not None
            context = click.Context(command, info_name=name, parent=parent)
            usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
            lines += ["", f"### bgfg {name}", "", f"    {usage}", "", _prose(command.help or ""), ""]
            lines += _options(command, context)
    return "\n".join(lines) + "\n"


def _prose(text: str) -> str:
    """Return the help of a command as Markdown, its example as code."""
    text = _escaped("\n".join(line.strip() for line in text.replace("\b", "").strip().splitlines()))
    return re.sub(r"^Example: (.+)$", lambda match: f"Example: `{match[1].replace(chr(92), '')}`", text, flags=re.M)


def _options(command: click.Command, context: click.Context) -> list[str]:
    """Return a table of a command's options."""
    records = [each.get_help_record(context) for each in command.get_params(context)]
    rows = [(record[0], " ".join(record[1].split())) for record in records if record and record[1]]
    # A bar in code begins no cell.
    return ["| option | |", "|---|---|", *(f"| `{option}` | {_escaped(text)} |" for option, text in rows)]


def _escaped(text: str) -> str:
    """Return a text in which Markdown and HTML see no marks of theirs."""
    return re.sub(r"([\\`*_<\[|])", r"\\\1", text)


def python_reference() -> str:
    """Return the page of the public names, whose docstrings mkdocstrings puts in."""
    lines = ["# The public names of `bgfg`", "", "Each name is imported when it is first used."]
    for name in (name for name in bgfg.__all__ if not name.startswith("_")):
        lines += ["", f"::: bgfg.{name}"]
        if name in _MEMBERS:
            members = ", ".join(_MEMBERS[name])
            lines += ["    options:", f"      members: [{members}]", f"      inherited_members: [{members}]"]
    lines += ["", "## What they give", *(f"\n::: bgfg.{name}\n    options:\n      heading_level: 3" for name in _GIVEN)]
    return "\n".join(lines) + "\n"


def pages_in(navigation: object) -> Iterator[str]:
    """Yield the pages of a navigation, sections within sections."""
    if isinstance(navigation, str):
        yield navigation
    elif isinstance(navigation, dict | list):
        for inner in navigation.values() if isinstance(navigation, dict) else navigation:
            yield from pages_in(inner)


def navigation() -> list[str]:
    """Return the pages that the site's navigation lists."""
    return list(pages_in(tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]))


def gather(out: Path) -> None:
    """Write all pages into a folder, which is emptied first.

    Raises:
        ValueError: A page isn't in the navigation, or the navigation lists one that isn't there.
    """
    files = {file.relative_to(ROOT).as_posix(): file for file in sources()}
    pages = {*REFERENCES, *(name for name in files if name.endswith(".md"))}
    if pages != set(navigation()):
        raise ValueError(f"only pages, or only in the navigation of zensical.toml: {pages ^ set(navigation())}")
    shutil.rmtree(out, ignore_errors=True)
    for name, file in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, out / name)
    for name, text in zip(REFERENCES, (command_reference(), python_reference()), strict=True):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    gather(Path(sys.argv[1]))
