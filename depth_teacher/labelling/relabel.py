"""Check the labels of a network: samples spread over the corpus are labelled again and compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem, bgfg_command
from bgfg.depth_teacher.labelling.changed_teacher import changed_options
from bgfg.depth_teacher.labelling.picture_labeller import PictureLabeller
from bgfg.depth_teacher.teachers.teacher import PictureTeacher
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.depth_code import DepthCode

RELABELLED_SAMPLES = 64

# One step of 8-bit log depth from 0.1 to 10 m: what devices and precisions may differ by. Finer codes may by as much.
_ROUNDING = 0.0183


def compare_relabelled(
    corpus: Corpus, pictures: PictureTeacher, count: int = RELABELLED_SAMPLES
) -> tuple[int, list[str]]:
    """Label some of the finished samples again and compare.

    A depth differs where it is known in one of the two only, or by more than one code; by more than 1.83 % in a linear
    code, whose steps are finer than what another device rounds.

    Args:
        corpus: What a network has labelled.
        pictures: That network.
        count: Samples, evenly spread over the labelled shards.

    Returns:
        How many samples were labelled again, and a line for each that differs.

    Raises:
        Problem: `pictures` isn't the teacher that made the labels.
    """
    recorded = dict(corpus.manifest.teacher or {})
    code = corpus.depth_code()
    teacher = PictureLabeller(corpus, pictures, code.bits, lambda _samples: None)
    description = teacher.describe() | {"encoding": teacher.encoding.attributes()}
    if recorded != description:
        raise Problem(
            f"{corpus.path}: labelled with {changed_options(recorded, description)}: give the weights and options that "
            "it was labelled with",
            exit_code=2,
        )
    samples = _spread_samples(corpus, count)
    found = []
    for start in range(0, len(samples), pictures.batch):
        chosen = samples[start : start + pictures.batch]
        for i, again in zip(chosen, teacher.label_samples(chosen), strict=True):
            share = float(_differs(code, corpus.read("depth", i), again).mean())
            if share:
                shard = corpus.shard_of(i)
                relabel = bgfg_command("label", corpus.path, "...")
                mend = f"delete {corpus.mark_path('depth', shard)} and run {relabel}"
                found.append(
                    f"{corpus.chunk_path('depth', shard)}: {share:.1%} of sample {i} isn't what its teacher gives: "
                    f"{mend}"
                )
    return len(samples), found


def _spread_samples(corpus: Corpus, count: int) -> list[int]:
    """Choose samples of the shards that are labelled, evenly spread over them and over their blocks."""
    done = sorted(corpus.done_shards("depth") & corpus.done_shards("image"))
    samples = np.concatenate([np.array(corpus.samples_of(shard)) for shard in done])
    positions = np.unique(np.linspace(0, len(samples) - 1, min(count, len(samples))).astype(int))
    return [int(sample) for sample in samples[positions]]


def _differs(code: DepthCode, stored: NDArray, again: NDArray) -> NDArray[np.bool_]:
    one, other = stored.astype(np.int64), again.astype(np.int64)
    apart = np.abs(one - other)
    allowed = np.maximum(1, _ROUNDING * one) if code.attributes()["kind"] == "linear" else 1
    return np.asarray(((one == 0) != (other == 0)) | (apart > allowed), np.bool_)
