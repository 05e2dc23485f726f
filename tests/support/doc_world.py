"""A folder with all that the commands of README and docs name, small; and these commands, made short, run in it."""

from __future__ import annotations

import contextlib
import runpy
import shlex
import shutil
import sys
from pathlib import Path
from unittest import mock

import click
from click.testing import CliRunner
from PIL import Image

from bgfg import cli
from tests.support.doc_blocks import Block, bgfg_calls
from tests.support.project import ROOT
from tests.support.real_folder import make_real

# What makes a command short; an option that the page gives stays as it is.
_PLAN = {"--size": "48", "--cutout-height": "24", "--placements": "2", "--split": "66/17/17"}
SHORTER = {
    "kit": {"--backgrounds": "6", "--cutouts": "6", "--size": "96"},
    "plan": _PLAN,
    "dataset": _PLAN,
    "train": {"--size": "64", "--steps": "2", "--batch": "8", "--device": "cpu"},
    "evaluate": {"--samples": "4", "--device": "cpu"},
    "bench-stream": {"--batch": "8", "--seconds": "0.2", "--threads": "1"},
}  # fmt: skip
# What pages say of 400,000 samples, as it is of 144.
FEWER = {
    "bg031_fg087_01_017": "bg003_fg002_01_002", "bg031_fg087_017": "bg003_fg002_002", "0:4000": "0:40", "123_456": "12",
    "visible_px<500": "visible_px<200", "visible_px>=500": "visible_px>=50", "batch=64": "batch=8",
    "instances-gpu": "instances-cpu", "PLACEMENTS=20 SIZE=224": "PLACEMENTS=2 SIZE=48",
    "--backgrounds 20 --cutouts 20": "--backgrounds 6 --cutouts 6",
    "make_corpus.py photos people corpus": "make_corpus.py photos people made",
}  # fmt: skip


def make_world(folder: Path) -> Path:
    """Make the pictures, a corpus of them, and a run that learnt from it for two steps."""
    with contextlib.chdir(folder):
        run_bgfg("kit data/kit")
        run_bgfg("dataset data/corpus --bg data/kit/bg --fg data/kit/fg --bg-depth data/kit/depth")
        run_bgfg("kit more --backgrounds 2 --cutouts 2 --seed 1")
        run_bgfg("train data/corpus runs/first")
        run_bgfg("export data/corpus pictures --as folder --samples 0:48")
    for copy, source in {
        "corpus": "data/corpus", "rgbd/rgb": "data/kit/bg", "rgbd/depth": "data/kit/depth",
        "data/own-corpus": "data/corpus", "data/run": "runs/first", "rooms": "data/kit/bg", "empties": "data/kit/bg",
        "people": "data/kit/fg", "depth": "data/kit/depth", "runs/small": "runs/first", "runs/large": "runs/first",
        "runs/second": "runs/first",
    }.items():  # fmt: skip
        shutil.copytree(folder / source, folder / copy)
    for number, room in enumerate(sorted((folder / "rooms").iterdir())):
        _put_before(folder, number, room)
    shutil.copytree(folder / "photos", folder / "with_people")
    shutil.copyfile(folder / "photos/bg001.jpeg", folder / "photo.jpg")
    shutil.copyfile(folder / "rooms/bg001.jpeg", folder / "empty.jpg")
    return folder


def _put_before(folder: Path, number: int, room: Path) -> None:
    """Put a person into a room, among the photos; every other person is a cat, too."""
    person = folder / f"people/fg{number + 1:03}.png"
    picture, cutout = Image.open(room).convert("RGB"), Image.open(person)
    cutout.thumbnail((90, 84))
    picture.paste(cutout, (30 + number, 6), cutout)
    for name in ("photos", f"animals/{('cat', 'dog')[number % 2]}"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    picture.save(folder / "photos" / room.name, quality=95)
    shutil.copyfile(person, folder / "animals" / ("cat", "dog")[number % 2] / person.name)


def prepare(folder: Path, page: str) -> None:
    """Leave out, or put in the place of others, what a page means by other names."""
    if page in ("docs/training.md", "docs/folders.md"):
        shutil.rmtree(folder / "photos")
        make_real(folder / "photos", count=12, scenes=12)
    if page == "docs/training.md":
        shutil.rmtree(folder / "runs")
    if page == "docs/cutouts.md":
        shutil.rmtree(folder / "people")
    if page in ("docs/commands.md", "docs/start.md"):
        shutil.rmtree(folder / "data")
    if page in ("docs/cutouts.md", "docs/pictures.md", "docs/start.md", "README.md"):
        shutil.rmtree(folder / "corpus")


def run_block(block: Block) -> None:
    """Run a block in this folder: its Python, or its commands one after the other."""
    if block.language == "python":
        exec(compile(_fewer(block.text), block.place, "exec"), {})
        return
    for line in map(_fewer, block.commands()):
        for words in bgfg_calls(line, PLACEMENTS=2, SIZE=48, CUTOUT_HEIGHT=24):
            run_bgfg(shlex.join(words))
        if line.startswith("python examples/"):
            _run_example(shlex.split(line)[1:])


def run_bgfg(line: str) -> None:
    """Run a command of bgfg, made short, in this process; it has to end well."""
    name, *words = shlex.split(line)
    command = cli.command_group.get_command(click.Context(cli.command_group), name)
    assert command is not None
    words += _shorter(name, words, {option for each in command.params for option in each.opts})
    done = CliRunner().invoke(cli.command_group, [name, *words])
    if done.exit_code:
        raise AssertionError(f"bgfg {name} {shlex.join(words)}: {done.exit_code}\n{done.output}") from done.exception


def _shorter(name: str, words: list[str], options: set[str]) -> list[str]:
    """Return what is added to a call to make it short: of what the command takes, what isn't given."""
    decided = "--extend" in words or "--recipe" in words
    shorter = {**({} if decided else SHORTER.get(name, {})), "--workers": "1"}
    return [word for each in shorter.items() if each[0] in options and each[0] not in words for word in each]


def _run_example(words: list[str]) -> None:
    steps = ["2"] if "train" in words[0] else []
    with mock.patch.object(sys, "argv", [*words, *steps]):
        runpy.run_path(str(ROOT / words[0]), run_name="__main__")


def _fewer(text: str) -> str:
    for said, there in FEWER.items():
        text = text.replace(said, there)
    return text
