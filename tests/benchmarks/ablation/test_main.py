"""A comparison that was stopped goes on with the network that it was at, and never compares what can't be compared."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.ablation import __main__ as command
from benchmarks.ablation.kept_scores import ScoreFile
from benchmarks.ablation.markdown import BEGIN, END
from benchmarks.ablation.networks import AblationNetwork
from benchmarks.ablation.recipes import PLAIN, RECIPES
from benchmarks.run_command import run_command
from bgfg.data_manifests.terminal.errors import Problem

_SCORES = {"portraits": {"a-000": 0.5, "b-001": 0.75}, "fixed-camera": {"a-000": 0.5, "b-001": 0.75}}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for folder in ("office/bg", "office/fg"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked for: corpora by name, and runs that are trained on them; tests stay what the command says."""
    asked: list[str] = []

    @contextmanager
    def corpus(folder: Path, office: Path, recipe: str, seed: int) -> Iterator[Path]:
        asked.append(f"corpus {recipe} {seed}")
        yield folder / recipe

    def train(self: AblationNetwork, corpus: Path, run: Path, steps: int, seed: int) -> None:
        asked.append(run.name)
        if asked.count("person-blur-0") == 1 and run.name == "person-blur-0":
            raise KeyboardInterrupt

    monkeypatch.setattr(command, "training_corpus", corpus)
    monkeypatch.setattr(command, "_test_pictures", lambda *_: {name: {} for name in _SCORES})
    monkeypatch.setattr(AblationNetwork, "train", train)
    monkeypatch.setattr(AblationNetwork, "scores", lambda *_: _SCORES["portraits"])
    return asked


def test_it_goes_on_where_it_was_stopped(pictures: Path, trained: list[str]) -> None:
    page = pictures / "page.md"
    page.write_text(f"# Variety\n\n{BEGIN}{END}\n", encoding="utf-8")
    words = [str(pictures), "--recipe", "blur", "--seeds", "2", "--work", str(pictures / "work"), "--page", str(page)]
    stopped = CliRunner().invoke(command.ablation, words)
    assert stopped.exit_code == 1
    before = ["corpus plain 0", "person-plain-0", "two_stream-plain-0", "corpus blur 0", "person-blur-0"]
    assert trained == before
    done = CliRunner().invoke(command.ablation, words, catch_exceptions=False)
    assert done.exit_code == 0
    again = ["corpus blur 0", "person-blur-0", "two_stream-blur-0", "corpus plain 1", "person-plain-1",
             "two_stream-plain-1", "corpus blur 1", "person-blur-1", "two_stream-blur-1"]  # fmt: skip
    assert trained == before + again
    assert done.stdout.count("| blur | `--blur 1.5` |") == 4  # two networks, after either seed
    text = page.read_text(encoding="utf-8")
    assert text.count("| plain |") == 2
    assert "Seeds: 2" in text
    once_more = CliRunner().invoke(command.ablation, words, catch_exceptions=False)
    assert trained == before + again
    assert done.stdout.endswith(once_more.stdout)


def test_scores_of_other_options_are_refused(tmp_path: Path) -> None:
    ScoreFile(tmp_path / "scores.json", ("--steps", "8")).write(_SCORES)
    assert ScoreFile(tmp_path / "scores.json", ("--steps", "8")).read() == _SCORES
    with pytest.raises(Problem, match="of `--steps 8`, not of `--steps 9`: give another --work"):
        ScoreFile(tmp_path / "scores.json", ("--steps", "9")).read()
    assert ScoreFile(tmp_path / "others.json", ()).read() is None


def test_nothing_to_learn_from_or_to_test_on_is_one_line(pictures: Path) -> None:
    work = ("--work", str(pictures / "work"))
    found = CliRunner().invoke(command.ablation, [str(pictures), *work])
    assert "nothing to test on: give a folder with some of portraits, photos/open_images" in str(found.exception)
    shutil.rmtree(pictures / "office/fg")
    found = CliRunner().invoke(command.ablation, [str(pictures), *work])
    assert "no pictures to learn from: give a folder with office/bg and office/fg" in str(found.exception)


def test_every_option_of_variety_has_a_recipe_of_its_own() -> None:
    alone = {words[0].removeprefix("--") for words in RECIPES.values() if len(words) == 2}
    assert alone == {"scale", "rotate", "truncate", "distractors", "blur", "colour-match", "shadow", "blend"}
    assert RECIPES[PLAIN] == ()


def test_the_command_says_what_is_wrong_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["ablation", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        run_command(command.ablation, "stopped")
    assert (ended.value.code, capsys.readouterr().err.splitlines()) == (
        2, [f"Error: {tmp_path}: no pictures to learn from: give a folder with office/bg and office/fg"],
    )  # fmt: skip
