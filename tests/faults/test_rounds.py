"""A few rounds of each kind: whatever happened to a command, the same command again makes the same bytes.

`make soak` plays all of them, and those of commands that take longer.
"""

from __future__ import annotations

import random
import subprocess
import sys
from itertools import islice

import pytest

from tests.faults import shim
from tests.faults.commands import COMMANDS
from tests.faults.ground import Ground
from tests.faults.kinds import KINDS
from tests.faults.power_cuts import FILE_SYSTEMS
from tests.faults.rounds import Asked, Round
from tests.support.project import ROOT

_LONG = (
    "web",
    "train",
    "onnx",
    "depth",
    "predict",
    "predict-video",
    "replace",
    "kit",
    "extend-replace",
    "extend-label",
)
_SHORT = [
    command
    for name, command in COMMANDS.items()
    if name not in _LONG and not name.endswith("-2") and not command.on_cluster and not command.on_store
]


def drawn(kind: str, ground: Ground, most: int) -> list[Round]:
    """Draw rounds of a kind, one a command, as long as there are commands; of others the rounds aren't counted."""
    chance = random.Random(0)
    commands = chance.sample(_SHORT, len(_SHORT))
    of_each = (KINDS[kind].rounds(ground, Asked([command])) for command in commands)
    return list(islice((chance.choice(rounds) for rounds in of_each if rounds), most))


FEW = {"crash": 4, "torn": 2, "fail": 4, "stop": 2, "replay": 4}
MORE = {"crash": 9, "torn": 4, "fail": 9, "stop": 4, "replay": 9}


@pytest.mark.parametrize(
    ("kind", "most"), [*FEW.items(), *(pytest.param(*each, marks=pytest.mark.slow) for each in MORE.items())]
)
def test_the_same_command_again_makes_the_same_bytes_and_leaves_nothing_behind(
    ground: Ground, kind: str, most: int
) -> None:
    wrong = {str(round_): KINDS[kind].play(ground, round_) for round_ in drawn(kind, ground, most)}
    assert len(wrong) == most
    assert {round_: faults for round_, faults in wrong.items() if faults} == {}


def test_a_killed_worker_is_named_and_what_it_had_in_hand_is_made_by_the_next_run(ground: Ground) -> None:
    assert KINDS["worker"].play(ground, Round("worker", "compose-2", "after", 100)) == []


@pytest.mark.slow
def test_a_cluster_goes_on_where_a_worker_was_killed_and_a_lost_client_leaves_nothing_wrong(ground: Ground) -> None:
    pytest.importorskip("distributed", reason="the extra [dask] isn't installed")
    rounds = [Round(kind, "compose-dask", "after", at) for kind in ("worker", "crash") for at in (3, 60)]
    assert [KINDS[round_.kind].play(ground, round_) for round_ in rounds] == [[]] * 4


@pytest.mark.slow
@pytest.mark.parametrize("file_system", FILE_SYSTEMS)
def test_what_has_finished_outlasts_a_power_cut(file_system: str) -> None:
    if reason := shim.why_not() or KINDS[file_system].why_not():
        pytest.skip(reason)
    rounds = [f"{file_system}:{name}:cut:9999" for name in ("plan", "compose", "label", "export-folder", "kit")]
    soak = [sys.executable, "-m", "tests.faults.soak", "--only", *rounds]  # which hides what it mounts
    done = subprocess.run(soak, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[-2:]) == (0, [f"played: 5 {file_system}", "wrong: none"])


def test_a_round_repeats_by_its_text() -> None:
    round_ = Round("fail", "export-coco", "EIO-read", 17)
    assert Round.parse(str(round_)) == round_
