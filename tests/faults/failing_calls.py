"""Failing calls: the system refuses one, or does half of it, or a signal comes in between."""

from __future__ import annotations

import errno
import signal
from collections.abc import Sequence

from tests.faults.commands import COMMANDS, Command
from tests.faults.ground import Ground
from tests.faults.rounds import Round
from tests.faults.runs import Ended
from tests.faults.shim import Call, Mode, Orders

_GROWING = Call.OPEN_WRITE | Call.WRITE | Call.RENAME | Call.MKDIR | Call.TRUNCATE | Call.FLUSH
_ORDERS = {
    "ENOSPC": Orders(_GROWING, Mode.FAIL, number=errno.ENOSPC),
    "full": Orders(_GROWING, Mode.FAIL, number=errno.ENOSPC, onwards=True),
    "EIO": Orders(Call.CHANGES | Call.FLUSH | Call.CLOSE, Mode.FAIL, number=errno.EIO),
    "EIO-read": Orders(Call.OPEN_READ | Call.READ, Mode.FAIL, number=errno.EIO),
    "EINTR": Orders(Call.OPEN_READ | Call.OPEN_WRITE | Call.READ | Call.WRITE, Mode.FAIL, number=errno.EINTR),
    "EMFILE": Orders(Call.OPEN_READ | Call.OPEN_WRITE, Mode.FAIL, number=errno.EMFILE),
    "short": Orders(Call.WRITE, Mode.SHORT),
}
# To all processes, as a terminal and a system that shuts down do.
_STOPS = {
    "SIGINT": Orders(Call.CHANGES | Call.READ, Mode.SIGNAL, number=signal.SIGINT, whole_group=True),
    "SIGTERM": Orders(Call.CHANGES | Call.READ, Mode.SIGNAL, number=signal.SIGTERM, whole_group=True),
}
_STOPPED = 130

# What a user should never see.
_UNCLEAR = ("Traceback", "Exception ignored", "terminate called", "unexpected ", "Fatal Python", "leaked")


def failing_rounds(ground: Ground, commands: Sequence[Command]) -> list[Round]:
    """Return a round for every way in which every call of the commands may fail."""
    return _rounds("fail", _ORDERS, ground, commands)


def stop_rounds(ground: Ground, commands: Sequence[Command]) -> list[Round]:
    """Return a round for Ctrl-C and for SIGTERM after every call that changes or reads a file."""
    return _rounds("stop", _STOPS, ground, commands)


def play_failing(ground: Ground, round_: Round) -> list[str]:
    """Let a call fail: the command says so in a line, or had another way; and then goes on."""
    command, orders = COMMANDS[round_.command], _ORDERS[round_.how]
    ground.reference(command)
    folder = ground.fresh(command)
    ended = ground.run(command, folder, orders.at_call(round_.at))
    return [*unclear(ended), *ground.faults_after(command, ended)]


def play_stop(ground: Ground, round_: Round) -> list[str]:
    """Send a signal after a call: the command ends with 130 and a line, or had finished; and then goes on."""
    command, orders = COMMANDS[round_.command], _STOPS[round_.how]
    ground.reference(command)
    folder = ground.fresh(command)
    ended = ground.run(command, folder, orders.at_call(round_.at))
    faults = unclear(ended)
    if ended.status not in (0, _STOPPED):
        faults.append(f"ended with {ended.status}, not {_STOPPED}")
    return [*faults, *ground.faults_after(command, ended)]


def _rounds(kind: str, ways: dict[str, Orders], ground: Ground, commands: Sequence[Command]) -> list[Round]:
    return [
        Round(kind, command.name, how, at)
        for command in commands
        for how, orders in ways.items()
        for at in range(1, ground.calls(command, orders.mask) + 1)
    ]


def unclear(ended: Ended) -> list[str]:
    """Say what is wrong with how a command ended, if it failed without one clear line."""
    faults = []
    errors = [line for line in ended.stderr.splitlines() if line.startswith("Error: ")]
    if ended.status < 0:
        faults.append(f"ended by signal {-ended.status}")
    elif ended.status and len(errors) != 1:
        faults.append(f"{len(errors)} lines of error: {' / '.join(errors) or ended.stderr[-300:]}")
    faults += [f"said: {line}" for line in ended.stderr.splitlines() if any(word in line for word in _UNCLEAR)]
    return faults
