"""The test of a trained network: on pictures that it never saw, beside what needs no training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from bgfg.data_manifests.corpus.manifest import write_whole
from bgfg.data_manifests.images.pictures import save_png
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Progress, silent
from bgfg.synth.store.store import Corpus
from bgfg.train.evaluation import caveats
from bgfg.train.evaluation.baselines import BackgroundDepth, Difference, MeanDepth
from bgfg.train.evaluation.bootstrap import Pigeonhole
from bgfg.train.evaluation.cases import draw_cases
from bgfg.train.evaluation.caveats import RELATIVE, has_metres
from bgfg.train.evaluation.evaluator import CLEAN, CONDITIONS, STRESSED, Scores, Trial, letter
from bgfg.train.evaluation.methods import CORPUS, OUTPUT, Ceiling, Contestant, Network
from bgfg.train.evaluation.report import Report, Row
from bgfg.train.models.checkpoint import load_model
from bgfg.train.ops.device import pick
from bgfg.train.stream.identity_cells import REPORTED, TRAIN, VAL, Choice, Identities
from bgfg.train.stream.remote import open_corpus
from bgfg.train.stream.stream import Stream
from bgfg.train.targets.depth import DepthTarget
from numpy.typing import NDArray

SAMPLES = 2_000
BATCH = 64


@dataclass(frozen=True)
class Manner:
    """How an evaluation is run. cap: samples of a cell, None for all; batch: how many at a time.

    But by float noise no figure depends on device and batch.
    """

    device: torch.device
    cap: int | None = SAMPLES
    batch: int = BATCH
    progress: Progress = silent


class Tables(Protocol):
    """The tables of an evaluation: Report of a corpus, FolderReport of a folder."""

    @property
    def digest(self) -> str:
        """The digest of the data."""

    def summary(self) -> str:
        """Return the table of what matters most."""

    def markdown(self) -> str:
        """Return all for people."""

    def as_json(self) -> str:
        """Return all for programs."""


T = TypeVar("T", bound=Tables, covariant=True)


@dataclass(frozen=True)
class Evaluation(Generic[T]):
    """What an evaluation gave: the tables, and the picture of cases, (height, width, 3) uint8 RGB."""

    report: T
    picture: NDArray[np.uint8]

    def save(self, folder: Path) -> list[Path]:
        """Write report.md, report.json and cases.png into a folder; return their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        markdown, as_json, picture = (folder / name for name in ("report.md", "report.json", "cases.png"))
        write_whole(markdown, self.report.markdown(), folder)
        write_whole(as_json, self.report.as_json(), folder)
        save_png(self.picture, picture)
        return [markdown, as_json, picture]


def evaluate_run(
    source: Path,
    location: str | Path,
    device: str | None = None,
    cap: int | None = SAMPLES,
    batch: int = BATCH,
    progress: Progress = silent,
) -> Evaluation[Report]:
    """Evaluate the network of a run, or of a checkpoint file, on the corpus that it was trained on, or on another.

    device: "cuda", "mps" or "cpu", None for the best there is. cap: samples of a cell, None for all. batch: how many
    at a time. Raises Problem where there is no checkpoint, where the corpus isn't made as far as the network needs it,
    and where no cell can be reported.
    """
    corpus, chosen = open_corpus(location), pick(device)
    net, description = load_model(source, chosen.kind)
    network = Network(net, _decoder(description["depth"], corpus), description["standing"]["threshold"])
    about = caveats.about(source, net, description, {"corpus": caveats.describe_corpus(corpus)}, str(chosen))
    seen = caveats.seen_before(description["digest"], description["files"], corpus)
    return evaluate(network, corpus, Manner(torch.device(chosen.kind), cap, batch, progress), about, seen)


def evaluate(
    network: Network, corpus: Corpus, manner: Manner, about: Mapping[str, str], notes: Sequence[str] = ()
) -> Evaluation[Report]:
    """Evaluate a network on a corpus. about, notes: what the report is to say beside what is found here."""
    identities = Identities(corpus)
    choices = [identities.choose(cell, manner.cap) for cell in REPORTED]
    reported = [choice for choice in choices if len(choice.samples)]
    if not reported:
        raise Problem(*(f"{corpus.location}: {line}" for line in caveats.missing(choices, identities, corpus)))
    depth = DepthTarget.of(corpus.depth_code()) if network.depth is not None and has_metres(corpus) else None
    if depth is None and "mask" not in network.targets:
        raise Problem(f"{corpus.location}: {caveats.why_no_depth(corpus)}, and the network finds nothing else")
    trial = Trial(
        corpus, list(_contestants(network, corpus, identities, depth, manner)), network.output_px, depth,
        manner.device, manner.batch, manner.progress, network.finds_matte,
    )  # fmt: skip
    val = identities.choose(VAL, manner.cap)
    if len(val.samples) and "mask" in network.targets:
        trial.choose_thresholds(val)
    scores = {
        choice.cell.letter: trial.score(choice, CONDITIONS if choice.cell.letter == STRESSED else (CLEAN,))
        for choice in reported
    }
    g = corpus.geometry
    report = Report(
        about,
        corpus.manifest.digest,
        network.output_px,
        (g.height_px, g.width_px),
        None if depth is None else depth.far_m,
        [row for choice in reported for row in _rows(trial, choice, scores[choice.cell.letter])],
        [*notes, *caveats.how_it_was_done(trial, choices, val, identities, network)],
    )
    return Evaluation(report, draw_cases(trial, network, reported[-1], scores[reported[-1].cell.letter]))


def _decoder(learnt: Mapping[str, Any] | None, corpus: Corpus) -> DepthTarget | None:
    """Return what decodes a network's depth into metres, None where they can't be had or compared."""
    if learnt is None or learnt["kind"] == RELATIVE or not has_metres(corpus):
        return None
    return DepthTarget(corpus.depth_code().values_m(), learnt["near_m"], learnt["far_m"])


def _contestants(
    network: Network, corpus: Corpus, identities: Identities, depth: DepthTarget | None, manner: Manner
) -> Iterator[Contestant]:
    yield network
    if "mask" in network.targets:
        yield Difference(network.output_px)
        yield Ceiling(network.output_px)
    if depth is not None:
        if "background_depth" in corpus.manifest.prepared:
            yield BackgroundDepth(corpus, depth, network.output_px, manner.device)
        yield MeanDepth(_training_depth(corpus, identities, manner), depth, network.output_px, manner.device)


def _training_depth(corpus: Corpus, identities: Identities, manner: Manner) -> Iterable[torch.Tensor]:
    samples = identities.choose(TRAIN, manner.cap).samples
    stream = Stream(corpus, batch=manner.batch, arrays=("depth",), samples=samples, shuffle=False, device=manner.device)
    return (batch["depth"] for batch in stream)


def _rows(trial: Trial, choice: Choice, scores: Scores) -> Iterator[Row]:
    """Make the rows of a cell: clean ones, and those under stress."""
    pigeonhole = Pigeonhole(choice.backgrounds, choice.cutouts)
    by_name = {contestant.name: contestant for contestant in trial.contestants}
    for (condition, name), of_contestant in sorted(scores.items(), key=lambda item: CONDITIONS.index(item[0][0])):
        thresholds = {size: trial.threshold(by_name[name], condition, size) for size in (OUTPUT, CORPUS)}
        yield Row(
            letter(choice.cell, condition),
            choice.cell.title,
            condition,
            name,
            len(choice.samples),
            choice.total,
            *pigeonhole.shape,
            {
                size: threshold
                for size, threshold in thresholds.items()
                if threshold is not None and f"{size}.iou" in of_contestant
            },
            {figure: pigeonhole.estimate(values) for figure, values in of_contestant.items()},
        )
