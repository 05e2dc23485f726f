"""Options of `bgfg verify` that say something of a network are refused where none labels again."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bgfg.depth_teacher.cli.verify import verify

_GIVEN = [
    ("--weights", "there.onnx"),
    ("--input-size", "96"),
    ("--batch", "4"),
    ("--device", "cpu"),
    ("--focal", "500"),
    ("--resize", "half_pixel"),
    ("--trained-on", "nyu"),
    ("--licence", "MIT"),
    ("--onnx", "model=other"),
]


@pytest.mark.parametrize(("flag", "value"), _GIVEN)
@pytest.mark.parametrize(
    ("recompose", "why"), [([], "nothing is labelled again without"), (["--recompose"], "is for networks, and none")]
)
def test_what_is_said_of_a_network_is_refused_where_none_labels(
    flag: str, value: str, recompose: list[str], why: str, labelled: Path
) -> None:
    done = CliRunner().invoke(verify, [str(labelled), flag, value, *recompose, "--workers", "1"])
    assert done.exit_code != 0
    assert done.exception is not None
    assert str(done.exception).startswith(f"{flag}")
    assert why in str(done.exception)
