"""What must be said beside the figures of an evaluation, so that nobody takes them for more than they are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from bgfg.data_manifests.terminal.errors import command
from bgfg.data_manifests.terminal.version import BGFG
from bgfg.synth.store.store import Corpus
from bgfg.train.evaluation.baselines import BackgroundDepth
from bgfg.train.evaluation.evaluator import Trial
from bgfg.train.evaluation.methods import Network
from bgfg.train.models.network import Net
from bgfg.train.stream.identity_cells import KINDS, Choice, Identities

# The kind of a coding of depth that has no unit.
RELATIVE = "relative"

_NAMES = dict(zip(KINDS, ("backgrounds", "cut-outs"), strict=True))


def about(
    source: Path, net: Net, description: Mapping[str, Any], data: Mapping[str, str], device: str
) -> dict[str, str]:
    """Return what was evaluated, on what, in words. data: what it was tested on, by its kind."""
    return {
        "run": f"{source}, after {description['standing']['step']:,} steps",
        "network": describe_network(net),
        **data,
        "device": device,
        "made by": f"bgfg {BGFG}, PyTorch {torch.__version__}",
    }


def describe_network(net: Net) -> str:
    """Return what a network is, in a line."""
    height_px, width_px = net.output_px(net.input_px, net.input_px)
    parameters = sum(parameter.numel() for parameter in net.parameters())
    return (
        f"{net.name}, {parameters:,} parameters, {net.input_px}×{net.input_px} to {width_px}×{height_px}, "
        f"finds {' and '.join(net.targets)}"
    )


def describe_corpus(corpus: Corpus) -> str:
    """Return what a corpus is, in a line."""
    g, teacher = corpus.geometry, corpus.manifest.teacher
    depth = "no depth" if teacher is None else f"depth by {teacher['name']} {teacher['version']}"
    return (
        f"{corpus.location}, digest {corpus.manifest.digest[:12]}: "
        f"{len(corpus):,} samples of {g.width_px}×{g.height_px} "
        f"of {g.backgrounds} backgrounds and {g.cutouts} cut-outs, split {corpus.manifest.split}, {depth}"
    )


def has_metres(corpus: Corpus) -> bool:
    """Say whether a corpus has depth in metres."""
    teacher = corpus.manifest.teacher
    return teacher is not None and teacher["encoding"]["kind"] != RELATIVE


def why_no_depth(corpus: Corpus) -> str:
    """Return why depth can't be scored on a corpus, with what to do where something can be done."""
    if corpus.manifest.teacher is None:
        return f"the corpus has none (run {command('label', corpus.location)})"
    whose = "the network's" if has_metres(corpus) else "the corpus's"
    return f"{whose} has no unit, and the figures are of metres"


def seen_before(digest: str, files: Collection[str], corpus: Corpus) -> list[str]:
    """Return whether the test pictures of a corpus are as new as its splits say.

    digest: of the corpus that was trained on. files: what the run's record has of its pictures.
    """
    notes = []
    if digest != corpus.manifest.digest:
        notes.append(
            f"The network was trained on another corpus (digest {digest[:12]}): what the cells call seen is what "
            "belongs to this corpus's training split."
        )
    identities = Identities(corpus)
    for kind, name in _NAMES.items():
        test = identities.files("test", kinds=(kind,))
        known = len(test & set(files))
        if known:
            notes.append(f"Not new: {known} of the {len(test)} test {name} were trained on; no cell is what it says.")
    return notes


def missing(choices: Sequence[Choice], identities: Identities, corpus: Corpus) -> Iterator[str]:
    """Yield which cells can't be reported, and why."""
    for cell in (choice.cell for choice in choices if not len(choice.samples)):
        counts = " and ".join(
            f"{identities.count(kind, split)} {split} {_NAMES[kind]}"
            for kind, split in (("background", cell.background), ("cutout", cell.cutout))
        )
        yield (
            f"cell {cell.letter} ({cell.title}) needs {cell.needs}; the corpus has {counts}, and "
            f"{corpus.geometry.placements} placements a pair (planned with --split {corpus.manifest.split})"
        )


def how_it_was_done(
    trial: Trial, choices: Sequence[Choice], val: Choice, identities: Identities, network: Network
) -> Iterator[str]:
    """Yield what is to be said about an evaluation: what is missing, and how what is there was come by."""
    for line in missing(choices, identities, trial.corpus):
        yield f"Not reported: {line}."
    yield from without_intervals(choices)
    if "mask" in network.targets:
        yield from _on_masks(trial, val)
    if "depth" in network.targets:
        yield from _on_depth(trial)


def without_intervals(choices: Sequence[Choice]) -> Iterator[str]:
    """Yield which cells have too few identities for intervals."""
    for choice in choices:
        fewest = min(len(set(ids.tolist())) for ids in (choice.backgrounds, choice.cutouts))
        if fewest == 1:
            yield f"Cell {choice.cell.letter} has no intervals: they need two backgrounds and two cut-outs."


def _on_masks(trial: Trial, val: Choice) -> Iterator[str]:
    if len(val.samples):
        yield (
            f"Thresholds were chosen on {len(val.samples):,} of the {val.total:,} samples of val, which no figure is "
            "of: for each size the one with the best mean IoU; on clean pictures, but those of the difference for each "
            "disturbance anew, which is the best that it can do."
        )
    else:
        network = trial.contestants[0]
        yield (
            f"The corpus has no sample of val to choose thresholds on: the network's, {network.fallback:.2f}, is that "
            "of its training; the ceiling's is 0.5; the difference, which has none, isn't reported."
        )
    yield (
        "difference: the largest |bg_fg - bg| of the three channels at the size of the corpus, over a threshold; at "
        "the size of the output it is averaged over each pixel's area first. ceiling: the true mask at the size of the "
        "output and back again, the best that any network with that output can reach."
    )


def _on_depth(trial: Trial) -> Iterator[str]:
    if trial.depth is None:
        yield f"Depth isn't reported: {why_no_depth(trial.corpus)}."
        return
    yield (
        f"Depth is scored in metres at the size of the output, where it is known, against {_teacher(trial.corpus)}; "
        f"RMSE / far is over {trial.depth.far_m:g} m. Figures are means of those of each picture, nothing is rescaled."
    )
    if any(isinstance(contestant, BackgroundDepth) for contestant in trial.contestants):
        yield (
            "background's depth: what the corpus has of the bare background, as if nobody stood there. It is told the "
            "true depth, which a network has to find in the pictures."
        )
    else:
        yield "background's depth isn't reported: the corpus has none of its backgrounds."
    yield "mean depth: for each pixel the mean, in metres, over samples of the training split."
    yield "Under stress these two stay what they are, for they don't look at the pictures: they are left out of E."


def _teacher(corpus: Corpus) -> str:
    teacher = corpus.manifest.teacher
    return f"the labels of the teacher {teacher['name']}" if teacher is not None else "no labels"
