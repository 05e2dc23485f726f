"""The shim counts the calls of a command, hurts the chosen one, and lets everything else pass."""

from __future__ import annotations

import errno

from tests.faults.commands import COMMANDS
from tests.faults.ground import Ground
from tests.faults.shim import Call, Mode, Orders
from tests.faults.trees import tree_of


def test_every_file_of_a_plan_is_opened_and_written_under_the_eyes_of_the_shim(ground: Ground) -> None:
    command = COMMANDS["plan"]
    made = set(ground.reference(command)) - set(tree_of(ground.fresh(command)))
    assert ground.calls(command, Call.OPEN_WRITE) >= len(made) > 10
    assert ground.calls(command, Call.WRITE) >= len(made) - 1  # the lock file is opened once and written once
    assert ground.calls(command, Call.FLUSH) > 0


def test_a_run_is_killed_at_the_chosen_call_and_not_before(ground: Ground) -> None:
    command = COMMANDS["plan"]
    folder = ground.fresh(command)
    ended = ground.runner.run(folder, command.words, Orders(Call.CHANGES, Mode.KILL, at=9))
    assert (ended.status, sum(ended.calls.values()), ended.hits) == (-9, 9, 1)


def test_a_call_fails_with_the_errno_that_was_asked_for(ground: Ground) -> None:
    command = COMMANDS["plan"]
    folder = ground.fresh(command)
    ended = ground.runner.run(folder, command.words, Orders(Call.MKDIR, Mode.FAIL, at=1, number=errno.EROFS))
    assert ended.status == 1
    assert "Read-only file system" in ended.stderr


def test_what_is_written_elsewhere_does_not_count(ground: Ground) -> None:
    command = COMMANDS["plan"]
    folder = ground.fresh(command)
    ended = ground.runner.run(folder, command.words, Orders(Call.ANY), root=folder / "elsewhere")
    assert (ended.status, ended.calls) == (0, {})
