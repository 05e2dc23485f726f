"""The turns that were measured: kept in a file after each, so that a run that was stopped goes on with the next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.terminal.errors import Problem


@dataclass(frozen=True)
class Turn:
    """What one contestant took for a job, once.

    Attributes:
        processor_s: Seconds of processor of all processes.
        wall_s: Seconds by the clock.
        memory_mb: Most memory at once, of all processes.
        rate: What is counted, a second.
        cannot: Why it can't, where it can't; the figures are 0 then.
    """

    processor_s: float
    wall_s: float
    memory_mb: float
    rate: float
    cannot: str = ""


class Turns:
    """The turns of all jobs, in a file."""

    def __init__(self, path: Path, measured: Mapping[str, Any]) -> None:
        """Open the file, or begin it.

        Args:
            path: The file.
            measured: What is measured, as JSON values: builds, pictures, scale. Other turns can't be compared.

        Raises:
            Problem: The file has turns of something else.
        """
        self._path, self._measured = path, dict(measured)
        self._turns: dict[str, dict[str, list[Turn]]] = {}
        if not path.exists():
            return
        kept = json.loads(path.read_text(encoding="utf-8"))
        for name, value in self._measured.items():
            if kept["measured"].get(name) != value:
                line = f"{path}: its turns are of {name} {kept['measured'].get(name)}, not {value}"
                raise Problem(f"{line}: give another --work, or remove the file", exit_code=2)
        for job, contestants in kept["turns"].items():  # who couldn't do a job is asked again
            self._turns[job] = {
                name: [Turn(**turn) for turn in turns if not turn["cannot"]] for name, turns in contestants.items()
            }

    def of(self, job: str, contestant: str) -> list[Turn]:
        """Return the turns of a contestant at a job."""
        return self._turns.get(job, {}).get(contestant, [])

    def add(self, job: str, contestant: str, turn: Turn) -> None:
        """Add a turn and write the file."""
        self._turns.setdefault(job, {}).setdefault(contestant, []).append(turn)
        turns = {
            job: {name: [asdict(turn) for turn in turns] for name, turns in contestants.items()}
            for job, contestants in self._turns.items()
        }
        replace_text(self._path, json.dumps({"measured": self._measured, "turns": turns}, indent=1) + "\n")
