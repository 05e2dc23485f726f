"""Labels of a network held to the network itself: a spread of samples is labelled again and compared."""

from __future__ import annotations

import numpy as np
from bgfg.data_manifests.terminal.errors import Problem, command
from bgfg.depth_teacher.labelling.picture_labels import PictureLabels
from bgfg.depth_teacher.teachers.teacher import PictureTeacher
from bgfg.synth.store.depth_code import DepthCode
from bgfg.synth.store.marks import mark_path
from bgfg.synth.store.store import Corpus
from numpy.typing import NDArray

SAMPLES = 64

# One step of 8-bit log depth from 0.1 to 10 m: what devices and precisions may differ by. Finer codes may by as much.
_ROUNDING = 0.0183


def relabel_some(corpus: Corpus, pictures: PictureTeacher, count: int = SAMPLES) -> tuple[int, list[str]]:
    """Label a spread of the finished samples again, and return how many, with a line for each that differs.

    A depth differs where it is known in one of the two only, or by more than one code; by more than 1.83 % in a linear
    code, whose steps are finer than what another device rounds. Raises Problem where `pictures` isn't the teacher that
    made the labels.
    """
    recorded = dict(corpus.manifest.teacher or {})
    code = corpus.depth_code()
    teacher = PictureLabels(corpus, pictures, code.bits, lambda _samples: None)
    description = teacher.describe() | {"encoding": teacher.encoding.attributes()}
    different = sorted(key for key in recorded.keys() | description if recorded.get(key) != description.get(key))
    if different:
        raise Problem(
            f"{corpus.path}: labelled by {recorded.get('name')} with other settings than this one's "
            f"({', '.join(different)}): give the weights and options that it was labelled with",
            exit_code=2,
        )
    samples = _spread(corpus, count)
    found = []
    for start in range(0, len(samples), pictures.batch):
        chosen = samples[start : start + pictures.batch]
        for i, again in zip(chosen, teacher.codes_of(chosen), strict=True):
            share = float(_differs(code, corpus.read("depth", i), again).mean())
            if share:
                shard = i // corpus.samples_per_shard
                mend = f"delete {mark_path(corpus.path, 'depth', shard)} and run {command('label', corpus.path, '...')}"
                found.append(
                    f"{corpus.chunk_path('depth', shard)}: {share:.1%} of sample {i} isn't what its teacher gives: "
                    f"{mend}"
                )
    return len(samples), found


def _spread(corpus: Corpus, count: int) -> list[int]:
    """Choose samples of the shards that are labelled, evenly spread over them and over their blocks."""
    n = corpus.samples_per_shard
    done = sorted(corpus.done("depth") & corpus.done("image"))
    positions = np.unique(np.linspace(0, len(done) * n - 1, min(count, len(done) * n)).astype(int)).tolist()
    return [done[position // n] * n + position % n for position in positions]


def _differs(code: DepthCode, stored: NDArray, again: NDArray) -> NDArray[np.bool_]:
    one, other = stored.astype(np.int64), again.astype(np.int64)
    apart = np.abs(one - other)
    allowed = np.maximum(1, _ROUNDING * one) if code.attributes()["kind"] == "linear" else 1
    return np.asarray(((one == 0) != (other == 0)) | (apart > allowed), np.bool_)
