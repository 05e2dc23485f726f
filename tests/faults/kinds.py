"""The kinds of rounds: which rounds there are, how one is played, and why a kind can't be played here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from tests.faults import power_cuts, shim
from tests.faults.commands import Command
from tests.faults.crash_points import crash_rounds, play_crash
from tests.faults.failing_calls import failing_rounds, play_failing, play_stop, stop_rounds
from tests.faults.ground import Ground
from tests.faults.hostile.play import hostile_rounds, play_hostile
from tests.faults.replay import play_replay, replay_rounds
from tests.faults.rounds import Asked, Round
from tests.faults.store_faults import play_store, store_rounds


@dataclass(frozen=True)
class Kind:
    """A kind of rounds.

    Attributes:
        about: What it is, in a few words.
        rounds: All rounds of what is asked for.
        play: Plays one, and returns what is wrong then.
        why_not: Says why it can't be played here; empty where it can.
    """

    about: str
    rounds: Callable[[Ground, Asked], list[Round]]
    play: Callable[[Ground, Round], list[str]]
    why_not: Callable[[], str]


def _of_commands(
    about: str,
    rounds: Callable[[Ground, Sequence[Command]], list[Round]],
    play: Callable[[Ground, Round], list[str]],
    why_not: Callable[[], str] = str,
    on_clusters: bool = False,
    on_stores: bool = False,
) -> Kind:
    """Return a kind that hurts commands, under the eyes of the shim; on_clusters: whether those on clusters
    too; on_stores: whether those on object stores too."""

    def of_commands(ground: Ground, asked: Asked) -> list[Round]:
        commands = [each for each in asked.commands if on_clusters or not each.on_cluster]
        return rounds(ground, [each for each in commands if on_stores or not each.on_store])

    return Kind(about, of_commands, play, lambda: shim.why_not() or why_not())


_of_any_commands = partial(_of_commands, on_clusters=True, on_stores=True)

KINDS = {
    "crash": _of_commands(
        "all processes killed after a call",
        partial(crash_rounds, "crash"),
        play_crash,
        on_clusters=True,
        on_stores=True,
    ),
    "torn": _of_commands("killed in the middle of a write", partial(crash_rounds, "torn"), play_crash),
    "worker": _of_commands(
        "a worker process killed after a call", partial(crash_rounds, "worker"), play_crash, on_clusters=True
    ),
    "fail": _of_commands("a call that fails, or does half", failing_rounds, play_failing, on_stores=True),
    "stop": _of_any_commands("Ctrl-C or SIGTERM after a call", stop_rounds, play_stop),
    "store": _of_commands("a request of a store fails, or a kill meanwhile", store_rounds, play_store, on_stores=True),
    "replay": _of_commands("the power goes, by a model of what a disk keeps", replay_rounds, play_replay),
    **{
        file_system: _of_commands(
            f"the power goes, on {file_system} of its own",
            partial(power_cuts.power_rounds, file_system),
            power_cuts.play_power,
            partial(power_cuts.why_not, file_system),
        )
        for file_system in power_cuts.FILE_SYSTEMS
    },
    "hostile": Kind(
        "readers handed damaged and hostile files",
        lambda _, asked: hostile_rounds(asked.readers, asked.seed),
        lambda ground, round_: play_hostile(ground.hostile, round_),
        lambda: "" if sys.platform == "linux" else "it needs Linux",
    ),
}
