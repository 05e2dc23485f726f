"""Rounds of damaged input: a batch each, or a single input; and what came of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from tests.faults.hostile.batch import Tally
from tests.faults.hostile.table import READERS
from tests.faults.rounds import Round
from tests.faults.runs import QUIET
from tests.support.project import ROOT

BATCH = 500
_WAY_OF_A_BATCH = "batch"


class HostileServer:
    """Plays damaged inputs in the children of a server."""

    def __init__(self, folder: Path) -> None:
        """Set up; the server starts with the first batch.

        Args:
            folder: A folder of its own for the inputs, best in memory.
        """
        self._folder = folder
        self._server: subprocess.Popen[str] | None = None
        self._tallies: dict[str, Tally] = defaultdict(Tally)

    def play(self, reader: str, numbers: range) -> Tally:
        """Play the inputs of some numbers."""
        if self._server is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            call = [sys.executable, "-m", "tests.faults.hostile.server", str(self._folder)]
            pipe = subprocess.PIPE
            # In memory as the inputs: what readers leave in the folder of temporary files is seen by nobody else.
            self._server = subprocess.Popen(
                call,
                stdin=pipe,
                stdout=pipe,
                text=True,
                env=os.environ | QUIET | {"TMPDIR": str(self._folder)},
                cwd=ROOT,
            )
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.write(json.dumps({"reader": reader, "numbers": [numbers.start, numbers.stop]}) + "\n")
        self._server.stdin.flush()
        answer = self._server.stdout.readline()
        if not answer:
            raise RuntimeError(f"the server of damaged inputs has ended, with {self._server.wait()}")
        tally = Tally(**json.loads(answer))
        of_reader = self._tallies[reader]
        of_reader.inputs += tally.inputs
        of_reader.refused += tally.refused
        of_reader.crashed += tally.crashed
        of_reader.peak_bytes = max(of_reader.peak_bytes, tally.peak_bytes)
        of_reader.slowest_s = max(of_reader.slowest_s, tally.slowest_s)
        return tally

    def summary(self) -> list[str]:
        """Return a line for each reader: how many inputs, how they ended, and what they took."""
        return [_line(name, tally) for name, tally in sorted(self._tallies.items())]

    def __enter__(self) -> HostileServer:
        return self

    def __exit__(self, *_: object) -> None:
        """End the server."""
        if self._server is not None:
            self._server.kill()  # with the batch that it may be at, which nobody waits for any more
            self._server.communicate()


def _line(name: str, tally: Tally) -> str:
    crashed = f", {tally.crashed:,} stopped by the limits of its process" if tally.crashed else ""
    took = f"at most {tally.slowest_s:.2f} s and {tally.peak_bytes / 1e6:.0f} MB"
    return f"{name}: {tally.inputs:,} inputs, {tally.refused:,} refused{crashed}, {took}"


def hostile_rounds(readers: Sequence[str], seed: int) -> list[Round]:
    """Return the batches of some readers; another seed has other inputs."""
    rounds = []
    for name in readers:
        batches = -(-READERS[name].inputs // BATCH)
        rounds += [Round("hostile", name, _WAY_OF_A_BATCH, seed * batches + n) for n in range(batches)]
    return rounds


def play_hostile(server: HostileServer, round_: Round) -> list[str]:
    """Play a batch or a single input; return what is wrong, each with the round that repeats it alone."""
    if round_.how != _WAY_OF_A_BATCH:
        return [fault for _, _, fault in server.play(round_.command, range(round_.at, round_.at + 1)).wrong]
    tally = server.play(round_.command, range(round_.at * BATCH, (round_.at + 1) * BATCH))
    return [f"hostile:{round_.command}:{way}:{number}: {fault}" for way, number, fault in tally.wrong]
