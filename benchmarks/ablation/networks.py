"""The networks that learn from each recipe: small ones, that learn something in minutes on a processor."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ablation.test_sets import TestPicture
from benchmarks.accuracy.mask_sets import mask_iou
from benchmarks.timing import ROOT
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.train.inference.predictor import Predictor
from bgfg.train.inference.runtime import load_model


@dataclass(frozen=True)
class AblationNetwork:
    """A network, and how it is trained.

    Attributes:
        title: What it sees, in words.
        options: What `bgfg train` is told.
        takes_background: Whether it sees a second shot.
    """

    title: str
    options: tuple[str, ...]
    takes_background: bool

    def train(self, corpus: Path, run: Path, steps: int, seed: int) -> None:
        """Train on a corpus for so many steps, or go on where an earlier call was stopped.

        Steps and not minutes: on a machine that others use too, minutes measure these.

        Raises:
            Problem: The training failed.
        """
        length = ("--steps", steps, "--validate-every", steps, "--seed", seed)
        command = (sys.executable, "-m", "bgfg", "train", corpus, run, *self.options, *length)
        done = subprocess.run([str(word) for word in command], cwd=ROOT, stdout=2, check=False)
        if done.returncode:
            raise Problem(f"{run}: the training failed, as it says above (exit code {done.returncode})")

    def scores(
        self, run: Path, pictures: Mapping[str, TestPicture], title: str, progress: Progress
    ) -> dict[str, float]:
        """Return the IoU of the mask that a trained network finds in each picture, at the picture's own size."""
        predictor, found = Predictor(load_model(run, "cpu", 1)), {}
        with progress(title, len(pictures), 0) as advance:
            for name, shown in pictures.items():
                person = predictor.predict(shown.picture, shown.background if self.takes_background else None).person
                assert person is not None
                found[name] = mask_iou(person.mask, shown.mask)
                advance(1)
        return found


_ALL = ("--preset", "cpu", "--targets", "mask", "--device", "cpu", "--threads", "1", "--validation-samples", "64")

NETWORKS: dict[str, AblationNetwork] = {
    "person": AblationNetwork(
        "one photograph: `person` at 96 px, its encoder from published weights",
        (*_ALL, "--model", "person", "--model-option", "weights=imagenet", "--size", "96"),
        takes_background=False,
    ),
    "two_stream": AblationNetwork(
        "two shots: `two_stream` of the preset `cpu` at 128 px", (*_ALL, "--size", "128"), takes_background=True
    ),
}
