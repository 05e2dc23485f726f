"""A small labelled corpus with enough blocks for the eight lanes of the stream."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from tests.support import references
from tests.support.executors import IN_PROCESS
from tests.support.tiny_corpus import CUTOUT_HEIGHT, H, K, W

B = C = 6


def make_stream_corpus(folder: Path, seed: int = 0, background_depth: bool = True) -> Corpus:
    """Make it in `folder`: 4 backgrounds and 8 cut-outs, flips counted, are of `train`; without depth, no labels."""
    for name in ("bg", "fg", "depth"):
        (folder / name).mkdir()
    for n in range(B):
        cv2.imwrite(str(folder / f"bg/{n}.png"), references.picture(H, W, n))
        cv2.imwrite(str(folder / f"depth/{n}.png"), np.full((H, W), 900 + 700 * n, np.uint16))
        rgba = references.cutout(CUTOUT_HEIGHT, 5 + n, n)
        cv2.imwrite(str(folder / f"fg/{n}.png"), cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    depth = folder / "depth" if background_depth else None
    options = PlanOptions(
        folder / "bg", folder / "fg", depth, 0.001, H, W, CUTOUT_HEIGHT, K, split="66/17/17", seed=seed
    )
    path = folder / "corpus"
    plan_corpus(path, options, replace=False, workers=1)
    compose_corpus(path, IN_PROCESS)
    if background_depth:
        label_corpus(path, "layered", IN_PROCESS)
    return Corpus(path)
