"""Requests of a store that fail, and commands that are killed while one is under way."""

from __future__ import annotations

from collections.abc import Sequence

from tests.faults.commands import COMMANDS, Command
from tests.faults.failing_calls import unclear
from tests.faults.ground import Ground, last_line
from tests.faults.rounds import Round
from tests.support.fault_proxy import FAULTS, KILLS
from tests.support.s3_server import SECRET

# The server is away for good, from a request on.
_AWAY = "away"
_AWAY_ROUNDS = 4


def store_rounds(ground: Ground, commands: Sequence[Command]) -> list[Round]:
    """Return a round for every way in which every request of the commands may fail."""
    found = []
    for command in (each for each in commands if each.on_store):
        requests = ground.requests(command)
        found += [Round("store", command.name, how, at) for how in (*FAULTS, *KILLS) for at in range(1, requests + 1)]
        found += [
            Round("store", command.name, _AWAY, at) for at in range(1, requests + 1, max(1, requests // _AWAY_ROUNDS))
        ]
    return found


def play_store(ground: Ground, round_: Round) -> list[str]:
    """Let a request fail: it is asked again, and nobody notices; or the command dies, or says so; and then goes on."""
    command, store = COMMANDS[round_.command], ground.store
    ground.reference(command)
    folder = ground.fresh(command)
    store.fail(round_.at, *(("500", 100_000) if round_.how == _AWAY else (round_.how,)))
    ended = ground.run(command, folder)
    store.heal()
    faults = [] if round_.how in KILLS else unclear(ended)
    if round_.how in FAULTS and ended.status:
        faults.append(f"ended with {ended.status}, though it was asked once more: {last_line(ended)}")
    if SECRET in ended.stdout + ended.stderr:
        faults.append("the secret was said")
    return [*faults, *ground.faults_after(command, ended)]
