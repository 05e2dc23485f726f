"""Notes on an evaluation: what was evaluated on what, what is missing, and what the figures don't say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, told
from bgfg.data_manifests.terminal.version import BGFG_VERSION
from bgfg.synth.store.corpus import Corpus
from bgfg.train.evaluation.baselines import BackgroundDepthBaseline
from bgfg.train.evaluation.evaluator import Evaluator
from bgfg.train.evaluation.judged import describe_looks, describe_weights
from bgfg.train.evaluation.methods import NetworkMethod
from bgfg.train.models.checkpoint import model_file
from bgfg.train.models.network import BaseNetwork
from bgfg.train.stream.evaluation_cells import ASSET_KINDS, AssetIdentities, CellSamples

# The kind of depth coding that has no unit.
RELATIVE_DEPTH = "relative"

_NAMES = dict(zip(ASSET_KINDS, ("backgrounds", "cut-outs"), strict=True))


def describe_evaluation(
    source: Path, net: BaseNetwork, description: Mapping[str, Any], data: Mapping[str, str], device: str
) -> dict[str, str]:
    """Return what was evaluated on what, in words.

    Args:
        source: The run or the checkpoint.
        net: Its network.
        description: Description of the checkpoint.
        data: What the network was tested on, in words, by its kind.
        device: The device, in words.

    Returns:
        The entry `about` of a report.
    """
    return {
        "run": f"{told(str(source))}, after {description['standing']['step']:,} steps",
        **describe_weights(model_file(source)),
        "network": describe_network(net),
        "looks": describe_looks(description.get("closer_look", False), net.mirrored, as_predicted=False),
        **data,
        "device": device,
        "made by": f"bgfg {BGFG_VERSION}, PyTorch {torch.__version__}",
    }


def describe_network(net: BaseNetwork) -> str:
    """Return a line on a network: name, size, input, output and targets."""
    height_px, width_px = net.output_px(net.input_px, net.input_px)
    parameters = sum(parameter.numel() for parameter in net.parameters())
    return (
        f"{net.name}, {parameters:,} parameters, {net.input_px}×{net.input_px} to {width_px}×{height_px}, "
        f"finds {' and '.join(net.targets)}"
    )


def describe_corpus(corpus: Corpus) -> str:
    """Return a line on a corpus: place, digest, samples, identities, split and depth."""
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
    return teacher is not None and teacher["encoding"]["kind"] != RELATIVE_DEPTH


def why_no_depth(corpus: Corpus) -> str:
    """Return why depth can't be scored on a corpus, with the next step where there is one."""
    if corpus.manifest.teacher is None:
        return f"the corpus has none (run {bgfg_command('label', corpus.location)})"
    whose = "the network's" if has_metres(corpus) else "the corpus's"
    return f"{whose} has no unit, and the figures are of metres"


def training_overlap(digest: str, files: Collection[str], corpus: Corpus) -> list[str]:
    """Return notes where the test pictures of a corpus may not be new to the network.

    Args:
        digest: Digest of the corpus that was trained on.
        files: Hashes of its pictures, from the run's record.
        corpus: The corpus that is tested on.
    """
    notes = []
    if digest != corpus.manifest.digest:
        notes.append(
            f"The network was trained on another corpus (digest {digest[:12]}): what the cells call seen is what "
            "belongs to this corpus's training split."
        )
    identities = AssetIdentities(corpus)
    for kind, name in _NAMES.items():
        test = identities.file_digests("test", kinds=(kind,))
        known = len(test & set(files))
        if known:
            notes.append(f"Not new: {known} of the {len(test)} test {name} were trained on; no cell is what it says.")
    return notes


def missing_cells(choices: Sequence[CellSamples], identities: AssetIdentities, corpus: Corpus) -> Iterator[str]:
    """Yield a line for each cell that can't be reported, with the reason."""
    for cell in (choice.cell for choice in choices if not len(choice.samples)):
        counts = " and ".join(
            f"{identities.count(kind, split)} {split} {_NAMES[kind]}"
            for kind, split in (("background", cell.background), ("cutout", cell.cutout))
        )
        yield (
            f"cell {cell.letter} ({cell.title}) needs {cell.needs}; the corpus has {counts}, and "
            f"{corpus.geometry.placements} placements a pair (planned with --split {corpus.manifest.split})"
        )


def require_classes(learnt: Sequence[str], corpus: Corpus) -> None:
    """Raise Problem unless a corpus has the classes `learnt` by a network, without the background, in this order."""
    if tuple(learnt) != corpus.classes:
        line = f"has the classes {', '.join(corpus.classes)}, and the network learnt {', '.join(learnt)}"
        raise Problem(f"{corpus.location}: {line}: give a corpus of these", exit_code=2)


def reported_cells(choices: Sequence[CellSamples], identities: AssetIdentities, corpus: Corpus) -> list[CellSamples]:
    """Return the cells that have samples.

    Raises:
        Problem: None has; a line for each says why.
    """
    reported = [choice for choice in choices if len(choice.samples)]
    if not reported:
        raise Problem(*(f"{corpus.location}: {line}" for line in missing_cells(choices, identities, corpus)))
    return reported


def cell_notes(choices: Sequence[CellSamples], identities: AssetIdentities, corpus: Corpus) -> Iterator[str]:
    """Yield a note for each cell that isn't reported, then for each that has too few identities for intervals."""
    for line in missing_cells(choices, identities, corpus):
        yield f"Not reported: {line}."
    for choice in choices:
        fewest = min(len(set(ids.tolist())) for ids in (choice.backgrounds, choice.cutouts))
        if fewest == 1:
            yield f"Cell {choice.cell.letter} has no intervals: they need two backgrounds and two cut-outs."


def evaluation_notes(
    evaluator: Evaluator,
    choices: Sequence[CellSamples],
    val: CellSamples,
    identities: AssetIdentities,
    network: NetworkMethod,
) -> Iterator[str]:
    """Yield the notes of a report: what is missing, and how figures, thresholds and baselines were obtained."""
    yield from cell_notes(choices, identities, evaluator.corpus)
    if len(evaluator.conditions) == 1:
        yield "E isn't reported, nor what needs the bare backgrounds: nobody knows those of all samples."
    if "mask" in network.targets:
        yield from _on_masks(evaluator, val)
    if "depth" in network.targets:
        yield from _on_depth(evaluator)


def _on_masks(evaluator: Evaluator, val: CellSamples) -> Iterator[str]:
    if len(val.samples):
        yield (
            f"Thresholds were chosen on {len(val.samples):,} of the {val.total:,} samples of val, which no figure is "
            "of: for each size the one with the best mean IoU; on clean pictures, but those of the difference, where "
            "it is reported, for each disturbance anew, which is the best that it can do."
        )
    else:
        threshold = evaluator.methods[0].fallback_threshold  # the network's
        yield (
            f"The corpus has no sample of val to choose thresholds on: the network's, {threshold:.2f}, is that "
            "of its training; the ceiling's is 0.5; the difference, which has none, isn't reported."
        )
    yield (
        "difference: the largest |bg_fg - bg| of the three channels at the size of the corpus, over a threshold; at "
        "the size of the output it is averaged over each pixel's area first. ceiling: the true mask at the size of the "
        "output and back again, the best that any network with that output can reach."
    )


def _on_depth(evaluator: Evaluator) -> Iterator[str]:
    if evaluator.depth is None:
        yield f"Depth isn't reported: {why_no_depth(evaluator.corpus)}."
        return
    labels, far_m = _depth_labels(evaluator.corpus), evaluator.depth.far_m
    yield (
        f"Depth is scored in metres at the size of the output, where it is known, against {labels}; "
        f"RMSE / far is over {far_m:g} m. Figures are means of those of each picture, nothing is rescaled."
    )
    if any(isinstance(method, BackgroundDepthBaseline) for method in evaluator.methods):
        yield (
            "background's depth: what the corpus has of the bare background, as if nobody stood there. It is told the "
            "true depth, which a network has to find in the pictures."
        )
    else:
        yield "background's depth isn't reported: the corpus has none of its backgrounds."
    yield "mean depth: for each pixel the mean, in metres, over samples of the training split."
    yield "Under stress these two stay what they are, for they don't look at the pictures: they are left out of E."


def _depth_labels(corpus: Corpus) -> str:
    teacher = corpus.manifest.teacher
    return f"the labels of the teacher {teacher['name']}" if teacher is not None else "no labels"
