"""Every option refuses what is no value of it before any work, in one line that names it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bgfg import cli
from bgfg.commands import COMMANDS
from bgfg.data_manifests.terminal.cli_types import NamedText

# Calls that are right as they are, by command: the names in capitals stand for paths.
_CALLS = {
    "plan": ("NEW", "--bg", "BG", "--fg", "FG", "--size", "33x17", "--cutout-height", "9", "--placements", "1"),
    "import": ("BG", "NEW"),
    "compose": ("CORPUS",),
    "label": ("CORPUS",),
    "export": ("CORPUS", "NEW", "--as", "folder"),
    "card": ("CORPUS",),
    "preview": ("CORPUS", "SHEET"),
    "audit": ("BG",),
    "report": ("CORPUS", "PAGE"),
    "kit": ("NEW", "--backgrounds", "0", "--cutouts", "0"),
    "show": ("CORPUS", "--table", "assets"),
    "verify": ("CORPUS",),
    "cutout": ("NEW", "NEW"),
    "predict": ("NEW", "NEW"),
    "replace": ("NEW", "NEW"),
    "web": ("NEW",),
    "recolour": ("NEW", "NEW", "--color", "#fff"),
    "evaluate": ("NEW", "CORPUS"),
    "bench-stream": ("CORPUS",),
    "depth": ("BG", "NEW"),
    "depth-eval": ("BG",),
    "dataset": ("NEW", "--bg", "BG", "--fg", "FG", "--teacher", "none"),
    "convert": ("NEW", "SHEET"),
    "check-data": ("BG",),
    "train": ("CORPUS", "NEW"),
    "teach": ("CORPUS", "NEW"),
    "app": ("CORPUS",),
}
# Those that take no option of a value.
_WITHOUT = {"status", "halve", "onnx", "models", "completion"}

# Options of a text that has to be of some form, or one of some names.
_OF_A_FORM = {
    *("--split", "--samples", "--where", "--cutouts-per-sample", "--placement", "--device", "--targets", "--model"),
    *("--arrays", "--sql", "--scale", "--distractors", "--colour-match", "--shadow", "--blend"),
}


def _wrong_values() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield command, option and values."""
    for name in _CALLS:
        command = cli.command_group.get_command(click.Context(cli.command_group), name)
        assert command is not None
        for option in command.params:
            if isinstance(option, click.Option) and not option.is_flag and option.name != "help":
                if isinstance(option.type, click.types.FloatParamType):
                    yield name, option.opts[0], ("nan", "inf", "-1", "", "9x", "1e999")
                elif isinstance(option.type, click.types.IntParamType):
                    yield name, option.opts[0], ("1e3", "-1", "")
                elif isinstance(option.type, click.Path):
                    yield name, option.opts[0], ("",)
                elif isinstance(option.type, (NamedText, click.types.StringParamType)):
                    wrong = ("rubbish", "\x1b[31m") if option.opts[0] in _OF_A_FORM else ()
                    yield name, option.opts[0], ("", *wrong)
                else:
                    yield name, option.opts[0], ("", "rubbish", "\x1b[31m")


@pytest.fixture
def places(tmp_path: Path, sources: Path, labelled: Path) -> dict[str, Path]:
    return {
        "BG": sources / "bg",
        "FG": sources / "fg",
        "CORPUS": labelled,
        "NEW": tmp_path / "new",
        "SHEET": tmp_path / "sheet.png",
        "PAGE": tmp_path / "page.html",
    }


@pytest.mark.parametrize(
    ("command", "option", "values"), [pytest.param(*row, id="-".join(row[:2])) for row in _wrong_values()]
)
def test_what_is_no_value_of_an_option_is_refused_by_its_name(
    places: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    option: str,
    values: tuple[str, ...],
) -> None:
    if command in ("train", "teach", "convert"):
        pytest.importorskip("torch", reason="the extra [train] isn't installed")
    words = [str(places.get(word, word)) for word in _CALLS[command]]
    for value in values:
        monkeypatch.setattr(sys, "argv", ["bgfg", command, *words, option, value])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        said = capsys.readouterr()
        assert (caught.value.code, said.out, said.err.count("\n")) == (2, "", 1), (value, said)
        assert option in said.err, (value, said)
        assert "\x1b" not in said.err, (value, said)
    assert not places["NEW"].exists()


@pytest.mark.parametrize("name", COMMANDS)
def test_no_path_is_empty(name: str) -> None:
    command = cli.command_group.get_command(click.Context(cli.command_group), name)
    assert command is not None
    context = click.Context(command)
    for parameter in command.params:
        if isinstance(parameter.type, click.Path):
            with pytest.raises(click.BadParameter, match="'' is no path: give one"):
                parameter.type.convert("", parameter, context)


def test_a_setting_that_is_given_twice_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("train", "c", "r", "--model-option", "width=4", "--model-option", "width=6")
    monkeypatch.setattr(sys, "argv", ["bgfg", *words])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2
    assert "'--model-option': 'width' is given twice: give it once" in capsys.readouterr().err


def test_all_of_these_options_are_tried() -> None:
    assert COMMANDS.keys() == _CALLS.keys() | _WITHOUT
    tried = {(command, option) for command, option, _ in _wrong_values()}
    assert {
        ("plan", "--fov-deg"),
        ("export", "--quality"),
        ("kit", "--seed"),
        ("label", "--batch"),
        ("replace", "--blur"),
        ("train", "--lr"),
        ("depth-eval", "--cap"),
        ("dataset", "--licence"),
        ("compose", "--address"),
        ("compose", "--shards"),
        ("label", "--shards"),
        ("verify", "--shards"),
        ("import", "--address"),
        ("dataset", "--address"),
        ("evaluate", "--backend"),
        ("evaluate", "--address"),
    } <= tried
