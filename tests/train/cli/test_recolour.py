"""The command `recolour`, as a new user would try it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgfg.train.cli.recolour import recolour
from tests.support.command_calls import run_command
from tests.support.composites import write_composites
from tests.support.stub_models import DifferenceModel


def test_recolour_tints_a_folder(tmp_path: Path, model: DifferenceModel) -> None:
    pictures, empty = write_composites(tmp_path, 2)
    given = ("m", pictures, "--background", empty, "--color", "#0a4678", "--out", tmp_path / "out")
    done = run_command(recolour, *given)
    assert done.exit_code == 0, done.output
    assert done.output.endswith("out: 2 pictures\n")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["made.json", "p0.png", "p1.png"]


@pytest.mark.parametrize("colour", ["red", "#12345", "#0a46zz", ""])
def test_a_colour_that_is_none_is_a_wrong_call(colour: str) -> None:
    done = run_command(recolour, "m", "p.png", "--color", colour)
    assert done.exit_code == 2
    assert "give red, green and blue in hexadecimal, such as '#0a4678'" in done.output
