"""The command `replace`, as a new user would try it."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from bgfg.train.cli.replace import replace
from tests.support.command_calls import run_command
from tests.support.composites import write_composites
from tests.support.stub_models import DifferenceModel


@pytest.mark.parametrize(
    "edit",
    [["--color", "#0a4678"], ["--color", "fff", "--strength", "0.3"], ["--blur", "5"], ["--depth-of-field"],
     ["--depth-of-field", "--blur", "3"], ["--image", "NEW"]],
)  # fmt: skip
def test_replace_makes_a_picture_of_the_same_size(tmp_path: Path, model: DifferenceModel, edit: list[str]) -> None:
    pictures, empty = write_composites(tmp_path, 1)
    words = [str(empty / "p0.png") if word == "NEW" else word for word in edit]
    out = tmp_path / "new.png"
    done = run_command(replace, "m", pictures / "p0.png", "--background", empty, *words, "--out", out)
    assert done.exit_code == 0, done.output
    assert done.output.endswith("new.png\n")
    found, before = cv2.imread(str(out)), cv2.imread(str(pictures / "p0.png"))
    assert found is not None
    assert before is not None
    assert found.shape == before.shape
    assert (found != before).any()
