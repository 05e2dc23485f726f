"""Crash points: a process is gone right after a call that changed a file, or in the middle of a write."""

from __future__ import annotations

from collections.abc import Sequence

from tests.faults.commands import COMMANDS, Command
from tests.faults.ground import Ground
from tests.faults.rounds import Round
from tests.faults.shim import Call, Mode, Orders

# Commands with two workers are not the same call by call: there a worker dies alone, and everything else at once. On a
# cluster another worker does again what it had in hand.
_SEVERAL_WORKERS = [name for name, command in COMMANDS.items() if name.endswith("-2") or command.on_cluster]
_ONE_WORKER = [name for name in COMMANDS if name not in _SEVERAL_WORKERS]

_ORDERS = {
    "crash": Orders(Call.CHANGES, Mode.KILL, whole_group=True),
    "torn": Orders(Call.WRITE, Mode.TORN, whole_group=True),
    "worker": Orders(Call.CHANGES, Mode.KILL),
}
COMMANDS_OF = {"crash": list(COMMANDS), "torn": _ONE_WORKER, "worker": _SEVERAL_WORKERS}


def crash_rounds(kind: str, ground: Ground, commands: Sequence[Command]) -> list[Round]:
    """Return a round for every call of the commands."""
    orders = _ORDERS[kind]
    return [
        Round(kind, command.name, "after", at)
        for command in commands
        if command.name in COMMANDS_OF[kind]
        for at in range(1, ground.calls(command, orders.mask) + 1)
    ]


def play_crash(ground: Ground, round_: Round) -> list[str]:
    """Kill a command at a call, run it again, and say what is wrong then."""
    command = COMMANDS[round_.command]
    ground.reference(command)
    folder = ground.fresh(command)
    ended = ground.run(command, folder, _ORDERS[round_.kind].at_call(round_.at))
    faults = (
        ["a worker was killed, and it ended with 0"]
        if round_.kind == "worker" and ended.hits and not ended.status and not command.on_cluster
        else []
    )
    return [*faults, *ground.faults_after(command, ended)]
