"""Measure which variety of a corpus makes networks better: `python -m benchmarks.ablation PICTURES`.

Each recipe's corpus shows the same backgrounds and people; networks learn from each for the same number of steps, from
the same start, and are tested on other pictures. A network that is trained and tested is kept, and the same command
goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import click

from benchmarks.ablation.kept_scores import ScoreFile, Scores
from benchmarks.ablation.markdown import BEGIN, END, tables
from benchmarks.ablation.networks import NETWORKS
from benchmarks.ablation.recipes import PLAIN, RECIPES, training_corpus
from benchmarks.ablation.test_sets import TEST_SETS, TestPicture
from benchmarks.accuracy.scores import page_with
from benchmarks.run_command import run_command
from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import show_progress

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path, resolve_path=True)
TestPictures = Mapping[str, Mapping[str, TestPicture]]


@dataclass(frozen=True)
class TrainedNetwork:
    """One network on the corpus of one recipe, by one seed.

    Attributes:
        network: Name of the network, of NETWORKS.
        recipe: Name of the recipe, of RECIPES.
        seed: Seed of the corpus, the start and the order of samples.
        steps: Length of the training.
        work: Folder of runs and scores.
    """

    network: str
    recipe: str
    seed: int
    steps: int
    work: Path

    @property
    def name(self) -> str:
        """What it is called in folders and in progress."""
        return f"{self.network}-{self.recipe.replace(' ', '-')}-{self.seed}"

    @property
    def score_file(self) -> ScoreFile:
        """Where its scores are kept."""
        options = (*RECIPES[self.recipe], *NETWORKS[self.network].options, "--steps", str(self.steps))
        return ScoreFile(self.work / "scores" / f"{self.name}.json", options)

    def is_measured(self) -> bool:
        """Say whether its scores are kept; raise Problem where they are of other options."""
        return self.score_file.read() is not None

    def measure(self, corpus: Path, tests: TestPictures) -> None:
        """Train it, or go on with that, test it, and keep the scores."""
        network, run = NETWORKS[self.network], self.work / "runs" / self.name
        network.train(corpus, run, self.steps, self.seed)
        self.score_file.write(
            {
                name: network.scores(run, pictures, f"{self.name}, {TEST_SETS[name].title}", show_progress)
                for name, pictures in tests.items()
                if TEST_SETS[name].is_of_pairs or not network.takes_background
            }
        )


@click.command()
@click.argument("pictures", type=FOLDER)
@click.option("--steps", default=800, show_default=True, type=click.IntRange(min=1), help="Length of each training.")
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(1, 100), help="Trainings of each kind.")
@click.option(
    "--recipe", "recipes", multiple=True, type=click.Choice(list(RECIPES)), help="Recipes beside plain.  [default: all]"
)
@click.option(
    "--network", "networks", multiple=True, type=click.Choice(list(NETWORKS)), help="Networks.  [default: all]"
)
@click.option(
    "--work", default=Path("data/ablation"), show_default=True, type=click.Path(file_okay=False, path_type=Path),
    help="Folder of corpora, runs and scores: some 3 GB.",
)  # fmt: skip
@click.option("--page", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Page that gets the tables.")
def ablation(
    pictures: Path, steps: int, seeds: int, recipes: tuple[str, ...], networks: tuple[str, ...], work: Path,
    page: Path | None,
) -> None:  # fmt: skip
    """Measure which recipes make networks better than plain alpha does, and print tables in Markdown.

    PICTURES has office/bg and office/fg to learn from; portraits/ and photos/ to test on. A set that isn't there is
    named, and left out. Tables are printed after each seed.

    Example: python -m benchmarks.ablation pictures --recipe scale --recipe shadow --seeds 2
    """
    if page:
        page_with("", page.read_text(encoding="utf-8"), BEGIN, END)
    if not (pictures / "office/bg").is_dir() or not (pictures / "office/fg").is_dir():
        raise Problem(f"{pictures}: no pictures to learn from: give a folder with office/bg and office/fg", exit_code=2)
    work = work.resolve()
    chosen = [name for name in RECIPES if name == PLAIN or not recipes or name in recipes]
    wanted = [
        TrainedNetwork(network, recipe, seed, steps, work)
        for seed in range(seeds)
        for recipe in chosen
        for network in networks or NETWORKS
    ]
    tests = {} if all(map(TrainedNetwork.is_measured, wanted)) else _test_pictures(pictures, work / "sets")
    text = ""
    for seed in range(seeds):
        so_far = [trained for trained in wanted if trained.seed <= seed]
        measured = _measure(so_far, pictures / "office", tests, f"seed {seed + 1} of {seeds}")
        if measured or seed == seeds - 1:
            text = tables(_found(so_far), steps)
            click.echo(text)
    if page:
        replace_text(page, page_with(text, page.read_text(encoding="utf-8"), BEGIN, END))


def _test_pictures(pictures: Path, folder: Path) -> TestPictures:
    """Return the pictures of the sets that are there, which are made where they aren't yet."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, test_set in TEST_SETS.items():
        if test_set.is_there(pictures):
            click.echo(f"{test_set.title}: pictures to test on", err=True)
            found[name] = test_set.read(pictures, folder / name)
        else:
            click.echo(f"not tested on: {name}: {', '.join(test_set.sources)} of {pictures} aren't all there", err=True)
    if not found:
        sources = dict.fromkeys(source for test_set in TEST_SETS.values() for source in test_set.sources)
        raise Problem(f"{pictures}: nothing to test on: give a folder with some of {', '.join(sources)}", exit_code=2)
    return found


def _measure(wanted: Sequence[TrainedNetwork], office: Path, tests: TestPictures, where: str) -> int:
    """Measure those that aren't yet, the networks of one corpus one after the other, and return how many they were."""
    left = [trained for trained in wanted if not trained.is_measured()]
    started, done = time.monotonic(), 0
    for (recipe, seed), of_corpus in groupby(left, lambda trained: (trained.recipe, trained.seed)):
        click.echo(f"{where}, {recipe}: composing its corpus", err=True)
        with training_corpus(left[0].work / "corpora", office, recipe, seed) as corpus:
            for trained in of_corpus:
                eta = f", {_hours(started, done, len(left))} left of this seed" if done else ""
                click.echo(f"{where}, {trained.name}: network {done + 1} of {len(left)}{eta}", err=True)
                trained.measure(corpus, tests)
                done += 1
    return done


def _hours(started: float, done: int, total: int) -> str:
    return f"{(time.monotonic() - started) / done * (total - done) / 3600:.1f} h"


def _found(measured: Sequence[TrainedNetwork]) -> dict[str, dict[str, list[Scores]]]:
    """Return the scores by network and recipe, in the order of the seeds."""
    found: dict[str, dict[str, list[Scores]]] = {}
    for trained in measured:
        scores = trained.score_file.read()
        assert scores is not None
        found.setdefault(trained.network, {}).setdefault(trained.recipe, []).append(scores)
    return found


if __name__ == "__main__":
    run_command(ablation, "stopped: what was trained is kept, and the same command goes on")
