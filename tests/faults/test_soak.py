"""A soak goes on where it was, by its state file, and repeats a single round."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.ground import Ground
from tests.faults.soak import parser, soak


def test_a_soak_goes_on_and_a_round_that_was_cut_short_is_played_again(
    ground: Ground, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "soak.jsonl"
    given = parser().parse_args(["--kinds", "torn", "--commands", "plan", "--rounds", "2", "--state", str(state)])
    assert soak(ground, given) == 0
    assert "played: 2 torn\nwrong: none" in capsys.readouterr().out
    state.write_bytes(state.read_bytes()[:-9])
    assert soak(ground, given) == 0
    out = capsys.readouterr().out
    assert "2 rounds, 1 of them done before" in out
    assert "played: 1 torn" in out
