"""Rounds of faults, for minutes or hours: `python -m tests.faults.soak`; the same command again goes on where it was.

Rounds are drawn by the seed from all that there are, kind by kind in turns; a round of hostile input is a batch. What
is wrong is printed with the command that repeats it alone.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from tests.faults import power_cuts
from tests.faults.commands import COMMANDS
from tests.faults.ground import Ground, new_ground
from tests.faults.hostile.table import READERS
from tests.faults.kinds import KINDS
from tests.faults.rounds import Asked, Round

_PROGRESS_EVERY_S = 10.0


def main() -> int:
    """Say what can't be played here, and play the rest; return the exit code."""
    given = parser().parse_args()
    if given.only:
        given.kinds = sorted({Round.parse(text).kind for text in given.only})
    for kind in [kind for kind in given.kinds if KINDS[kind].why_not()]:
        print(f"not played: {kind}: {KINDS[kind].about}: {KINDS[kind].why_not()}", flush=True)
        given.kinds.remove(kind)
    if not given.kinds:
        print("Error: no round can be played here", file=sys.stderr)
        return 2
    if set(given.kinds) & set(power_cuts.FILE_SYSTEMS):
        power_cuts.hide_mounts()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with new_ground() as ground:
            return soak(ground, given)
    except KeyboardInterrupt:
        print("stopped; the same command again goes on", file=sys.stderr)
        return 130


def soak(ground: Ground, given: argparse.Namespace) -> int:
    """Play the rounds that are left; return 1 where anything was wrong, now or before."""
    asked = [round_ for round_ in map(Round.parse, given.only) if round_.kind in given.kinds]
    rounds = asked if given.only else list(_drawn(ground, given))
    done = {} if given.only else _read_state(given.state, given.seed)
    left = [round_ for round_ in rounds if str(round_) not in done]
    print(f"{len(rounds)} rounds, {len(rounds) - len(left)} of them done before", flush=True)
    start, told, played = time.monotonic(), time.monotonic(), Counter[str]()
    wrong = Counter(Round.parse(text).kind for text, faults in done.items() if faults)
    try:
        for n, round_ in enumerate(left):
            passed_s = time.monotonic() - start
            if given.minutes is not None and passed_s > 60 * given.minutes:
                break
            if time.monotonic() - told > _PROGRESS_EVERY_S:
                told = time.monotonic()
                _tell_progress(n, len(left), passed_s, given.minutes, wrong.total())
            faults = KINDS[round_.kind].play(ground, round_)
            played[round_.kind] += 1
            if faults:
                wrong[round_.kind] += 1
                _tell_faults(round_, faults)
            if not given.only:
                _add_to_state(given.state, given.seed, round_, faults)
    finally:
        for line in ground.hostile.summary() if played["hostile"] else ():
            print(line, flush=True)
    print("played: " + (", ".join(f"{n} {kind}" for kind, n in sorted(played.items())) or "none"))
    print("wrong: " + (", ".join(f"{n} {kind}" for kind, n in sorted(wrong.items())) or "none"))
    return int(bool(wrong))


def _drawn(ground: Ground, given: argparse.Namespace) -> Iterator[Round]:
    """Draw rounds, kind by kind in turns, so that a short soak has seen all of them."""
    asked = Asked([COMMANDS[name] for name in given.commands], given.readers, given.seed)
    kinds = []
    for kind in given.kinds:
        print(f"counting the rounds of {kind}: {KINDS[kind].about}", flush=True)
        rounds = KINDS[kind].rounds(ground, asked)
        random.Random(f"{given.seed} {kind}").shuffle(rounds)
        kinds.append(rounds[: given.rounds])
    return (round_ for turn in zip_longest(*kinds) for round_ in turn if round_ is not None)


def _tell_progress(n: int, total: int, passed_s: float, minutes: float | None, wrong: int) -> None:
    left_s = (total - n) * passed_s / n
    if minutes is not None:
        left_s = min(left_s, 60 * minutes - passed_s)
    print(f"{n:,} of {total:,}, {n / passed_s:.1f}/s, {left_s / 60:.0f} min left, {wrong} wrong", flush=True)


def _tell_faults(round_: Round, faults: Sequence[str]) -> None:
    print(f"WRONG {round_}", *(f"  {fault}" for fault in faults[:8]), sep="\n")
    if len(faults) > 8:
        print(f"  and {len(faults) - 8} more")
    print(f"  again: python -m tests.faults.soak --only {round_}", flush=True)


def _read_state(state: Path, seed: int) -> dict[str, list[str]]:
    """Return the rounds of this seed that were played, with what was wrong; a line that was cut short is none."""
    done: dict[str, list[str]] = {}
    for line in state.read_text(encoding="utf-8").splitlines() if state.exists() else []:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if entry["seed"] == seed:
            done[entry["round"]] = entry["faults"]
    return done


def _add_to_state(state: Path, seed: int, round_: Round, faults: Sequence[str]) -> None:
    state.parent.mkdir(parents=True, exist_ok=True)
    with state.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"seed": seed, "round": str(round_), "faults": faults}) + "\n")


def parser() -> argparse.ArgumentParser:
    """The options of a soak."""
    options = argparse.ArgumentParser("python -m tests.faults.soak", description=__doc__)
    options.add_argument(
        "--seed", type=int, default=0, help="Seed of the order of rounds, and of hostile inputs.  [default: 0]"
    )
    options.add_argument("--minutes", type=float, help="Stop after so long.  [default: when all rounds are played]")
    options.add_argument("--rounds", type=int, help="At most so many of each kind.  [default: all]")
    options.add_argument(
        "--kinds", nargs="+", choices=KINDS, default=list(KINDS), metavar="KIND", help=", ".join(KINDS)
    )
    options.add_argument(
        "--commands", nargs="+", choices=COMMANDS, default=list(COMMANDS), metavar="NAME", help=", ".join(COMMANDS)
    )
    options.add_argument(
        "--readers", nargs="+", choices=READERS, default=list(READERS), metavar="NAME", help=", ".join(READERS)
    )
    options.add_argument(
        "--state", type=Path, default=Path("data/soak.jsonl"), help="Rounds that were played.  [default: %(default)s]"
    )
    options.add_argument("--only", nargs="+", default=[], metavar="ROUND", help="Play these rounds, and no others.")
    return options


if __name__ == "__main__":
    sys.exit(main())
