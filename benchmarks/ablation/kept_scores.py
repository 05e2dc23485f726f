"""Scores that are kept: a file for each trained network, so that a run that was stopped goes on with the next."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.terminal.errors import Problem

# IoU by set and picture.
Scores = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class ScoreFile:
    """The scores of one trained network.

    Attributes:
        path: The file.
        options: What the network and its corpus were made by; scores of other options can't be compared.
    """

    path: Path
    options: Sequence[str]

    def read(self) -> Scores | None:
        """Return the scores, None where there are none yet.

        Raises:
            Problem: They are of other options.
        """
        if not self.path.exists():
            return None
        kept = json.loads(self.path.read_text(encoding="utf-8"))
        if kept["options"] != list(self.options):
            line = f"{self.path}: its scores are of `{' '.join(kept['options'])}`, not of `{' '.join(self.options)}`"
            raise Problem(f"{line}: give another --work, or remove the file", exit_code=2)
        scores: Scores = kept["scores"]
        return scores

    def write(self, scores: Scores) -> None:
        """Write the scores."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(self.path, json.dumps({"options": list(self.options), "scores": scores}, indent=1) + "\n")
